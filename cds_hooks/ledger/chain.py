"""The hash chain of the audit: each event's hash covers the one before it, so none can be changed alone.

hash(n) = SHA-256(hash(n-1), LF, n, LF, event), in hexadecimal, over the event's exact text. The first one
follows `GENESIS`. The head of the chain is a row of its own: who appends updates it first, which makes
writers of all processes wait for each other, and shows when the newest events are cut off.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from sqlalchemy import Connection, insert, update

from cds_hooks.ledger.schema import audit, audit_head

GENESIS = "0" * 64
THE_HEAD = 1

Event = Mapping[str, Any]


def canonical(event: Event) -> str:
    """An event as text: keys in order, no spaces, UTF-8; equal events give equal texts."""
    return orjson.dumps(event, option=orjson.OPT_SORT_KEYS).decode()


def link(previous: str, n: int, event: str) -> str:
    """The hash of the event with number `n` after one with the hash `previous`."""
    return hashlib.sha256(f"{previous}\n{n}\n{event}".encode()).hexdigest()


def append(connection: Connection, events: Sequence[Event]) -> None:
    """Adds events to the chain within an open transaction; each has its time as `at`."""
    # The update comes first: it takes the lock under which nobody else appends until the commit.
    lengthened = update(audit_head).where(audit_head.c.id == THE_HEAD)
    head = connection.execute(
        lengthened.values(n=audit_head.c.n + len(events)).returning(audit_head.c.n, audit_head.c.hash)
    ).one()
    digest, rows = head.hash, []
    for n, event in enumerate(events, head.n - len(events) + 1):
        text = canonical(event)
        digest = link(digest, n, text)
        rows.append({"n": n, "at": event["at"], "event": text, "hash": digest})
    connection.execute(insert(audit), rows)
    connection.execute(lengthened.values(hash=digest))
