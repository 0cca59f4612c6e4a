"""The measure that others rely on tells growth by length from growth by its square."""

from __future__ import annotations

from tests.growth import in_proportion


def _pairs(text: str) -> int:
    return sum(1 for one in text for other in text if one < other)


def test_work_by_length_is_in_proportion_and_work_by_its_square_is_not() -> None:
    assert in_proportion(lambda text: sum(1 for letter in text if letter < "b"), "ab", 1_000_000)
    assert not in_proportion(_pairs, "ab", 2_000)
