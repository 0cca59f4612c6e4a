"""Names of 100 KB, made to be slow to read: the time grows with their length, not with its square."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from fhir_adapters.record import Concept
from fhir_adapters.terminology.ingredients import identify
from fhir_adapters.terminology.names import folded

# Twice the length takes twice the time; by the square it takes four times. Below the floor nothing is told.
MOST_TIMES, FLOOR_S = 3.0, 0.25


def _cpu_s(read: Callable[[str], object], text: str) -> float:
    taken = []
    for _ in range(3):
        begun = time.process_time()
        read(text)
        taken.append(time.process_time() - begun)
    return min(taken)


@pytest.mark.parametrize("piece", [" ", "0", "0.", "0 ", " (", "a "])
@pytest.mark.parametrize("read", [folded, lambda text: identify(Concept((), f"aspirin {text}"))])
def test_a_long_name_takes_time_by_its_length(read: Callable[[str], object], piece: str) -> None:
    half, whole = (piece * (size // len(piece)) for size in (50_000, 100_000))
    assert _cpu_s(read, whole) < max(FLOOR_S, MOST_TIMES * _cpu_s(read, half))
