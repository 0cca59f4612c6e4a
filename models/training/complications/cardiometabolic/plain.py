"""The strong baseline: an ordinary Cox model on the same inputs, straight lines, gaps filled with the mean.

It gets an indicator for each gap. It is kept as tables beside the model, so that an evaluation on other
people can compare the two.
"""

from __future__ import annotations

import numpy as np
from sksurv.linear_model import CoxPHSurvivalAnalysis

from models.complications._additive import AdditiveModel, Float, Term
from models.complications._cardiometabolic_inputs import FEATURES
from models.training.complications.cardiometabolic.landmarks import Landmark

# Just enough to keep a fit finite that has a flag with few events.
_RIDGE = 1.0
_WIDE = 1e4


def fitted(seen: Landmark, outcome: str) -> AdditiveModel:
    """The model, fitted to the people of development."""
    followed = seen.followed[outcome]
    people = followed.asked & ~seen.held_out
    names = [name for name in FEATURES if name != outcome]
    filled, gaps, means = [], [], []
    for name in names:
        column = seen.columns[name][people]
        unknown = np.isnan(column)
        mean = 0.0 if name == "fib4_raised" else float(np.nanmean(column))
        means.append(mean)
        filled.append(np.where(unknown, mean, column))
        gaps.append(unknown if name != "fib4_raised" else np.zeros(len(column)))
    matrix = np.stack([*filled, *gaps], axis=1).astype(float)
    scale = np.where(matrix.std(axis=0) > 0, matrix.std(axis=0), 1.0)
    outcomes = np.array(
        list(zip(followed.happened[people], followed.years[people], strict=True)),
        dtype=[("happened", bool), ("years", float)],
    )
    fit = CoxPHSurvivalAnalysis(alpha=_RIDGE).fit((matrix - matrix.mean(axis=0)) / scale, outcomes)
    return _tables(names, fit.coef_ / scale, np.array(means))


def _tables(names: list[str], coefficients: Float, means: Float) -> AdditiveModel:
    each, gaps = np.split(coefficients, 2)
    ends = np.array([-_WIDE, _WIDE])
    terms = []
    for name, slope, gap, mean in zip(names, each, gaps, means, strict=True):
        # A gap stands at the mean, plus what its indicator adds.
        values = np.append(slope * ends, slope * mean + gap)
        terms.append(Term((name,), (ends,), values, "linear"))
    return AdditiveModel(0.0, tuple(terms))
