"""Proportional hazards: a penalized fit with bounds on coefficients, and the baseline that goes with it.

Source: Cox DR. J R Stat Soc B 1972;34:187 (partial likelihood); Breslow N. Biometrics 1974;30:89 (ties and
baseline).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from models.complications._additive import Float

Bool = NDArray[np.bool_]
_ROUNDS = 800


@dataclass(frozen=True, slots=True)
class Times:
    """Who was followed how long, and for whom it ended with the event.

    Attributes:
        stratum: People are compared within one only.
    """

    years: Float
    happened: Bool
    stratum: NDArray[np.int64]


def fit(matrix: Float, times: Times, penalty: Float, least: Float) -> Float:
    """Coefficients of the penalized partial likelihood, none smaller than its bound."""
    likelihood = _Likelihood(matrix, times)
    events = max(1, int(times.happened.sum()))

    def loss(coefficients: Float) -> tuple[float, Float]:
        value, slope = likelihood.of(coefficients)
        held = penalty @ coefficients
        return float(coefficients @ held / 2 - value) / events, (held - slope) / events

    found = minimize(
        loss,
        np.zeros(matrix.shape[1]),
        jac=True,
        method="L-BFGS-B",
        bounds=[(low, None) for low in least],
        options={"maxiter": _ROUNDS, "maxfun": 2 * _ROUNDS, "ftol": 1e-10, "gtol": 1e-6},
    )
    return np.asarray(found.x, np.float64)


def slope_of(log_hazards: Float, times: Times) -> float:
    """By what factor log-hazards would have to be drawn apart (above 1) or together to fit best."""
    return float(fit(log_hazards[:, None], times, np.zeros((1, 1)), np.array([-np.inf]))[0])


def baseline(log_hazards: Float, years: Float, happened: Bool, grid: Float) -> Float:
    """The cumulative hazard of somebody whose log-hazard is 0, at each time of the grid."""
    order = np.argsort(years)
    at_risk = np.cumsum(np.exp(log_hazards[order])[::-1])[::-1]
    at = years[order]
    steps = happened[order] / at_risk[np.searchsorted(at, at, side="left")]
    summed = np.concatenate([[0.0], np.cumsum(steps)])
    return np.asarray(summed[np.searchsorted(at, grid, side="right")], np.float64)


class _Likelihood:
    """The partial likelihood and its gradient, sorted once: within a stratum, the longest followed first."""

    def __init__(self, matrix: Float, times: Times) -> None:
        order = np.lexsort((-times.years, times.stratum))
        self._matrix = matrix[order]
        self._happened = times.happened[order]
        years, stratum = times.years[order], times.stratum[order]
        places = np.arange(len(order))
        new_stratum = np.append(True, np.diff(stratum) != 0)
        self._before = np.flatnonzero(new_stratum)[np.cumsum(new_stratum) - 1] - 1
        # Of the same time, everybody is at risk together.
        ends = np.flatnonzero(np.append((np.diff(years) != 0) | (np.diff(stratum) != 0), True))
        self._last = ends[np.searchsorted(ends, places)]
        strata_ends = np.append(np.flatnonzero(new_stratum)[1:], len(order))
        self._after = strata_ends[np.cumsum(new_stratum) - 1]

    def of(self, coefficients: Float) -> tuple[float, Float]:
        """The logarithm of the likelihood, and how it changes with each coefficient."""
        told = self._matrix @ coefficients
        shift = told.max()
        hazards = np.exp(told - shift)
        summed = np.append(np.cumsum(hazards), 0.0)
        at_risk = summed[self._last] - summed[self._before]
        seen = self._happened
        value = float((told - shift - np.log(at_risk))[seen].sum())
        shares = np.zeros(len(told) + 1)
        np.add.at(shares, self._last[seen], 1 / at_risk[seen])
        later = np.cumsum(shares[::-1])[::-1]
        lived = later[:-1] - later[self._after]
        return value, self._matrix.T @ (seen - hazards * lived)
