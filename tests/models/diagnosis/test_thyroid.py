from __future__ import annotations

from dataclasses import replace

import pytest

from fhir_adapters.record import PatientRecord
from tests.models.diagnosis.helpers import abstained, codes, keys, only
from tests.records import condition, drug, measurement, person, record


def thyroid(*values: tuple[str, float, float], **more: object) -> PatientRecord:
    return record(*(measurement(a, v, days) for a, v, days in values), **more)  # type: ignore[arg-type]


OVERT = (("tsh", 24, 20), ("free_t4", 0.5, 20))
SUBCLINICAL = (("tsh", 7.2, 100), ("tsh", 7.6, 10), ("free_t4", 1.1, 10))


def test_tsh_above_10_with_low_free_t4_is_enough_at_once() -> None:
    finding = only(thyroid(*OVERT))
    assert (finding.key, finding.confidence) == ("hypothyroidism", "A")
    assert codes(finding, "add-problem") == {"40930008", "E03.9"}


@pytest.mark.parametrize(
    ("values", "confidence"),
    [
        ((("tsh", 12, 20),), "B"),
        ((("tsh", 12, 70), ("tsh", 14, 20)), "A"),
        ((("tsh", 12, 50), ("tsh", 14, 20)), "B"),
        ((("tsh", 8, 20), ("free_t4", 0.7, 20)), "B"),
        ((("tsh", 8, 80), ("tsh", 8, 20), ("free_t4", 0.7, 20)), "A"),
    ],
)
def test_otherwise_two_tests_six_weeks_apart(
    values: tuple[tuple[str, float, float], ...], confidence: str
) -> None:
    finding = only(thyroid(*values))
    assert (finding.key, finding.confidence) == ("hypothyroidism", confidence)
    assert bool(codes(finding, "add-problem")) == (confidence == "A")


def test_a_single_high_tsh_orders_free_t4() -> None:
    assert "3024-7" in codes(only(thyroid(("tsh", 12, 20))), "order")


@pytest.mark.parametrize(
    ("value", "found"),
    [(4.5, set()), (4.6, {"subclinical_hypothyroidism"}), (10, {"subclinical_hypothyroidism"})],
)
def test_subclinical_limits(value: float, found: set[str]) -> None:
    assert keys(thyroid(("tsh", value, 100), ("tsh", value, 10), ("free_t4", 1.1, 10))) == found


def test_subclinical_disease_is_b_and_routine() -> None:
    finding = only(thyroid(*SUBCLINICAL))
    assert (finding.key, finding.confidence, finding.urgency) == (
        "subclinical_hypothyroidism",
        "B",
        "routine",
    )


def test_one_slightly_raised_tsh_is_silent() -> None:
    assert keys(thyroid(("tsh", 7.6, 10), ("free_t4", 1.1, 10))) == set()


def test_a_later_normal_tsh_speaks_against_it() -> None:
    assert keys(thyroid(("tsh", 12, 200), ("tsh", 12, 100), ("tsh", 3, 10))) == set()


@pytest.mark.parametrize(("value", "found"), [(7.0, set()), (7.1, {"subclinical_hypothyroidism"})])
def test_above_70_years_7_is_accepted(value: float, found: set[str]) -> None:
    chart = thyroid(("tsh", value, 100), ("tsh", value, 10), ("free_t4", 1.1, 10), patient=person(78))
    assert keys(chart) == found


def test_without_free_t4_subclinical_disease_is_not_judged() -> None:
    chart = thyroid(("tsh", 7.2, 100), ("tsh", 7.6, 10))
    assert keys(chart) == set()
    assert abstained(chart, "subclinical_hypothyroidism").missing == ("free T4",)


@pytest.mark.parametrize("code", ["E03.9", "E89.0", "40930008", "21983002", "54823002"])
def test_a_documented_disease_silences_it(code: str) -> None:
    assert keys(thyroid(*OVERT, conditions=[condition(code)])) == set()
    assert keys(thyroid(*SUBCLINICAL, conditions=[condition(code)])) == set()


def test_levothyroxine_without_a_diagnosis_is_treated_and_undocumented() -> None:
    chart = thyroid(("tsh", 12, 20), medications=[drug("levothyroxine 100 MCG Oral Tablet")])
    finding = only(chart)
    assert (finding.key, finding.confidence) == ("hypothyroidism", "B")
    assert finding.statement.startswith("Thyroid hormone is taken, its reason is not recorded; TSH")
    in_part = only(replace(chart, coverage={**chart.coverage, "Condition": "partial"}))
    assert "is not recorded (problem list read in part); TSH" in in_part.statement


@pytest.mark.parametrize("code", ["E03.9", "C73", "40930008"])
def test_levothyroxine_with_a_reason_is_silent(code: str) -> None:
    chart = thyroid(
        ("tsh", 12, 20), medications=[drug("levothyroxine 100 MCG")], conditions=[condition(code)]
    )
    assert keys(chart) == set()


def test_interfering_drugs_are_named() -> None:
    finding = only(thyroid(*OVERT, medications=[drug("amiodarone 200 MG Oral Tablet")]))
    assert any(e.label == "Amiodarone or lithium" for e in finding.evidence)


def test_biotin_makes_it_unconfirmed() -> None:
    assert only(thyroid(*OVERT, medications=[drug("biotin 10 MG Oral Capsule")])).confidence == "B"


def test_pregnancy_acute_care_and_childhood_exclude() -> None:
    pregnant = thyroid(*OVERT, patient=person(30), conditions=[condition("O99.281")])
    assert keys(pregnant) == set()
    assert abstained(pregnant, "hypothyroidism").cause == "outside-population"
    assert keys(record(measurement("tsh", 24, 20, setting="inpatient"))) == set()
    assert keys(thyroid(*OVERT, patient=person(12))) == set()
