"""Taking an estimate apart: amounts that add up, what a missing input could do, what another value would do.

Points add up as they are. For equations these are Shapley values (Shapley 1953; Lundberg SM, Lee SI, NeurIPS
2017) against a stated reference: what each input adds, averaged over the orders in which inputs move from the
reference to the patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from models.explanation import Change, Contribution, Explanation, MissingInput, Unit
from models.finding import Evidence

Inputs = Mapping[str, Any]
Value = Callable[[Inputs], float]

# A change that lowers the estimate by a smaller share of it is not worth a reader's time.
_LEAST_CHANGE = 0.05


class Target(NamedTuple):
    """Another value of a modifiable input, and how it reads ("130 mmHg")."""

    value: Any
    words: str


class Plausible(NamedTuple):
    """Which values an absent input may have.

    Attributes:
        label: The input in the words of the score's `missing`.
        values: The extremes; between them the estimate changes in one direction.
        words: The same for people ("2 to 300 mg/g").
    """

    label: str
    values: tuple[Any, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Equation:
    """A published equation as it is taken apart for one person.

    Attributes:
        linear: From inputs to the scale on which they add up: log-odds, log-hazard, logarithm. On it inputs
            may interact in pairs.
        scale: From there to the estimate in `unit`; rises with its argument.
        reference: Each input that is explained, with its value in the reference; the patient's other inputs
            are shared with the reference.
        reference_words: Who that is ("a person of this age and sex with favorable values").
        targets: By modifiable input; what is not below the patient's value is no change for the better.
        plausible: By optional input.
    """

    linear: Value
    scale: Callable[[float], float]
    unit: Unit
    reference: Inputs
    reference_words: str
    targets: Mapping[str, Target] = field(default_factory=dict)
    plausible: Mapping[str, Plausible] = field(default_factory=dict)

    def estimate(self, inputs: Inputs) -> float:
        """The estimate in `unit`."""
        return self.scale(self.linear(inputs))


def explain_equation(
    of: str, equation: Equation, inputs: Inputs, evidence: Mapping[str, Evidence]
) -> Explanation:
    """Takes the estimate of an equation apart.

    Args:
        of: Name of the estimate.
        equation: Which one, and against what reference.
        inputs: The patient's, complete but for optional ones.
        evidence: By input; has every input of the reference that is there.
    """
    names = [name for name in equation.reference if inputs.get(name) is not None]
    base = {**inputs, **{name: equation.reference[name] for name in names}}
    start, estimate = equation.estimate(base), equation.estimate(inputs)
    added = on_scale(shapley_pairwise(equation.linear, inputs, equation.reference, names), start, estimate)
    return Explanation(
        of=of,
        unit=equation.unit,
        start=start,
        start_words=equation.reference_words,
        contributions=_contributions(added, evidence),
        missing=tuple(_ranges(equation, inputs)),
        changes=_changes(equation, inputs, evidence, estimate),
    )


def explain_points(
    of: str,
    points: Mapping[str, float],
    evidence: Mapping[str, Evidence],
    *,
    fewest: Mapping[str, float] | None = None,
    missing: tuple[MissingInput, ...] = (),
    changes: Iterable[Change] = (),
) -> Explanation:
    """Takes a sum of points apart.

    Args:
        of: Name of the score.
        points: By item.
        evidence: By item; has every item that brings points.
        fewest: The points that an item brings at its best value, where those are not 0.
    """
    fewest = fewest or {}
    start = sum(fewest.values())
    return Explanation(
        of=of,
        unit="points",
        start=start,
        start_words="the fewest points possible" if start else "no points",
        contributions=_contributions(
            {name: each - fewest.get(name, 0) for name, each in points.items()}, evidence
        ),
        missing=missing,
        changes=tuple(sorted(changes, key=lambda change: change.estimate)),
    )


def _contributions(added: Mapping[str, float], evidence: Mapping[str, Evidence]) -> tuple[Contribution, ...]:
    found = (contribution(evidence[name], amount) for name, amount in added.items() if amount)
    return tuple(sorted(found, key=lambda each: -abs(each.amount)))


def contribution(piece: Evidence, amount: float) -> Contribution:
    """What a piece of the chart adds."""
    return Contribution(
        source=piece.source, label=piece.label, value=piece.quantity, at=piece.at, amount=amount
    )


def _ranges(equation: Equation, inputs: Inputs) -> Iterator[MissingInput]:
    for name, plausible in equation.plausible.items():
        if inputs.get(name) is None:
            low, high = between(equation.estimate, inputs, name, plausible.values)
            yield MissingInput(label=plausible.label, low=low, high=high, within=plausible.words)


def _changes(
    equation: Equation, inputs: Inputs, evidence: Mapping[str, Evidence], estimate: float
) -> tuple[Change, ...]:
    changed = (
        Change(
            label=evidence[name].label,
            value=evidence[name].quantity,
            target=target.words,
            estimate=equation.estimate({**inputs, name: target.value}),
        )
        for name, target in equation.targets.items()
        if inputs.get(name) is not None and inputs[name] > target.value
    )
    lower = [change for change in changed if change.estimate <= estimate * (1 - _LEAST_CHANGE)]
    return tuple(sorted(lower, key=lambda change: change.estimate))


def shapley_pairwise(
    value: Value, inputs: Inputs, reference: Inputs, names: Sequence[str]
) -> dict[str, float]:
    """What each input adds on the way from the reference to the patient.

    One order and its reverse are averaged. That is the exact Shapley value where inputs interact at most
    in pairs, as in every published equation here on its linear scale; 2 n + 1 evaluations.

    Args:
        value: The estimate on its linear scale (log-odds, log-hazard, points).
        names: The inputs that are moved; the others keep the patient's values throughout.

    Returns:
        By name; they add up to value(inputs) - value(reference with the patient's other values).
    """
    added = dict.fromkeys(names, 0.0)
    for order in (names, tuple(reversed(names))):
        moved = {**inputs, **{name: reference[name] for name in names}}
        before = value(moved)
        for name in order:
            moved[name] = inputs[name]
            after = value(moved)
            added[name] += (after - before) / 2
            before = after
    return added


def on_scale(added: Mapping[str, float], low: float, high: float) -> dict[str, float]:
    """Amounts of a linear scale as shares of a distance on another, so that they still add up.

    Args:
        low, high: The estimate of the reference and of the patient on the other scale (percent).
    """
    whole = sum(added.values())
    if not whole:
        return dict.fromkeys(added, 0.0)
    return {name: amount * (high - low) / whole for name, amount in added.items()}


def between(value: Value, inputs: Inputs, name: str, candidates: Iterable[Any]) -> tuple[float, float]:
    """The lowest and the highest estimate when one input has each of several values."""
    found = [value({**inputs, name: each}) for each in candidates]
    return min(found), max(found)
