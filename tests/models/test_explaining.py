"""Amounts add up, whatever the order of the inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.explaining import (
    Equation,
    Plausible,
    Target,
    between,
    explain_equation,
    explain_points,
    on_scale,
    shapley_pairwise,
)
from models.finding import Evidence
from tests.records import NOW


def _log_odds(inputs: Mapping[str, Any]) -> float:
    age, pressure, smokes = inputs["age"], inputs["pressure"], inputs["smokes"]
    return float(-3 + 0.5 * age + 0.3 * pressure + 0.7 * smokes - 0.2 * age * smokes + 0.1 * pressure * age)


NAMES = ("age", "pressure", "smokes")
REFERENCE = {"age": 0.0, "pressure": 0.0, "smokes": 0}
numbers = st.floats(-3, 3)


@given(age=numbers, pressure=numbers, smokes=st.sampled_from([0, 1]))
def test_contributions_add_up_whatever_the_order(age: float, pressure: float, smokes: int) -> None:
    inputs = {"age": age, "pressure": pressure, "smokes": smokes}
    added = shapley_pairwise(_log_odds, inputs, REFERENCE, NAMES)
    assert sum(added.values()) == pytest.approx(_log_odds(inputs) - _log_odds(REFERENCE), abs=1e-9)
    other = shapley_pairwise(_log_odds, inputs, REFERENCE, ("smokes", "age", "pressure"))
    assert other == {name: pytest.approx(amount, abs=1e-9) for name, amount in added.items()}


def test_an_input_at_its_reference_adds_nothing() -> None:
    inputs = {"age": 1.0, "pressure": 0.0, "smokes": 0}
    assert shapley_pairwise(_log_odds, inputs, REFERENCE, NAMES)["smokes"] == 0


def test_amounts_on_another_scale_add_up_to_its_distance() -> None:
    moved = on_scale({"age": 1.0, "pressure": -0.25}, 4.0, 10.0)
    assert sum(moved.values()) == pytest.approx(6.0)
    assert moved["pressure"] < 0
    assert on_scale({"age": 0.0}, 4.0, 4.0) == {"age": 0.0}


def test_a_missing_input_gives_the_lowest_and_the_highest_estimate() -> None:
    inputs = {"age": 1.0, "pressure": 0.0}
    low, high = between(_log_odds, inputs, "smokes", (0, 1))
    assert math.isclose(low, -2.5)
    assert math.isclose(high, -2.0)


EVIDENCE = {
    name: Evidence(source=f"Observation/{name}", label=name, value=value, unit=unit, at=NOW)
    for name, value, unit in (("age", "70", "years"), ("pressure", "168", "mmHg"), ("smokes", "yes", ""))
}
EQUATION = Equation(
    linear=_log_odds,
    scale=lambda log_odds: 100 / (1 + math.exp(-log_odds)),
    unit="percentage points",
    reference={"pressure": 0.0, "smokes": 0},
    reference_words="somebody of this age",
    targets={"smokes": Target(0, "no"), "pressure": Target(0.5, "130 mmHg")},
    plausible={"smokes": Plausible("smoking", (0, 1), "no to yes")},
)


@given(age=st.floats(0, 2), pressure=numbers, smokes=st.sampled_from([0, 1]))
def test_an_equation_is_taken_apart_without_remainder(age: float, pressure: float, smokes: int) -> None:
    inputs = {"age": age, "pressure": pressure, "smokes": smokes}
    explanation = explain_equation("risk", EQUATION, inputs, EVIDENCE)
    assert explanation.total == pytest.approx(EQUATION.estimate(inputs), abs=1e-9)
    assert explanation.start == pytest.approx(EQUATION.estimate({**inputs, **EQUATION.reference}))
    assert "age" not in {each.label for each in explanation.contributions}
    assert not explanation.missing
    for change in explanation.changes:
        assert change.estimate < explanation.total


def test_a_contribution_reads_as_the_chart_does() -> None:
    inputs = {"age": 1.0, "pressure": 2.0, "smokes": 1}
    first = explain_equation("risk", EQUATION, inputs, EVIDENCE).contributions[0]
    assert (first.source, first.label, first.value, first.at) == (
        "Observation/pressure", "pressure", "168 mmHg", NOW,
    )  # fmt: skip


def test_an_absent_input_has_a_range_and_adds_nothing() -> None:
    inputs = {"age": 1.0, "pressure": 2.0, "smokes": None}
    linear = lambda given: _log_odds({**given, "smokes": given["smokes"] or 0})  # noqa: E731
    explanation = explain_equation("risk", replace(EQUATION, linear=linear), inputs, EVIDENCE)
    (missing,) = explanation.missing
    assert missing.low == pytest.approx(explanation.total)
    assert missing.high > missing.low
    assert {each.label for each in explanation.contributions} == {"pressure"}


def test_a_value_below_the_target_is_no_change_for_the_better() -> None:
    changes = explain_equation("risk", EQUATION, {"age": 1.0, "pressure": 0.4, "smokes": 0}, EVIDENCE).changes
    assert changes == ()


def test_points_start_at_the_fewest_that_are_possible() -> None:
    explanation = explain_points("sum", {"age": 3, "smokes": 1}, EVIDENCE, fewest={"age": 1, "smokes": 1})
    assert (explanation.start, explanation.total) == (2, 4)
    assert [each.label for each in explanation.contributions] == ["age"]
