"""The challenge's utility of hourly predictions: 1 for the best that could be predicted, 0 for never warning.

Reyna MA et al., Crit Care Med 2020;48:210-217, doi:10.1097/CCM.0000000000004145. In a stay with sepsis a
warning is worth nothing twelve hours before the onset, most six hours before it, nothing three hours after
it; from six hours before the onset on silence costs more each hour. A warning earlier than that, or in a stay
without sepsis, costs a little.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.estimates import Estimate, Resampling
from models.training.complications.sepsis.stays import Stay

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

# Hours from the onset at which a warning begins to be worth something, is worth most, and is worth nothing.
EARLY, OPTIMAL, LATE = -12, -6, 3
FALSE_ALARM, MISSED = -0.05, -2.0


def of_warning(hours: int, onset: int | None) -> Float:
    """What a warning in each hour of a stay is worth, shape (hours,).

    Args:
        onset: Hour of the onset, as a row; None for a stay without sepsis.
    """
    if onset is None:
        return np.full(hours, FALSE_ALARM)
    after = np.arange(hours) - onset
    rising = np.maximum((after - EARLY) / (OPTIMAL - EARLY), FALSE_ALARM)
    falling = np.maximum((LATE - after) / (LATE - OPTIMAL), 0.0)
    return np.where(after <= OPTIMAL, rising, falling)


def of_silence(hours: int, onset: int | None) -> Float:
    """What no warning in each hour of a stay is worth, shape (hours,)."""
    if onset is None:
        return np.zeros(hours)
    after = np.arange(hours) - onset
    worth = MISSED * (after - OPTIMAL) / (LATE - OPTIMAL)
    return np.where((after <= OPTIMAL) | (after > LATE), 0.0, worth)


def normalised(
    stays: Sequence[Stay], risks: Sequence[Float], threshold: float, resampling: Resampling
) -> Estimate:
    """Normalised utility of warning in each hour at or above a threshold, with its interval over stays.

    An hour without a risk (NaN) has no warning. Without any stay with sepsis there is no value.
    """
    if all(stay.onset is None for stay in stays):
        return Estimate(None)
    rows = np.array([_row(stay, each >= threshold) for stay, each in zip(stays, risks, strict=True)])
    generator = np.random.default_rng(resampling.seed)
    drawn = generator.integers(0, len(rows), (resampling.draws, len(rows)))
    spread = [_share(rows[draw]) for draw in drawn]
    return Estimate(_share(rows), *(float(np.nanquantile(spread, tail)) for tail in resampling.tails))


def _row(stay: Stay, warned: Bool) -> tuple[float, float, float]:
    """Utility of the warnings, of the best ones, and of none."""
    warning, silence = (worth(len(warned), stay.onset) for worth in (of_warning, of_silence))
    # The best warn from twelve hours before the onset on; in a stay that begins later, from its begin on.
    best = np.where(warning >= 0, warning, silence)
    return float(np.where(warned, warning, silence).sum()), float(best.sum()), float(silence.sum())


def _share(rows: Float) -> float:
    reached, best, none = rows.sum(axis=0)
    return float((reached - none) / (best - none)) if best > none else float("nan")
