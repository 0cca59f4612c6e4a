"""Measures and their intervals, by drawing people anew; all measures of a question see the same draws."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from models.evaluation.complications.rows import Float
from models.evaluation.estimates import Estimate, Resampling

# Cells of (draws, people) that are held at a time.
_CELLS = 2_000_000
# An interval needs this share of its draws; measures that are mostly undefined have none.
_DEFINED = 0.5


class Measure(Protocol):
    """Some numbers of the same rows.

    Attributes:
        names: One a number.
    """

    @property
    def names(self) -> tuple[str, ...]:
        """One a number."""
        ...

    def values(self, counts: Float) -> Float:
        """The numbers when each person is there as often as counted.

        Args:
            counts: Shape (draws, people).

        Returns:
            Shape (draws, names); NaN where a number can't be told.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Sampled:
    """The numbers of a measure, and what they are in each draw.

    Attributes:
        whole: Shape (names,).
        drawn: Shape (draws, names).
    """

    names: tuple[str, ...]
    whole: Float
    drawn: Float
    resampling: Resampling

    def estimates(self) -> dict[str, Estimate]:
        """Each number with its interval."""
        return {
            name: self._estimate(self.whole[column], self.drawn[:, column])
            for column, name in enumerate(self.names)
        }

    def minus(self, other: Sampled) -> dict[str, Estimate]:
        """The differences of the numbers that both have, in the same draws."""
        found = {}
        for name in self.names:
            if name in other.names:
                here, there = self.names.index(name), other.names.index(name)
                found[name] = self._estimate(
                    self.whole[here] - other.whole[there], self.drawn[:, here] - other.drawn[:, there]
                )
        return found

    def _estimate(self, whole: float, drawn: Float) -> Estimate:
        if np.isnan(whole):
            return Estimate(None)
        told = drawn[~np.isnan(drawn)]
        if len(told) == 0 or len(told) < _DEFINED * len(drawn):
            return Estimate(float(whole))
        low, high = np.quantile(told, self.resampling.tails)
        return Estimate(float(whole), float(low), float(high))


def sampled(measures: Sequence[Measure], people: int, resampling: Resampling) -> list[Sampled]:
    """The numbers of each measure on everybody, and on people drawn with replacement.

    Source:
        Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993 (percentile interval); the person is
        the unit because the rows of one person are alike.
    """
    wholes = [measure.values(np.ones((1, people)))[0] for measure in measures]
    drawn: list[list[Float]] = [[np.empty((0, len(measure.names)))] for measure in measures]
    for counts in _draws(people, resampling):
        for values, measure in zip(drawn, measures, strict=True):
            values.append(measure.values(counts))
    return [
        Sampled(names=measure.names, whole=whole, drawn=np.concatenate(values), resampling=resampling)
        for measure, whole, values in zip(measures, wholes, drawn, strict=True)
    ]


def _draws(people: int, resampling: Resampling) -> Iterator[Float]:
    if not people:
        return
    rng = np.random.default_rng(resampling.seed)
    even, at_once = np.full(people, 1 / people), max(1, _CELLS // people)
    for done in range(0, resampling.draws, at_once):
        size = min(at_once, resampling.draws - done)
        yield rng.multinomial(people, even, size=size).astype(np.float64)


def ratio(top: Float, low: Float) -> Float:
    """top / low; NaN where there is nothing to divide by."""
    out = np.full(np.broadcast(top, low).shape, np.nan)
    return np.asarray(np.divide(top, low, out=out, where=low > 0))
