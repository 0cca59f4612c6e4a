"""Feedback on cards: what the clinician did with them, checked and typed.

Source: CDS Hooks 2.0.1, "Feedback", with the invariants cds-fb-1 (outcome is accepted or overridden),
cds-fb-2 (an accepted card names the accepted suggestions) and cds-fb-3 (an override reason has a coded
reason or a comment). Two shapes of older clients are read as well: a bare Coding as `overrideReason`
and plain strings as `acceptedSuggestions`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, cast

from cds_hooks.errors import BadRequest
from cds_hooks.protocol.fields import (
    JsonObject,
    array_of,
    object_of,
    required,
    required_text,
    required_uuid,
    text_of,
)
from fhir_adapters.record import Coding

Outcome = Literal["accepted", "overridden"]

MOST_ENTRIES = 1000
MOST_SUGGESTIONS = 100


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CardFeedback:
    """What happened to one card.

    Attributes:
        card: uuid of the card, in lower case.
        at: When it happened, by the client's clock; UTC.
        accepted_suggestions: uuids of the suggestions that were accepted.
        reason: The coded override reason; None when none was given.
        comment: The clinician's free text: patient data, kept apart and never logged.
    """

    card: str
    outcome: Outcome
    at: datetime
    accepted_suggestions: tuple[str, ...] = ()
    reason: Coding | None = None
    comment: str = ""

    def __repr__(self) -> str:
        return f"CardFeedback({self.card}, {self.outcome})"


def parse_feedback(body: JsonObject) -> tuple[CardFeedback, ...]:
    """Reads the body of a feedback call; an empty list is legal and says nothing.

    Raises:
        BadRequest: An entry breaks the specification; the error names its element.
    """
    entries = array_of(required(body, "feedback", "feedback"), "feedback", longest=MOST_ENTRIES)
    return tuple(_entry(entry, f"feedback[{index}]") for index, entry in enumerate(entries))


def _entry(value: Any, path: str) -> CardFeedback:
    entry = object_of(value, path)
    outcome = required_text(entry, "outcome", f"{path}.outcome")
    if outcome not in ("accepted", "overridden"):
        raise BadRequest(f"{path}.outcome", "must be accepted or overridden", issue="value")
    accepted = _accepted(entry, f"{path}.acceptedSuggestions")
    if outcome == "accepted" and not accepted:
        raise BadRequest(f"{path}.acceptedSuggestions", "is required when accepted", issue="required")
    reason, comment = _override(entry, f"{path}.overrideReason")
    return CardFeedback(
        card=required_uuid(entry, "card", f"{path}.card"),
        outcome=cast(Outcome, outcome),
        at=_timestamp(entry, f"{path}.outcomeTimestamp"),
        accepted_suggestions=accepted,
        reason=reason,
        comment=comment,
    )


def _timestamp(entry: JsonObject, path: str) -> datetime:
    text = required_text(entry, "outcomeTimestamp", path)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or "T" not in text.upper():
        raise BadRequest(path, "must be a date and time with a zone (RFC 3339)", issue="value")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise BadRequest(path, "must be a date and time of our era", issue="value") from None


def _accepted(entry: JsonObject, path: str) -> tuple[str, ...]:
    value = entry.get("acceptedSuggestions")
    if value is None:
        return ()
    items = array_of(value, path, longest=MOST_SUGGESTIONS)
    return tuple(_suggestion(item, f"{path}[{index}]") for index, item in enumerate(items))


def _suggestion(value: Any, path: str) -> str:
    wrapped = {"id": value} if isinstance(value, str) else object_of(value, path)
    return required_uuid(wrapped, "id", f"{path}.id")


def _override(entry: JsonObject, path: str) -> tuple[Coding | None, str]:
    value = entry.get("overrideReason")
    if value is None:
        return None, ""
    override = object_of(value, path)
    if "code" in override:
        return _coding(override, path), ""
    reason = override.get("reason")
    comment = override.get("userComment") or None  # clients send "" for an empty text box
    if reason is None and comment is None:
        raise BadRequest(path, "must have a reason or a userComment", issue="required")
    return (
        None if reason is None else _coding(object_of(reason, f"{path}.reason"), f"{path}.reason"),
        "" if comment is None else text_of(comment, f"{path}.userComment"),
    )


def _coding(value: JsonObject, path: str) -> Coding:
    display = value.get("display")
    return Coding(
        system=required_text(value, "system", f"{path}.system"),
        code=required_text(value, "code", f"{path}.code"),
        display="" if display is None else text_of(display, f"{path}.display"),
    )
