"""The challenge's utility, on stays worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.estimates import Resampling
from models.training.complications.sepsis import utility
from models.training.complications.sepsis.stays import Stay

NONE = np.zeros((0, 0))
DRAWS = Resampling(draws=50)


def _stay(onset: int | None) -> Stay:
    return Stay(person="p", hours=NONE, columns={}, onset=onset)


def test_a_warning_is_worth_most_six_hours_before_the_onset() -> None:
    worth = utility.of_warning(26, 20)
    by_hour = {7: -0.05, 8: 0, 11: 3 / 6, 14: 1, 17: 6 / 9, 20: 3 / 9, 23: 0, 25: 0}
    assert {hour: worth[hour] for hour in by_hour} == pytest.approx(by_hour)


def test_silence_costs_more_each_hour_until_it_is_too_late() -> None:
    worth = utility.of_silence(26, 20)
    by_hour = {0: 0, 14: 0, 17: -2 * 3 / 9, 20: -2 * 6 / 9, 23: -2, 24: 0}
    assert {hour: worth[hour] for hour in by_hour} == pytest.approx(by_hour)


def test_without_sepsis_only_warnings_cost() -> None:
    assert utility.of_warning(3, None).tolist() == [-0.05] * 3
    assert utility.of_silence(3, None).tolist() == [0] * 3


def test_the_best_warnings_bring_one_and_silence_none() -> None:
    stays = [_stay(20), _stay(None)]
    best = [np.where(np.arange(26) >= 8, 0.9, 0.0), np.zeros(10)]
    silent = [np.zeros(26), np.full(10, np.nan)]
    assert utility.normalised(stays, best, 0.5, DRAWS).value == pytest.approx(1)
    assert utility.normalised(stays, silent, 0.5, DRAWS).value == pytest.approx(0)


def test_utility_of_two_stays_by_hand() -> None:
    # Onset at hour 6: the best warn from the first hour on, worth 1, 8/9, ..., 0 in hours 0 to 9, 5 together;
    # silence costs 2/9 for each hour after the first, 10 together. Warned is from hour 7 on: 2/9, 1/9, 0,
    # with 2/9 + ... + 12/9 = 42/9 lost before. In the other stay four hours are warned in vain.
    stays = [_stay(6), _stay(None)]
    risks = [np.where(np.arange(10) >= 7, 0.2, 0.1), np.where(np.arange(12) < 4, 0.2, np.nan)]
    reached = (2 / 9 + 1 / 9) - 42 / 9 - 4 * 0.05
    found = utility.normalised(stays, risks, 0.2, DRAWS)
    assert found.value == pytest.approx((reached + 10) / (5 + 10))
    assert found.low is not None
    assert found.high is not None
    assert found.low <= found.value <= found.high


def test_without_sepsis_there_is_no_utility() -> None:
    assert utility.normalised([_stay(None)], [np.zeros(3)], 0.5, DRAWS).value is None
