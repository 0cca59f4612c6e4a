"""What was asked, read, said and answered: one row per call, its cards, and the clinicians' feedback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, cast
from uuid import uuid4

import orjson
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from cds_hooks.cards.alert_policy import Decline
from cds_hooks.cards.builder import BuiltCard
from cds_hooks.errors import CallError
from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.readings import ReadingStore, Retention
from cds_hooks.ledger.schema import calls, cards, comments, feedback
from cds_hooks.ledger.writer import Account, Writer
from cds_hooks.protocol.feedback import CardFeedback
from cds_hooks.protocol.request import HookCall
from fhir_adapters.errors import FhirError
from fhir_adapters.record import NoteReading
from models.finding import ModelStamp, Urgency

_RETENTION = Retention()
_INSERT_CALL = insert(calls)
_DECLINES = select(feedback.c.finding_group, feedback.c.urgency, feedback.c.at).where(
    feedback.c.patient_id == bindparam("patient_id"),
    feedback.c.user_id == bindparam("user_id"),
    feedback.c.at >= bindparam("since"),
    feedback.c.fhir_server == bindparam("fhir_server"),
    feedback.c.outcome == "overridden",
)
_CARD = (
    select(cards.c.finding_group, cards.c.urgency, calls.c.fhir_server, calls.c.patient_id, calls.c.user_id)
    .join(calls, cards.c.call_id == calls.c.id)
    .where(cards.c.uuid == bindparam("card"), calls.c.service == bindparam("service"))
)


@dataclass(slots=True, kw_only=True)
class CallEntry:
    """The account of one call, filled while it is answered and written when that ends, well or badly."""

    references: tuple[str, ...] = ()
    models: tuple[ModelStamp, ...] = ()
    cards: tuple[BuiltCard, ...] = ()
    readings: tuple[NoteReading, ...] = ()  # of notes that were read in this call
    timings: dict[str, float] = field(default_factory=dict)


class Ledger:
    """The ledger of a deployment.

    Args:
        database: Where it is kept.
        retention: How long readings of notes are kept in it.

    Attributes:
        readings: The kept readings.
    """

    def __init__(self, database: Database, retention: Retention = _RETENTION) -> None:
        self._database = database
        self.readings = ReadingStore(database, retention)
        self._writer = Writer(database, self._put)
        dialect = sqlite if database.dialect == "sqlite" else postgresql
        upsert = dialect.insert(cards)
        self._upsert_card = upsert.on_conflict_do_update(
            index_elements=[cards.c.uuid],
            set_={column.name: upsert.excluded[column.name] for column in cards.c if not column.primary_key},
        )
        self._insert_feedback = dialect.insert(feedback).on_conflict_do_nothing(
            index_elements=[feedback.c.card_uuid, feedback.c.digest]
        )

    @contextmanager
    def account(self, service: str, call: HookCall, call_id: str) -> Iterator[CallEntry]:
        """Writes one row for a call, whatever comes of it; a call that can't be written is not answered.

        Args:
            service: Id of the service.
            call_id: The correlation id.

        Raises:
            LedgerUnavailable: The row could not be written; this replaces any other error.
        """
        entry = CallEntry()
        try:
            yield entry
        except BaseException as error:
            self._write(service, call, call_id, entry, _outcome(error))
            raise
        self._write(service, call, call_id, entry, "answered")

    def declines(self, call: HookCall, since: datetime) -> tuple[Decline, ...]:
        """What the user of a call has declined for its patient since a time.

        Raises:
            LedgerUnavailable: The ledger can't be read.
        """
        with self._database.transaction() as connection:
            rows = connection.execute(
                _DECLINES,
                {
                    "patient_id": call.context.patient_id,
                    "user_id": call.context.user_id,
                    "fhir_server": call.fhir_server or "",
                    "since": timestamp(since),
                },
            ).all()
        return tuple(
            Decline(group=group, urgency=cast(Urgency, urgency), at=datetime.fromisoformat(at))
            for group, urgency, at in rows
        )

    def add_feedback(self, service: str, entries: Iterable[CardFeedback]) -> tuple[str, ...]:
        """Stores feedback; when this returns it is on the disk. A repeated entry is stored once.

        Returns:
            The uuids of cards that the service never gave; their entries are not stored.

        Raises:
            LedgerUnavailable: Nothing was stored.
        """
        unknown: list[str] = []
        received = timestamp(datetime.now(UTC))
        with self._database.transaction(durable=True) as connection:
            for entry in entries:
                about = connection.execute(_CARD, {"card": entry.card, "service": service}).one_or_none()
                if about is None:
                    unknown.append(entry.card)
                else:
                    self._store(connection, entry, received, about._asdict())
        return tuple(unknown)

    def check(self) -> None:
        """Writes to the ledger. Raises LedgerUnavailable when it can't be written."""
        self._database.check()

    def close(self) -> None:
        """Writes what is waiting and closes the connections of this process."""
        self._writer.close()
        self._database.close()

    def _write(self, service: str, call: HookCall, call_id: str, entry: CallEntry, outcome: str) -> None:
        row = {
            "id": call_id,
            "at": timestamp(datetime.now(UTC)),
            "service": service,
            "hook": call.hook,
            "hook_instance": call.hook_instance,
            "fhir_server": call.fhir_server or "",
            "patient_id": call.context.patient_id,
            "user_id": call.context.user_id,
            "outcome": outcome,
            "resources": _json(entry.references),
            "models": _json([_stamp(model) for model in entry.models]),
            "timings": _json(entry.timings),
        }
        self._writer.add((row, [_card_row(built, call_id) for built in entry.cards], entry.readings))

    def _put(self, connection: Connection, accounts: Sequence[Account]) -> None:
        connection.execute(_INSERT_CALL, [row for row, _, _ in accounts])
        said = [row for _, rows, _ in accounts for row in rows]
        if said:
            connection.execute(self._upsert_card, said)
        self.readings.put(connection, [reading for _, _, made in accounts for reading in made])

    def _store(
        self, connection: Connection, entry: CardFeedback, received: str, about: dict[str, Any]
    ) -> None:
        row = _feedback_row(entry, received) | about
        inserted = connection.execute(self._insert_feedback, row).rowcount
        if inserted and entry.comment:
            connection.execute(insert(comments), {"feedback_id": row["id"], "text": entry.comment})


