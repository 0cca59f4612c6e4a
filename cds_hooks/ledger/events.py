"""The events of the audit: who asked what about whom, what was read, by which models, said, refused.

Members without a value are left out. References and identifiers are kept; a chart's values, words and the
clinicians' comments are not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

from cds_hooks.protocol.request import HookCall
from cds_hooks.security.caller import Caller
from models.finding import ModelStamp

Event = dict[str, Any]
EndpointKind = Literal["discovery", "call", "feedback"]


def call_event(
    call_id: str,
    service: str,
    call: HookCall,
    caller: Caller,
    *,
    outcome: str,
    references: Iterable[str],
    models: Iterable[ModelStamp],
    cards: Sequence[Mapping[str, Any]],
) -> Event:
    """A hook call that reached a service, answered or failed.

    Args:
        outcome: "answered", or the code of the error.
        references: Of the resources that were read, `Type/id`.
        cards: uuid and finding keys of each card.
    """
    return _without_blanks(
        {
            "kind": "call",
            "call": call_id,
            "service": service,
            "hook": call.hook,
            "hookInstance": call.hook_instance,
            "issuer": caller.issuer,
            "tenant": caller.tenant,
            "server": call.fhir_server,
            "patient": call.context.patient_id,
            "user": call.context.user_id,
            "outcome": outcome,
            "resources": by_type(references),
            "models": [stamp_of(model) for model in models],
            "cards": list(cards),
        }
    )


def refusal_event(
    call_id: str, kind: EndpointKind, service: str, caller: Caller, *, status: int, outcome: str, reason: str
) -> Event:
    """A request that no service answered: unknown caller, malformed, or an error of ours.

    Args:
        kind: What was asked for.
        reason: The gate's reason code; "" where the outcome says it all.
    """
    return _without_blanks(
        {
            "kind": "refusal",
            "of": kind,
            "call": call_id,
            "service": service,
            "issuer": caller.issuer,
            "tenant": caller.tenant,
            "status": status,
            "outcome": outcome,
            "reason": reason,
        }
    )


def feedback_event(
    call_id: str, service: str, caller: Caller, entries: Sequence[Mapping[str, Any]], unknown: int
) -> Event:
    """Feedback that was received.

    Args:
        entries: Card, outcome, patient and user of each entry that was stored.
        unknown: How many entries named a card that was never given.
    """
    return _without_blanks(
        {
            "kind": "feedback",
            "call": call_id,
            "service": service,
            "issuer": caller.issuer,
            "tenant": caller.tenant,
            "entries": list(entries),
            "unknown": unknown,
        }
    )


def by_type(references: Iterable[str]) -> dict[str, list[str]]:
    """References `Type/id` as ids by type; their number is what was read of each type."""
    found: dict[str, list[str]] = {}
    for reference in references:
        kind, _, identity = reference.rpartition("/")
        found.setdefault(kind, []).append(identity)
    return found


def stamp_of(model: ModelStamp) -> dict[str, str]:
    """Name, version and digest of the weights or rules of a model."""
    return {"name": model.name, "version": model.version, "digest": model.digest}


def _without_blanks(event: Event) -> Event:
    return {name: value for name, value in event.items() if value not in ("", None, [], {}, 0)}
