"""The rows of a question as a weighted yes or no at its horizon.

Where people leave observation before the horizon, those who stayed stand for them: each counts by the inverse
of the probability of being still observed. Every measure then is one for plain yes or no with weights.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sksurv.nonparametric import CensoringDistributionEstimator
from sksurv.util import Surv

from models.evaluation.complications.cases import Question
from models.evaluation.estimates import EvaluationError

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Int = NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What is known of n rows.

    Attributes:
        happened: 1.0 where the outcome was observed until the horizon, else 0.0.
        weights: 1; or, with times, 0 for who left before the horizon and at least 1 for the others.
        people: From 0 on, without gaps: whose row it is.
        count: Of all people of the question, also those without a row here.
        years: Time to the outcome, to the end of observation or to the horizon; None without times.
        horizon: In years, where there are times.
    """

    happened: Float
    weights: Float
    people: Int
    count: int
    years: Float | None = None
    horizon: float = 0.0

    def __len__(self) -> int:
        return len(self.happened)

    def at(self, chosen: Bool | Int) -> Rows:
        """Some of the rows, of the same people."""
        return Rows(
            happened=self.happened[chosen],
            weights=self.weights[chosen],
            people=self.people[chosen],
            count=self.count,
            years=None if self.years is None else self.years[chosen],
            horizon=self.horizon,
        )

    def by_person(self, *amounts: Float) -> Float:
        """Sums of each amount over the rows of each person, shape (people, amounts)."""
        sums = np.empty((self.count, len(amounts)))
        for column, amount in enumerate(amounts):
            sums[:, column] = np.bincount(self.people, amount, minlength=self.count)
        return sums

    def people_with(self, chosen: Bool) -> int:
        """How many people have such a row."""
        return len(np.unique(self.people[chosen]))


def rows_of(question: Question) -> Rows:
    """The rows of a question.

    Raises:
        EvaluationError: The arrays differ in length, or there are times and no horizon.

    Source:
        Graf E et al. Stat Med 1999;18:2529 (inverse probability of censoring weights).
    """
    _check(question)
    _, people = np.unique(question.people, return_inverse=True)
    count = int(people.max(initial=-1)) + 1
    if question.years is None or question.horizon_years is None:
        happened = question.happened.astype(np.float64)
        return Rows(happened=happened, weights=np.ones(len(happened)), people=people, count=count)
    horizon = question.horizon_years
    before = question.happened & (question.years <= horizon)
    return Rows(
        happened=before.astype(np.float64),
        weights=_censoring_weights(question.years, question.happened, before, horizon),
        people=people,
        count=count,
        years=np.minimum(question.years, horizon),
        horizon=horizon,
    )


def _check(question: Question) -> None:
    rows = len(question.happened)
    others = [question.people, *(rival.risks for rival in question.rivals), *question.subgroups.values()]
    if question.years is not None:
        others.append(question.years)
        if question.horizon_years is None:
            raise EvaluationError(f"{question.name}: there are times and no horizon")
    if not question.rivals or any(len(each) != rows for each in others):
        raise EvaluationError(f"{question.name}: outcomes, people and risks differ in number")
    for rival in question.rivals:
        told = rival.risks[~np.isnan(rival.risks)]
        if not np.isfinite(told).all() or (rival.is_probability and ((told < 0) | (told > 1)).any()):
            raise EvaluationError(f"{question.name}: a risk of {rival.name} is not between 0 and 1")


def _censoring_weights(years: Float, happened: Bool, before: Bool, horizon: float) -> Float:
    weights = np.zeros(len(years))
    stayed = ~before & (years >= horizon)
    if not happened.any():
        return stayed.astype(np.float64)
    observed = CensoringDistributionEstimator().fit(Surv.from_arrays(happened, years))
    weights[before] = _inverse(observed.predict_proba(years[before]))
    if stayed.any():
        # Just before the horizon: who is followed exactly until then is not lost.
        just_before = np.array([np.nextafter(horizon, 0.0)])
        weights[stayed] = _inverse(observed.predict_proba(just_before))[0]
    return weights


def _inverse(shares: Float) -> Float:
    # Where nobody else is observed so long, a row can't stand for others, and counts for nothing.
    return np.divide(1.0, shares, out=np.zeros_like(shares), where=shares > 0)
