"""A line that is known is found again, and goes into a model exactly."""

from __future__ import annotations

import numpy as np
import pytest

from models.complications._additive import AdditiveModel, Term
from models.training.complications.calibration import (
    RecalibrationError,
    hazard_recalibration,
    logistic_recalibration,
    risk_of,
)

RNG = np.random.default_rng(5)
TRUE = RNG.normal(-1.0, 1.2, 40_000)


def test_a_model_that_is_too_sure_is_pulled_back_to_the_truth() -> None:
    happened = RNG.random(len(TRUE)) < 1 / (1 + np.exp(-TRUE))
    line = logistic_recalibration((TRUE - 0.7) * 2, happened)
    assert line.scale == pytest.approx(0.5, abs=0.03)
    assert line.shift == pytest.approx(0.7, abs=0.05)
    assert np.abs(line.of((TRUE - 0.7) * 2) - TRUE).max() < 0.3


def test_recalibrated_risks_average_what_happened() -> None:
    happened = RNG.random(len(TRUE)) < 1 / (1 + np.exp(-TRUE))
    line = logistic_recalibration(TRUE * 3 + 4, happened)
    assert np.mean(1 / (1 + np.exp(-line.of(TRUE * 3 + 4)))) == pytest.approx(happened.mean(), abs=1e-6)


def test_a_log_hazard_of_any_origin_becomes_a_risk_at_the_horizon() -> None:
    hazards = np.exp(TRUE - 2)
    event, end = RNG.exponential(1 / hazards), RNG.uniform(1, 12, len(TRUE))
    line = hazard_recalibration(TRUE / 2 + 300, np.minimum(event, end), event <= end, 5.0)
    assert line.scale == pytest.approx(2.0, abs=0.06)
    assert np.abs(risk_of(line.of(TRUE / 2 + 300)) - (1 - np.exp(-5 * hazards))).max() < 0.03


def test_the_line_goes_into_intercept_and_tables_exactly() -> None:
    term = Term(("a", "b"), (np.array([0.0]), np.array([1.0, 2.0])), RNG.normal(size=(3, 4)))
    other = Term(("a",), (np.array([-1.0, 1.0]),), np.array([0.5, -0.5, 0.1]), "linear")
    model = AdditiveModel(-3.0, (term, other))
    columns = {"a": np.array([-2.0, 0.3, np.nan]), "b": np.array([1.5, np.nan, 0.0])}
    line = logistic_recalibration(TRUE, RNG.random(len(TRUE)) < 1 / (1 + np.exp(-2 * TRUE - 1)))
    assert np.allclose(line.of_model(model).total(columns), line.of(model.total(columns)), rtol=1e-12)


@pytest.mark.parametrize(
    "happened",
    [np.zeros(40_000, bool), np.ones(40_000, bool), RNG.random(40_000) < 1 / (1 + np.exp(TRUE)), TRUE > -1],
    ids=["none", "all", "backwards", "without an error"],
)
def test_outcomes_that_tell_no_line_are_refused(happened: np.ndarray) -> None:
    with pytest.raises(RecalibrationError):
        logistic_recalibration(TRUE, happened)


def test_hazards_that_run_backwards_are_refused() -> None:
    years = RNG.exponential(np.exp(TRUE))
    with pytest.raises(RecalibrationError, match="does not go with"):
        hazard_recalibration(TRUE, years, np.ones(len(TRUE), bool), 1.0)


def test_a_horizon_that_nobody_reached_is_refused() -> None:
    with pytest.raises(RecalibrationError, match="12 years"):
        hazard_recalibration(TRUE, np.full(len(TRUE), 5.0), TRUE > 0, 12.0)
