"""Histories to batches: the events so far are the input, each next event and its age the target."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.complications._trajectory_network import DAYS_PER_YEAR, FIRST_DISEASE, MALE, NO_EVENT, PADDING
from models.training.complications.trajectory.histories import History

_LONGEST_LIFE_DAYS = 36525


@dataclass(frozen=True, slots=True)
class Batch:
    """People padded at the front to one length; every tensor has the shape (people, longest)."""

    events: torch.Tensor
    ages: torch.Tensor
    next_events: torch.Tensor
    next_ages: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on the device."""
        return Batch(
            *(each.to(device) for each in (self.events, self.ages, self.next_events, self.next_ages))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Cutting:
    """How a history becomes a row.

    Attributes:
        context: Longest row.
        no_event_years: One "no event" stands in for so many years without an event, on average.
        moved_traits: Whether, in training, the ages at which traits were recorded are moved about: in
            a cohort they tell that the person lived to be recruited.
    """

    context: int
    no_event_years: float = 5.0
    moved_traits: bool = True


def training_batches(
    people: Sequence[History], cutting: Cutting, size: int, count: int, seed: int
) -> list[Batch]:
    """Batches of people drawn at random; "no event" at random ages. The same seed gives the same batches."""
    generator = np.random.default_rng(seed)
    batches = []
    for _ in range(count):
        drawn = generator.integers(0, len(people), size)
        batches.append(_batch([_row(people[number], cutting, generator) for number in drawn]))
    return batches


def reading_batches(people: Sequence[History], cutting: Cutting, size: int) -> Iterator[Batch]:
    """Everybody once, in order; "no event" at regular ages, nothing moved."""
    for start in range(0, len(people), size):
        yield _batch([_row(person, cutting, None) for person in people[start : start + size]])


def _row(
    person: History, cutting: Cutting, generator: np.random.Generator | None
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    ages, events = person.ages[: cutting.context + 1], person.events[: cutting.context + 1]
    step = DAYS_PER_YEAR * cutting.no_event_years
    if generator is None:
        quiet = np.arange(0, _LONGEST_LIFE_DAYS, step, dtype=np.float32) + 1
    else:
        drawn = generator.integers(1, _LONGEST_LIFE_DAYS, int(_LONGEST_LIFE_DAYS / step))
        quiet = drawn.astype(np.float32)
        if cutting.moved_traits:
            traits = (events > MALE) & (events < FIRST_DISEASE)
            moved = generator.uniform(-20 * DAYS_PER_YEAR, 40 * DAYS_PER_YEAR, len(ages))
            ages = np.where(traits, ages + moved, ages).astype(np.float32)
    quiet = quiet[quiet <= ages.max()]
    ages = np.concatenate((ages, quiet))
    events = np.concatenate((events, np.full(len(quiet), NO_EVENT)))
    order = np.argsort(ages, kind="stable")[-(cutting.context + 1) :]
    return ages[order], events[order]


def _batch(rows: Sequence[tuple[NDArray[np.float32], NDArray[np.int64]]]) -> Batch:
    longest = max(len(ages) for ages, _ in rows)
    ages = np.zeros((len(rows), longest), np.float32)
    events = np.full((len(rows), longest), PADDING, np.int64)
    for number, (row_ages, row_events) in enumerate(rows):
        ages[number, longest - len(row_ages) :] = row_ages
        events[number, longest - len(row_events) :] = row_events
    age, event = torch.from_numpy(ages), torch.from_numpy(events)
    targets = event[:, 1:].masked_fill(event[:, :-1] == PADDING, PADDING)
    return Batch(event[:, :-1], age[:, :-1], targets, age[:, 1:])
