"""Metformin, NSAIDs and drugs that raise potassium, at their limits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.finding import Finding
from models.medication_safety.kidney import DrugsAndKidney
from models.medication_safety.potassium import DrugsAndPotassium
from tests.models.medication_safety.charts import chart, finding, order, unchecked
from tests.records import condition, drug, measurement, person

KIDNEY, POTASSIUM = DrugsAndKidney(), DrugsAndPotassium()
_SEVERITY = {None: 0, "routine": 1, "soon": 2, "urgent": 3, "emergency": 4}


def _at(egfr: float, text: str = "metformin 500 mg", **more: object) -> Finding | None:
    points = (measurement("egfr", egfr, 30, unit="mL/min/{1.73_m2}"),)
    return finding(KIDNEY, chart(order(text), points=points, **more))


def _with(potassium: float, text: str, days: float = 5, **more: object) -> Finding | None:
    points = (measurement("potassium", potassium, days, unit="mmol/L"),)
    return finding(POTASSIUM, chart(order(text), points=points, **more))


@pytest.mark.parametrize(
    ("egfr", "urgency"),
    [(29, "urgent"), (29.9, "urgent"), (30, "soon"), (44.9, "soon"), (45, None), (90, None)],
)
def test_metformin_is_contraindicated_below_30_and_not_started_below_45(
    egfr: float, urgency: str | None
) -> None:
    said = _at(egfr)
    assert (said.urgency if said else None) == urgency
    if said:
        assert {piece.source for piece in said.evidence} >= {"MedicationRequest/d1", "Observation/egfr-30"}
        assert [each.kind for each in said.proposals] == ["withdraw-order"]


def test_who_takes_metformin_already_is_told_to_weigh_it() -> None:
    said = _at(40, medications=[drug("metformin 850 mg")])
    assert said is not None
    assert (said.urgency, said.proposals) == ("routine", ())
    stopped = _at(40, medications=[drug("metformin 850 mg", status="stopped")])
    assert stopped is not None
    assert stopped.urgency == "soon"


def test_without_a_medication_list_it_is_said_that_nobody_knows() -> None:
    said = _at(40, medications=None)
    assert said is not None
    assert said.confidence == "B"
    assert said.missing


def test_metformin_without_a_recent_egfr_is_said_to_be_unchecked() -> None:
    for points in ((), (measurement("egfr", 20, 400),)):
        (said,) = unchecked(KIDNEY, chart(order("metformin 500 mg"), points=points))
        assert said.subject == "metformin: kidney function"
        assert said.missing == ("eGFR in the last 12 months",)


def test_a_limit_in_place_of_a_number_counts_as_what_it_says() -> None:
    above = (measurement("egfr", 60, 10, comparator=">"),)
    assert finding(KIDNEY, chart(order("metformin"), points=above)) is None
    assert not unchecked(KIDNEY, chart(order("metformin"), points=above))
    (said,) = unchecked(
        KIDNEY, chart(order("metformin"), points=(measurement("egfr", 30, 10, comparator=">"),))
    )
    assert said.cause == "out-of-range"


def test_the_egfr_is_computed_from_a_creatinine_whose_unit_was_converted() -> None:
    mg_dl = (measurement("creatinine", 2.0, 3, reported="177 umol/L"),)
    said = finding(KIDNEY, chart(order("metformin"), points=mg_dl, patient=person(70)))
    assert said is not None
    assert said.statement.startswith("Metformin is contraindicated: eGFR 26")


@pytest.mark.parametrize("text", ["metformin 500 mg", "ibuprofen 400 mg"])
def test_no_all_clear_by_a_creatinine_that_a_low_reported_egfr_contradicts(text: str) -> None:
    points = (measurement("creatinine", 0.8, 3), measurement("egfr", 20, 3))
    (said,) = unchecked(KIDNEY, chart(order(text), points=points))
    assert said.reason.startswith(
        "needs a creatinine that agrees with the eGFR reported on 2026-05-29 (84 by"
    )
    agrees = (measurement("creatinine", 0.8, 3), measurement("egfr", 80, 3))
    assert not unchecked(KIDNEY, chart(order(text), points=agrees))


@pytest.mark.parametrize("text", ["metformin 500 mg", "ibuprofen 400 mg"])
def test_a_high_reported_egfr_takes_no_alarm_back_and_is_shown_beside_it(text: str) -> None:
    points = (measurement("creatinine", 2.5, 3), measurement("egfr", 79, 3))
    said = finding(KIDNEY, chart(order(text), points=points))
    assert said is not None
    assert said.urgency == "urgent"
    assert [(item.value, item.remark) for item in said.evidence if item.label == "eGFR"] == [
        ("21", "from creatinine 2.5 mg/dL, CKD-EPI 2021"),
        ("79", "reported; contradicts it"),
    ]


def test_dialysis_contraindicates_metformin_whatever_the_egfr() -> None:
    said = _at(50, conditions=[condition("N18.6")])
    assert said is not None
    assert "dialysis" in said.statement


@given(st.floats(5, 120), st.floats(5, 120), st.sampled_from(["metformin", "ibuprofen 400 mg"]))
def test_less_kidney_function_is_never_said_to_matter_less(one: float, other: float, text: str) -> None:
    low, high = sorted((one, other))
    severities = [_SEVERITY[said.urgency if (said := _at(each, text)) else None] for each in (low, high)]
    assert severities[0] >= severities[1]


@pytest.mark.parametrize(
    ("egfr", "urgency"), [(29, "urgent"), (30, "routine"), (59.9, "routine"), (60, None)]
)
def test_nsaids_at_reduced_kidney_function(egfr: float, urgency: str | None) -> None:
    said = _at(egfr, "naproxen 500 mg")
    assert (said.urgency if said else None) == urgency


def test_a_raas_blocker_makes_an_nsaid_more_pressing() -> None:
    said = _at(50, "ibuprofen", medications=[drug("lisinopril 10 mg"), drug("furosemide 40 mg")])
    assert said is not None
    assert said.urgency == "soon"
    assert "RAAS blocker and a diuretic" in said.statement


def test_a_topical_nsaid_is_left_alone() -> None:
    assert _at(20, "diclofenac 1% topical gel") is None


def test_an_nsaid_without_an_egfr_is_asked_about_in_those_at_risk_only() -> None:
    assert not unchecked(KIDNEY, chart(order("ibuprofen"), patient=person(30)))
    assert unchecked(KIDNEY, chart(order("ibuprofen"), patient=person(30), conditions=[condition("N18.3")]))


@pytest.mark.parametrize(
    ("text", "potassium", "urgency"),
    [
        ("spironolactone 25 mg", 4.9, None),
        ("spironolactone 25 mg", 5.0, "soon"),
        ("finerenone 10 mg", 5.0, None),
        ("finerenone 10 mg", 5.1, "soon"),
        ("spironolactone 25 mg", 5.5, "urgent"),
        ("lisinopril 10 mg", 5.4, None),
        ("lisinopril 10 mg", 5.5, "urgent"),
        ("losartan 50 mg", 6.0, "emergency"),
        ("potassium chloride 20 mEq", 5.0, None),
        ("potassium chloride 20 mEq", 5.1, "soon"),
    ],
)
def test_potassium_against_drugs_that_raise_it(text: str, potassium: float, urgency: str | None) -> None:
    said = _with(potassium, text)
    assert (said.urgency if said else None) == urgency


def test_in_kidney_disease_a_raas_blocker_is_not_started_above_5() -> None:
    ckd = [condition("N18.3")]
    assert _with(5.0, "ramipril 5 mg", conditions=ckd) is None
    said = _with(5.1, "ramipril 5 mg", conditions=ckd)
    assert said is not None
    assert "should not be started" in said.statement


def test_what_is_taken_already_is_held_from_5_5_on() -> None:
    taking = [drug("spironolactone 25 mg")]
    assert _with(5.4, "spironolactone 50 mg", medications=taking) is None
    said = _with(5.5, "spironolactone 50 mg", medications=taking)
    assert said is not None
    assert said.urgency == "urgent"


def test_an_old_potassium_flags_and_never_alarms() -> None:
    said = _with(6.2, "losartan 50 mg", days=120)
    assert said is not None
    assert (said.urgency, said.confidence) == ("soon", "C")
    (none,) = unchecked(POTASSIUM, chart(order("losartan"), points=(measurement("potassium", 6.2, 370),)))
    assert none.missing == ("potassium in the last 12 months",)


def test_a_hemolyzed_result_is_not_counted() -> None:
    points = (
        measurement("potassium", 6.5, 1, suspect="hemolyzed specimen"),
        measurement("potassium", 4.2, 9),
    )
    assert finding(POTASSIUM, chart(order("losartan"), points=points)) is None


@given(st.floats(2.5, 8), st.floats(2.5, 8), st.sampled_from(["lisinopril", "spironolactone", "finerenone"]))
def test_more_potassium_is_never_said_to_matter_less(one: float, other: float, text: str) -> None:
    low, high = sorted((one, other))
    severities = [_SEVERITY[said.urgency if (said := _with(each, text)) else None] for each in (low, high)]
    assert severities[0] <= severities[1]
