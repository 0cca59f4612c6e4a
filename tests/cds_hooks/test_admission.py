"""What a process takes on, by simulated clock: no thread, no time of the machine."""

from __future__ import annotations

import random
from heapq import heappop, heappush

import pytest

from cds_hooks.admission import Admission

MOST = 16


def _simulate(admission: Admission, load: float, seconds: float, began: float = 0.0) -> tuple[int, int, int]:
    """Calls that share one processor for 30 ms each, arriving at `load` times what it can do.

    Returns:
        How many arrived, how many were taken on, and the most in work at an arrival of the second half.
    """
    chance, service_s, now = random.Random(7), 0.03, began  # noqa: S311 - a simulation
    ends: list[float] = []
    arrived = taken = most = 0
    free_at = began
    while now < began + seconds:
        now += chance.expovariate(load / service_s)
        while ends and ends[0] <= now:
            heappop(ends)
        arrived += 1
        if admission.admits(now, len(ends), 0):
            taken += 1
            free_at = max(free_at, now) + service_s
            heappush(ends, free_at)
        if now > began + seconds / 2:
            most = max(most, len(ends))
    return arrived, taken, most


def test_a_burst_that_fits_is_taken_on_whole() -> None:
    admission = Admission(MOST)
    assert all(admission.admits(0.0, number, 0) for number in range(MOST))
    assert not admission.admits(0.0, MOST, 0)


def test_below_capacity_nobody_is_refused() -> None:
    arrived, taken, _ = _simulate(Admission(MOST), 0.6, 60)
    assert taken == arrived


def test_at_ten_times_the_capacity_one_call_is_in_work_and_the_processor_is_busy() -> None:
    arrived, taken, most = _simulate(Admission(MOST), 10, 60)
    assert most == 1
    assert taken > 0.85 * arrived / 10


@pytest.mark.parametrize("load", [1.1, 1.5, 2.0, 3.0])
def test_beyond_capacity_most_of_it_is_still_used(load: float) -> None:
    arrived, taken, _ = _simulate(Admission(MOST), load, 120)
    assert taken > 0.7 * arrived / load


def test_the_way_in_is_wide_again_when_the_overload_is_over() -> None:
    admission = Admission(MOST)
    _simulate(admission, 10, 20)
    assert admission.limit == 1
    _simulate(admission, 0.6, 20, began=20.0)
    arrived, taken, _ = _simulate(admission, 0.6, 20, began=40.0)
    assert taken == arrived


def test_calls_that_wait_for_others_keep_nobody_out() -> None:
    admission = Admission(MOST)
    for number in range(200):
        admission.admits(number / 1000, MOST, 0)
    assert admission.limit == 1
    assert not admission.admits(0.2, 5, 4)
    assert admission.admits(0.2, 5, 5)
    assert not admission.admits(0.2, MOST, MOST)


def test_a_refusal_after_a_silence_does_not_weigh_like_a_flood() -> None:
    admission = Admission(MOST)
    assert not admission.admits(1000.0, MOST, 0)
    assert admission.limit >= 3
    assert admission.is_refusing(1001.0)
    assert not admission.is_refusing(1004.0)
    admission.admits(1010.0, 0, 0)
    assert admission.limit == MOST
