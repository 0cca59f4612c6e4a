"""Which tokens were seen: each is taken once, by whichever worker or process, until it is expired anyway."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Connection, delete
from sqlalchemy.dialects import postgresql, sqlite

from cds_hooks.ledger.database import timestamp
from cds_hooks.ledger.schema import seen_tokens

# Tokens taken by one process between two looks at which are expired.
_PURGE_EVERY = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenToken:
    """A token that was used; neither its text nor its claims are kept.

    Attributes:
        digest: SHA-256 of its issuer and `jti`, in hexadecimal.
        until: When it is of no use any more.
    """

    digest: str
    until: datetime

    @classmethod
    def of(cls, issuer: str, jti: str, until: datetime) -> SeenToken:
        """The token with a `jti`, which is unique among those of its issuer."""
        return cls(digest=hashlib.sha256(f"{issuer}\n{jti}".encode()).hexdigest(), until=until)


class SeenTokens:
    """The tokens that all processes on one database have seen.

    Args:
        dialect: Of the database, "sqlite" or "postgresql".
    """

    def __init__(self, dialect: str) -> None:
        insert = (sqlite if dialect == "sqlite" else postgresql).insert
        unseen = insert(seen_tokens).on_conflict_do_nothing(index_elements=[seen_tokens.c.digest])
        self._insert = unseen.returning(seen_tokens.c.digest)
        self._until_purge = _PURGE_EVERY

    def put(self, connection: Connection, tokens: Sequence[SeenToken]) -> list[bool]:
        """Adds tokens to an open transaction; False for each that was there already."""
        fresh = [self._put(connection, token) for token in tokens]
        self._until_purge -= len(tokens)
        if self._until_purge <= 0:
            forget_expired(connection, datetime.now(UTC))
            self._until_purge = _PURGE_EVERY
        return fresh

    def _put(self, connection: Connection, token: SeenToken) -> bool:
        row = {"digest": token.digest, "until": timestamp(token.until)}
        return connection.execute(self._insert, row).scalar() is not None


def forget_expired(connection: Connection, now: datetime) -> int:
    """Removes the tokens that are expired; gives how many they were."""
    return connection.execute(delete(seen_tokens).where(seen_tokens.c.until < timestamp(now))).rowcount
