"""Work on several items at a time: in the thread that asks, and in a few threads that all who ask share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from itertools import count
from typing import Final, Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


class SideBySide:
    """Shares items between the thread that asks and what other threads are free.

    It may be made, and used, before a fork. Where no other thread is free, also because work asks for work,
    the thread that asks does everything itself. When it has its answer nothing is left to do for it.

    Args:
        at_once: Items in work at a time, while only one thread asks; never more than there are cores.
    """

    def __init__(self, at_once: int) -> None:
        self._helpers = min(at_once, _cores()) - 1
        self._lock = threading.Lock()
        self._pool: tuple[int, ThreadPoolExecutor] | None = None

    def each(self, work: Callable[[T], R], items: Sequence[T]) -> list[R]:
        """The results of all items, in their order; the first items are begun first.

        Raises:
            Exception: What `work` raised.
        """
        job = _Job(work, items)
        asked = [self._threads().submit(job.share) for _ in range(min(self._helpers, len(items) - 1))]
        try:
            job.share()
        finally:
            # What waits behind the work of others is not waited for.
            begun = [future for future in asked if not future.cancel()]
            wait(begun)
            results = job.close()
        for future in begun:
            future.result()
        return results

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            # Threads do not survive a fork.
            if self._pool is None or self._pool[0] != os.getpid():
                self._pool = os.getpid(), ThreadPoolExecutor(self._helpers, thread_name_prefix="side-by-side")
            return self._pool[1]


def _cores() -> int:
    """The cores that this process may use; all there are where the system does not say (macOS)."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


ALONE: Final = SideBySide(1)


class _Job(Generic[T, R]):
    """Items that several threads take one after another."""

    def __init__(self, work: Callable[[T], R], items: Sequence[T]) -> None:
        self._work: Callable[[T], R] | None = work
        self._items = items
        self._results: list[R | None] = [None] * len(items)
        self._places = count()

    def share(self) -> None:
        """Does what nobody else has begun."""
        work, items = self._work, self._items
        while work is not None and (place := next(self._places)) < len(items):
            self._results[place] = work(items[place])

    def close(self) -> list[R]:
        """The results; from here on nothing of the items can be reached from a queue."""
        results = cast(list[R], self._results)
        self._work, self._items, self._results = None, (), []
        return results