def _card_row(built: BuiltCard, call_id: str) -> dict[str, Any]:
    return {
        "uuid": built.card.uuid,
        "call_id": call_id,
        "finding_group": built.group,
        "urgency": built.urgency,
        "finding_keys": _json(built.finding_keys),
        "models": _json([_stamp(model) for model in built.models]),
        "suggestions": _json([suggestion.uuid for suggestion in built.card.suggestions]),
    }


def _feedback_row(entry: CardFeedback, received: str) -> dict[str, Any]:
    said = {
        "outcome": entry.outcome,
        "accepted_suggestions": _json(entry.accepted_suggestions),
        "reason_system": entry.reason.system if entry.reason else "",
        "reason_code": entry.reason.code if entry.reason else "",
        "reason_display": entry.reason.display if entry.reason else "",
    }
    at = timestamp(entry.at)
    digest = hashlib.sha256(orjson.dumps([said, at, entry.comment], option=orjson.OPT_SORT_KEYS))
    return said | {
        "id": str(uuid4()),
        "card_uuid": entry.card,
        "digest": digest.hexdigest(),
        "at": min(at, received),  # a client's clock that is ahead must not silence a card for longer
        "received": received,
    }


def _stamp(model: ModelStamp) -> dict[str, str]:
    return {"name": model.name, "version": model.version, "digest": model.digest}


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _outcome(error: BaseException) -> str:
    if isinstance(error, FhirError):
        return error.code
    return error.issue if isinstance(error, CallError) else type(error).__name__
