"""Copies of a ledger in SQLite: made while calls are written, checked, and put back; nothing is overwritten.

SQLite's backup interface reads one state of the file and its write-ahead log (sqlite.org/backup.html); a copy
of the file alone would lack what is still in the log. A ledger in PostgreSQL is copied by its own pg_dump.
"""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path

from sqlalchemy import make_url

from cds_hooks.ledger.database import Database
from cds_hooks.ledger.verification import Verdict, verify

# Beside a database file; a log that another one left behind would be read into the one put in its place.
_BESIDE = ("", "-wal", "-shm", "-journal")


class BackupError(ValueError):
    """No copy was made, and nothing was changed; says why, without a word of what is in the ledger."""


def back_up(url: str, target: Path) -> Verdict:
    """Copies the ledger to a new file that only its owner can read.

    Args:
        url: SQLAlchemy URL of the ledger.
        target: A file that is not there yet.

    Returns:
        What following the audit's chain in the copy found.

    Raises:
        BackupError: The ledger is not in SQLite or not there, the target is, or the copy is not whole.
        LedgerUnavailable: The copy can't be read.
        OSError: The target can't be written.
    """
    return _copied(_file_of(url), target)


def restore(url: str, source: Path) -> Verdict:
    """Puts a copy in the place of a ledger that is gone; tables of an earlier program are brought up to date.

    Args:
        url: SQLAlchemy URL of the ledger, of which no file may be left.
        source: A file that `back_up` made; it stays as it is.

    Returns:
        What following the audit's chain in the restored ledger found.

    Raises:
        BackupError: The ledger is not in SQLite or still there, the copy is not there or not whole.
        LedgerUnavailable: The copy can't be read.
        LedgerVersionError: It is of a newer program, or no ledger.
        OSError: The ledger can't be written.
    """
    return _copied(source, _file_of(url))


def _file_of(url: str) -> Path:
    parsed = make_url(url)
    if parsed.get_backend_name() != "sqlite" or not parsed.database:
        raise BackupError("only a ledger in SQLite is copied by this program; for PostgreSQL use pg_dump")
    return Path(parsed.database)


def _copied(source: Path, target: Path) -> Verdict:
    if not source.is_file():
        raise BackupError(f"{source}: there is no such file")
    for each in _BESIDE:
        if (left := Path(f"{target}{each}")).exists():
            raise BackupError(f"{left}: is there already, and nothing is overwritten")
    part = Path(f"{target}.part")
    os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
    try:
        _copy(source, part)
        verdict = _verdict(part)
        if not verdict.intact:
            raise BackupError(f"{source}: its audit is not whole: {verdict.faults[0]}")
        os.link(part, target)  # unlike a rename it fails where something has appeared meanwhile
    finally:
        for each in _BESIDE:
            Path(f"{part}{each}").unlink(missing_ok=True)
    return verdict


def _copy(source: Path, target: Path) -> None:
    try:
        with (
            closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=rw", uri=True)) as read,
            closing(sqlite3.connect(target)) as written,
        ):
            read.backup(written)  # all pages in one step: one state of the ledger
    except sqlite3.Error as error:
        raise BackupError(f"{source}: can't be copied ({error.sqlite_errorname})") from None


def _verdict(copy: Path) -> Verdict:
    database = Database(f"sqlite:///{copy}", connections=1)
    try:
        if not database.revision():
            raise BackupError("it holds no ledger")
        return verify(database)
    finally:
        database.close()
