"""A cohort as seen on one day: what was known until then, and what happened afterwards.

Nobody is in the population of an outcome who had it by that day, or who was no longer followed. A condition
counts once it was recorded, never because it will be, so that no time is lived by it in advance.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.complications._cardiometabolic_inputs import FEATURES, FIB4_RAISED, HISTORY, OUTCOMES, Outcome
from models.training.complications.cardiometabolic.reader import Cohort, Float, Int, Readings

Bool = NDArray[np.bool_]

YEAR = 365.25
# A measurement counts this long; the service looks back as far.
_LOOK_BACK = 5 * YEAR
FIFTHS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """One outcome after the landmark, by person.

    Attributes:
        asked: Whether the person is in the outcome's population.
        happened: Whether the outcome was seen.
        died: Whether death came instead; always False where death is the outcome.
        years: From the landmark to the outcome, death or the end of observation.
    """

    asked: Bool
    happened: Bool
    died: Bool
    years: Float

    def at(self, rows: Bool) -> Followed:
        """The same of some of the people."""
        return Followed(
            asked=self.asked[rows], happened=self.happened[rows], died=self.died[rows], years=self.years[rows]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmark:
    """Everybody who was followed beyond one day.

    Attributes:
        columns: By feature, NaN where not known.
        held_out: Whether the person is kept for the final figures.
        followed: By key of the outcome.
    """

    ids: Int
    columns: Mapping[str, Float]
    held_out: Bool
    followed: Mapping[str, Followed]


def landmark(cohort: Cohort, day: float = 0.0) -> Landmark:
    """The cohort as seen at the end of a day counted from each person's index date, 0 or later."""
    there = np.flatnonzero(cohort.days > day)
    known = {
        "age": cohort.age + day / YEAR,
        "male": cohort.male,
        "bmi": cohort.bmi,
        "height": cohort.height,
        **{name: _newest(cohort, readings, day) for name, readings in cohort.readings.items()},
        **{name: (cohort.first[name] <= day).astype(float) for name in HISTORY},
    }
    fib4 = known.pop("fib4")
    known["fib4_raised"] = np.where(fib4 > FIB4_RAISED, 1.0, np.nan)
    return Landmark(
        ids=cohort.ids[there],
        columns={name: known[name][there] for name in FEATURES},
        held_out=np.array([is_held_out(int(each)) for each in cohort.ids[there]], bool),
        followed={outcome.key: _followed(cohort, outcome, day, there) for outcome in OUTCOMES},
    )


def fifth_of(person: int) -> int:
    """The fifth of all people that a person belongs to, 0 to 4, by a hash of the number alone."""
    digest = hashlib.sha256(f"nafld:{person}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % FIFTHS


def is_held_out(person: int) -> bool:
    """One person in five: the first fifth."""
    return fifth_of(person) == 0


def fold_of(person: int, folds: int) -> int:
    """The fold of a person in development, by another hash."""
    digest = hashlib.sha256(f"nafld fold:{person}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % folds


def _newest(cohort: Cohort, readings: Readings, day: float) -> Float:
    values = np.full(len(cohort.ids), np.nan)
    usable = (readings.days <= day) & (readings.days > day - _LOOK_BACK)
    # By person and day: the last one written stays.
    values[readings.people[usable]] = readings.values[usable]
    return values


def _followed(cohort: Cohort, outcome: Outcome, day: float, there: Int) -> Followed:
    end, died = cohort.days[there], cohort.died[there]
    if not outcome.history:
        nobody = np.zeros(len(there), bool)
        return Followed(asked=~nobody, happened=died, died=nobody, years=(end - day) / YEAR)
    first = cohort.first[outcome.history][there]
    happened = (first > day) & (first <= end)
    return Followed(
        asked=first > day,
        happened=happened,
        died=died & ~happened,
        years=(np.where(happened, first, end) - day) / YEAR,
    )
