"""Whether risks mean what they say: Brier score, recalibration line, risk groups against what happened."""

from __future__ import annotations

import numpy as np
from sklearn.linear_model import LogisticRegression

from models.evaluation.complications.resampling import ratio
from models.evaluation.complications.rows import Bool, Float, Int, Rows

# Risks of exactly 0 and 1 have no log-odds; they are moved in by this.
_EDGE = 1e-6
# A shift lies between these, and is found by halving: to 1e-12.
_REACH, _HALVINGS = 40.0, 46


def expit(log_odds: Float) -> Float:
    """The probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-log_odds)))


def logit(risks: Float) -> Float:
    """The log-odds of probabilities; those of 0 and 1 are taken a little inside."""
    inside = np.clip(risks, _EDGE, 1 - _EDGE)
    return np.asarray(np.log(inside / (1 - inside)))


def logistic_line(
    log_odds: Float, happened: Bool, weights: Float | None = None
) -> tuple[float, float] | None:
    """Shift and scale of log-odds that fit outcomes best.

    Returns:
        None where there is no such line: outcomes all the same, log-odds all the same, or both told apart
        without an error.

    Source:
        Cox DR. Biometrika 1958;45:562.
    """
    if happened.all() or not happened.any() or np.ptp(log_odds) == 0:
        return None
    with_it, without = log_odds[happened], log_odds[~happened]
    if with_it.min() >= without.max() or with_it.max() <= without.min():
        return None
    line = LogisticRegression(C=np.inf, solver="newton-cholesky", tol=1e-10, max_iter=200)
    line.fit(log_odds[:, None], happened, weights)
    return float(line.intercept_[0]), float(line.coef_[0, 0])


class Agreement:
    """Brier score, how much better it is than one risk for everybody, and the recalibration line.

    The intercept is the shift of the log-odds with the slope held at 1 (calibration in the large): above 0
    where risks are too low. A slope below 1 is that of risks that are too extreme. In a draw both start from
    those of everybody and go by a Taylor series to the third derivative, so that sums by person are enough.

    Source:
        Brier GW. Mon Weather Rev 1950;78:1; Van Calster B et al. BMC Med 2019;17:230 (slope and intercept).
    """

    names = ("brier", "brier_skill", "intercept", "slope")

    def __init__(self, rows: Rows, risks: Float) -> None:
        counted = rows.weights > 0
        risks = np.where(counted, risks, 0.5)
        log_odds = logit(risks)
        happened, weights = rows.happened, rows.weights
        self._sums = rows.by_person(weights, weights * happened, weights * (risks - happened) ** 2)
        self._shift = _shift(log_odds, happened, weights)
        self._large = self._derivatives(rows, log_odds, self._shift, 1.0)
        line = logistic_line(log_odds[counted], happened[counted] > 0, weights[counted])
        self._line = line
        self._both = self._derivatives(rows, log_odds, *line) if line else None

    def values(self, counts: Float) -> Float:
        """The four numbers in each draw."""
        every, cases, squares = (counts @ self._sums).T
        brier, share = ratio(squares, every), ratio(cases, every)
        skill = 1 - ratio(brier, share * (1 - share))
        return np.stack([brier, skill, self._intercepts(counts), self._slopes(counts)], axis=1)

    @staticmethod
    def _derivatives(rows: Rows, log_odds: Float, shift: float, scale: float) -> Float:
        """Of the log-likelihood of a line, by person: two first ones, three second ones, four third ones."""
        told = expit(shift + scale * log_odds)
        missed = rows.weights * (rows.happened - told)
        spread = rows.weights * told * (1 - told)
        skewed = spread * (1 - 2 * told)
        powers = [log_odds**power for power in range(4)]
        return rows.by_person(
            *(missed * power for power in powers[:2]),
            *(spread * power for power in powers[:3]),
            *(skewed * power for power in powers),
        )

    def _intercepts(self, counts: Float) -> Float:
        if np.isnan(self._shift):
            return np.full(len(counts), np.nan)
        missed, _, spread, _, _, skewed, _, _, _ = (counts @ self._large).T
        step = ratio(missed, spread)
        return self._shift + step - ratio(skewed * step**2 / 2, spread + skewed * step)

    def _slopes(self, counts: Float) -> Float:
        if self._line is None or self._both is None:
            return np.full(len(counts), np.nan)
        m0, m1, s0, s1, s2, t0, t1, t2, t3 = (counts @ self._both).T
        a, b = _solved(s0, s1, s2, m0, m1)
        # What the first step leaves, by the third derivatives, goes into a second one.
        left0 = -(t0 * a**2 + 2 * t1 * a * b + t2 * b**2) / 2
        left1 = -(t1 * a**2 + 2 * t2 * a * b + t3 * b**2) / 2
        _, more = _solved(s0 + t0 * a + t1 * b, s1 + t1 * a + t2 * b, s2 + t2 * a + t3 * b, left0, left1)
        return self._line[1] + b + more


def _solved(s0: Float, s1: Float, s2: Float, m0: Float, m1: Float) -> tuple[Float, Float]:
    """The solution of [[s0, s1], [s1, s2]] x = [m0, m1] in each draw; NaN where there is none."""
    determinant = s0 * s2 - s1**2
    return ratio(s2 * m0 - s1 * m1, determinant), ratio(s0 * m1 - s1 * m0, determinant)


def _shift(log_odds: Float, happened: Float, weights: Float) -> float:
    """The shift at which as many outcomes are expected as happened; NaN where none or all have it."""
    cases = float(weights @ happened)
    if not 0 < cases < weights.sum():
        return np.nan
    low, high = -_REACH, _REACH
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if float(weights @ expit(log_odds + middle)) < cases:
            low = middle
        else:
            high = middle
    return (low + high) / 2


class RiskGroups:
    """Groups of rising risk: what was told and what happened, by Kaplan-Meier where there are times.

    Names are "told 0", "happened 0", "told 1", ... The groups of everybody are kept in all draws.

    Source:
        Kaplan EL, Meier P. JASA 1958;53:457.
    """

    def __init__(self, rows: Rows, risks: Float, groups: int) -> None:
        edges = np.unique(np.quantile(risks, np.arange(1, groups) / groups)) if len(risks) else np.empty(0)
        places = np.searchsorted(edges, risks, side="right")
        members = [np.flatnonzero(places == place) for place in np.unique(places)] or [places]
        self._parts = [(rows.at(each), risks[each]) for each in members]
        self.sizes = [len(each) for each in members]
        self.names = tuple(f"{what} {g}" for g in range(len(self._parts)) for what in ("told", "happened"))

    def values(self, counts: Float) -> Float:
        """Mean risk and share with the outcome, group by group."""
        found = np.empty((len(counts), len(self.names)))
        for number, (rows, risks) in enumerate(self._parts):
            told = rows.by_person(np.ones(len(rows)), risks)
            found[:, 2 * number] = ratio(counts @ told[:, 1], counts @ told[:, 0])
            found[:, 2 * number + 1] = share_with(rows, counts)
        return found

    def curves(self) -> list[tuple[tuple[float, float], ...]]:
        """Of each group, the share that has had the outcome after so many years; without times none."""
        return [event_curve(rows) for rows, _ in self._parts if rows.years is not None]


def share_with(rows: Rows, counts: Float) -> Float:
    """The share that has the outcome (at the horizon) in each draw; NaN where nobody was observed so long."""
    if rows.years is None:
        cases, every = (counts @ rows.by_person(rows.happened, np.ones(len(rows)))).T
        return ratio(cases, every)
    if not len(rows) or rows.years.max() < rows.horizon:
        return np.full(len(counts), np.nan)
    return 1 - _survival(rows, counts, _in_time(rows, rows.years))[:, -1]


def event_curve(rows: Rows) -> tuple[tuple[float, float], ...]:
    """Years and the share that has had the outcome by then, at each time of one, and at the end."""
    if rows.years is None or not len(rows):
        return ()
    order = _in_time(rows, rows.years)
    free = _survival(rows, np.ones((1, rows.count)), order)[0]
    steps = np.flatnonzero(rows.happened[order] > 0)
    years = rows.years[order]
    points = [(0.0, 0.0), *((float(years[at]), float(1 - free[at])) for at in steps)]
    return (*points, (float(years[-1]), float(1 - free[-1])))


def _in_time(rows: Rows, years: Float) -> Int:
    # Who leaves at the time of an outcome was still at risk then.
    return np.lexsort((1 - rows.happened, years))


def _survival(rows: Rows, counts: Float, order: Int) -> Float:
    """Share without the outcome after each row in time, shape (draws, rows).

    Outcomes at one time are taken one after the other, which multiplies to the same.
    """
    times = counts[:, rows.people[order]]
    at_risk = np.cumsum(times[:, ::-1], axis=1)[:, ::-1]
    lost = np.divide(times * rows.happened[order], at_risk, out=np.zeros_like(times), where=at_risk > 0)
    return np.asarray(np.cumprod(1 - lost, axis=1))
