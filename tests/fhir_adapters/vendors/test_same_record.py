"""The same patient in every vendor's shapes, pages and refusals gives the same record."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.chart_files import chart_of
from fhir_adapters.bundles import resources_of
from fhir_adapters.client import FhirClient
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.prefetch import KEYS
from fhir_adapters.record import PatientRecord
from fhir_adapters.record.needs import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.transport import TransportSettings
from fhir_adapters.vendors.registry import load_vendors
from tests.fakes.faulty_server import FaultyServer
from tests.fakes.vendor_servers import FAMILIES, vendor_server
from tests.fhir_adapters.mapping.resources import (
    blood_pressure,
    condition,
    document,
    inline,
    medication,
    observation,
    patient,
)
from tests.patience import AMPLE_S

Json = dict[str, Any]
NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
PID = "a-195900.E-3214"  # as one vendor makes them, and legal with all
NOTES = 2
PAGE = (10, 25)  # default and maximum, smaller than in life so that a small chart has several
NEEDS = tuple(
    Need(
        resource=resource,
        analytes=tuple(ANALYTES) if resource == "Observation" else (),
        newest=NOTES if resource == "DocumentReference" else None,
    )
    for resource in KEYS
)


DATA = Path(__file__).resolve().parents[3].parent / "shared" / "data" / "fhir_synthea_smart"
PUBLIC = sorted(DATA.glob("*.json.gz"), key=lambda path: (path.stat().st_size, path.name))[:1]


def _day(number: int) -> str:
    return (datetime(2024, 1, 1, 8, tzinfo=UTC) + timedelta(days=number)).isoformat()


def chart() -> list[Json]:
    """More results than a page has here, and notes of which the newest are stored last."""
    drug = {"resourceType": "Medication", "id": "drug1", "code": {"text": "metformin 500 MG Oral Tablet"}}
    ordered = {**medication("m2"), "medicationReference": {"reference": "Medication/drug1"}}
    del ordered["medicationCodeableConcept"]
    resources = [
        {**patient(), "id": PID},
        condition("E11.9"),
        condition("I10", identity="c2"),
        medication("m1"),
        ordered,
        drug,
        *(observation("4548-4", 6 + n / 100, "%", f"a{n}", effectiveDateTime=_day(n)) for n in range(60)),
        *(blood_pressure(130, 80, f"b{n}", effectiveDateTime=_day(n)) for n in range(3)),
        *(document(inline(f"NOTE {n}"), identity=f"d{n}", date=_day(n)) for n in range(55)),
    ]
    return [_about(resource) for resource in resources]


def _about(resource: Json) -> Json:
    return {**resource, "subject": {"reference": f"Patient/{PID}"}} if "subject" in resource else resource


CHART = chart()


@pytest.fixture
def clients() -> Iterator[Any]:
    """Makes clients with settings of one server, and closes them."""
    made: list[FhirClient] = []

    def make(server: FaultyServer, **settings: Any) -> FhirClient:
        named = (FhirServer(server=server.base, **settings),) if settings else ()
        made.append(
            FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=named))
        )
        return made[-1]

    yield make
    for client in made:
        client.close()


def record_of(client: FhirClient, server: FaultyServer) -> PatientRecord:
    request = ChartRequest(patient_id=PID, fhir_server=server.base)
    return gather(request, NEEDS, client, Deadline.after(AMPLE_S), now=NOW).record


def expected() -> PatientRecord:
    """Mapped from the resources themselves, with the newest notes that are asked for."""
    newest = {f"d{n}" for n in range(55 - NOTES, 55)}
    kept = [r for r in CHART if r["resourceType"] != "DocumentReference" or r["id"] in newest]
    return map_chart(PID, kept, now=NOW, coverage=dict.fromkeys(KEYS, "complete"))


def test_every_vendor_has_a_server_to_be_tested_with() -> None:
    assert set(FAMILIES) == set(load_vendors())


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_a_vendor_that_is_named_gives_the_same_record(name: str, clients: Any) -> None:
    with vendor_server(name, CHART, page=PAGE) as server:
        client = clients(server, vendor=name)
        assert record_of(client, server) == expected()
        refused = [r for r in server.requests if r.path.endswith("/metadata")]
        # Only a family whose server says so is asked which sorts it knows.
        assert len(refused) == (1 if name == "azure_health_data" else 0)


# Medplum's quirk refuses nothing, so a server of it that nobody names is asked as any other one.
@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"medplum"}))
def test_a_vendor_that_nobody_names_is_found_out_by_its_refusals(name: str, clients: Any) -> None:
    with vendor_server(name, CHART, page=PAGE) as server:
        assert record_of(clients(server), server) == expected()


@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"google_healthcare"}))
def test_no_url_names_the_patient_where_the_settings_say_so(name: str, clients: Any) -> None:
    with vendor_server(name, CHART, page=PAGE) as server:
        assert record_of(clients(server, vendor=name, search="post"), server) == expected()
        assert server.requests
        assert not [r.target for r in server.requests if PID in r.target]


@pytest.mark.data
@pytest.mark.skipif(not PUBLIC, reason="the public charts are not beside the checkout")
# The id of a public patient holds no practice, which athenahealth's servers want to know.
@pytest.mark.parametrize("name", sorted(set(FAMILIES) - {"athenahealth"}))
def test_a_public_chart_is_the_same_from_every_vendor(name: str, clients: Any) -> None:
    text = gzip.decompress(PUBLIC[0].read_bytes())
    resources = resources_of(json.loads(text))
    patient_id = next(r["id"] for r in resources if r["resourceType"] == "Patient")
    record = chart_of(text, NEEDS, patient_id="", as_of="last-entry").record
    with vendor_server(name, resources, page=PAGE) as server:
        request = ChartRequest(patient_id=patient_id, fhir_server=server.base)
        client = clients(server, vendor=name)
        found = gather(request, NEEDS, client, Deadline.after(AMPLE_S), now=NOW, as_of="last-entry").record
    assert found == record
    assert len(record.measurements) > 5


def test_a_server_that_can_not_keep_patients_out_of_urls_is_not_asked(clients: Any) -> None:
    with vendor_server("google_healthcare", CHART) as server:
        client = clients(server, vendor="google_healthcare", search="post")
        request = ChartRequest(patient_id=PID, fhir_server=server.base)
        with pytest.raises(Exception, match="keep patients out of URLs"):
            gather(request, NEEDS, client, Deadline.after(AMPLE_S), now=NOW)
        assert not [r.target for r in server.requests if PID in r.target]
