"""The measure that others rely on tells growth by length from growth by its square.

The clock is told how long each piece of work took, so that nothing the machine does decides these tests.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.growth import in_proportion, least_s


class Clock:
    """A clock that only work moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def work(self, seconds: Callable[[int], float]) -> Callable[[str], None]:
        """Work that takes so many seconds for a text of so many characters."""

        def done(text: str) -> None:
            self.now += seconds(len(text))

        return done


@pytest.mark.parametrize("length", [2_000, 1_000_000])
def test_growth_by_length_is_in_proportion_and_growth_by_its_square_is_not(length: int) -> None:
    clock = Clock()
    assert in_proportion(clock.work(lambda size: size / length), "ab", length, clock)
    assert in_proportion(
        clock.work(lambda size: size * (size.bit_length() + 9) / length), "ab", length, clock
    )
    assert not in_proportion(clock.work(lambda size: (size / length) ** 2), "ab", length, clock)


def test_a_time_too_short_to_tell_is_no_growth() -> None:
    clock = Clock()
    assert in_proportion(clock.work(lambda size: 0.019 * (size / 1000) ** 2), "ab", 1000, clock)
    assert not in_proportion(clock.work(lambda size: 0.021 * (size / 1000) ** 2), "ab", 1000, clock)


def test_disturbed_measurements_do_not_make_a_proportion_fail() -> None:
    clock = Clock()
    disturbed = iter([5.0, 0.0, 5.0, 0.0, 0.0, 0.0])

    def work(text: str) -> None:
        clock.now += len(text) / 1000 + next(disturbed)

    assert in_proportion(work, "ab", 1000, clock)


def test_the_least_of_the_runs_counts() -> None:
    clock = Clock()
    seconds = iter([3.0, 1.0, 2.0])

    def work() -> None:
        clock.now += next(seconds)

    assert least_s(work, 3, clock) == 1.0
