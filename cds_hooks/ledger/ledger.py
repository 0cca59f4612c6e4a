"""What was asked, read, said and answered: a row and an audit event per call, its cards, and feedback."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import repeat
from typing import Any, NamedTuple, cast
from uuid import uuid4

import orjson
from sqlalchemy import Connection, bindparam, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from cds_hooks.cards.alert_policy import Decline
from cds_hooks.cards.builder import BuiltCard
from cds_hooks.errors import CallError, LedgerUnavailable
from cds_hooks.ledger import chain
from cds_hooks.ledger.database import Database, timestamp
from cds_hooks.ledger.events import Event, call_event, feedback_event, stamp_of
from cds_hooks.ledger.rates import Lease, LeaseRequest, RateBuckets
from cds_hooks.ledger.readings import ReadingStore, Retention
from cds_hooks.ledger.schema import calls, cards, comments, feedback
from cds_hooks.ledger.tokens import SeenToken, SeenTokens
from cds_hooks.ledger.writer import Writer
from cds_hooks.protocol.feedback import CardFeedback
from cds_hooks.protocol.request import HookCall
from cds_hooks.security.caller import ANYONE, Caller
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
    feedback.c.issuer == bindparam("issuer"),
    feedback.c.tenant == bindparam("tenant"),
    feedback.c.outcome == "overridden",
)
_CARD = (
    select(
        cards.c.finding_group,
        cards.c.urgency,
        calls.c.fhir_server,
        calls.c.patient_id,
        calls.c.user_id,
        calls.c.issuer,
        calls.c.tenant,
    )
    .join(calls, cards.c.call_id == calls.c.id)
    .where(
        cards.c.uuid == bindparam("card"),
        calls.c.service == bindparam("service"),
        # Nobody learns of, or answers, a card that another EHR was given.
        calls.c.issuer == bindparam("issuer"),
        calls.c.tenant == bindparam("tenant"),
    )
)

Row = dict[str, Any]


class _Account(NamedTuple):
    """What a request leaves: its event, and for a hook call its row, cards and new readings of notes."""

    event: Event
    call: Row | None = None
    cards: Sequence[Row] = ()
    readings: Sequence[NoteReading] = ()


_Item = _Account | SeenToken | LeaseRequest


@dataclass(slots=True, kw_only=True)
class CallEntry:
    """The account of one call, filled while it is answered and written when that ends, well or badly."""

    caller: Caller = ANYONE
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
        self._tokens = SeenTokens(database.dialect)
        self._buckets = RateBuckets(database.dialect)
        self._writer: Writer[_Item, bool | Lease] = Writer(database, self._put)
        self._failed = False
        dialect = sqlite if database.dialect == "sqlite" else postgresql
        upsert = dialect.insert(cards)
        self._upsert_card = upsert.on_conflict_do_update(
            index_elements=[cards.c.uuid],
            set_={column.name: upsert.excluded[column.name] for column in cards.c if not column.primary_key},
        )
        new_feedback = dialect.insert(feedback).on_conflict_do_nothing(
            index_elements=[feedback.c.card_uuid, feedback.c.digest]
        )
        self._insert_feedback = new_feedback.returning(feedback.c.id)

    @contextmanager
    def account(
        self, service: str, call: HookCall, call_id: str, caller: Caller = ANYONE
    ) -> Iterator[CallEntry]:
        """Accounts for a call, whatever comes of it; a call that can't be accounted for is not answered.

        Args:
            service: Id of the service.
            call_id: The correlation id.
            caller: Who asks.

        Raises:
            LedgerUnavailable: The account could not be written; this replaces any other error.
        """
        entry = CallEntry(caller=caller)
        try:
            yield entry
        except BaseException as error:
            self._write(_account(entry, _outcome(error), service=service, call=call, call_id=call_id))
            raise
        self._write(_account(entry, "answered", service=service, call=call, call_id=call_id))

    def record(self, event: Event) -> None:
        """Adds an event that is no call's to the audit. Raises LedgerUnavailable when it can't be written."""
        self._write(_Account(_now() | event))

    def first_use(self, token: SeenToken) -> bool:
        """True when no process has seen this token before; it counts as seen from now on.

        Raises:
            LedgerUnavailable: That can't be written, so nobody knows.
        """
        return self._write(token) is True

    def lease(self, request: LeaseRequest) -> Lease:
        """Takes tokens of a bucket that all processes share.

        Raises:
            LedgerUnavailable: That can't be written, so none is granted.
        """
        return cast(Lease, self._write(request))

    def require_writable(self) -> None:
        """Refuses while writing fails, so that no chart is read that can't be accounted for.

        Raises:
            LedgerUnavailable: The last write failed, and so does another one now.
        """
        if self._failed:
            self.check()

    def declines(self, call: HookCall, since: datetime, caller: Caller = ANYONE) -> tuple[Decline, ...]:
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
                    "issuer": caller.issuer,
                    "tenant": caller.tenant,
                },
            ).all()
        return tuple(
            Decline(group=group, urgency=cast(Urgency, urgency), at=datetime.fromisoformat(at))
            for group, urgency, at in rows
        )

    def add_feedback(
        self, service: str, entries: Iterable[CardFeedback], call_id: str = "", caller: Caller = ANYONE
    ) -> tuple[str, ...]:
        """Stores feedback; when this returns it is on the disk. A repeated entry is stored once.

        Args:
            call_id: The correlation id of the feedback, for the audit.

        Returns:
            The uuids of cards that the service never gave this caller; their entries are not stored.

        Raises:
            LedgerUnavailable: Nothing was stored.
        """
        unknown: list[str] = []
        stored: list[Row] = []
        received = timestamp(datetime.now(UTC))
        asked = {"service": service, "issuer": caller.issuer, "tenant": caller.tenant}
        with self._watched(), self._database.transaction(durable=True) as connection:
            for entry in entries:
                about = connection.execute(_CARD, {"card": entry.card, **asked}).one_or_none()
                if about is None:
                    unknown.append(entry.card)
                    continue
                self._store(connection, entry, received, about._asdict())
                stored.append(
                    {
                        "card": entry.card,
                        "outcome": entry.outcome,
                        "patient": about.patient_id,
                        "user": about.user_id,
                    }
                )
            chain.append(
                connection, [_now() | feedback_event(call_id, service, caller, stored, len(unknown))]
            )
        return tuple(unknown)

    def check(self) -> None:
        """Writes to the ledger; after a failure into the audit itself, which then shows that there was one.

        Raises:
            LedgerUnavailable: It can't be written.
        """
        if self._failed:
            self.record({"kind": "resumed"})
            return
        with self._watched():
            self._database.check()

    def close(self) -> None:
        """Writes what is waiting and closes the connections of this process."""
        self._writer.close()
        self._database.close()

    @contextmanager
    def _watched(self) -> Iterator[None]:
        try:
            yield
        except LedgerUnavailable:
            self._failed = True
            raise
        self._failed = False

    def _write(self, item: _Item) -> bool | Lease:
        with self._watched():
            return self._writer.add(item)

    def _put(self, connection: Connection, items: Sequence[_Item]) -> list[bool | Lease]:
        accounts = [item for item in items if isinstance(item, _Account)]
        if accounts:
            self._put_accounts(connection, accounts)
        fresh = self._tokens.put(connection, [item for item in items if isinstance(item, SeenToken)])
        leases = self._buckets.put(connection, [item for item in items if isinstance(item, LeaseRequest)])
        came: dict[type, Iterator[bool | Lease]] = {
            SeenToken: iter(fresh),
            LeaseRequest: iter(leases),
            _Account: repeat(True),
        }
        return [next(came[type(item)]) for item in items]

    def _put_accounts(self, connection: Connection, accounts: Sequence[_Account]) -> None:
        chain.append(connection, [account.event for account in accounts])
        asked = [account.call for account in accounts if account.call is not None]
        if asked:
            connection.execute(_INSERT_CALL, asked)
        said = [row for account in accounts for row in account.cards]
        if said:
            connection.execute(self._upsert_card, said)
        self.readings.put(connection, [reading for account in accounts for reading in account.readings])

    def _store(
        self, connection: Connection, entry: CardFeedback, received: str, about: dict[str, Any]
    ) -> None:
        row = _feedback_row(entry, received) | about
        inserted = connection.execute(self._insert_feedback, row).scalar()
        if inserted is not None and entry.comment:
            connection.execute(insert(comments), {"feedback_id": row["id"], "text": entry.comment})


def _account(entry: CallEntry, outcome: str, *, service: str, call: HookCall, call_id: str) -> _Account:
    now, caller = _now(), entry.caller
    row = now | {
        "id": call_id,
        "service": service,
        "hook": call.hook,
        "hook_instance": call.hook_instance,
        "fhir_server": call.fhir_server or "",
        "patient_id": call.context.patient_id,
        "user_id": call.context.user_id,
        "outcome": outcome,
        "timings": _json(entry.timings),
        "issuer": caller.issuer,
        "tenant": caller.tenant,
    }
    event = call_event(
        call_id,
        service,
        call,
        caller,
        outcome=outcome,
        references=entry.references,
        models=entry.models,
        cards=[{"uuid": built.card.uuid, "keys": built.finding_keys} for built in entry.cards],
    )
    said = [_card_row(built, call_id) for built in entry.cards]
    return _Account(now | event, row, said, entry.readings)


def _now() -> dict[str, str]:
    return {"at": timestamp(datetime.now(UTC))}


def _card_row(built: BuiltCard, call_id: str) -> dict[str, Any]:
    return {
        "uuid": built.card.uuid,
        "call_id": call_id,
        "finding_group": built.group,
        "urgency": built.urgency,
        "finding_keys": _json(built.finding_keys),
        "models": _json([stamp_of(model) for model in built.models]),
        "suggestions": _json([suggestion.uuid for suggestion in built.card.suggestions]),
        "evidence": _json(built.evidence),
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


def _json(value: object) -> str:
    return orjson.dumps(value).decode()


def _outcome(error: BaseException) -> str:
    if isinstance(error, FhirError):
        return error.code
    return error.issue if isinstance(error, CallError) else type(error).__name__
