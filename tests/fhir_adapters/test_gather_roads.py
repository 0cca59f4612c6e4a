"""Prefetch alone, FHIR alone and any mixture give equal records, on real charts."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fhir_adapters.bundles import resources_of
from fhir_adapters.client import FhirClient
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.prefetch import KEYS, Query, queries
from fhir_adapters.record import PatientRecord
from fhir_adapters.record.needs import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import FaultyServer, Request, bundle
from tests.fakes.fhir_server import honest, search
from tests.patience import AMPLE_S

DATA = Path(__file__).resolve().parents[2].parent / "shared" / "data"
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NEEDS = tuple(
    Need(
        resource=resource,
        analytes=tuple(ANALYTES) if resource == "Observation" else (),
        newest=5 if resource in ("DocumentReference", "DiagnosticReport", "Encounter") else None,
    )
    for resource in KEYS
)
ASKED = queries(NEEDS)

Chart = list[dict[str, Any]]


def synthea(folder: str, count: int) -> list[Path]:
    files = sorted((DATA / folder).glob("*.json.gz"), key=lambda path: path.stat().st_size)
    return [path for path in files if "nformation" not in path.name][:count]


FILES = [
    *synthea("fhir_synthea_smart", 4),
    *synthea("fhir_synthea_google", 2),
    *synthea("fhir_synthea_notes", 2),
]


@cache
def load(path: Path) -> Chart:
    return resources_of(orjson.loads(gzip.decompress(path.read_bytes())))


def patient_of(chart: Chart) -> str:
    return next(str(r["id"]) for r in chart if r["resourceType"] == "Patient")


def supplied(chart: Chart, query: Query) -> Any:
    """What a good client of the hook sends for a template: what the server would answer."""
    target = "/fhir/" + query.url(patient_of(chart))
    if query.resource == "Patient":
        return next(r for r in chart if r["resourceType"] == "Patient")
    found = search(chart, query.resource, Request("GET", target, {}))
    drugs = [r for r in chart if r["resourceType"] == "Medication"]
    if query.key in ("medications", "medicationStatements"):
        found["entry"] += bundle(*drugs)["entry"]
    return found


@pytest.fixture(scope="module")
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    yield made
    made.close()


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyServer]:
    with FaultyServer() as started:
        yield started


def record(
    chart: Chart, keys: set[str], client: FhirClient | None, server: FaultyServer | None
) -> PatientRecord:
    request = ChartRequest(
        patient_id=patient_of(chart),
        fhir_server=server.base if server else None,
        prefetch={query.key: supplied(chart, query) for query in ASKED if query.key in keys},
    )
    return gather(request, NEEDS, client, Deadline.after(AMPLE_S), now=NOW).record


ALL_KEYS = {query.key for query in ASKED}


@pytest.mark.data
@pytest.mark.skipif(not FILES, reason="the public charts are not beside the checkout")
@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:24])
@settings(max_examples=4, derandomize=True, deadline=None)
@given(keys=st.sets(st.sampled_from(sorted(ALL_KEYS))), page_size=st.sampled_from([11, 50, 1000]))
def test_any_mixture_of_roads_gives_one_record(
    client: FhirClient, server: FaultyServer, path: Path, keys: set[str], page_size: int
) -> None:
    chart = load(path)
    server.otherwise = honest(chart, page_size=page_size)
    mixed = record(chart, keys, client, server)
    assert mixed == record(chart, ALL_KEYS, None, None)
    assert mixed.measurements or mixed.notes or mixed.encounters
