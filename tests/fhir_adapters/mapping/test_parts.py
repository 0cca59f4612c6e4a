"""Patient, conditions, medications, allergies, procedures, encounters and family history."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Concept, DataQualityNote
from tests.fhir_adapters.mapping.resources import (
    NOW,
    PID,
    SUBJECT,
    chart,
    concept,
    condition,
    medication,
    observation,
    patient,
    problems,
)


def _patient(**more: Any) -> Any:
    return map_chart(PID, [patient(**more)], now=NOW).patient


def test_the_patient_is_read() -> None:
    who = _patient()
    assert (who.name, who.sex, who.birth_date, who.source) == (
        "Ada B Canary",
        "female",
        date(1960, 2, 29),
        "Patient/p1",
    )


@pytest.mark.parametrize(
    ("sent", "birth_date", "precision", "problem"),
    [
        ("1950", date(1950, 12, 31), "year", ["approximate"]),
        ("1950-02", date(1950, 2, 28), "month", ["approximate"]),
        ("9999-12", None, "day", ["future"]),
        ("2027-01-01", None, "day", ["future"]),
        ("unknown", None, "day", ["unreadable"]),
        (None, None, "day", []),
    ],
)
def test_a_birth_date_is_read_with_its_precision(
    sent: Any, birth_date: date | None, precision: str, problem: list[str]
) -> None:
    record = map_chart(PID, [patient(birthDate=sent)], now=NOW)
    assert (record.patient.birth_date, record.patient.birth_date_precision) == (birth_date, precision)
    assert problems(record) == problem


def test_the_official_name_is_shown() -> None:
    names = [{"use": "old", "text": "Old"}, {"use": "official", "text": "Official"}, {"text": "Other"}]
    assert _patient(name=names).name == "Official"


@pytest.mark.parametrize(
    ("sent", "deceased"),
    [
        ({"deceasedBoolean": True}, True),
        ({"deceasedBoolean": False}, False),
        ({"deceasedDateTime": "2020-01-01"}, True),
        ({"deceasedDateTime": "2030-01-01"}, False),
    ],
)
def test_a_death_is_known(sent: dict[str, Any], deceased: bool) -> None:
    assert _patient(**sent).deceased is deceased


def test_a_condition_is_read() -> None:
    (cond,) = chart(condition(encounter={"reference": "Encounter/e1"})).conditions
    assert (cond.source, cond.clinical_status, cond.verification) == ("Condition/c1", "active", "confirmed")
    assert (cond.category, cond.encounter) == ("problem-list-item", "Encounter/e1")
    assert cond.recorded == datetime(2020, 1, 1, tzinfo=UTC)
    assert cond.is_current


@pytest.mark.parametrize(
    "verification",
    [concept("refuted"), concept("entered-in-error"), "entered-in-error", {"text": "Refuted"}],
)
def test_a_refuted_condition_is_never_used(verification: Any) -> None:
    record = chart(condition(verificationStatus=verification))
    assert not record.conditions
    assert [gap.problem for gap in record.gaps] == ["not-used"]


@pytest.mark.parametrize("verification", [5, ["refuted"], {"coding": "refuted"}, {"coding": ["x"]}])
def test_a_condition_whose_verification_cannot_be_read_is_not_used(verification: Any) -> None:
    record = chart(condition(verificationStatus=verification))
    assert not record.conditions
    assert problems(record) == ["unreadable"]


def test_a_missing_clinical_status_counts_as_current_unless_abated() -> None:
    assert chart(condition(clinicalStatus=None)).conditions[0].is_current
    assert not chart(condition(clinicalStatus=None, abatementDateTime="2021")).conditions[0].is_current


def test_an_unknown_clinical_status_is_noted() -> None:
    record = chart(condition(clinicalStatus=concept("sleeping")))
    assert record.conditions[0].clinical_status == ""
    assert problems(record) == ["approximate"]


@pytest.mark.parametrize(
    "abatement",
    [
        {"abatementAge": {"value": 50}},
        {"abatementString": "in childhood"},
        {"abatementPeriod": {"end": "2021"}},
    ],
)
def test_an_abatement_of_any_form_ends_a_condition(abatement: dict[str, Any]) -> None:
    assert not chart(condition(**abatement)).conditions[0].is_current


def test_an_expected_abatement_does_not_end_a_condition() -> None:
    assert chart(condition(abatementDateTime="2027-01-01")).conditions[0].is_current


@pytest.mark.parametrize("key", ["onsetDateTime", "recordedDate"])
def test_a_condition_of_the_future_is_not_used(key: str) -> None:
    assert problems(chart(condition(**{key: "2026-07-01"}))) == ["future"]


def test_a_condition_without_code_and_text_is_unreadable() -> None:
    assert problems(chart(condition(code={}))) == ["unreadable"]


def test_the_problem_list_outweighs_the_encounter() -> None:
    categories = [concept("encounter-diagnosis"), concept("problem-list-item")]
    assert chart(condition(category=categories)).conditions[0].category == "problem-list-item"


def test_a_medication_is_read() -> None:
    (med,) = chart(medication()).medications
    assert (med.source, med.concept.text) == ("MedicationRequest/m1", "metformin 500 MG Oral Tablet")
    assert med.is_current(NOW)


def test_a_statement_is_read_beside_orders() -> None:
    statement = medication(resourceType="MedicationStatement", intent=None, effectivePeriod={"end": "2025"})
    (med,) = chart(statement).medications
    assert med.source == "MedicationStatement/m1"
    assert med.ended == datetime(2025, 12, 31, 23, 59, 59, 999999, UTC)


@pytest.mark.parametrize(
    "more", [{"status": "entered-in-error"}, {"status": "cancelled"}, {"doNotPerform": True}]
)
def test_an_order_that_must_not_count_does_not(more: dict[str, Any]) -> None:
    assert not chart(medication(**more)).medications


def test_a_drug_is_found_by_reference_contained_or_beside() -> None:
    drug = {"resourceType": "Medication", "id": "x", "code": {"text": "warfarin"}}
    link = medication(medicationCodeableConcept=None)
    beside = chart(link | {"medicationReference": {"reference": "Medication/x"}}, drug)
    within = chart(link | {"medicationReference": {"reference": "#x"}, "contained": [drug]})
    named = chart(link | {"medicationReference": {"reference": "Medication/y", "display": "warfarin"}})
    assert [r.medications[0].concept.label for r in (beside, within, named)] == ["warfarin"] * 3


def test_an_order_ends_with_the_bounds_of_its_dosage() -> None:
    bounds = {"start": "2025-01-01", "end": "2025-02-01"}
    dosage = [{"timing": {"repeat": {"boundsPeriod": bounds}}}]
    (med,) = chart(medication(dosageInstruction=dosage)).medications
    assert not med.is_current(NOW)


def test_an_order_ends_on_the_evening_of_its_last_day() -> None:
    dosage = [{"timing": {"repeat": {"boundsPeriod": {"end": "2026-06-01"}}}}]
    (med,) = chart(medication(dosageInstruction=dosage)).medications
    assert med.is_current(NOW)


def _allergy(**more: Any) -> dict[str, Any]:
    return {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": SUBJECT,
        "code": {"text": "latex"},
        **more,
    }


def test_an_allergy_is_read() -> None:
    (allergy,) = chart(_allergy(criticality="high", clinicalStatus=concept("inactive"))).allergies
    assert (allergy.concept.label, allergy.criticality, allergy.active) == ("latex", "high", False)


@pytest.mark.parametrize(
    "more",
    [
        {"verificationStatus": concept("refuted")},
        {"verificationStatus": concept("entered-in-error")},
        {"code": concept("716186003", "http://snomed.info/sct")},
    ],
)
def test_an_allergy_that_there_is_not_is_left_out(more: dict[str, Any]) -> None:
    assert not chart(_allergy(**more)).allergies


@pytest.mark.parametrize(("status", "count"), [("completed", 1), ("not-done", 0), ("entered-in-error", 0)])
def test_only_a_completed_procedure_was_done(status: str, count: int) -> None:
    done = {
        "resourceType": "Procedure",
        "id": "x",
        "status": status,
        "code": {"text": "stent"},
        "subject": SUBJECT,
        "performedPeriod": {"start": "2020-01-01"},
    }
    assert len(chart(done).procedures) == count


@pytest.mark.parametrize("status", ["planned", "cancelled", "entered-in-error"])
def test_an_encounter_that_did_not_take_place_is_left_out(status: str) -> None:
    planned = {
        "resourceType": "Encounter",
        "id": "e",
        "status": status,
        "subject": SUBJECT,
        "period": {"start": "2027-01-01"},
    }
    record = chart(planned)
    assert not record.encounters
    assert [gap.problem for gap in record.gaps] == ["not-used"]


def test_a_relatives_condition_is_only_family_history() -> None:
    history = {
        "resourceType": "FamilyMemberHistory",
        "id": "f",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": {"text": "father"},
        "condition": [
            {"code": {"text": "heart attack"}, "onsetAge": {"value": 54, "code": "a"}},
            {"code": {}},
        ],
    }
    record = chart(history)
    (found,) = record.family_history
    assert (found.relationship.label, found.concept.label, found.onset_age_years) == (
        "father",
        "heart attack",
        54,
    )
    assert not record.conditions


def test_gaps_given_come_first_and_coverage_is_passed_on() -> None:
    gap = DataQualityNote("unavailable", "medications", "timed out")
    record = chart(condition(code={}), gaps=(gap,), coverage={"Observation": "complete"})
    assert record.gaps[0] == gap
    assert record.coverage == {"Observation": "complete"}


@pytest.mark.parametrize(
    ("dispense", "until"),
    [
        ({}, None),
        ({"validityPeriod": {"end": "2025-05-01"}}, "2025-05-01"),
        ({"expectedSupplyDuration": {"value": 30, "code": "d"}}, "2025-01-31"),
        (
            {"expectedSupplyDuration": {"value": 30, "unit": "days"}, "numberOfRepeatsAllowed": 2},
            "2025-04-01",
        ),
        (
            {"expectedSupplyDuration": {"value": 1, "code": "mo"}, "validityPeriod": {"end": "2025-01-02"}},
            "2025-02-01",
        ),
        ({"expectedSupplyDuration": {"value": 30, "code": "mL"}}, None),
        ({"expectedSupplyDuration": {"value": -3, "code": "d"}}, None),
        ({"expectedSupplyDuration": {"value": 1e12, "code": "a"}, "numberOfRepeatsAllowed": 1e12}, None),
        ({"expectedSupplyDuration": "30 days"}, None),
        ("none", None),
    ],
)
def test_how_far_an_order_reaches_is_read(dispense: Any, until: str | None) -> None:
    (med,) = chart(medication(authoredOn="2025-01-01", dispenseRequest=dispense)).medications
    assert med.written is not None
    assert med.written.date() == date(2025, 1, 1)
    assert (med.supplied_until.date().isoformat() if med.supplied_until else None) == until


def test_an_order_of_a_year_was_written_by_its_end_and_a_statement_was_not_written() -> None:
    (med,) = chart(medication(authoredOn="2024")).medications
    assert med.written is not None
    assert med.written.date() == date(2024, 12, 31)
    stated = medication(resourceType="MedicationStatement", intent=None, authoredOn=None, dateAsserted="2020")
    assert chart(stated).medications[0].written is None


def test_an_unread_order_makes_medications_partly_known() -> None:
    record = chart(
        medication(status=None), coverage={"MedicationRequest": "complete", "Condition": "complete"}
    )
    assert record.coverage == {"MedicationRequest": "partial", "Condition": "complete"}


@pytest.mark.parametrize(
    "junk", [None, 5, "text", [], {}, {"resourceType": []}, {"resourceType": "Nonsense"}]
)
def test_junk_among_resources_costs_nothing_else(junk: Any) -> None:
    assert chart(junk, observation()).series("creatinine")


@pytest.mark.parametrize("element", ["hospitalization", "admission"])
def test_where_somebody_went_from_hospital_is_kept(element: str) -> None:
    disposition = {"coding": [{"system": "urn:x", "code": "snf"}], "text": "nursing facility"}
    sent = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "IMP"},
        "subject": SUBJECT,
        element: {"dischargeDisposition": disposition},
    }
    (encounter,) = chart(sent).encounters
    assert encounter.discharged_to.label == "nursing facility"
    (silent,) = chart({**sent, element: "home"}).encounters
    assert silent.discharged_to == Concept()
