"""The ledger's database: opened lazily in the process that needs it, SQLite in WAL mode by default."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, make_url, select, update
from sqlalchemy.exc import SQLAlchemyError

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger.schema import SCHEMA_VERSION, about, metadata

_BUSY_S = 2.0


class LedgerVersionError(RuntimeError):
    """The database was written by another version of the ledger's schema."""


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
            raise LedgerUnavailable("the ledger can't be written at the moment") from error

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
        with engine.begin() as connection:
            metadata.create_all(connection)
            _check_version(connection)
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
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute("PRAGMA foreign_keys=ON")


def _check_version(connection: Connection) -> None:
    version = connection.execute(select(about.c.schema_version)).scalar()
    if version is None:
        now = timestamp(datetime.now(UTC))
        connection.execute(insert(about).values(schema_version=SCHEMA_VERSION, checked_at=now))
    elif version != SCHEMA_VERSION:
        raise LedgerVersionError(
            f"the ledger has schema version {version}; this program reads version {SCHEMA_VERSION}"
        )
