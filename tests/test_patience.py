from __future__ import annotations

import pytest

from tests.patience import with_more_time


def tried(enough: float, *seconds: float) -> list[float]:
    given: list[float] = []

    def check(deadline_s: float) -> None:
        given.append(deadline_s)
        assert deadline_s >= enough

    with_more_time(check, *seconds)
    return given


def test_the_shortest_time_that_is_enough_is_taken() -> None:
    assert tried(0, 1, 2, 3) == [1]
    assert tried(2, 1, 2, 3) == [1, 2]
    assert tried(3, 1, 2, 3) == [1, 2, 3]


def test_what_fails_with_any_time_fails() -> None:
    with pytest.raises(AssertionError):
        tried(4, 1, 2, 3)


def test_an_error_may_be_a_lack_of_time_but_not_with_every_time() -> None:
    def late(deadline_s: float) -> None:
        if deadline_s < 2:
            raise ValueError("late")

    with_more_time(late, 1, 2)
    with pytest.raises(ValueError, match="late"):
        with_more_time(late, 1, 1)
