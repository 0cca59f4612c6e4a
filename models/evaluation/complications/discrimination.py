"""Whether those with the outcome have the higher risk: AUROC, average precision, concordance."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.evaluation.complications.resampling import ratio
from models.evaluation.complications.rows import Float, Int, Rows

# Cells of (events, rows) that are held at a time.
_CELLS = 4_000_000
# Most points that a drawn curve keeps.
_POINTS = 120


class Ranking:
    """AUROC and average precision, exact with ties, from one sorting.

    With censoring weights the AUROC is that of cumulative cases and dynamic controls at the horizon.

    Source:
        Hanley JA, McNeil BJ. Radiology 1982;143:29; Uno H et al. JASA 2007;102:527 (with censoring).
    """

    names = ("auroc", "average_precision")

    def __init__(self, rows: Rows, risks: Float) -> None:
        counted = rows.weights > 0
        order = np.flatnonzero(counted)[np.argsort(-risks[counted], kind="stable")]
        ordered = risks[order]
        self._people: Int = rows.people[order]
        self._weights = rows.weights[order]
        # Rows of one risk are a group; what matters in a draw is summed at the groups that hold cases.
        self._ends: Int = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], len(order) > 0))
        self._cases: Int = np.flatnonzero(rows.happened[order] > 0)
        groups, self._firsts = np.unique(np.searchsorted(self._ends, self._cases), return_index=True)
        self._stops = self._ends[groups] + 1
        self._starts = np.append(0, self._ends + 1)[groups]

    def values(self, counts: Float) -> Float:
        """AUROC and average precision in each draw."""
        return np.array([self._of(drawn) for drawn in counts])

    def curve(self) -> tuple[tuple[float, float], ...]:
        """The ROC curve: false positive rate and sensitivity, from (0, 0) to (1, 1); () if there is none."""
        is_case = np.zeros(len(self._people))
        is_case[self._cases] = 1.0
        true = np.cumsum(self._weights * is_case)[self._ends]
        false = np.cumsum(self._weights * (1 - is_case))[self._ends]
        if not (len(true) and true[-1] > 0 and false[-1] > 0):
            return ()
        points = np.stack([false / false[-1], true / true[-1]], axis=1)
        kept = np.unique(np.linspace(0, len(points) - 1, _POINTS).astype(np.int64))
        return ((0.0, 0.0), *((float(x), float(y)) for x, y in points[kept]))

    def _of(self, drawn: Float) -> tuple[float, float]:
        times = drawn[self._people]
        times *= self._weights
        cases = times[self._cases]
        positives = float(cases.sum())
        if positives <= 0:
            return np.nan, np.nan
        seen = np.append(0.0, np.cumsum(times))
        negatives = float(seen[-1]) - positives
        here, upto = np.add.reduceat(cases, self._firsts), seen[self._stops]
        true = np.cumsum(here)
        precise = float(here @ np.nan_to_num(ratio(true, upto))) / positives
        if negatives <= 0:
            return np.nan, precise
        below = negatives - (upto - true)
        tied = upto - seen[self._starts] - here
        return float(here @ (below + tied / 2)) / (positives * negatives), precise


class Concordance:
    """How often of two people the one with the earlier outcome has the higher risk, until the horizon.

    The second number weighs pairs by the inverse of the probability that both are observed.

    Source:
        Harrell FE et al. JAMA 1982;247:2543; Uno H et al. Stat Med 2011;30:1105.
    """

    names = ("concordance", "concordance_ipcw")

    def __init__(self, rows: Rows, risks: Float) -> None:
        if rows.years is None:
            raise ValueError("concordance needs times")
        # Of two at the same time, who has the outcome comes first.
        order = np.lexsort((1 - rows.happened, rows.years))
        self._people: Int = rows.people[order]
        self._risks = risks[order]
        self._events: Int = np.flatnonzero(rows.happened[order] > 0)
        self._weights = rows.weights[order][self._events] ** 2
        # The first row that an event is compared with: later, or without the outcome at the same time.
        at = rows.years[order][self._events]
        self._first: Int = self._events[np.searchsorted(at, at, side="right") - 1] + 1

    def values(self, counts: Float) -> Float:
        """Both numbers in each draw."""
        times = np.ascontiguousarray(counts[:, self._people].T, dtype=np.float32)
        beyond = np.zeros((len(times) + 1, len(counts)))
        beyond[:-1] = np.cumsum(times[::-1], axis=0, dtype=np.float64)[::-1]
        right, every = np.zeros((2, len(counts))), np.zeros((2, len(counts)))
        at_once = max(1, _CELLS // max(1, len(self._risks)))
        for start in range(0, len(self._events), at_once):
            chunk = slice(start, start + at_once)
            events, first = self._events[chunk], self._first[chunk]
            weights = np.stack([np.ones(len(events)), self._weights[chunk]])
            right += weights @ (times[events] * (self._won(events, first) @ times[first[0] :]))
            every += weights @ (times[events] * beyond[first])
        return ratio(right, every).T

    def _won(self, events: Int, first: Int) -> NDArray[np.float32]:
        """1 where the event has the higher risk of two that are compared, a half where they are equal."""
        mine, theirs = self._risks[events][:, None], self._risks[first[0] :]
        won = (mine > theirs).astype(np.float32)
        won[mine == theirs] = 0.5
        won[np.arange(first[0], len(self._risks)) < first[:, None]] = 0.0
        return won
