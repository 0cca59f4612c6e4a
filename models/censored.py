"""Results beyond the scale ("<0.5", ">90"): what they say of earlier numbers, and when they are enough.

A limit is no number: no score computes with 0.5 where the laboratory reports "<0.5". But it is the newest
word on the analyte: an older number that it contradicts is out of date and not used in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from operator import ge, gt, le, lt

from fhir_adapters.record import Measurement

_AGREES: Mapping[str, Callable[[float, float], bool]] = {"<": lt, "<=": le, ">": gt, ">=": ge}


def may_be(value: float, limit: Measurement) -> bool:
    """True when a value in the same unit agrees with a result that has a comparator: 95 with ">90"."""
    return _AGREES[limit.comparator](value, limit.value)


def uncontradicted(points: Iterable[Measurement]) -> tuple[Measurement, ...]:
    """The exact results that no later limit contradicts, oldest first.

    Args:
        points: Results of one analyte without a mark against them, oldest first.
    """
    kept: list[Measurement] = []
    for point in points:
        if point.comparator:
            kept = [each for each in kept if may_be(each.value, point)]
        else:
            kept.append(point)
    return tuple(kept)


def settled(point: Measurement, same_below: float | None) -> bool:
    """True for a result below detection whose limit decides as any lower value would.

    Args:
        point: The result.
        same_below: Every value up to here has the same effect (it lies below the first cut-off of a score);
            None where each value has its own.
    """
    return same_below is not None and point.comparator.startswith("<") and point.value <= same_below
