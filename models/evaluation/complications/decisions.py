"""What acting on a risk would bring: net benefit over thresholds, and what alerts at given rates find."""

from __future__ import annotations

import numpy as np

from models.evaluation.complications.resampling import ratio
from models.evaluation.complications.rows import Float, Rows

# Shares of rows that an alert would fire for.
ALERT_RATES = (0.01, 0.02, 0.05, 0.1, 0.2)
_THRESHOLDS = 30
# The curve ends at this many times the share with the outcome: beyond, hardly anybody would act.
_TIMES, _MOST = 4.0, 0.9


def thresholds_for(share: float) -> Float:
    """The risks at which somebody may want to act, for an outcome of this frequency."""
    top = min(_MOST, _TIMES * share)
    return np.linspace(0, top, _THRESHOLDS + 1)[1:]


class NetBenefit:
    """True minus weighed false alarms a row, over thresholds; names are "0", "1", ... by threshold.

    Where a risk is NaN nobody acts.

    Source:
        Vickers AJ, Elkin EB. Med Decis Making 2006;26:565; Vickers AJ et al. BMC Med Inform Decis Mak
        2008;8:53 (with censoring).
    """

    def __init__(self, rows: Rows, risks: Float, thresholds: Float) -> None:
        self.names = tuple(map(str, range(len(thresholds))))
        self._every = rows.by_person(rows.weights)[:, 0]
        odds = thresholds / (1 - thresholds)
        self._won = rows.by_person(
            *(
                rows.weights * (risks >= at) * (rows.happened - (1 - rows.happened) * price)
                for at, price in zip(thresholds, odds, strict=True)
            )
        )

    def values(self, counts: Float) -> Float:
        """Net benefit at each threshold in each draw."""
        return ratio(counts @ self._won, (counts @ self._every)[:, None])


class Alerts:
    """What the rows with the highest risks hold; names are "rate 0", "found 0", "right 0", ... by alert rate.

    A risk that many share can't be alerted for in part: the nearest rate that a threshold has is taken, and
    told. Thresholds are those of everybody in all draws.

    Attributes:
        thresholds: The risk from which on there is an alert.
    """

    def __init__(self, rows: Rows, risks: Float) -> None:
        self.thresholds = [_threshold(risks, rate) for rate in ALERT_RATES] if len(risks) else []
        self.names = tuple(
            f"{what} {n}" for n in range(len(self.thresholds)) for what in ("rate", "found", "right")
        )
        flags = [rows.weights * (risks >= at) for at in self.thresholds]
        self._every = rows.by_person(rows.weights, rows.weights * rows.happened)
        self._flagged = rows.by_person(*flags)
        self._cases = rows.by_person(*(flag * rows.happened for flag in flags))

    def values(self, counts: Float) -> Float:
        """Share alerted, share of outcomes found (sensitivity), share of alerts that are right (PPV)."""
        every, cases = (counts @ self._every).T[:, :, None]
        flagged, found = counts @ self._flagged, counts @ self._cases
        parts = [ratio(flagged, every), ratio(found, cases), ratio(found, flagged)]
        return np.stack(parts, axis=2).reshape(len(counts), -1)


def _threshold(risks: Float, rate: float) -> float:
    values, counts = np.unique(risks, return_counts=True)
    shares = np.cumsum(counts[::-1])[::-1] / len(risks)
    return float(values[np.argmin(np.abs(shares - rate))])
