"""The ledger's database: opened lazily in the process that needs it, SQLite in WAL mode by default.

Its tables are brought up to date when it is opened.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, make_url, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger.migrating import HEAD, migrate, revision
from cds_hooks.ledger.schema import about

_BUSY_S = 2.0
_BUSY_PAUSE_S = 0.02
_UNWRITABLE = "the ledger can't be written at the moment"
# Why, by the error's name in SQLite and the class of its SQLSTATE in PostgreSQL; neither repeats a value.
_REASONS = {
    "SQLITE_FULL": "the disk is full",
    "SQLITE_READONLY": "it is read-only",
    "SQLITE_CANTOPEN": "it can't be opened",
    "SQLITE_IOERR": "the disk fails",
    "SQLITE_BUSY": "another program holds it",
    "SQLITE_CORRUPT": "the file is damaged",
    "SQLITE_NOTADB": "the file is no database",
    "08": "the database can't be reached",
    "25": "it is read-only",
    "28": "the database does not let this account in",
    "42": "the database does not let this account write, or lacks a table",
    "53": "the database is out of disk, memory or connections",
    "57": "the database is shutting down",
}


def timestamp(moment: datetime) -> str:
    """A time as the ledger keeps it: ISO 8601 in UTC, always 27 characters."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Database:
    """One pool of connections per process.

    Args:
        url: SQLAlchemy URL of SQLite or PostgreSQL.
        connections: How many threads write at once.
    """

    def __init__(self, url: str, *, connections: int) -> None:
        self._url = make_url(url)
        self._connections = connections
        self._lock = threading.Lock()
        self._opened: tuple[int, Engine] | None = None

    @property
    def dialect(self) -> str:
        """Name of the SQL dialect, "sqlite" or "postgresql"."""
        return self._url.get_backend_name()

    @contextmanager
    def transaction(self, *, durable: bool = False) -> Iterator[Connection]:
        """A transaction that is committed on leaving.

        Args:
            durable: Committed to the disk itself before this returns, not only safe from a crash of the
                process.

        Raises:
            LedgerUnavailable: The database can't be opened, or the work in it failed.
        """
        try:
            with (
                self._engine().connect() as connection,
                self._synchronous(connection, durable=durable),
                connection.begin(),
            ):
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise unavailable(error) from error

    def revision(self) -> str:
        """The revision of the tables as they are, which stay so; "" when there are none.

        Raises:
            LedgerUnavailable: The database can't be read.
            LedgerVersionError: The tables are of no known program.
        """
        if self.dialect == "sqlite" and self._url.database and not Path(self._url.database).exists():
            return ""
        engine = create_engine(self._url)
        try:
            with engine.connect() as connection:
                return revision(connection)
        except SQLAlchemyError as error:
            raise LedgerUnavailable(f"the ledger can't be read: {_reason(error)}") from error
        finally:
            engine.dispose()

    @property
    def up_to_date(self) -> bool:
        """True when the tables are those that this program reads. Raises as `revision`."""
        return self.revision() == HEAD

    def check(self) -> None:
        """Writes one row. Raises LedgerUnavailable when that can't be done."""
        with self.transaction() as connection:
            connection.execute(update(about).values(checked_at=timestamp(datetime.now(UTC))))

    def close(self) -> None:
        """Closes every connection of this process; the next use opens new ones."""
        with self._lock:
            if self._opened is not None and self._opened[0] == os.getpid():
                self._opened[1].dispose()
            self._opened = None

    def _engine(self) -> Engine:
        opened = self._opened
        if opened is not None and opened[0] == os.getpid():
            return opened[1]
        with self._lock:
            if self._opened is None or self._opened[0] != os.getpid():
                self._opened = (os.getpid(), self._open())
            return self._opened[1]

    def _open(self) -> Engine:
        if self.dialect != "sqlite":
            engine = create_engine(self._url, pool_size=self._connections, pool_pre_ping=True)
        else:
            _create_private_file(self._url.database)
            engine = create_engine(self._url, pool_size=self._connections, connect_args={"timeout": _BUSY_S})
            event.listen(engine, "connect", _configure_sqlite)
        try:
            migrate(engine)
        except BaseException:
            engine.dispose()
            raise
        return engine

    @contextmanager
    def _synchronous(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        if not durable or self.dialect != "sqlite":  # PostgreSQL commits to the disk by default
            yield
            return
        raw = connection.connection.driver_connection
        assert raw is not None  # noqa: S101 - a checked-out connection has one
        raw.execute("PRAGMA synchronous=FULL")
        try:
            yield
        finally:
            raw.execute("PRAGMA synchronous=NORMAL")


def _create_private_file(path: str | None) -> None:
    # The ledger says who opened whose chart: only the service's own account may read it.
    if path and not Path(path).exists():
        os.close(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600))


def _configure_sqlite(connection: Any, _record: object) -> None:
    _write_ahead(connection)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Switches to WAL, which the file then keeps.

    Of processes that open a new file together one gets the lock for it; SQLite refuses the others at once,
    whatever their busy timeout.
    """
    until = time.monotonic() + _BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorname != "SQLITE_BUSY" or time.monotonic() > until:
                raise
            time.sleep(_BUSY_PAUSE_S)


def unavailable(error: Exception) -> LedgerUnavailable:
    """The refusal that a failed write leads to; it says why as far as the database's own code does."""
    if isinstance(error, LedgerUnavailable):
        return error
    reason = _reason(error)
    return LedgerUnavailable(f"{_UNWRITABLE}: {reason}" if reason else _UNWRITABLE)


def _reason(error: Exception) -> str:
    cause = error.orig if isinstance(error, DBAPIError) else error
    name, state = getattr(cause, "sqlite_errorname", None), getattr(cause, "sqlstate", None)
    if isinstance(name, str):
        return next((words for start, words in _REASONS.items() if name.startswith(start)), "")
    if isinstance(state, str):
        return _REASONS.get(state[:2], "")
    # psycopg has no SQLSTATE for a server that does not answer.
    return _REASONS["08"] if type(cause).__module__.startswith("psycopg") else ""
