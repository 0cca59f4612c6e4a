"""Doses of direct oral anticoagulants against their labels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.record import Concept, Dose, PatientRecord
from models.medication_safety._anticoagulant_labels import LABELS, Label
from models.medication_safety.anticoagulant_dose import AnticoagulantDose
from models.risk_scores.cockcroft_gault import CockcroftGault
from tests.models.medication_safety.charts import chart, finding, order, unchecked
from tests.records import condition, measurement, person

MODEL = AnticoagulantDose()
FIBRILLATION, CLOT = condition("I48.91"), condition("I26.99")


def _chart(
    text: str, mg: float, times: float, clearance: float, *, age: int = 70, **more: Any
) -> PatientRecord:
    """A man of 72 kg whose creatinine clearance is the one given."""
    creatinine = (140 - age) * 72 / (72 * clearance)
    points = (measurement("creatinine", creatinine, 5), measurement("weight", 72, 5))
    more.setdefault("conditions", [FIBRILLATION])
    return chart(order(text, mg=mg, times=times), points=points, patient=person(age, "male"), **more)


@pytest.mark.parametrize(
    ("text", "mg", "times", "clearance", "label"),
    [
        ("rivaroxaban 20 mg", 20, 1, 50, "15 mg once daily"),
        ("rivaroxaban 20 mg", 20, 1, 50.5, None),
        ("rivaroxaban 15 mg", 15, 1, 51, "20 mg once daily"),
        ("dabigatran 150 mg", 150, 2, 30, "75 mg twice daily"),
        ("dabigatran 150 mg", 150, 2, 30.5, None),
        ("dabigatran 75 mg", 75, 2, 15, None),
        ("dabigatran 75 mg", 75, 2, 14.9, "gives no dose"),
        ("edoxaban 60 mg", 60, 1, 50, "30 mg once daily"),
        ("edoxaban 60 mg", 60, 1, 51, None),
        ("edoxaban 60 mg", 60, 1, 95, None),
        ("edoxaban 60 mg", 60, 1, 95.5, "above 95 mL/min"),
        ("edoxaban 30 mg", 30, 1, 14, "gives no dose"),
    ],
)
def test_in_fibrillation_each_band_ends_where_the_label_says(
    text: str, mg: float, times: float, clearance: float, label: str | None
) -> None:
    said = finding(MODEL, _chart(text, mg, times, clearance))
    assert (said is None) == (label is None)
    if said is not None and label is not None:
        assert label in said.statement


def test_clearance_is_that_of_the_calculator() -> None:
    said = finding(MODEL, _chart("rivaroxaban", 20, 1, 40))
    assert said is not None
    shown = next(piece for piece in said.evidence if piece.label == "Creatinine clearance")
    inputs = {"age": 70, "sex": "male", "weight_kg": 72, "creatinine_mg_dl": 1.75}
    assert float(shown.value) == pytest.approx(CockcroftGault().calculate(inputs)["crcl_ml_min"])


@pytest.mark.parametrize(
    ("age", "weight", "creatinine", "reduced"),
    [
        (80, 60, 1.0, True),
        (79, 60, 1.4, False),
        (79, 60, 1.5, True),
        (80, 61, 1.5, True),
        (80, 61, 1.4, False),
        (90, 50, 3.0, True),
    ],
)
def test_apixaban_needs_two_of_three(age: int, weight: float, creatinine: float, reduced: bool) -> None:
    points = (measurement("creatinine", creatinine, 5), measurement("weight", weight, 5))
    more: dict[str, Any] = {"points": points, "patient": person(age), "conditions": [FIBRILLATION]}
    full = finding(MODEL, chart(order("apixaban", mg=5, times=2), **more))
    less = finding(MODEL, chart(order("apixaban", mg=2.5, times=2), **more))
    assert (full is not None, less is not None) == (reduced, not reduced)
    said = full or less
    assert said is not None
    assert said.urgency == ("urgent" if reduced else "routine")
    (revise, withdraw) = said.proposals
    assert (revise.kind, withdraw.kind) == ("revise-order", "withdraw-order")
    assert revise.regimen is not None
    assert revise.regimen.daily_mg == (5 if reduced else 10)


def test_apixaban_is_settled_by_two_criteria_though_the_third_is_missing() -> None:
    more: dict[str, Any] = {"patient": person(85), "conditions": [FIBRILLATION]}
    light = (measurement("weight", 50, 5),)
    assert finding(MODEL, chart(order("apixaban", mg=5, times=2), points=light, **more)) is not None
    heavy = (measurement("weight", 90, 5),)
    (said,) = unchecked(MODEL, chart(order("apixaban", mg=5, times=2), points=heavy, **more))
    assert said.missing == ("serum creatinine in the last 12 months",)


def test_the_dose_is_counted_in_tablets_of_the_strength_in_the_name() -> None:
    tablets = order("rivaroxaban 20 MG Oral Tablet")
    tablets = replace(tablets, doses=(Dose(amount=1, unit="tablet", times_per_day=1),))
    built = _chart("rivaroxaban", 20, 1, 40)
    said = finding(MODEL, replace(built, drafts=(tablets,)))
    assert said is not None
    assert "20 mg a day is more" in said.statement


def test_thromboembolism_has_doses_of_its_own() -> None:
    clot: dict[str, Any] = {"conditions": [CLOT]}
    assert finding(MODEL, _chart("rivaroxaban", 15, 2, 30, **clot)) is None
    assert finding(MODEL, _chart("apixaban", 10, 2, 20, **clot)) is None
    refused = finding(MODEL, _chart("rivaroxaban", 20, 1, 14, **clot))
    assert refused is not None
    assert "avoid it" in refused.statement
    assert finding(MODEL, _chart("dabigatran", 150, 2, 30, **clot)) is not None


@pytest.mark.parametrize("conditions", [[], [FIBRILLATION, CLOT]])
def test_an_unknown_indication_is_said(conditions: list[Any]) -> None:
    (said,) = unchecked(MODEL, _chart("rivaroxaban", 20, 1, 40, conditions=conditions))
    assert said.missing == ("the indication",)


def test_the_orders_own_reason_decides() -> None:
    built = _chart("rivaroxaban", 20, 1, 40, conditions=[FIBRILLATION, CLOT])
    (draft,) = built.drafts
    for reason, speaks in (("Atrial fibrillation", True), ("Pulmonary embolism", False)):
        own = replace(draft, reasons=(Concept((), reason),))
        assert (finding(MODEL, replace(built, drafts=(own,))) is not None) is speaks


@pytest.mark.parametrize(
    "doses",
    [
        (),
        (Dose(amount=20, unit="mg"),),
        (Dose(amount=1, unit="sachet", times_per_day=1),),
        (Dose(amount=20, unit="mg", times_per_day=float("inf")),),
        (Dose(amount=20, unit="mg", times_per_day=1 / 7),),
        (Dose(amount=20, unit="mg", times_per_day=1), Dose(amount=10, unit="mg", times_per_day=1)),
    ],
)
def test_a_dose_that_can_not_be_read_is_said_with_the_labels(doses: tuple[Dose, ...]) -> None:
    built = _chart("rivaroxaban", 20, 1, 40)
    (draft,) = built.drafts
    own = replace(draft, doses=doses)
    (said,) = unchecked(MODEL, replace(built, drafts=(own,)))
    assert "15 mg once daily" in said.reason


def test_missing_weight_or_creatinine_and_childhood_are_said() -> None:
    only = chart(order("dabigatran", mg=150, times=2), conditions=[FIBRILLATION])
    (said,) = unchecked(MODEL, only)
    assert len(said.missing) == 2
    (child,) = unchecked(MODEL, chart(order("dabigatran", mg=150, times=2), patient=person(12)))
    assert child.cause == "outside-population"


@given(st.sampled_from(LABELS), st.floats(1, 200), st.floats(1, 200), st.booleans())
def test_a_lower_clearance_never_gets_a_higher_dose(
    label: Label, one: float, other: float, light: bool
) -> None:
    low, high = sorted((one, other))
    for rules in (label.fibrillation, label.thromboembolism):
        if not rules.bands:
            continue
        less, more = (rules.at(each, light=light).regimen for each in (low, high))
        if less is not None and more is not None:
            assert less.daily_mg <= more.daily_mg
