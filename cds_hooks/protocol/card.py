"""The card of CDS Hooks 2.0.1 as wire types: an invalid one can't be built, nothing null or empty is sent.

The invariants are those of the specification: cds-resp-1 (one recommendation when the choice is at
most one), cds-resp-2 (a deletion names a resource, the others carry one), cds-resp-3 (appContext only
for SMART links), cds-resp-4 (an override reason has a display), selectionBehavior exactly when there
are suggestions, and a summary under 140 characters. What a card says is of a patient:
`repr` says none of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from fhir_adapters.record import Coding

SUMMARY_LIMIT: Final = 139
_EMPTY: Final[tuple[object, ...]] = ("", [], {})

Indicator = Literal["info", "warning", "critical"]
SelectionBehavior = Literal["at-most-one", "any"]
ActionType = Literal["create", "update", "delete"]
LinkType = Literal["absolute", "smart"]


class CardError(ValueError):
    """A card breaks the specification; the text names the element and holds none of its content."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OverrideReason:
    """A reason that the clinician may pick when dismissing a card; a Coding with its display."""

    system: str
    code: str
    display: str

    def __post_init__(self) -> None:
        for name in ("system", "code", "display"):
            _text(getattr(self, name), f"overrideReasons.{name}")

    def to_json(self) -> dict[str, Any]:
        """The Coding as it goes over the wire."""
        return {"code": self.code, "system": self.system, "display": self.display}


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Who says so: a label, optionally an address and an icon, and what the card is about."""

    label: str
    topic: Coding | None = None
    url: str = ""
    icon: str = ""

    def __post_init__(self) -> None:
        _text(self.label, "source.label")
        _absolute(self.url, "source.url", optional=True)
        _absolute(self.icon, "source.icon", optional=True)
        if self.topic is not None:
            _text(self.topic.code, "source.topic.code")
            _text(self.topic.system, "source.topic.system")

    def to_json(self) -> dict[str, Any]:
        """The source as it goes over the wire."""
        topic = self.topic and _filled(
            {"code": self.topic.code, "system": self.topic.system, "display": self.topic.display}
        )
        return _filled({"label": self.label, "url": self.url, "icon": self.icon, "topic": topic})


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Action:
    """One change to the chart, as part of a suggestion.

    Attributes:
        resource: The whole FHIR resource to create or update.
        resource_id: `Type/id` of what a deletion removes.
    """

    type: ActionType
    description: str
    resource: Mapping[str, Any] | None = None
    resource_id: str = ""

    def __post_init__(self) -> None:
        _one_of(self.type, ("create", "update", "delete"), "action.type")
        _text(self.description, "action.description")
        if self.type == "delete":
            if self.resource is not None or "/" not in self.resource_id:
                raise CardError("action: a deletion has a resourceId 'Type/id' and no resource")
        elif self.resource_id or not (self.resource and self.resource.get("resourceType")):
            raise CardError("action: a create or update has a FHIR resource and no resourceId")

    def __repr__(self) -> str:
        return f"Action({self.type})"

    def to_json(self) -> dict[str, Any]:
        """The action as it goes over the wire."""
        return _filled(
            {
                "type": self.type,
                "description": self.description,
                "resource": _pruned(self.resource),
                "resourceId": self.resource_id,
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Suggestion:
    """A change that the clinician may accept with one click; its actions are done together."""

    label: str
    uuid: str
    actions: tuple[Action, ...] = ()
    is_recommended: bool = False

    def __post_init__(self) -> None:
        _text(self.label, "suggestion.label")
        _uuid(self.uuid, "suggestion.uuid")

    def __repr__(self) -> str:
        return f"Suggestion({self.uuid})"

    def to_json(self) -> dict[str, Any]:
        """The suggestion as it goes over the wire; `isRecommended` is sent only when true."""
        return _filled(
            {
                "label": self.label,
                "uuid": self.uuid,
                "isRecommended": self.is_recommended or None,
                "actions": [action.to_json() for action in self.actions],
            }
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way out of the card: a web page ("absolute") or the launch of a SMART app ("smart")."""

    label: str
    url: str
    type: LinkType = "absolute"
    app_context: str = ""

    def __post_init__(self) -> None:
        _text(self.label, "link.label")
        _absolute(self.url, "link.url")
        _one_of(self.type, ("absolute", "smart"), "link.type")
        if self.app_context and self.type != "smart":
            raise CardError("link.appContext is only for SMART links")

    def to_json(self) -> dict[str, Any]:
        """The link as it goes over the wire."""
        return _filled(
            {"label": self.label, "url": self.url, "type": self.type, "appContext": self.app_context}
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Card:
    """One card.

    Attributes:
        uuid: Needed by the EHR to send feedback.
        summary: One sentence, at most 139 characters (UTF-16 units, as a browser counts).
        detail: GitHub-flavoured Markdown; chart text in it is already escaped.

    Raises:
        CardError: The card would break the specification.
    """

    uuid: str
    summary: str
    indicator: Indicator
    source: Source
    detail: str = ""
    suggestions: tuple[Suggestion, ...] = ()
    selection_behavior: SelectionBehavior | None = None
    override_reasons: tuple[OverrideReason, ...] = ()
    links: tuple[Link, ...] = ()

    def __post_init__(self) -> None:
        _uuid(self.uuid, "card.uuid")
        _text(self.summary, "card.summary")
        if utf16_length(self.summary) > SUMMARY_LIMIT:
            raise CardError("card.summary is 140 characters or longer")
        _one_of(self.indicator, ("info", "warning", "critical"), "card.indicator")
        self._check_suggestions()

    def _check_suggestions(self) -> None:
        if bool(self.suggestions) != (self.selection_behavior is not None):
            raise CardError("card.selectionBehavior is there exactly when there are suggestions")
        if self.selection_behavior is not None:
            _one_of(self.selection_behavior, ("at-most-one", "any"), "card.selectionBehavior")
        recommended = sum(suggestion.is_recommended for suggestion in self.suggestions)
        if self.selection_behavior == "at-most-one" and recommended > 1:
            raise CardError("card.suggestions: at most one may be recommended")
        if len({suggestion.uuid for suggestion in self.suggestions}) != len(self.suggestions):
            raise CardError("card.suggestions: a uuid is repeated")

    def __repr__(self) -> str:
        return f"Card({self.uuid})"

    def to_json(self) -> dict[str, Any]:
        """The card as it goes over the wire, without anything null or empty."""
        return _filled(
            {
                "uuid": self.uuid,
                "summary": self.summary,
                "detail": self.detail,
                "indicator": self.indicator,
                "source": self.source.to_json(),
                "suggestions": [suggestion.to_json() for suggestion in self.suggestions],
                "selectionBehavior": self.selection_behavior,
                "overrideReasons": [reason.to_json() for reason in self.override_reasons],
                "links": [link.to_json() for link in self.links],
            }
        )


def utf16_length(text: str) -> int:
    """The length as JavaScript and Java count it: a character outside the basic plane is two."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2


def _filled(members: Mapping[str, Any]) -> dict[str, Any]:
    """Leaves out what is null or empty; `false` and 0 stay. Parts come from their own `to_json`."""
    return {name: value for name, value in members.items() if value is not None and value not in _EMPTY}


def _pruned(value: Any) -> Any:
    """A foreign JSON value without anything null or empty at any depth; None when nothing is left."""
    if isinstance(value, Mapping):
        return _filled({name: _pruned(item) for name, item in value.items()}) or None
    if isinstance(value, list):
        kept = [item for item in map(_pruned, value) if item is not None and item not in _EMPTY]
        return kept or None
    return value


def _text(value: object, name: str) -> None:
    if not isinstance(value, str) or not value.strip():
        raise CardError(f"{name} is missing")


def _one_of(value: object, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise CardError(f"{name} is not one of {', '.join(allowed)}")


def _uuid(value: str, name: str) -> None:
    try:
        canonical = str(UUID(value)) == value.lower()
    except (ValueError, AttributeError, TypeError):
        canonical = False
    if not canonical:
        raise CardError(f"{name} is not a UUID")


def _absolute(value: str, name: str, *, optional: bool = False) -> None:
    if optional and not value:
        return
    try:
        parts = urlsplit(value)
        absolute = parts.scheme in ("https", "http") and bool(parts.hostname)
    except ValueError:
        absolute = False
    if not absolute:
        raise CardError(f"{name} is not an absolute web address")
