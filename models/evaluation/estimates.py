"""What every evaluation gives: numbers with intervals by bootstrap, or a reason why there are none."""

from __future__ import annotations

from dataclasses import dataclass


class EvaluationError(ValueError):
    """An evaluation can't be made as asked; the text holds nothing of any document or person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How intervals are made: percentiles of a number on units (documents, people) drawn anew.

    Attributes:
        draws: 0 gives no intervals.
        seed: Of numpy's generator; the same seed gives the same intervals.
        level: Share of the draws inside an interval.
    """

    draws: int = 1000
    seed: int = 13
    level: float = 0.95

    @property
    def tails(self) -> tuple[float, float]:
        """The quantiles at which an interval ends."""
        return (1 - self.level) / 2, (1 + self.level) / 2


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and its interval; None where there was nothing to divide by."""

    value: float | None
    low: float | None = None
    high: float | None = None
