"""Counts cards and what clinicians did with them, by month, service and model version.

A card is counted once, however often its call was repeated, in the month of its last call. Of several
answers to one card the last counts. Most cards get none: an EHR tells of a card that was acted on only.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

import orjson
from sqlalchemy import func, select

from cds_hooks.cards.override_reasons import OVERRIDE_REASONS, SYSTEM
from cds_hooks.ledger import Database
from cds_hooks.ledger.schema import calls, cards, feedback

Dimension = Literal["month", "service", "model"]
OTHER_REASON, NO_REASON = "other", "none given"
_WORDS = {reason.code: reason.display for reason in OVERRIDE_REASONS}

_CARDS = (
    select(
        cards.c.uuid,
        func.substr(calls.c.at, 1, 7).label("month"),
        calls.c.service,
        cards.c.models,
    )
    .join(calls, cards.c.call_id == calls.c.id)
    .order_by(calls.c.at, cards.c.uuid)
)
_FEEDBACK = select(
    feedback.c.card_uuid, feedback.c.outcome, feedback.c.reason_system, feedback.c.reason_code
).order_by(feedback.c.received, feedback.c.at)


@dataclass(slots=True)
class Tally:
    """How many cards were shown, and what became of them.

    Attributes:
        reasons: Of the overridden ones, by code; a code that is not one of ours is "other".
    """

    shown: int = 0
    accepted: int = 0
    overridden: int = 0
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def unanswered(self) -> int:
        """Cards of which the EHR told nothing."""
        return self.shown - self.accepted - self.overridden

    @property
    def override_rate(self) -> float | None:
        """Of the answered cards, the share that was overridden; None when none was answered."""
        answered = self.accepted + self.overridden
        return self.overridden / answered if answered else None

    def add(self, other: Tally) -> None:
        """Adds the counts of another."""
        self.shown += other.shown
        self.accepted += other.accepted
        self.overridden += other.overridden
        self.reasons.update(other.reasons)


@dataclass(frozen=True, slots=True, kw_only=True)
class UsageRow:
    """One month of one model version in one service.

    Attributes:
        month: "2026-11", UTC.
        model: Name and version; a card that rests on several models is counted for each.
    """

    month: str
    service: str
    model: str
    tally: Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """The whole account.

    Attributes:
        total: Each card once.
        months, services: Each card once, by month and by service, in order.
        rows: By month, service and model; their sum exceeds the total where cards rest on several models.
    """

    made: datetime
    total: Tally
    months: dict[str, Tally]
    services: dict[str, Tally]
    rows: tuple[UsageRow, ...]


def usage_of(database: Database) -> Usage:
    """Counts everything in a ledger.

    Raises:
        LedgerUnavailable: It can't be read.
    """
    with database.transaction() as connection:
        outcomes = {card: tuple(rest) for card, *rest in connection.execute(_FEEDBACK)}
        shown = connection.execute(_CARDS).all()
    return _usage((month, service, models, outcomes.get(uuid)) for uuid, month, service, models in shown)


def reason_words(code: str) -> str:
    """A reason for people."""
    return _WORDS.get(code, code)


def _usage(counted: Iterable[tuple[str, str, str, tuple[Any, ...] | None]]) -> Usage:
    total, months, services = Tally(), dict[str, Tally](), dict[str, Tally]()
    rows: dict[tuple[str, str, str], Tally] = {}
    for month, service, models, outcome in counted:
        one = _tally(outcome)
        total.add(one)
        months.setdefault(month, Tally()).add(one)
        services.setdefault(service, Tally()).add(one)
        for model in _models(models):
            rows.setdefault((month, service, model), Tally()).add(one)
    return Usage(
        made=datetime.now(UTC),
        total=total,
        months=dict(sorted(months.items())),
        services=dict(sorted(services.items())),
        rows=tuple(
            UsageRow(month=month, service=service, model=model, tally=tally)
            for (month, service, model), tally in sorted(rows.items())
        ),
    )


def _tally(outcome: tuple[Any, ...] | None) -> Tally:
    if outcome is None:
        return Tally(shown=1)
    what, system, code = outcome
    if what == "accepted":
        return Tally(shown=1, accepted=1)
    return Tally(shown=1, overridden=1, reasons=Counter([_reason(system, code)]))


def _reason(system: str, code: str) -> str:
    # A client may send any text as a code: only ours are repeated.
    if not code:
        return NO_REASON
    return code if system == SYSTEM and code in _WORDS else OTHER_REASON


def _models(stamps: str) -> Iterator[str]:
    yield from sorted({f"{each['name']} {each['version']}" for each in orjson.loads(stamps)})
