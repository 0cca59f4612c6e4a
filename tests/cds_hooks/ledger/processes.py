"""Several processes that do the same to one database at the same moment."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


def together(work: Callable[[str, Any], T], url: str, count: int = 2) -> list[T]:
    """What `work` gives in each of so many processes; it is called with the URL and a barrier to wait at."""
    context = multiprocessing.get_context("spawn")
    ready, results = context.Barrier(count), context.Queue()
    processes = [context.Process(target=_run, args=(work, url, ready, results)) for _ in range(count)]
    for process in processes:
        process.start()
    given = [results.get(timeout=90) for _ in processes]
    for process in processes:
        process.join(30)
    assert [process.exitcode for process in processes] == [0] * count
    return given


def _run(work: Callable[[str, Any], T], url: str, ready: Any, results: Any) -> None:
    results.put(work(url, ready))
