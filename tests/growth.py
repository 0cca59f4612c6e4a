"""Whether the time of a piece of work grows with the length of its text, and no faster."""

from __future__ import annotations

import time
from collections.abc import Callable

# The text is made this many times longer: work in proportion to it takes 4 times as long, quadratic 16 times.
LONGER = 4
MOST_TIMES = 8.0
# A time below this tells nothing about growth.
TELLING_S = 0.02


def least_s(work: Callable[[], object], runs: int) -> float:
    """The least CPU seconds of this thread in some runs: what else the machine does is hardly in it."""
    taken = []
    for _ in range(runs):
        begun = time.thread_time()
        work()
        taken.append(time.thread_time() - begun)
    return min(taken)


def in_proportion(work: Callable[[str], object], piece: str, length: int) -> bool:
    """True when `length` characters of the repeated piece cost no more than twice their share of fewer.

    Both lengths are measured here and now, and several times before the answer is no: only their ratio
    counts, so that a slow or busy machine changes nothing.
    """
    short, long = (piece * max(1, size // len(piece)) for size in (length // LONGER, length))
    for runs in (1, 2, 4):
        longer = least_s(lambda: work(long), runs)
        if longer <= TELLING_S or longer <= MOST_TIMES * least_s(lambda: work(short), runs):
            return True
    return False
