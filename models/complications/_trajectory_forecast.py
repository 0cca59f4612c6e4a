"""From a history to what may come next: probabilities within years, and what each past event adds.

Probabilities assume that nothing further is told in the meantime but the passing years, and that only
death ends the time at risk: the rates of each coming year are read with "no event" until then, and taken as
constant within it. So a disease that another one would announce is understated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.complications._trajectory_network import (
    DAYS_PER_YEAR,
    NO_EVENT,
    Row,
    TrajectoryNetwork,
)
from models.explaining import on_scale, shapley_pairwise

_ROWS_AT_ONCE = 256

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Told:
    """A person as of an age.

    Attributes:
        sex: Event number of the sex.
        events: Event number and age in years of what was recorded until then, in order of age.
        age: In years.
    """

    sex: int
    events: tuple[tuple[int, float], ...]
    age: float

    def __repr__(self) -> str:
        return f"Told({len(self.events)} events)"


def row_of(network: TrajectoryNetwork, told: Told, years_ahead: int = 0) -> Row:
    """What the network reads: sex, what was recorded, and "no event" at regular ages and now.

    Of a long history the oldest part is left out; the sex stays.
    """
    now = (told.age + years_ahead) * DAYS_PER_YEAR
    quiet = np.arange(1, now, network.no_event_years * DAYS_PER_YEAR)
    ages = np.array([*(age * DAYS_PER_YEAR for _, age in told.events), *quiet, now], np.float32)
    events = np.array([*(event for event, _ in told.events), *[NO_EVENT] * (len(quiet) + 1)])
    order = np.argsort(ages, kind="stable")[-(network.context - 1) :]
    return Row(
        events=np.concatenate(([told.sex], events[order])),
        ages=np.concatenate((np.zeros(1, np.float32), ages[order])),
    )


def log_rates(network: TrajectoryNetwork, people: Sequence[Told], years: int = 1) -> NDArray[np.float32]:
    """Log of events per day now, after one further year without an event, ...: (years, people, events)."""
    rows = [row_of(network, told, year) for year in range(years) for told in people]
    parts = [
        network.log_rates(rows[start : start + _ROWS_AT_ONCE]) for start in range(0, len(rows), _ROWS_AT_ONCE)
    ]
    return np.concatenate(parts).reshape(years, len(people), -1)


def risks(network: TrajectoryNetwork, people: Sequence[Told], years: int) -> Float:
    """Probability of each event within 1, 2, ... `years` years, (years, people, events).

    Death ends the time at risk; its own column holds its probability.
    """
    death = network.death
    left = np.ones((len(people), len(network.events)))
    found = np.zeros((years, *left.shape))
    for year, logs in enumerate(log_rates(network, people, years)):
        rates = np.exp(logs.astype(np.float64)) * DAYS_PER_YEAR
        ends = rates + rates[:, [death]]
        ends[:, death] = rates[:, death]
        gone = -np.expm1(-ends)
        share = np.divide(rates, ends, out=np.zeros_like(rates), where=ends > 0)
        found[year] = (found[year - 1] if year else 0) + left * gone * share
        left *= 1 - gone
    return found


def contributions(
    network: TrajectoryNetwork, told: Told, event: int, years: int
) -> tuple[float, tuple[float, ...]]:
    """What the events told add to the risk of another, in percentage points.

    Each event's part of the log-rate as of now is its mean effect when the history is filled from its oldest
    event and from its newest; the parts are then laid on the probability's scale.

    Returns:
        The risk of a person of that age and sex without these events, and each event's part in the order
        told; all add up to the risk.
    """
    names = [str(number) for number in range(len(told.events))]

    def log_rate(present: dict[str, bool]) -> float:
        kept = tuple(each for name, each in zip(names, told.events, strict=True) if present[name])
        return float(log_rates(network, [Told(sex=told.sex, events=kept, age=told.age)])[0, 0, event])

    added = shapley_pairwise(
        lambda present: log_rate(dict(present)),
        dict.fromkeys(names, True),
        dict.fromkeys(names, False),
        names,
    )
    alone = Told(sex=told.sex, events=(), age=told.age)
    low, high = (100 * risks(network, [each], years)[-1, 0, event] for each in (alone, told))
    parts = on_scale(added, float(low), float(high))
    return float(low), tuple(parts[name] for name in names)
