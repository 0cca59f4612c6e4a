"""A database on which nothing can be written for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cds_hooks.ledger import Database


@contextmanager
def read_only(database: Database) -> Iterator[None]:
    """Nothing can be written on the one connection of a database; afterwards it is opened anew."""
    database.close()
    try:
        with database.transaction() as connection:
            if database.dialect == "sqlite":
                connection.exec_driver_sql("PRAGMA query_only = ON")
            else:
                connection.exec_driver_sql("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
        yield
    finally:
        database.close()
