"""Recalibration: a straight line that makes numbers mean what they say, fitted on development people.

Two scales: a log-odds, for outcomes that are a plain yes or no, and a complementary log-log,
log(-log(1 - risk)), for outcomes with a time, on which proportional hazards are a shift. On either, an
additive model stays one: the line goes into its intercept and its tables, exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.util import Surv

from models.complications._additive import AdditiveModel
from models.evaluation.complications.calibration import logistic_line

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

_BACKWARDS = "on the development people a higher risk does not go with more outcomes"


class RecalibrationError(ValueError):
    """The development people can't tell how to recalibrate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recalibration:
    """shift + scale * what the model says.

    Attributes:
        scale: Below 1 for a model that is too sure; always above 0.
    """

    shift: float
    scale: float

    def of(self, totals: Float) -> Float:
        """The totals of a model, recalibrated."""
        recalibrated: Float = self.shift + self.scale * totals
        return recalibrated

    def of_model(self, model: AdditiveModel) -> AdditiveModel:
        """A model whose totals are the recalibrated ones of another."""
        return AdditiveModel(
            self.shift + self.scale * model.intercept,
            tuple(replace(term, values=self.scale * term.values) for term in model.terms),
        )


def logistic_recalibration(log_odds: Float, happened: Bool) -> Recalibration:
    """Shift and scale of a log-odds that fit outcomes best.

    Args:
        log_odds: Shape (rows,), of people that the model was not trained on.

    Raises:
        RecalibrationError: The outcome happened to all or to none, more often where the risk is lower, or
            exactly where it is higher (the scale would be infinite).

    Source:
        Cox DR. Biometrika 1958;45:562 (logistic recalibration).
    """
    line = logistic_line(log_odds, happened)
    if line is None:
        raise RecalibrationError(
            "the development people all have the same, or are told apart without an error"
        )
    shift, scale = line
    if not scale > 0:
        raise RecalibrationError(_BACKWARDS)
    return Recalibration(shift=shift, scale=scale)


def hazard_recalibration(
    log_hazards: Float, years: Float, happened: Bool, horizon_years: float
) -> Recalibration:
    """Shift and scale of a log-hazard that make 1 - exp(-exp(total)) the risk at the horizon.

    Without it the log-hazard may have any origin: the shift brings in the baseline hazard.

    Args:
        log_hazards: Shape (rows,), relative, of people that the model was not trained on.
        years: Time to the outcome or to the end of observation, which counts as censored.

    Raises:
        RecalibrationError: The outcome happened to nobody before the horizon, nobody was observed until then,
            or it happened more often where the risk is lower.

    Source:
        Cox DR. JRSSB 1972;34:187; Breslow N. JRSSB 1972;34:216 (baseline hazard).
    """
    before = happened & (years <= horizon_years)
    if not before.any() or years.max() < horizon_years:
        raise RecalibrationError(
            f"no development person has the outcome, or none was observed for {horizon_years:g} years"
        )
    observed = Surv.from_arrays(before, np.minimum(years, horizon_years))
    origin = float(log_hazards.mean())  # far from 0, exp() would overflow
    line = CoxPHSurvivalAnalysis(ties="efron").fit((log_hazards - origin)[:, None], observed)
    scale = float(line.coef_[0])
    baseline = float(line.cum_baseline_hazard_(horizon_years))
    if not scale > 0:
        raise RecalibrationError(_BACKWARDS)
    return Recalibration(shift=float(np.log(baseline)) - scale * origin, scale=scale)


def risk_of(totals: Float) -> Float:
    """The risk at the horizon of totals recalibrated by `hazard_recalibration`."""
    risks: Float = -np.expm1(-np.exp(totals))
    return risks
