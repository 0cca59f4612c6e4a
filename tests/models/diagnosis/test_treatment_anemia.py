"""Severe anemia during antineoplastic treatment: what counts as treatment, and what makes it no news."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import SNOMED, Coding, Concept, Medication, PatientRecord, Procedure
from tests.models.diagnosis.helpers import codes, keys, only
from tests.records import ago, condition, drug, measurement, person, record

KEY = "anaemia_under_treatment"


def carboplatin(days: float | None = 20, status: str = "active") -> Medication:
    started = None if days is None else ago(days)
    return replace(drug("carboplatin 10 MG/ML Injectable Solution", status), started=started)


def done(code: str, days: float) -> Procedure:
    concept = Concept((Coding(SNOMED, code),), "")
    return Procedure(source=f"Procedure/{code}", concept=concept, at=ago(days))


def blood(value: float = 7.2, days: float = 2, **more: Any) -> PatientRecord:
    more.setdefault("medications", [carboplatin()])
    setting = more.pop("setting", "unknown")
    return record(measurement("hemoglobin", value, days, "g/dL", setting=setting), **more)


def test_it_names_the_value_and_the_treatment() -> None:
    finding = only(blood())
    assert (finding.key, finding.group, finding.urgency, finding.confidence) == (KEY, "anemia", "urgent", "B")
    assert finding.statement == (
        "Severe anemia during antineoplastic treatment: hemoglobin 7.2 g/dL (2026-05-30)"
    )
    treatment = next(item for item in finding.evidence if item.label == "Antineoplastic treatment")
    assert (treatment.value.split()[0], treatment.at) == ("carboplatin", ago(20))
    assert codes(finding, "add-problem") == set()
    assert codes(finding, "order") == {"57021-8", "2276-4"}


@pytest.mark.parametrize(("value", "found"), [(7.9, True), (8.0, False), (9.5, False)])
def test_grade_3_is_below_8(value: float, found: bool) -> None:
    assert (KEY in keys(blood(value))) is found


@pytest.mark.parametrize(("days", "found"), [(13.9, True), (14.1, False)])
def test_the_value_is_of_the_last_14_days(days: float, found: bool) -> None:
    assert (KEY in keys(blood(days=days))) is found


def test_a_value_of_hospital_counts_and_a_newer_normal_one_silences() -> None:
    assert KEY in keys(blood(setting="inpatient"))
    better = measurement("hemoglobin", 9.4, 1, "g/dL")
    assert KEY not in keys(record(measurement("hemoglobin", 7.2, 5), better, medications=[carboplatin()]))


@pytest.mark.parametrize(("days", "found"), [(179, True), (181, False), (None, True)])
def test_treatment_is_of_the_last_180_days(days: float | None, found: bool) -> None:
    assert (KEY in keys(blood(medications=[carboplatin(days)]))) is found


def test_treatment_that_ended_is_none() -> None:
    assert KEY not in keys(blood(medications=[carboplatin(status="completed")]))
    assert KEY not in keys(blood(medications=[]))


def test_chemotherapy_may_be_a_problem_or_a_procedure() -> None:
    assert keys(blood(medications=[], conditions=[condition("Z51.11", days=30)])) == {KEY}
    assert keys(blood(medications=[], conditions=[condition("Z51.11", days=400)])) == set()
    assert KEY in keys(blood(medications=[], procedures=(done("367336001", 30),)))
    assert KEY not in keys(blood(medications=[], procedures=(done("367336001", 200),)))


@pytest.mark.parametrize("code", ["D64.81", "D64.9", "D50.9", "D57.1", "271737000", "Z51.5"])
def test_a_documented_anemia_or_palliative_care_silences_it(code: str) -> None:
    assert KEY not in keys(blood(conditions=[condition(code)]))


@pytest.mark.parametrize(("days", "found"), [(1, False), (13, False), (15, True)])
def test_a_transfusion_of_the_last_14_days_silences_it(days: float, found: bool) -> None:
    assert (KEY in keys(blood(procedures=(done("116859006", days),)))) is found


def test_a_lack_of_iron_is_said_beside_it_and_an_open_cause_is_not() -> None:
    points = (measurement("hemoglobin", 7.2, 2, "g/dL"), measurement("ferritin", 8, 2, "ng/mL"))
    assert keys(record(*points, medications=[carboplatin()])) == {KEY, "iron_deficiency_anaemia"}
    assert keys(record(*points[:1], medications=[carboplatin()])) == {KEY}
    assert keys(record(*points[:1])) == {"anaemia_unspecified"}


def test_children_are_not_judged() -> None:
    assert keys(blood(patient=person(12))) == set()
