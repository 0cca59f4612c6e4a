"""Taking an estimate apart: amounts that add up, what a missing input could do, what another value would do.

Shapley values (Shapley 1953; Lundberg SM, Lee SI, NeurIPS 2017) against a stated reference: what each input
adds, averaged over the orders in which inputs move from the reference to the patient.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

Inputs = Mapping[str, Any]
Value = Callable[[Inputs], float]


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
