"""One writing thread per process: what several calls have to write at the same moment is committed at once.

A thread that writes by itself gives up the interpreter a handful of times inside its transaction, and
under load waits each time for the others' parsing while they wait for its lock.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Generic, TypeVar

from sqlalchemy import Connection

from cds_hooks.ledger.database import Database, unavailable

_MOST_AT_ONCE = 64

Item = TypeVar("Item")
Result = TypeVar("Result")


class Writer(Generic[Item, Result]):
    """Writes items in the order of their arrival; started by the first one.

    Args:
        database: Where to.
        write: Puts items into an open transaction and gives what came of each.
    """

    def __init__(
        self, database: Database, write: Callable[[Connection, Sequence[Item]], Sequence[Result]]
    ) -> None:
        self._database = database
        self._write = write
        self._waiting: queue.SimpleQueue[tuple[Item, Future[Result]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, item: Item) -> Result:
        """Returns what came of the item when it is committed.

        Raises:
            LedgerUnavailable: It can't be written.
        """
        done: Future[Result] = Future()
        self._waiting.put((item, done))
        # After a fork the thread is the parent's, and not alive here.
        if self._thread is None or not self._thread.is_alive():
            self._start()
        return done.result()

    def close(self) -> None:
        """Ends the thread when everything that waits is written; the next item starts another."""
        with self._lock:
            if self._thread is not None and self._thread.is_alive():
                self._waiting.put(None)
                self._thread.join()
            self._thread = None

    def _start(self) -> None:
        with self._lock:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while (first := self._waiting.get()) is not None:
            batch, ending = [first], False
            while len(batch) < _MOST_AT_ONCE and not self._waiting.empty():
                following = self._waiting.get()
                if following is None:
                    ending = True
                    break
                batch.append(following)
            self._commit(batch)
            if ending:
                return

    def _commit(self, batch: Sequence[tuple[Item, Future[Result]]]) -> None:
        try:
            with self._database.transaction() as connection:
                results = self._write(connection, [item for item, _ in batch])
        except Exception as error:  # whoever waits must hear of it, whatever it is
            if len(batch) == 1:
                refusal = unavailable(error)
                refusal.__cause__ = refusal.__cause__ or error
                batch[0][1].set_exception(refusal)
                return
            for each in batch:  # one item that can't be written must not take the others with it
                self._commit([each])
            return
        for (_, done), result in zip(batch, results, strict=True):
            done.set_result(result)
