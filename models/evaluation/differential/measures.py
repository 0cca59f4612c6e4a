"""Measures of a ranking with probabilities: right within the first k, calibration, recall by condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.evaluation.estimates import Estimate, Resampling
from models.evaluation.notes.calibration import calibration_of

Float = NDArray[np.float64]
Int = NDArray[np.int64]

TOP: Final = (1, 3, 5)
RESAMPLING: Final = Resampling()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scores:
    """How good one ranking is.

    Attributes:
        top: Share of patients whose condition is among the first k, by k.
        calibration: Expected calibration error of the first condition's probability, ten equally wide bins.
    """

    name: str
    top: dict[int, Estimate]
    calibration: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Recall:
    """One condition: its patients, and for how many of them it came first or among the first three."""

    disease: str
    patients: int
    first: int
    among_three: int


def scores_of(name: str, shares: Float, diseases: Int, seed: int) -> Scores:
    """The measures of one ranking.

    Args:
        shares: Probability of each condition for each patient.
        diseases: Column of each patient's condition.
        seed: Of the bootstrap.
    """
    places = ranks(shares, diseases)
    sure, right = shares.max(axis=1), places == 0
    draws = np.random.default_rng(seed).integers(0, len(diseases), (RESAMPLING.draws, len(diseases)))

    def measured(measure: Callable[[Int], float]) -> Estimate:
        drawn = [measure(rows) for rows in draws]
        low, high = np.quantile(drawn, RESAMPLING.tails)
        return Estimate(measure(np.arange(len(diseases))), float(low), float(high))

    return Scores(
        name=name,
        top={k: measured(lambda rows, k=k: float((places[rows] < k).mean())) for k in TOP},  # type: ignore[misc]
        calibration=measured(lambda rows: _error(sure[rows], right[rows])),
    )


def ranks(shares: Float, diseases: Int) -> Int:
    """Place of each patient's condition, 0 for the first; of equal shares the worst place counts."""
    own = shares[np.arange(len(diseases)), diseases]
    found: Int = (shares >= own[:, None]).sum(axis=1) - 1
    return found


def recalls_of(shares: Float, diseases: Int, labels: tuple[str, ...]) -> tuple[Recall, ...]:
    """Recall of each condition that a patient has, in the order of the labels."""
    places = ranks(shares, diseases)
    return tuple(
        Recall(
            disease=label,
            patients=int(own.sum()),
            first=int((places[own] == 0).sum()),
            among_three=int((places[own] < TOP[1]).sum()),
        )
        for column, label in enumerate(labels)
        if (own := diseases == column).any()
    )


def _error(sure: Float, right: NDArray[np.bool_]) -> float:
    return calibration_of(sure.tolist(), right.tolist()).error or 0.0
