"""Calibration agrees with arithmetic by hand."""

from __future__ import annotations

import pytest

from models.evaluation.notes import EvaluationError, calibration_of


def test_the_error_is_the_mean_distance_of_score_and_share_right() -> None:
    calibration = calibration_of([0.95, 0.91, 0.15, 1.0], [True, False, False, True])
    low, high = calibration.bins
    assert (low.count, low.right, high.count) == (1, 0.0, 3)
    assert high.score == pytest.approx(2.86 / 3)
    assert calibration.error == pytest.approx((0.15 + abs(2 - 2.86)) / 4)
    assert calibration.brier == pytest.approx((0.05**2 + 0.91**2 + 0.15**2) / 4)


def test_scores_that_come_true_as_often_as_they_say_have_no_error() -> None:
    assert calibration_of([0.75] * 4, [True, True, True, False]).error == pytest.approx(0.0)


def test_no_decisions_have_no_error() -> None:
    calibration = calibration_of([], [])
    assert (calibration.count, calibration.bins, calibration.error, calibration.brier) == (0, (), None, None)


@pytest.mark.parametrize("score", [-0.1, 1.1, float("nan")])
def test_a_score_that_is_no_probability_is_refused(score: float) -> None:
    with pytest.raises(EvaluationError, match="between 0 and 1"):
        calibration_of([score], [True])
