"""What the measures are called, and how their numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from models.evaluation.complications.measured import MeasuredQuestion, Told
from models.evaluation.estimates import Estimate
from models.evaluation.text import NOTHING, percent


@dataclass(frozen=True, slots=True)
class Words:
    """One measure in words.

    Attributes:
        better: What is best, for a reader of a difference.
    """

    title: str
    better: str
    written: Callable[[float | None], str]


def plain(value: float | None) -> str:
    """Three decimals: "0.812"; a dash for None."""
    return NOTHING if value is None else f"{value:.3f}"


def small(value: float | None) -> str:
    """Four decimals, for Brier scores of rare outcomes."""
    return NOTHING if value is None else f"{value:.4f}"


def two(value: float | None) -> str:
    """Two decimals, with a true minus sign."""
    return NOTHING if value is None else f"{value:.2f}".replace("-", "−")


MEASURES: Mapping[str, Words] = {
    "concordance": Words("Harrell's C", "higher is better", plain),
    "concordance_ipcw": Words("C, censoring weighed", "higher is better", plain),
    "auroc": Words("AUROC", "higher is better", plain),
    "average_precision": Words("Average precision", "higher is better", plain),
    "brier": Words("Brier score", "lower is better", small),
    "brier_skill": Words("Brier skill", "higher is better", plain),
    "slope": Words("Calibration slope", "1 is best", two),
    "intercept": Words("Calibration intercept", "0 is best", two),
}
# Differences of slopes and intercepts say nothing: the best is a number, not more or less.
COMPARED = ("concordance", "concordance_ipcw", "auroc", "average_precision", "brier")


def written(measure: str, value: float | None) -> str:
    """A number as its measure is written."""
    return MEASURES[measure].written(value)


def span(measure: str, estimate: Estimate) -> str:
    """The interval of a number: "0.79 to 0.83"; a dash when there is none."""
    if estimate.low is None or estimate.high is None:
        return NOTHING
    return f"{written(measure, estimate.low)} to {written(measure, estimate.high)}"


def signed(measure: str, estimate: Estimate) -> str:
    """A difference with its interval: "+0.021 (+0.009 to +0.034)"; a dash for none."""
    if estimate.value is None:
        return NOTHING
    parts = [
        _signed(measure, each) for each in (estimate.value, estimate.low, estimate.high) if each is not None
    ]
    return parts[0] if len(parts) == 1 else f"{parts[0]} ({parts[1]} to {parts[2]})"


def _signed(measure: str, value: float) -> str:
    sign = "−" if value < 0 else "+"
    return f"{sign}{MEASURES[measure].written(abs(value))}"


def present(told: Told) -> list[str]:
    """The measures that a rival has, in the order of `MEASURES`."""
    return [name for name in MEASURES if name in told.measures]


def number(value: int) -> str:
    """A count with commas."""
    return f"{value:,}"


def size_of(question: MeasuredQuestion) -> str:
    """How much the question rests on, in words."""
    share = f"{number(question.events)} with the outcome ({percent(question.share.value)}%)"
    if question.rows != question.people:
        share = f"{number(question.rows)} rows of {number(question.people)} people, {share}, counted by row"
    else:
        share = f"{number(question.people)} people, {share}"
    if question.horizon_years is None:
        return share
    return f"{share}; {number(question.left_early)} left observation before {question.horizon_years:g} years"


def label_of(label: str) -> str:
    """A subgroup's label; one that is empty is said to be missing."""
    return label or "not recorded"
