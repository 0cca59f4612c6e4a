from __future__ import annotations

import numpy as np
import pytest

from models.evaluation.differential.measures import ranks, recalls_of, scores_of

SHARES = np.array([[0.7, 0.2, 0.1], [0.6, 0.3, 0.1], [0.1, 0.1, 0.8], [0.4, 0.4, 0.2]])
DISEASES = np.array([0, 1, 2, 1])


def test_the_rank_is_the_number_of_conditions_before_and_ties_count_against() -> None:
    assert ranks(SHARES, DISEASES).tolist() == [0, 1, 0, 1]


def test_scores_are_shares_of_patients_and_the_error_is_weighted_by_bin() -> None:
    scores = scores_of("m", SHARES, DISEASES, seed=1)
    assert scores.top[1].value == pytest.approx(0.5)
    assert scores.top[3].value == pytest.approx(1.0)
    assert scores.top[1].low <= 0.5 <= scores.top[1].high
    assert scores.calibration.value == pytest.approx((0.3 + 0.6 + 0.2 + 0.4) / 4)


def test_recall_is_told_of_the_conditions_that_somebody_has() -> None:
    (first, second) = recalls_of(SHARES[:2], DISEASES[:2], ("a", "b", "c"))
    assert (first.disease, first.patients, first.first, first.among_three) == ("a", 1, 1, 1)
    assert (second.disease, second.patients, second.first, second.among_three) == ("b", 1, 0, 1)
