"""References in every spelling, through a file, through prefetch and through a server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from cds_hooks.chart_files import chart_of
from fhir_adapters.client import FhirClient
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.record import Need, PatientRecord
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import FaultyServer, bundle
from tests.fakes.fhir_server import fhir_server, honest
from tests.fhir_adapters.mapping.resources import (
    NOW,
    PID,
    document,
    inline,
    medication,
    observation,
    patient,
    report,
)
from tests.patience import AMPLE_S

Json = dict[str, Any]
NEEDS = (
    Need(resource="Patient", required=True),
    Need(resource="Observation", analytes=("creatinine",)),
    Need(resource="MedicationRequest"),
)
DRUG = {"resourceType": "Medication", "id": "drug1", "code": {"text": "metformin 500 MG Oral Tablet"}}
# How a reference to `{kind}/{id}` may be spelled; `{base}` is the server's own base URL.
SPELLINGS = ("{kind}/{id}", "{base}/{kind}/{id}", "{kind}/{id}/_history/2", "{base}/{kind}/{id}/_history/2")


@pytest.fixture(scope="module")
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    yield made
    made.close()


def ordered(reference: str, subject: str) -> Json:
    order = {
        **medication(),
        "medicationReference": {"reference": reference},
        "subject": {"reference": subject},
    }
    del order["medicationCodeableConcept"]
    return order


def spelled(spelling: str, base: str) -> list[Json]:
    subject = spelling.format(kind="Patient", id=PID, base=base)
    drug = spelling.format(kind="Medication", id="drug1", base=base)
    return [patient(), observation(subject={"reference": subject}), ordered(drug, subject), DRUG]


def by_server(client: FhirClient, server: FaultyServer, **request: Any) -> PatientRecord:
    asked = ChartRequest(patient_id=PID, fhir_server=server.base, **request)
    return gather(asked, NEEDS, client, Deadline.after(AMPLE_S), now=NOW).record


def by_file(resources: list[Json]) -> PatientRecord:
    return chart_of(json.dumps(bundle(*resources)).encode(), NEEDS, patient_id=PID, as_of="last-entry").record


def by_transaction(resources: list[Json], needs: tuple[Need, ...] = NEEDS) -> PatientRecord:
    entries = [
        {"fullUrl": f"urn:uuid:{resource['id']}", "resource": resource, "request": {"method": "POST"}}
        for resource in resources
    ]
    text = json.dumps({"resourceType": "Bundle", "type": "transaction", "entry": entries})
    return chart_of(text.encode(), needs, patient_id=PID, as_of="last-entry").record


def is_whole(record: PatientRecord) -> bool:
    (med,) = record.medications
    return len(record.series("creatinine")) == 1 and "metformin" in med.concept.label and not record.gaps


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_each_spelling_is_followed_on_each_road(client: FhirClient, spelling: str) -> None:
    with fhir_server([]) as server:
        resources = who, obs, order, drug = spelled(spelling, server.base)
        server.otherwise = honest(resources)
        assert is_whole(by_server(client, server))
        asked = len(server.requests)
        supplied = {"patient": who, "observations": bundle(obs), "medications": bundle(order, drug)}
        assert is_whole(by_server(client, server, prefetch=supplied))
        assert len(server.requests) == asked
        assert is_whole(by_file(resources))


def test_references_by_uuid_are_followed_in_a_transaction() -> None:
    resources = [
        patient(),
        observation(subject={"reference": f"urn:uuid:{PID}"}),
        ordered("urn:uuid:drug1", f"urn:uuid:{PID}"),
        DRUG,
    ]
    assert is_whole(by_transaction(resources))


def test_a_contained_drug_is_read_on_each_road(client: FhirClient) -> None:
    order = {**ordered("#d", f"Patient/{PID}"), "contained": [{**DRUG, "id": "d"}]}
    resources = [patient(), observation(), order]
    with fhir_server(resources) as server:
        assert is_whole(by_server(client, server))
        assert not [request for request in server.requests if "Medication/" in request.path]
    assert is_whole(by_file(resources))


def test_a_drug_of_another_server_is_not_fetched_and_noted(client: FhirClient) -> None:
    with fhir_server([DRUG]) as other:
        order = ordered(f"{other.base}/Medication/drug1", f"Patient/{PID}")
        with fhir_server([patient(), observation(), order]) as server:
            record = by_server(client, server, access_token="secret-token")
        assert other.requests == []
    assert any("1 Medications were not read" in gap.reason for gap in record.gaps)
    assert [med.concept.label for med in record.medications] in ([], [""])


@pytest.mark.parametrize("spelling", ["urn:uuid:b1", "Binary/b1", "https://ehr.example.org/r4/Binary/b1"])
def test_a_note_whose_text_came_along_as_a_binary_is_read_from_a_file(spelling: str) -> None:
    binary = {"resourceType": "Binary", "id": "b1", **inline("PLAN: rest")}
    note = document({"url": spelling})
    report_ = report({"url": spelling, "contentType": "text/plain"})
    needs = (*NEEDS, Need(resource="DocumentReference"), Need(resource="DiagnosticReport"))
    record = by_transaction([patient(), note, report_, binary], needs)
    assert [n.text for n in record.notes] == ["PLAN: rest"]
    # The report's text was read as well: it is known to be that of the document.
    assert [(gap.problem, gap.source) for gap in record.gaps] == [("duplicate", "DiagnosticReport/r1")]
    without = by_transaction([patient(), note, report_], needs)
    assert not without.notes
    assert without.gaps


def test_a_broken_reference_to_a_drug_is_noted(client: FhirClient) -> None:
    with fhir_server([patient(), observation(), ordered("Medication/none", f"Patient/{PID}")]) as server:
        record = by_server(client, server)
    assert any("1 Medications were not read" in gap.reason for gap in record.gaps)
