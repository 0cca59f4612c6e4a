"""Whether a score means what it says: of what is scored 0.8, four in five are right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from models.evaluation.estimates import EvaluationError

_BINS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """The decisions with a score in [low, high); the last bin holds 1 as well.

    Attributes:
        score: Their mean score.
        right: The share of them that is right.
    """

    low: float
    high: float
    count: int
    score: float
    right: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Scores against being right.

    Attributes:
        bins: Of equal width, without the empty ones.
        error: Expected calibration error: mean distance of score and share right, weighted by count.
        brier: Mean squared distance of score and being right (1 or 0).
    """

    count: int
    bins: tuple[CalibrationBin, ...]
    error: float | None
    brier: float | None


def calibration_of(scores: Sequence[float], right: Sequence[bool], bins: int = _BINS) -> Calibration:
    """Compares scores with what came true.

    Args:
        scores: 0 to 1.
        right: Whether each decision was right.

    Raises:
        EvaluationError: A score is no probability.

    Source:
        Naeini MP et al. AAAI 2015:2901 (expected calibration error); Brier GW. Mon Weather Rev 1950;78:1.
    """
    if not scores:
        return Calibration(count=0, bins=(), error=None, brier=None)
    given, true = np.asarray(scores, dtype=np.float64), np.asarray(right, dtype=np.float64)
    if not np.all((given >= 0) & (given <= 1)):
        raise EvaluationError("a score is not between 0 and 1")
    places = np.minimum((given * bins).astype(np.int64), bins - 1)
    found = tuple(
        CalibrationBin(
            low=place / bins,
            high=(place + 1) / bins,
            count=int(inside.sum()),
            score=float(given[inside].mean()),
            right=float(true[inside].mean()),
        )
        for place in range(bins)
        if (inside := places == place).any()
    )
    error = sum(each.count * abs(each.right - each.score) for each in found) / len(given)
    return Calibration(
        count=len(given), bins=found, error=float(error), brier=float(np.mean((given - true) ** 2))
    )
