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


def test_an_error_is_no_lack_of_time() -> None:
    def broken(_deadline_s: float) -> None:
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        with_more_time(broken, 1, 2)
