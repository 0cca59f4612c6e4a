"""The answer to a hook call, and the OperationOutcome that replaces it when there is none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cds_hooks.errors import CallError
from cds_hooks.protocol.card import Card

DATA_QUALITY = "org.cuecard.data-quality"


def cards_json(cards: Iterable[Card], quality: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The body of a 200: `{"cards": [...]}`, where an empty list says that there is nothing to say.

    Args:
        quality: What of the chart was not used as it came, for an `extension`; None for none.
    """
    body: dict[str, Any] = {"cards": [card.to_json() for card in cards]}
    return body if quality is None else {**body, "extension": {DATA_QUALITY: quality}}


def operation_outcome(error: CallError, correlation_id: str) -> dict[str, Any]:
    """An error as FHIR says it.

    Args:
        error: Its text and field are sent; both are ours and hold nothing of the request.
        correlation_id: Finds the call in the logs and the ledger.
    """
    issue: dict[str, Any] = {
        "severity": "error",
        "code": error.issue,
        "details": {"text": error.text},
        "diagnostics": f"correlation id {correlation_id}",
    }
    if error.field:
        issue["expression"] = [error.field]
    return {"resourceType": "OperationOutcome", "issue": [issue]}
