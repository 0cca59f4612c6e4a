"""People of one sex as of one birthday: who had a disease in the years after it, and who was told apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.complications._trajectory_forecast import Told
from models.complications._trajectory_network import (
    DAYS_PER_YEAR,
    FEMALE,
    FIRST_DISEASE,
    MALE,
    TrajectoryNetwork,
)
from models.training.complications.trajectory.histories import History

AGES = (50, 55, 60, 65, 70, 75)
YEARS = 5

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Everybody alive at each age, once for each.

    Attributes:
        people: Number of the person of each row.
        strata: Age and sex of each row, as one number.
        told: What was recorded by then.
        before, within: Which events came before the age, and in the years after it, (rows, events).
    """

    people: NDArray[np.int64]
    strata: NDArray[np.int64]
    told: tuple[Told, ...]
    before: NDArray[np.bool_]
    within: NDArray[np.bool_]


def landmarks_of(
    people: Sequence[History], network: TrajectoryNetwork, ages: Sequence[int] = AGES
) -> Landmarks:
    """The rows of people whose sex is known and who are alive at the age.

    Everybody who has not died is taken as observed through the years after each age.
    """
    events = len(network.events)
    rows = [
        (person, age)
        for person in people
        for age in ages
        if np.isin(person.events, (FEMALE, MALE)).any() and _alive(person, age, network.death)
    ]
    before, within = (np.zeros((len(rows), events), bool) for _ in range(2))
    for number, (person, age) in enumerate(rows):
        years = person.ages / DAYS_PER_YEAR
        before[number, person.events[years < age]] = True
        within[number, person.events[(years >= age) & (years < age + YEARS)]] = True
    return Landmarks(
        people=np.array([person.number for person, _ in rows], np.int64),
        strata=np.array([2 * age + int(MALE in person.events) for person, age in rows], np.int64),
        told=tuple(told_at(person, age) for person, age in rows),
        before=before,
        within=within,
    )


def _alive(person: History, age: int, death: int) -> bool:
    died = person.ages[person.events == death]
    return not died.size or float(died[0]) >= age * DAYS_PER_YEAR


def told_at(person: History, age: float) -> Told:
    """What was recorded of a person before an age."""
    years = person.ages / DAYS_PER_YEAR
    kept = (years < age) & (person.events >= FIRST_DISEASE)
    events = tuple(zip(person.events[kept].tolist(), years[kept].tolist(), strict=True))
    return Told(sex=MALE if MALE in person.events else FEMALE, events=events, age=age)


def drawn_landmarks(people: Sequence[History], network: TrajectoryNetwork, seed: int) -> Landmarks:
    """One age for each person, drawn at random among those of `AGES`; people who died before are left out."""
    drawn = np.random.default_rng(seed).choice(AGES, len(people))
    parts = [landmarks_of([person], network, (int(age),)) for person, age in zip(people, drawn, strict=True)]
    return Landmarks(
        people=np.concatenate([part.people for part in parts]),
        strata=np.concatenate([part.strata for part in parts]),
        told=tuple(told for part in parts for told in part.told),
        before=np.concatenate([part.before for part in parts]),
        within=np.concatenate([part.within for part in parts]),
    )


def adjusted_auc(scores: Float, marks: Landmarks, event: int, weights: Float) -> Float:
    """Share of pairs in the right order: one who had the event and one who had not, of one age and sex.

    Only people without the event before take part; a tie counts half; all pairs of all strata count alike.

    Args:
        scores: Shape (rows,).
        weights: How often each row counts, (rows, draws): ones, or a draw with replacement of the people.

    Returns:
        One value a draw; NaN where a draw has no pair.
    """
    right, pairs = np.zeros(weights.shape[1]), np.zeros(weights.shape[1])
    free = ~marks.before[:, event]
    for stratum in np.unique(marks.strata[free & marks.within[:, event]]):
        here = np.flatnonzero(free & (marks.strata == stratum))
        order = here[np.argsort(scores[here], kind="stable")]
        case = marks.within[order, event][:, None]
        others = np.where(case, 0, weights[order])
        _, start, size = np.unique(scores[order], return_index=True, return_counts=True)
        by_score = np.add.reduceat(others, start)
        below = np.repeat(np.cumsum(by_score, 0) - by_score / 2, size, axis=0)
        cases = np.where(case, weights[order], 0)
        right += (cases * below).sum(0)
        pairs += cases.sum(0) * others.sum(0)
    shares: Float = np.divide(right, pairs, out=np.full(len(pairs), np.nan), where=pairs > 0)
    return shares


def draws(people: NDArray[np.int64], count: int, seed: int) -> Float:
    """Weights of rows as people are drawn with replacement, (rows, 1 + count); first everybody once."""
    numbers, where = np.unique(people, return_inverse=True)
    generator = np.random.default_rng(seed)
    drawn = generator.multinomial(len(numbers), np.full(len(numbers), 1 / len(numbers)), count).T
    return np.concatenate((np.ones((len(people), 1)), drawn[where]), 1).astype(np.float64)
