"""Adds the audit's chain, the callers and the tokens that were seen; what calls read moves into the chain.

Calls that are already there become the first events of the chain, in the order of their times, marked as
`imported`: the chain shows whether they were changed since, not before.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

import orjson
import sqlalchemy as sa
from alembic import op

from cds_hooks.ledger.chain import GENESIS, THE_HEAD, canonical, link

revision = "0002"
down_revision = "0001"

_AT_ONCE = 500


def upgrade() -> None:
    """Changes the tables."""
    audit, head = _chain()
    op.create_table(
        "seen_tokens",
        sa.Column("digest", sa.String(64), primary_key=True),
        sa.Column("until", sa.String(32), nullable=False, index=True),
    )
    for table in ("calls", "feedback"):
        for name in ("issuer", "tenant"):
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.add_column("cards", sa.Column("evidence", sa.Text(), nullable=False, server_default="[]"))
    n, digest = 0, GENESIS
    connection = op.get_bind()
    for batch in _batches(_events(connection)):
        rows = []
        for event in batch:
            n, text = n + 1, canonical(event)
            digest = link(digest, n, text)
            rows.append({"n": n, "at": event["at"], "event": text, "hash": digest})
        connection.execute(sa.insert(audit), rows)
    op.bulk_insert(head, [{"id": THE_HEAD, "n": n, "hash": digest}])
    op.drop_column("calls", "resources")
    op.drop_column("calls", "models")
    op.execute("UPDATE ledger SET schema_version = 2")


def _chain() -> tuple[sa.Table, sa.Table]:
    audit = op.create_table(
        "audit",
        sa.Column("n", sa.BigInteger(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.String(32), nullable=False, index=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    head = op.create_table(
        "audit_head",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("n", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
    )
    return audit, head


def _events(connection: sa.Connection) -> Iterator[dict[str, Any]]:
    calls = sa.table("calls", *map(sa.column, _CALL))
    cards = sa.table("cards", sa.column("uuid"), sa.column("call_id"), sa.column("finding_keys"))
    joined = (
        sa.select(calls, cards.c.uuid, cards.c.finding_keys)
        .select_from(sa.outerjoin(calls, cards, calls.c.id == cards.c.call_id))
        .order_by(calls.c.at, calls.c.id, cards.c.uuid)
    )
    for _, group in groupby(connection.execute(joined).mappings(), key=lambda row: row["id"]):
        rows = list(group)
        said = [
            {"uuid": row["uuid"], "keys": orjson.loads(row["finding_keys"])} for row in rows if row["uuid"]
        ]
        yield _event(rows[0], said)


_CALL = (
    "id", "at", "service", "hook", "hook_instance", "fhir_server", "patient_id", "user_id", "outcome",
    "resources", "models",
)  # fmt: skip


def _event(row: Any, said: list[dict[str, Any]]) -> dict[str, Any]:
    resources: dict[str, list[str]] = {}
    for reference in orjson.loads(row["resources"]):
        kind, _, identity = reference.rpartition("/")
        resources.setdefault(kind, []).append(identity)
    return {
        "kind": "call",
        "imported": True,
        "at": row["at"],
        "call": row["id"],
        "service": row["service"],
        "hook": row["hook"],
        "hookInstance": row["hook_instance"],
        "server": row["fhir_server"],
        "patient": row["patient_id"],
        "user": row["user_id"],
        "outcome": row["outcome"],
        "resources": resources,
        "models": orjson.loads(row["models"]),
        "cards": said,
    }


def _batches(events: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for event in events:
        batch.append(event)
        if len(batch) == _AT_ONCE:
            yield batch
            batch = []
    if batch:
        yield batch
