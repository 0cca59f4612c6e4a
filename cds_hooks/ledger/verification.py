"""Whether the audit's chain is whole: nothing changed, removed, put in another order, or cut off."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Connection, Row, func, select

from cds_hooks.ledger.chain import GENESIS, THE_HEAD, link
from cds_hooks.ledger.database import Database
from cds_hooks.ledger.schema import audit, audit_head

_MOST_FAULTS = 20
_AT_ONCE = 1000
_HEAD = select(audit_head.c.n, audit_head.c.hash).where(audit_head.c.id == THE_HEAD)
_ROWS = select(audit.c.n, audit.c.at, audit.c.event, audit.c.hash).order_by(audit.c.n)
_PURGES = select(audit.c.event).where(audit.c.event.contains('"kind":"purge"')).order_by(audit.c.n)


class Head(NamedTuple):
    """A point of the chain; written down elsewhere, it shows later that the chain up to it is the same."""

    n: int
    hash: str

    def __str__(self) -> str:
        return f"{self.n}:{self.hash}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What was found.

    Attributes:
        first: Number of the oldest event that is there; 0 without any.
        last: Number of the newest event.
        head: The end of the chain, as the ledger states it.
        faults: What is wrong, in the chain's order; at most twenty.
    """

    first: int
    last: int
    head: Head
    faults: tuple[str, ...]

    @property
    def intact(self) -> bool:
        """True when nothing is wrong."""
        return not self.faults


def verify(database: Database, known: Head | None = None) -> Verdict:
    """Follows the chain from its beginning, or from where it was purged to, up to its head.

    Args:
        known: A head that was written down earlier. Whoever can write to the database can compute a whole
            new chain; only this comparison would show it.

    Raises:
        LedgerUnavailable: The ledger can't be read.
    """
    with database.transaction() as connection:
        head = Head(*connection.execute(_HEAD).one())
        first = connection.execute(select(func.min(audit.c.n))).scalar() or 0
        faults = _Faults()
        last = _before(connection, first, faults)
        for row in connection.execute(_ROWS.execution_options(yield_per=_AT_ONCE)):
            last = _step(last, row, faults)
            if known and row.n == known.n and row.hash != known.hash:
                faults.add(f"event {row.n} differs from the head that was noted")
    if last.n < head.n:
        faults.add(f"events {last.n + 1} to {head.n} are missing at the end")
    elif last != head:
        faults.add("the head of the chain is not that of its newest event")
    if known and not first <= known.n <= last.n:
        faults.add(f"event {known.n}, the head that was noted, is not there")
    return Verdict(first=first, last=last.n, head=head, faults=tuple(faults.found))


class _Faults:
    def __init__(self) -> None:
        self.found: list[str] = []

    def add(self, fault: str) -> None:
        if len(self.found) < _MOST_FAULTS:
            self.found.append(fault)


def _before(connection: Connection, first: int, faults: _Faults) -> Head:
    """What the oldest event follows: the beginning, or the last one that a purge removed and names."""
    if first <= 1:
        return Head(0, GENESIS)
    for text in connection.execute(_PURGES).scalars():
        event = _parsed(text)
        if event.get("kind") == "purge" and event.get("removedTo") == first - 1:
            return Head(first - 1, str(event.get("hash")))
    faults.add(f"events 1 to {first - 1} are missing, and no purge is on record that removed them")
    return Head(first - 1, "")


def _step(last: Head, row: Row[int, str, str, str], faults: _Faults) -> Head:
    if row.n != last.n + 1:
        faults.add(f"events {last.n + 1} to {row.n - 1} are missing")
    elif last.hash and link(last.hash, row.n, row.event) != row.hash:
        faults.add(f"event {row.n} is not the one that was written")
    elif _parsed(row.event).get("at") != row.at:
        faults.add(f"event {row.n} has another time than was written")
    return Head(row.n, row.hash)


def _parsed(text: str) -> dict[str, Any]:
    try:
        event = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return event if isinstance(event, dict) else {}
