from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from fhir_adapters.record import Demographics
from fhir_adapters.terminology import conditions, drugs
from fhir_adapters.terminology.code_set import documented, ever_documented, previously_documented
from tests.records import NOW, ago, condition, drug, measurement, record


@pytest.mark.parametrize(
    ("birth", "on", "age"),
    [
        (date(1960, 6, 1), datetime(2026, 6, 1, tzinfo=UTC), 66),
        (date(1960, 6, 2), datetime(2026, 6, 1, tzinfo=UTC), 65),
        (date(1960, 2, 29), datetime(2026, 2, 28, tzinfo=UTC), 65),
        (None, NOW, None),
    ],
)
def test_age_is_in_completed_years(birth: date | None, on: datetime, age: int | None) -> None:
    assert Demographics(source="Patient/p", patient_id="p", birth_date=birth).age_years(on) == age


def test_no_part_of_a_record_shows_patient_data_in_its_repr() -> None:
    chart = record(
        measurement("hba1c", 7.777, 3), conditions=[condition("E11.9")], medications=[drug("Metformin 500")]
    )
    shown = repr((chart, chart.conditions, chart.medications, chart.measurements))
    for secret in ("7.777", "E11.9,", "Metformin 500"):
        assert secret not in shown


@pytest.mark.parametrize("code", ["E11.9", "E1165", "44054006", "E10.9", "46635009"])
def test_diabetes_is_recognised_in_both_code_systems(code: str) -> None:
    assert documented(record(conditions=[condition(code)]), conditions.DIABETES)


@pytest.mark.parametrize("code", ["E78.5", "R73.03", "15777000", "Z83.3"])
def test_other_codes_are_not_diabetes(code: str) -> None:
    assert documented(record(conditions=[condition(code)]), conditions.DIABETES) is None


def test_a_resolved_condition_is_previous_and_not_current() -> None:
    chart = record(conditions=[condition("E11.9", status="resolved")])
    assert documented(chart, conditions.DIABETES) is None
    assert previously_documented(chart, conditions.DIABETES) is not None
    assert ever_documented(chart, conditions.DIABETES) is not None


def test_an_encounter_diagnosis_counts_for_two_years_only() -> None:
    old = condition("E11.9", days=800, category="encounter-diagnosis")
    new = condition("E11.9", days=300, category="encounter-diagnosis")
    assert documented(record(conditions=[old]), conditions.DIABETES) is None
    assert documented(record(conditions=[new]), conditions.DIABETES) is new


@pytest.mark.parametrize(
    ("text", "cls", "member"),
    [
        ("Lisinopril 10 MG Oral Tablet", drugs.ACE_INHIBITOR, True),
        ("Hydrochlorothiazide 25 MG / Lisinopril 20 MG Oral Tablet", drugs.THIAZIDE, True),
        ("Timolol 0.5 % Ophthalmic Solution", drugs.BETA_BLOCKER, False),
        ("Diclofenac 1 % Topical Gel", drugs.NSAID, False),
        ("Atorvastatin 40 MG", drugs.STATIN, True),
        ("Simvistatin 10 MG", drugs.STATIN, True),
        ("Eliquis 5 mg twice daily", drugs.ORAL_ANTICOAGULANT, True),
        ("Lasix 40mg", drugs.LOOP_DIURETIC, True),
        ("Nystatin 100000 UNT/ML", drugs.STATIN, False),
    ],
)
def test_drug_classes_go_by_ingredient_words(text: str, cls: drugs.DrugClass, member: bool) -> None:
    assert cls.holds(drug(text).concept) is member


def test_only_current_drugs_are_being_taken() -> None:
    chart = record(medications=[drug("Simvastatin 20 MG", status="stopped")])
    assert drugs.taking(chart, drugs.STATIN) is None
    assert drugs.taking(record(medications=[drug("Simvastatin 20 MG")]), drugs.STATIN) is not None


def test_series_windows_include_their_ends() -> None:
    chart = record(*(measurement("hba1c", 6, days) for days in (0, 30, 31)))
    assert [p.at for p in chart.series("hba1c").within(30, NOW)] == [ago(30), ago(0)]
