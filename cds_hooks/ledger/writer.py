"""One writing thread per process: what several calls have to write at the same moment is committed at once.

A thread that writes by itself gives up the interpreter a handful of times inside its transaction, and
under load waits each time for the others' parsing while they wait for its lock.
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from typing import Any

from sqlalchemy import Connection

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger.database import Database
from fhir_adapters.record import NoteReading

_MOST_AT_ONCE = 64

Row = dict[str, Any]
# A call's row, those of its cards, and the readings that were made in it.
Account = tuple[Row, list[Row], Sequence[NoteReading]]
Write = Callable[[Connection, Sequence[Account]], None]


class Writer:
    """Writes accounts in the order of their arrival; started by the first one.

    Args:
        database: Where to.
        write: Puts accounts into an open transaction.
    """

    def __init__(self, database: Database, write: Write) -> None:
        self._database = database
        self._write = write
        self._waiting: queue.SimpleQueue[tuple[Account, Future[None]] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def add(self, account: Account) -> None:
        """Returns when the account is committed.

        Raises:
            LedgerUnavailable: It can't be written.
        """
        done: Future[None] = Future()
        self._waiting.put((account, done))
        # After a fork the thread is the parent's, and not alive here.
        if self._thread is None or not self._thread.is_alive():
            self._start()
        done.result()

    def close(self) -> None:
        """Ends the thread when everything that waits is written; the next account starts another."""
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

    def _commit(self, batch: Sequence[tuple[Account, Future[None]]]) -> None:
        try:
            with self._database.transaction() as connection:
                self._write(connection, [account for account, _ in batch])
        except Exception as error:  # whoever waits must hear of it, whatever it is
            if len(batch) == 1:
                batch[0][1].set_exception(_unavailable(error))
                return
            for each in batch:  # one account that can't be written must not take the others with it
                self._commit([each])
            return
        for _, done in batch:
            done.set_result(None)


def _unavailable(error: Exception) -> LedgerUnavailable:
    if isinstance(error, LedgerUnavailable):
        return error
    refusal = LedgerUnavailable("the ledger can't be written at the moment")
    refusal.__cause__ = error
    return refusal
