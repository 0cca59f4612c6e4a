"""The sepsis warning taken apart: what each measurement adds, and what one that is missing could change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from models.complications._additive import probability
from models.complications._boosted import BoostedModel
from models.complications._sepsis_features import (
    AGE,
    COLUMNS,
    DERIVED,
    LABORATORY,
    ORDERED,
    SIGNALS,
    first_value,
    label_of,
    signal_of,
    with_derived,
)
from models.explaining import on_scale
from models.explanation import Contribution, Explanation, MissingInput
from models.finding import Evidence

Float = NDArray[np.float64]

RISK = "Risk of sepsis within 6 hours"
_START = "the risk of a typical hour in intensive care"
_OTHER = {
    AGE: ("Age", "years"),
    "icu_hours": ("Hours in intensive care", "h"),
    "hours_before_icu": ("Hours in hospital before intensive care", "h"),
    "hospital_hours": ("Hours in hospital", "h"),
    ORDERED: ("Kinds of laboratory values in a day", ""),
}
# A derived signal is shown with the measurement that was made last of its two.
_PARENTS = {
    "shock_index": ("heart_rate", "sbp"),
    "mean_pressure": ("sbp", "dbp"),
    "pulse_pressure": ("sbp", "dbp"),
}
_IN_PAIRS = frozenset(name for pair in _PARENTS.values() for name in pair)
_NEVER = datetime.min.replace(tzinfo=UTC)
# Missing inputs that are named: those that would change the risk most.
_NAMED = 3


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Case:
    """One patient's numbers.

    Attributes:
        window: Shape (1, HOURS, SIGNALS).
        values: Every feature, by name; NaN where not known.
        evidence: By signal, its newest measurement; empty without a chart.
    """

    window: Float
    values: Mapping[str, float]
    evidence: Mapping[str, Evidence]

    def __repr__(self) -> str:
        return "Case()"


def explained(
    model: BoostedModel, case: Case, added: Mapping[str, float], typical: Mapping[str, tuple[float, ...]]
) -> Explanation:
    """What adds up to the estimate, in percentage points.

    Args:
        added: As `by_signal` gives it.
        typical: By signal, values from low to high that a missing one could have.
    """
    total = model.intercept + sum(added.values())
    start, end = 100 * probability(model.intercept), 100 * probability(total)
    amounts = on_scale(added, start, end)
    ordered = sorted(amounts.items(), key=lambda pair: -abs(pair[1]))
    return Explanation(
        of=RISK,
        unit="percentage points",
        start=start,
        start_words=_START,
        contributions=tuple(_contribution(name, amount, case) for name, amount in ordered if amount),
        missing=_missing(model, case, typical),
    )


def by_signal(model: BoostedModel, case: Case) -> dict[str, float]:
    """What each signal adds to the log-odds, all of its features together."""
    added: dict[str, float] = {}
    for name, amount in model.contributions(case.values).items():
        added[signal_of(name)] = added.get(signal_of(name), 0.0) + amount
    return added


def _contribution(signal: str, amount: float, case: Case) -> Contribution:
    if signal in _OTHER:
        label, unit = _OTHER[signal]
        value = case.values[signal]
        text = "not known" if np.isnan(value) else f"{value:.0f} {unit}".strip()
        return Contribution(source="", label=label, value=text, at=None, amount=amount)
    shown = _shown(signal, case)
    return Contribution(
        source=shown.source if shown is not None else "",
        label=label_of(signal),
        value=_value(signal, shown, case),
        at=shown.at if shown is not None else None,
        amount=amount,
    )


def _shown(signal: str, case: Case) -> Evidence | None:
    found = [case.evidence[name] for name in _PARENTS.get(signal, (signal,)) if name in case.evidence]
    return max(found, key=lambda each: each.at or _NEVER, default=None)


def _value(signal: str, shown: Evidence | None, case: Case) -> str:
    if signal not in DERIVED and shown is not None:
        return shown.quantity
    column = with_derived(case.window)[0, :, COLUMNS.index(signal)]
    known = column[~np.isnan(column)]
    if not len(known):
        return "not measured in 48 hours"
    if signal == "shock_index":
        return f"{known[-1]:.2f}"
    return f"{known[-1]:.0f} mmHg" if signal in DERIVED else f"{known[-1]:g}"


def _missing(
    model: BoostedModel, case: Case, typical: Mapping[str, tuple[float, ...]]
) -> tuple[MissingInput, ...]:
    """Between which risks each signal that was not measured could decide, were it measured now."""
    asked = [
        name
        for name in typical
        if name not in _IN_PAIRS and np.isnan(case.window[0, :, SIGNALS.index(name)]).all()
    ]
    supposed = [_supposed(case, name, value) for name in asked for value in typical[name]]
    if not supposed:
        return ()
    columns = {name: np.full(len(supposed), case.values[name]) for name in model.features}
    for row, changed in enumerate(supposed):
        for name in changed.keys() & columns.keys():
            columns[name][row] = changed[name]
    risks = iter(100 * probability(float(total)) for total in model.total(columns))
    found = []
    for name in asked:
        own = [next(risks) for _ in typical[name]]
        found.append(MissingInput(label=label_of(name), low=min(own), high=max(own)))
    return tuple(sorted(found, key=lambda each: each.low - each.high)[:_NAMED])


def _supposed(case: Case, signal: str, value: float) -> dict[str, float]:
    """The features that a first value of a signal, measured now, would change."""
    ordered = {ORDERED: case.values[ORDERED] + 1} if signal in LABORATORY else {}
    return {**first_value(signal, value), **ordered}
