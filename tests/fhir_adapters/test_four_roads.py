"""The same thirty public patients by four roads, one of them a server that somebody else made: equal records.

The charts are the ten smallest of each public collection, so that all roads together take seconds.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest

from cds_hooks.chart_files import chart_of
from fhir_adapters.bundles import resources_of
from fhir_adapters.client import FhirClient
from fhir_adapters.embedded import EmbeddedServer
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.prefetch import KEYS, queries
from fhir_adapters.record import Need, PatientRecord
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import Connection, FaultyServer, Request, raw
from tests.foreign_servers.medplum_server import MissingServerError, medplum_server, put_all
from tests.patience import AMPLE_S

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FOLDERS = ("fhir_synthea_google", "fhir_synthea_smart", "fhir_synthea_notes")
NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
# Limits on some, so that the order of a server matters. Not on Conditions: these charts record several
# at one time, and among equals it is the server that chooses.
LIMITED = ("DocumentReference", "DiagnosticReport", "Encounter")
NEEDS = tuple(
    Need(
        resource=resource,
        analytes=tuple(ANALYTES) if resource == "Observation" else (),
        newest=5 if resource in LIMITED else None,
    )
    for resource in KEYS
)


def smallest(folder: str, count: int = 10) -> list[Path]:
    files = [path for path in (DATA / folder).glob("*.json.gz") if "nformation" not in path.name]
    return sorted(files, key=lambda path: (path.stat().st_size, path.name))[:count]


FILES = [path for folder in FOLDERS for path in smallest(folder)]
pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not FILES, reason="the public charts are not beside the checkout"),
]


@cache
def text(path: Path) -> bytes:
    return gzip.decompress(path.read_bytes())


def patient_of(path: Path) -> str:
    chart = resources_of(orjson.loads(text(path)))
    return next(str(r["id"]) for r in chart if r["resourceType"] == "Patient")


def fetched(client: FhirClient, server: str, path: Path) -> PatientRecord:
    request = ChartRequest(patient_id=patient_of(path), fhir_server=server)
    return gather(request, NEEDS, client, Deadline.after(AMPLE_S), now=NOW, as_of="last-entry").record


@pytest.fixture(scope="module")
def embedded() -> EmbeddedServer:
    server = EmbeddedServer("http://fhir.invalid")
    for path in FILES:
        server.load_bundle(orjson.loads(text(path)))
    return server


@pytest.fixture(scope="module")
def over_http(embedded: EmbeddedServer) -> Iterator[str]:
    def behave(connection: Connection, request: Request) -> None:
        path, _, query = request.target.removeprefix("/fhir").partition("?")
        reply = embedded.handle(request.method, path, query, request.body, request.headers)
        content_type = dict(reply.headers).get("Content-Type", "")
        raw(reply.body, status=reply.status, media_type=content_type)(connection, request)

    with FaultyServer(otherwise=behave) as server:
        embedded.base_url = server.base
        yield server.base


@pytest.fixture(scope="module")
def medplum() -> Iterator[str]:
    try:
        with medplum_server() as address:
            for number, path in enumerate(FILES):
                put_all(f"{address}/{number}", resources_of(orjson.loads(text(path))))
            yield address
    except MissingServerError as missing:
        pytest.skip(str(missing))


@pytest.fixture(scope="module")
def medplum_client(medplum: str) -> Iterator[FhirClient]:
    """Searches every third chart by POST only, and the others as comes."""
    servers = tuple(
        FhirServer(server=f"{medplum}/{number}", vendor="medplum", search="auto" if number % 3 else "post")
        for number in range(len(FILES))
    )
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=servers))
    yield made
    made.close()


@pytest.fixture(scope="module")
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    yield made
    made.close()


def prefetched(embedded: EmbeddedServer, path: Path) -> PatientRecord:
    """As a client of the hook that fills each template from its own server, a page of any length."""
    prefetch: dict[str, Any] = {}
    for query in queries(NEEDS):
        url = query.template.replace("{{context.patientId}}", patient_of(path))
        target, _, params = url.partition("?")
        everything = "" if "_count" in params or not params else "&_count=1000"
        reply = embedded.handle("GET", target, params + everything, b"", {})
        assert reply.status == 200
        prefetch[query.key] = orjson.loads(reply.body)
    request = ChartRequest(patient_id=patient_of(path), prefetch=prefetch)
    return gather(request, NEEDS, None, Deadline.after(AMPLE_S), now=NOW, as_of="last-entry").record


def from_file(path: Path) -> PatientRecord:
    return chart_of(text(path), NEEDS, patient_id="", as_of="last-entry").record


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:28])
def test_file_prefetch_and_embedded_server_give_one_record(
    path: Path, client: FhirClient, over_http: str, embedded: EmbeddedServer
) -> None:
    record = from_file(path)
    assert record.measurements or record.encounters
    assert fetched(client, over_http, path) == record
    assert prefetched(embedded, path) == record


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:28])
def test_a_server_that_somebody_else_made_gives_the_record_of_the_file(
    path: Path, medplum: str, medplum_client: FhirClient
) -> None:
    assert fetched(medplum_client, f"{medplum}/{FILES.index(path)}", path) == from_file(path)
