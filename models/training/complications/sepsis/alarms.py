"""What warnings at a threshold would have brought: who is found, how early, and how often in vain.

An alarm is an hour at or above the threshold with none in the hours of silence before it. It is true from
twelve hours before the onset of sepsis until the onset, as in Reyna MA et al., Crit Care Med 2020;48:210-217;
after the onset it is neither true nor false, and at any other time it is false.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from models.evaluation.estimates import Estimate, Resampling
from models.training.complications.sepsis.stays import Stay

Float = NDArray[np.float64]

EARLY = 12


def alarms(risks: Float, threshold: float, silence: int) -> list[int]:
    """The hours of the alarms of one stay; an hour without a risk (NaN) has none."""
    found: list[int] = []
    for hour in np.flatnonzero(risks >= threshold):
        if not found or hour - found[-1] > silence:
            found.append(int(hour))
    return found


def figures(
    stays: Sequence[Stay], risks: Sequence[Float], threshold: float, silence: int, resampling: Resampling
) -> dict[str, Estimate]:
    """Figures at a threshold, with intervals over stays.

    Returns:
        sensitivity (of stays with sepsis), false_alarms_per_day (a patient's day), true_share (of alarms),
        alarmed_without_sepsis (of stays without), median_lead_hours (of those found).
    """
    rows = np.array([_row(stay, each, threshold, silence) for stay, each in zip(stays, risks, strict=True)])
    generator = np.random.default_rng(resampling.seed)
    drawn = generator.integers(0, len(rows), (resampling.draws, len(rows)))
    found = _numbers(rows)
    spread = [_numbers(rows[draw]) for draw in drawn]
    low, high = resampling.tails
    return {
        name: Estimate(
            value,
            *(float(np.nanquantile([each[name] for each in spread], tail)) for tail in (low, high)),
        )
        for name, value in found.items()
    }


def _row(stay: Stay, risks: Float, threshold: float, silence: int) -> tuple[float, ...]:
    """Septic, found, hours of lead, true alarms, false alarms, days."""
    hours = alarms(risks, threshold, silence)
    onset = stay.onset
    early = [] if onset is None else [hour for hour in hours if onset - EARLY <= hour <= onset]
    # An alarm that began before is still up: it counts for the patient, though it was false when it rang.
    warned = _warned(risks, threshold, onset)
    lead = np.nan if warned is None or onset is None else onset - warned
    late = 0 if onset is None else sum(hour > onset for hour in hours)
    false = len(hours) - len(early) - late
    return (onset is not None, warned is not None, lead, len(early), false, len(risks) / 24)


def _warned(risks: Float, threshold: float, onset: int | None) -> int | None:
    """The first hour of the twelve before the onset at which the risk is at the threshold."""
    if onset is None:
        return None
    first = max(0, onset - EARLY)
    above = np.flatnonzero(risks[first : onset + 1] >= threshold)
    return first + int(above[0]) if len(above) else None


def _numbers(rows: Float) -> Mapping[str, float]:
    septic, warned, lead, true, false, days = rows.T
    with np.errstate(divide="ignore", invalid="ignore"):
        return {
            "sensitivity": float(warned.sum() / septic.sum()),
            "false_alarms_per_day": float(false.sum() / days.sum()),
            "true_share": float(true.sum() / (true.sum() + false.sum())),
            "alarmed_without_sepsis": float(((septic == 0) & (false > 0)).sum() / (septic == 0).sum()),
            "median_lead_hours": float(np.median(lead[~np.isnan(lead)]))
            if (~np.isnan(lead)).any()
            else np.nan,
        }
