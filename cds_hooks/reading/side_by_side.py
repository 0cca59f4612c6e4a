"""Work on several items of one call at a time: the thread of the call, and a few that all calls share."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Generic, TypeVar, cast

T = TypeVar("T")
R = TypeVar("R")


class SideBySide:
    """Shares the items of a call between its own thread and what other threads are free.

    No thread is started before the first work, so it may be made before a fork; where none is free the
    thread of the call does everything itself. All work has ended, or was never begun, when a call returns.

    Args:
        at_once: Items in work at a time, for a call that is alone; never more than there are cores.
    """

    def __init__(self, at_once: int) -> None:
        self._helpers = min(at_once, len(os.sched_getaffinity(0))) - 1
        self._lock = threading.Lock()
        self._pool: ThreadPoolExecutor | None = None

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
            for future in asked:
                # What waits behind other calls is not waited for.
                if not future.cancel():
                    future.result()
            results = job.close()
        return results

    def _threads(self) -> ThreadPoolExecutor:
        with self._lock:
            if self._pool is None:
                self._pool = ThreadPoolExecutor(self._helpers, thread_name_prefix="notes")
            return self._pool


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
        """The results; from here on nothing of the call can be reached from a queue."""
        results = cast(list[R], self._results)
        self._work, self._items, self._results = None, (), []
        return results
