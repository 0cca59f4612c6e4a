"""Amounts add up, whatever the order of the inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.explaining import between, on_scale, shapley_pairwise


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
