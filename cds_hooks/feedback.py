"""Feedback: what the clinician did with the cards of a service goes into the ledger."""

from __future__ import annotations

from cds_hooks.errors import UnknownCard
from cds_hooks.ledger import Ledger
from cds_hooks.protocol.feedback import parse_feedback
from cds_hooks.protocol.fields import JsonObject


def receive(service_id: str, body: JsonObject, ledger: Ledger) -> None:
    """Checks and stores feedback; when it returns, the feedback is on the disk.

    Raises:
        BadRequest: An entry breaks the specification; nothing was stored.
        UnknownCard: An entry names a card that this service never gave; the other entries were stored.
        LedgerUnavailable: Nothing was stored.
    """
    entries = parse_feedback(body)
    unknown = ledger.add_feedback(service_id, entries) if entries else ()
    if unknown:
        first = next(index for index, entry in enumerate(entries) if entry.card in unknown)
        raise UnknownCard(
            f"{len(unknown)} of {len(entries)} entries name a card that this service never gave; "
            "the others were stored",
            field=f"feedback[{first}].card",
        )
