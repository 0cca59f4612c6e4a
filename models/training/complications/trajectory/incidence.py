"""What age and sex alone tell: how often each event comes first, as curves over age for each sex."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray

from models.complications._trajectory_network import DAYS_PER_YEAR, MALE, NO_EVENT
from models.training.complications.trajectory.histories import History
from models.training.complications.trajectory.network import Network, hats

_YEARS = 100
# Events of the other sex and other ages that each knot borrows: the crude rate counts as so many.
_BORROWED = 2.0


@torch.no_grad()
def count_curves(network: Network, people: Sequence[History], no_event_years: float) -> None:
    """Sets the curves to the rates by age and sex; "no event" comes once in so many years."""
    if network.curves is not None:
        _, knots, events = network.curves.shape
        network.curves.copy_(torch.from_numpy(log_rates(people, knots, events)))
        network.curves[:, :, NO_EVENT] = -math.log(no_event_years * DAYS_PER_YEAR)


def log_rates(people: Sequence[History], knots: int, events: int) -> NDArray[np.float64]:
    """Log of events per day at risk, (2 sexes, knots, events), drawn towards each event's rate at any age.

    People are at risk from birth to their last event, and of an event (other than "no event") until it came.
    """
    counts, days = np.zeros((2, _YEARS, events)), np.zeros((2, _YEARS, events))
    for person in people:
        sex = int(MALE in person.events)
        years = (person.ages / DAYS_PER_YEAR).astype(int).clip(0, _YEARS - 1)
        np.add.at(counts[sex], (years, person.events), 1)
        days[sex, : years[-1] + 1] += DAYS_PER_YEAR
        for year, event in zip(years, person.events, strict=True):
            days[sex, year + 1 : years[-1] + 1, event] -= DAYS_PER_YEAR
    basis = hats(torch.arange(_YEARS) * DAYS_PER_YEAR + DAYS_PER_YEAR / 2, knots).numpy().astype(float)
    crude = (counts.sum((0, 1)) + 0.5) / days.sum((0, 1))
    near_counts = np.einsum("yk,sye->ske", basis, counts) + _BORROWED
    near_days = np.einsum("yk,sye->ske", basis, days) + _BORROWED / crude
    return np.asarray(np.log(near_counts / near_days))
