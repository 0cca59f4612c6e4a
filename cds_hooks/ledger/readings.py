"""Readings of notes, kept so that a note is read once: found again only by who has the note's text.

The key is not the hash of the text but an HMAC of it: a short note could be guessed and its hash compared.
Nothing here fails a call; a reading that can't be kept or found is made again.
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import SQLAlchemyError

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.reading_codec import decode, encode
from cds_hooks.ledger.schema import reading_key, readings
from fhir_adapters.record import NoteReading

log = logging.getLogger(__name__)

# Readings stored by one process between two looks at what is too old or too much.
_PURGE_EVERY = 200
_THE_KEY = 1

Row = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long readings are kept, and how many.

    Attributes:
        days: Since a reading was made.
        most: Readings; the oldest go first.
    """

    days: int = 365
    most: int = 50_000


class ReadingStore:
    """The kept readings of a deployment.

    Args:
        database: Where they are kept.
        retention: What is purged.
    """

    def __init__(self, database: Database, retention: Retention) -> None:
        self._database = database
        self._retention = retention
        self._secret = b""
        self._until_purge = 0
        dialect = sqlite if database.dialect == "sqlite" else postgresql
        self._insert = dialect.insert(readings).on_conflict_do_nothing(
            index_elements=[readings.c.key, readings.c.model]
        )
        self._insert_key = dialect.insert(reading_key).on_conflict_do_nothing(
            index_elements=[reading_key.c.id]
        )

    def find(self, digests: Collection[str], model: str) -> dict[str, NoteReading]:
        """The kept readings by digest, with source ""; none when the database can't be read."""
        if not digests:
            return {}
        try:
            with self._database.transaction() as connection:
                self._secret = self._secret or self._shared_secret(connection)
                by_key = {_keyed(self._secret, digest): digest for digest in digests}
                rows = connection.execute(
                    select(readings.c.key, readings.c.content).where(
                        readings.c.key.in_(by_key), readings.c.model == model
                    )
                ).all()
        except LedgerUnavailable:
            log.warning("kept readings can't be had")
            return {}
        found = {by_key[key]: decode(text, digest=by_key[key], model=model) for key, text in rows}
        return {digest: reading for digest, reading in found.items() if reading is not None}

    def put(self, connection: Connection, made: Sequence[NoteReading]) -> None:
        """Adds readings to an open transaction, and purges now and then; what fails leaves it as it was.

        Readings are made after `find` has looked for them; where that failed, nothing can be kept either.
        """
        if not made or not self._secret:
            return
        now = datetime.now(UTC)
        try:
            with connection.begin_nested():
                connection.execute(self._insert, [_row(self._secret, reading, now) for reading in made])
                self._until_purge -= len(made)
                if self._until_purge <= 0:
                    self._purge(connection, now)
                    self._until_purge = _PURGE_EVERY
        except SQLAlchemyError as error:
            log.warning("readings can't be kept", extra={"error": type(error).__name__})

    def _shared_secret(self, connection: Connection) -> bytes:
        """The database's own random key: made by the first process that asks, the same for all."""
        # Written before it is read: a transaction that begins by reading could not write after another one's.
        connection.execute(self._insert_key, {"id": _THE_KEY, "secret": secrets.token_hex(32)})
        wanted = select(reading_key.c.secret).where(reading_key.c.id == _THE_KEY)
        return bytes.fromhex(connection.execute(wanted).scalar_one())

    def _purge(self, connection: Connection, now: datetime) -> None:
        oldest = timestamp(now - timedelta(days=self._retention.days))
        connection.execute(delete(readings).where(readings.c.at < oldest))
        newest_first = select(readings.c.at).order_by(readings.c.at.desc())
        border = connection.execute(newest_first.offset(self._retention.most).limit(1)).scalar()
        if border is not None:
            connection.execute(delete(readings).where(readings.c.at <= border))


def _keyed(secret: bytes, digest: str) -> str:
    return hmac.new(secret, digest.encode("ascii"), hashlib.sha256).hexdigest()


def _row(secret: bytes, reading: NoteReading, now: datetime) -> Row:
    return {
        "key": _keyed(secret, reading.digest),
        "model": reading.model,
        "at": timestamp(now),
        "content": encode(reading),
    }
