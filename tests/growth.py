"""Whether the time of a piece of work grows with the length of its text, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

# The text is made this many times longer: work in proportion to it takes 4 times as long, quadratic 16 times.
LONGER = 4
MOST_TIMES = 8.0
# A time below this tells nothing about growth.
TELLING_S = 0.02


def least_s(work: Callable[[], object], runs: int, clock: Callable[[], float] = time.thread_time) -> float:
    """The least seconds in some runs; in CPU seconds of this thread, little of what else the machine does."""
    taken = []
    for _ in range(runs):
        begun = clock()
        work()
        taken.append(clock() - begun)
    return min(taken)


def in_proportion(
    work: Callable[[str], object], piece: str, length: int, clock: Callable[[], float] = time.thread_time
) -> bool:
    """True when `length` characters of the repeated piece cost no more than twice their share of fewer.

    Both lengths are measured here and now, and several times before the answer is no: only their ratio
    counts, so that a slow or busy machine changes nothing. A disturbed measurement can only make the answer
    a yes: what must be told apart for certain is tested with a clock of its own.
    """
    short, long = (piece * max(1, size // len(piece)) for size in (length // LONGER, length))
    for runs in (1, 2, 4):
        longer = least_s(lambda: work(long), runs, clock)
        if longer <= TELLING_S or longer <= MOST_TIMES * least_s(lambda: work(short), runs, clock):
            return True
    return False
