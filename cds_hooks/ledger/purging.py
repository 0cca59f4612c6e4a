"""What is kept for how long, and the purge of what is older; a purged chain can still be verified."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, delete, func, select

from cds_hooks.ledger import chain
from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.rates import forget_full
from cds_hooks.ledger.schema import audit, calls, cards, comments, feedback
from cds_hooks.ledger.tokens import forget_expired

# Events, and calls, that one step removes at most.
_AT_ONCE = 2000
_BEYOND = 2**62


@dataclass(frozen=True, slots=True, kw_only=True)
class Periods:
    """Days for which things are kept.

    Attributes:
        audit: The audit's events.
        calls: Calls and their cards; feedback on them goes with them.
        feedback: What became of cards.
        comments: The clinicians' own words.
    """

    audit: int
    calls: int
    feedback: int
    comments: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Purged:
    """How much was removed."""

    audit: int = 0
    calls: int = 0
    cards: int = 0
    feedback: int = 0
    comments: int = 0
    tokens: int = 0
    rates: int = 0

    def plus(self, other: Purged) -> Purged:
        """Both together."""
        return Purged(**{name: count + getattr(other, name) for name, count in asdict(self).items()})

    def __str__(self) -> str:
        return ", ".join(f"{name} {count}" for name, count in asdict(self).items())


def purge(database: Database, periods: Periods, now: datetime) -> Purged:
    """Removes what is older than its period and enters that into the audit.

    It goes in steps, so that no call waits long for one of them; each step is all or nothing with its entry.

    Raises:
        LedgerUnavailable: A step failed; what the earlier ones removed is on record.
    """
    removed = Purged()
    while True:
        step = _purge_some(database, periods, now)
        removed = removed.plus(step)
        if max(step.audit, step.calls) < _AT_ONCE:
            return removed


def _purge_some(database: Database, periods: Periods, now: datetime) -> Purged:
    def before(days: int) -> str:
        return timestamp(now - timedelta(days=days))

    with database.transaction(durable=True) as connection:
        anchor = _end_of_old(connection, before(periods.audit))
        removed = _purge_rows(
            connection, before(periods.calls), before(periods.feedback), before(periods.comments)
        )
        purged = Purged(
            audit=_remove(connection, audit, audit.c.n <= anchor[0]) if anchor else 0,
            tokens=forget_expired(connection, now),
            rates=forget_full(connection, int(now.timestamp()) * 1_000_000_000),
            **removed,
        )
        if any(asdict(purged).values()):
            event: dict[str, Any] = {"at": timestamp(now), "kind": "purge", "removed": asdict(purged)}
            if anchor:
                event |= {"removedTo": anchor[0], "hash": anchor[1]}
            chain.append(connection, [event])
    return purged


def _end_of_old(connection: Connection, before: str) -> tuple[int, str] | None:
    """Number and hash of the last of the oldest events that are all too old; None when none is."""
    oldest = select(func.min(audit.c.n)).scalar_subquery()
    first_kept = select(func.min(audit.c.n)).where(audit.c.at >= before).scalar_subquery()
    last = (
        select(audit.c.n, audit.c.hash)
        .where(audit.c.n < func.coalesce(first_kept, _BEYOND), audit.c.n < oldest + _AT_ONCE)
        .order_by(audit.c.n.desc())
        .limit(1)
    )
    row = connection.execute(last).one_or_none()
    return (row.n, row.hash) if row else None


def _purge_rows(
    connection: Connection, calls_before: str, feedback_before: str, comments_before: str
) -> dict[str, int]:
    oldest = calls.c.at, calls.c.id
    old_calls = select(calls.c.id).where(calls.c.at < calls_before).order_by(*oldest).limit(_AT_ONCE)
    old_cards = select(cards.c.uuid).where(cards.c.call_id.in_(old_calls))
    gone = (feedback.c.received < feedback_before) | feedback.c.card_uuid.in_(old_cards)
    old_words = select(feedback.c.id).where(gone | (feedback.c.received < comments_before))
    return {
        "comments": _remove(connection, comments, comments.c.feedback_id.in_(old_words)),
        "feedback": _remove(connection, feedback, gone),
        "cards": _remove(connection, cards, cards.c.call_id.in_(old_calls)),
        "calls": _remove(connection, calls, calls.c.id.in_(old_calls)),
    }


def _remove(connection: Connection, table: Table, condition: ColumnElement[bool]) -> int:
    return connection.execute(delete(table).where(condition)).rowcount
