"""Feedback joined to what it is about: the card, its findings, the models that made them, the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import select

from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.schema import calls, cards, feedback

_AT_ONCE = 500
_JOINED = (
    select(
        feedback.c.received,
        feedback.c.at,
        feedback.c.outcome,
        feedback.c.accepted_suggestions,
        feedback.c.reason_system,
        feedback.c.reason_code,
        feedback.c.reason_display,
        cards.c.uuid.label("card"),
        cards.c.finding_group,
        cards.c.urgency,
        cards.c.finding_keys,
        cards.c.models,
        cards.c.suggestions,
        cards.c.evidence,
        calls.c.id.label("call"),
        calls.c.at.label("called"),
        calls.c.service,
        calls.c.hook_instance,
        calls.c.issuer,
        calls.c.tenant,
    )
    .join(cards, feedback.c.card_uuid == cards.c.uuid)
    .join(calls, cards.c.call_id == calls.c.id)
    .order_by(feedback.c.received, feedback.c.id)
)
_JSON = ("accepted_suggestions", "finding_keys", "models", "suggestions", "evidence")


def joined_feedback(database: Database, since: datetime | None = None) -> Iterator[dict[str, Any]]:
    """Each feedback with its card and call, oldest first; neither patient, user nor comment is in it.

    Args:
        since: When it was received, at the earliest.

    Raises:
        LedgerUnavailable: The ledger can't be read.
    """
    wanted = _JOINED.where(feedback.c.received >= timestamp(since)) if since else _JOINED
    with database.transaction() as connection:
        for row in connection.execute(wanted.execution_options(yield_per=_AT_ONCE)).mappings():
            yield {str(name): orjson.loads(value) if name in _JSON else value for name, value in row.items()}
