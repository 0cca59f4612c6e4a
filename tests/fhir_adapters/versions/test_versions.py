"""The same person gives the same record, whatever version of FHIR the server speaks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.prefetch import Query
from fhir_adapters.record import Need, PatientRecord
from fhir_adapters.resilience import Deadline
from fhir_adapters.versions import in_r4, r4_type, version_named, version_of
from fhir_adapters.versions.search import as_asked
from tests.fhir_adapters.versions import charts

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
KEYS = {
    "Condition": "conditions",
    "MedicationRequest": "medications",
    "MedicationStatement": "medicationStatements",
    "AllergyIntolerance": "allergies",
    "Procedure": "procedures",
    "Encounter": "encounters",
    "FamilyMemberHistory": "familyHistory",
    "DocumentReference": "notes",
    "DiagnosticReport": "reports",
    "Observation": "observations",
}
NEEDS = tuple(
    Need(resource=kind, analytes=("creatinine",) if kind == "Observation" else ())  # type: ignore[arg-type]
    for kind in KEYS
)


def read(resources: list[dict[str, Any]]) -> PatientRecord:
    """The record of a chart that came as prefetch."""
    by_key: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    prefetch: dict[str, Any] = {}
    for resource in resources:
        if resource["resourceType"] == "Patient":
            prefetch["patient"] = resource
        else:
            by_key[KEYS[r4_type(resource["resourceType"])]].append({"resource": resource})
    for key in KEYS.values():
        prefetch[key] = {"resourceType": "Bundle", "type": "searchset", "entry": by_key[key]}
    request = ChartRequest(patient_id=charts.PID, prefetch=prefetch)
    return gather(request, NEEDS, None, Deadline.after(5), now=NOW).record


def without_intent(record: PatientRecord) -> PatientRecord:
    """DSTU2 orders have no intent."""
    return replace(record, medications=tuple(replace(med, intent="") for med in record.medications))


def test_the_chart_in_r4_has_all_its_parts() -> None:
    record = read(charts.r4())
    (cond,) = record.conditions
    assert (cond.category, cond.clinical_status, cond.verification) == (
        "problem-list-item",
        "active",
        "confirmed",
    )
    assert [med.source for med in record.medications] == ["MedicationRequest/m1", "MedicationStatement/s1"]
    assert record.allergies[0].criticality == "high"
    assert [part.source for part in record.procedures] == ["Procedure/x1"]
    assert record.encounters[0].setting == "inpatient"
    assert record.family_history[0].onset_age_years == 50
    (point,) = record.series("creatinine")
    assert (point.setting, bool(point.suspect)) == ("inpatient", True)
    assert [note.encounter for note in record.notes] == ["Encounter/e1", "Encounter/e1"]
    assert {gap.source for gap in record.gaps} == {"MedicationStatement/s2", "Procedure/x2"}
    assert {gap.problem for gap in record.gaps} == {"not-used"}


@pytest.mark.parametrize("chart", [charts.r5, charts.stu3, charts.dstu2])
def test_the_same_chart_in_another_version_gives_the_same_record(
    chart: Callable[[], list[dict[str, Any]]],
) -> None:
    assert without_intent(read(chart())) == without_intent(read(charts.r4()))


@pytest.mark.parametrize(
    ("chart", "version"),
    [(charts.r4, "R4"), (charts.r5, "R5"), (charts.stu3, "STU3"), (charts.dstu2, "DSTU2")],
)
def test_the_shape_of_a_chart_tells_its_version(
    chart: Callable[[], list[dict[str, Any]]], version: str
) -> None:
    assert version_of(chart()) == version


def test_resources_of_r4_are_not_copied() -> None:
    chart = charts.r4()
    assert all(mine is theirs for mine, theirs in zip(in_r4(chart), chart, strict=True))


@pytest.mark.parametrize("chart", [charts.r5, charts.stu3, charts.dstu2])
def test_what_was_sent_is_not_changed(chart: Callable[[], list[dict[str, Any]]]) -> None:
    sent = chart()
    in_r4(sent)
    assert sent == chart()


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ("1.0.2", "DSTU2"),
        ("3.0.1", "STU3"),
        ("3.0", "STU3"),
        ("4.0.1", "R4"),
        ("4.3.0", "R4B"),
        ("5.0.0", "R5"),
        ("9.9", None),
        ("", None),
        (4.0, None),
        (None, None),
    ],
)
def test_the_version_of_a_capability_statement_is_known_by_its_number(
    text: object, version: str | None
) -> None:
    assert version_named(text) == version


@pytest.mark.parametrize(
    ("adherence", "status"),
    [(None, "active"), ("taking", "active"), ("stopped", "stopped"), ("unknown", "unknown")],
)
def test_an_r5_statement_counts_as_its_adherence_says(adherence: str | None, status: str) -> None:
    sent: dict[str, Any] = {
        "resourceType": "MedicationStatement",
        "status": "recorded",
        "medication": {"concept": charts.METFORMIN},
    }
    if adherence:
        sent["adherence"] = {"code": charts.bare(adherence)}
    assert in_r4([sent])[0]["status"] == status


@pytest.mark.parametrize("status", ["refuted", "entered-in-error"])
def test_a_dstu2_allergy_that_is_refuted_stays_refuted(status: str) -> None:
    chart = charts.dstu2()
    chart[6] = {**chart[6], "status": status}
    assert chart[6]["resourceType"] == "AllergyIntolerance"
    assert not read(chart).allergies


def test_a_question_is_asked_in_the_words_of_each_version() -> None:
    orders = Query(key="medications", resource="MedicationRequest", params=(("_sort", "-authoredon"),))
    assert as_asked(orders, "R4") is orders
    assert as_asked(orders, "R5") is orders
    assert as_asked(orders, "DSTU2").url("p1") == "MedicationOrder?patient=p1&_sort:desc=datewritten"
    problems = Query(key="conditions", resource="Condition", params=(("_sort", "-recorded-date"),))
    assert as_asked(problems, "STU3").url("p1") == "Condition?patient=p1&_sort=-asserted-date"
    plain = Query(key="conditions", resource="Condition", params=(("_count", "50"),))
    assert as_asked(plain, "DSTU2").url("p1") == "Condition?patient=p1&_count=50"


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(chart=st.sampled_from([charts.r5, charts.stu3, charts.dstu2]), data=st.data())
def test_no_value_of_a_wrong_type_stops_the_reading(chart: Any, data: st.DataObject) -> None:
    resources = chart()
    number = data.draw(st.integers(1, len(resources) - 1))
    name = data.draw(st.sampled_from(sorted(set(resources[number]) - {"resourceType", "id"})))
    resources[number] = {**resources[number], name: data.draw(values)}
    assert read(resources).patient.patient_id == charts.PID
