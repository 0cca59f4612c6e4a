"""What a sender labelled as confidential is left out, counted, and never named."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, get_args

import pytest

from fhir_adapters.errors import RestrictedPatientError
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.mapping.labels import Labelled
from fhir_adapters.record import Need, PatientRecord
from fhir_adapters.resilience import Deadline
from fhir_adapters.versions.shape import in_r4
from tests.fhir_adapters.mapping.resources import NOW, PID, SUBJECT, condition, observation, patient
from tests.fhir_adapters.versions import charts

Json = dict[str, Any]
V3 = "http://terminology.hl7.org/CodeSystem/"
OLD = "http://hl7.org/fhir/v3/"
RESTRICTED = {"security": [{"system": f"{V3}v3-Confidentiality", "code": "R"}]}
COMPLETE = {"Condition": "complete", "Observation": "complete", "MedicationRequest": "complete"}


def meta(code: str, system: str = "") -> Json:
    return {"security": [{"code": code} | ({"system": system} if system else {})]}


def read(*resources: Json, **more: Any) -> PatientRecord:
    return map_chart(PID, [patient(), *resources], now=NOW, coverage=COMPLETE, **more)


@pytest.mark.parametrize(
    ("label", "left_out_by"),
    [
        (meta("R", f"{V3}v3-Confidentiality"), ("leave-out", "leave-out-restricted")),
        (meta("V", f"{OLD}Confidentiality"), ("leave-out", "leave-out-restricted")),
        (meta("V", "urn:oid:2.16.840.1.113883.5.25"), ("leave-out", "leave-out-restricted")),
        (meta("R"), ("leave-out", "leave-out-restricted")),
        ({"security": {"code": "R"}}, ("leave-out", "leave-out-restricted")),
        (meta("PROCESSINLINELABEL", f"{V3}v3-ActCode"), ("leave-out", "leave-out-restricted")),
        (meta("HIV", f"{V3}v3-ActCode"), ("leave-out",)),
        (meta("PSY", f"{OLD}ActCode"), ("leave-out",)),
        (meta("ETH", "urn:oid:2.16.840.1.113883.5.4"), ("leave-out",)),
        (meta("N", f"{V3}v3-Confidentiality"), ()),
        (meta("DEMO", f"{V3}v3-ActCode"), ()),
        (meta("R", "https://ehr.example.org/labels"), ()),
        ({"security": "R"}, ()),
        ({"security": [None, {"code": 1}]}, ()),
        ("R", ()),
    ],
)
def test_what_is_left_out_is_the_sites_choice(label: Any, left_out_by: tuple[str, ...]) -> None:
    for choice in get_args(Labelled):
        chart = read(condition(meta=label), labelled=choice)
        assert (not chart.conditions) is (choice in left_out_by), choice
        assert chart.withheld == int(choice in left_out_by)


@pytest.mark.parametrize("sent", [charts.r4(), charts.r5(), charts.stu3(), charts.dstu2()])
def test_every_type_of_every_version_is_left_out(sent: list[Json]) -> None:
    types = {each["resourceType"] for each in in_r4(sent)}
    assert len(types) > 8
    labelled = [each if each["resourceType"] == "Patient" else {**each, "meta": RESTRICTED} for each in sent]
    chart = map_chart("p1", in_r4(labelled), now=datetime(2026, 6, 1, tzinfo=UTC))
    parts = (
        chart.conditions, chart.measurements, chart.coded_observations, chart.medications, chart.allergies,
        chart.procedures, chart.encounters, chart.family_history, chart.notes,
    )  # fmt: skip
    assert not any(parts)
    assert chart.withheld == len(sent) - 1


def test_the_number_is_told_and_nothing_else() -> None:
    chart = read(
        condition(identity="secret", meta=RESTRICTED),
        observation(identity="hidden", meta=RESTRICTED),
        observation(identity="seen"),
    )
    (note,) = chart.gaps
    assert (note.problem, note.source) == ("restricted", "chart")
    assert note.reason == "2 labelled as confidential by their sender and left out"
    assert chart.coverage["Condition"] == chart.coverage["Observation"] == "partial"
    assert chart.coverage["MedicationRequest"] == "complete"
    assert [point.source for point in chart.series("creatinine")] == ["Observation/seen"]


@pytest.mark.parametrize("order", [1, -1])
def test_a_label_on_one_version_holds_for_all(order: int) -> None:
    versions = [
        condition(meta={"lastUpdated": "2026-01-01T00:00:00Z"}),
        condition(meta={"lastUpdated": "2025-01-01T00:00:00Z", **RESTRICTED}),
    ]
    chart = read(*versions[::order])
    assert not chart.conditions
    assert chart.withheld == 1


def test_what_documents_say_of_themselves_is_heeded() -> None:
    label = [{"coding": RESTRICTED["security"]}]
    base = {"subject": SUBJECT, "status": "current", "date": "2026-01-01"}
    documents = [
        {"resourceType": "DocumentReference", "id": "d", "securityLabel": label, **base},
        {"resourceType": "Composition", "id": "c", "confidentiality": "V", **base},
    ]
    assert read(*documents).withheld == 2
    assert read({**documents[1], "confidentiality": "N"}).withheld == 0


def test_an_order_goes_with_its_labelled_drug() -> None:
    drug = {"resourceType": "Medication", "code": {"text": "secretin"}, "meta": RESTRICTED}
    order = {"resourceType": "MedicationRequest", "status": "active", "intent": "order", "subject": SUBJECT}
    apart = {**order, "id": "m", "medicationReference": {"reference": "Medication/d", "display": "secretin"}}
    within = {
        **order, "id": "n", "contained": [{**drug, "id": "d"}], "medicationReference": {"reference": "#d"}
    }  # fmt: skip
    chart = read({**drug, "id": "d"}, apart, within)
    assert not chart.medications
    assert chart.withheld == 3
    assert chart.coverage["MedicationRequest"] == "partial"


def test_a_labelled_patient_ends_the_call() -> None:
    with pytest.raises(RestrictedPatientError):
        map_chart(PID, [patient(meta=RESTRICTED)], now=NOW)
    assert map_chart(PID, [patient(meta=RESTRICTED)], now=NOW, labelled="use").patient.name


def _drafts(label: Callable[[Json], Json]) -> PatientRecord:
    order = {
        "resourceType": "MedicationRequest",
        "id": "w",
        "medicationCodeableConcept": {"text": "warfarin"},
    }
    other = {**order, "id": "a", "medicationCodeableConcept": {"text": "aspirin"}}
    return read(drafts=[label(order), other])


def test_a_labelled_draft_is_named_and_not_read() -> None:
    kept_out, other = _drafts(lambda order: {**order, "meta": RESTRICTED}).drafts
    assert (kept_out.source, kept_out.withheld, kept_out.concept.label) == ("MedicationRequest/w", True, "")
    assert (other.withheld, other.concept.label) == (False, "aspirin")
    assert not any(draft.withheld for draft in _drafts(lambda order: order).drafts)


def test_nothing_that_is_left_out_is_in_the_audit_or_followed() -> None:
    note = {
        "resourceType": "DocumentReference", "id": "d", "status": "current", "subject": SUBJECT,
        "content": [{"attachment": {"url": "Binary/secret", "contentType": "text/plain"}}],
    }  # fmt: skip
    needs = (Need(resource="DocumentReference"), Need(resource="Condition"))
    for label, unread in (({}, 1), ({"meta": RESTRICTED}, 0)):
        prefetch = {"patient": patient(), "notes": {**note, **label}, "conditions": condition(**label)}
        request = ChartRequest(patient_id=PID, prefetch=prefetch)
        chart = gather(request, needs, None, Deadline.after(60), now=NOW)
        assert sum("attachments" in gap.reason for gap in chart.record.gaps) == unread
        assert ("DocumentReference/d" in chart.references) is bool(unread)
        assert chart.references[0] == f"Patient/{PID}"
