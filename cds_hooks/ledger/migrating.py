"""Brings the tables of a database to the state that this program reads, once for all processes.

Alembic runs the scripts of `migrations`; it is imported only where something has to be changed.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, select, text

from cds_hooks.ledger.schema import about

HEAD = "0003"
# Ledgers from before the migrations have the tables of this revision.
_UNVERSIONED = "0001"
_LOCK = 0x63756563617264  # an arbitrary number that PostgreSQL knows the lock by
_PATIENCE_S = 60.0


class LedgerVersionError(RuntimeError):
    """The database was written by a newer program, or by one that is not known."""


def revision(connection: Connection) -> str:
    """The revision of a database's tables; "" when it has none yet.

    Raises:
        LedgerVersionError: The tables are of no known program.
    """
    tables = inspect(connection).get_table_names()
    if "alembic_version" in tables:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar()
        return str(found or "")
    if about.name not in tables:
        return ""
    version = connection.execute(select(about.c.schema_version)).scalar()
    if version not in (None, 1):
        raise _unknown(f"version {version}")
    return _UNVERSIONED


def migrate(engine: Engine) -> None:
    """Brings the tables to `HEAD`; processes that start together do it once.

    Raises:
        LedgerVersionError: The database is ahead of this program; nothing was changed.
    """
    with engine.connect() as connection:
        if revision(connection) == HEAD:
            return
    exclusive = _exclusive(engine)
    try:
        with exclusive.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
            _upgrade(connection, revision(connection))
    finally:
        if exclusive is not engine:
            exclusive.dispose()


def _exclusive(engine: Engine) -> Engine:
    """An engine whose transactions begin by locking the whole SQLite file; PostgreSQL has its own lock."""
    if engine.dialect.name != "sqlite":
        return engine
    locking = create_engine(engine.url, connect_args={"timeout": _PATIENCE_S})
    # The driver would otherwise commit before a table is changed: a migration must be all or nothing.
    event.listen(locking, "connect", _no_implicit_transactions)
    event.listen(locking, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    return locking


def _no_implicit_transactions(connection: Any, _record: object) -> None:
    connection.isolation_level = None


def _upgrade(connection: Connection, found: str) -> None:
    from alembic import command  # noqa: PLC0415 - a database that is up to date needs none of it
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "cds_hooks.ledger:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if found and found not in known:
        raise _unknown(f"revision {found}")
    if found == _UNVERSIONED and not inspect(connection).has_table("alembic_version"):
        command.stamp(config, _UNVERSIONED)
    command.upgrade(config, HEAD)


def _unknown(what: str) -> LedgerVersionError:
    return LedgerVersionError(f"the ledger has {what}; this program reads up to revision {HEAD}")
