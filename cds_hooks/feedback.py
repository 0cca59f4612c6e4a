"""Feedback: what the clinician did with the cards of a service goes into the ledger."""

from __future__ import annotations

from collections.abc import Sequence

from cds_hooks.errors import UnknownCard
from cds_hooks.ledger import Ledger
from cds_hooks.protocol.feedback import CardFeedback
from cds_hooks.security.caller import Caller


def receive(
    service_id: str, entries: Sequence[CardFeedback], ledger: Ledger, call_id: str, caller: Caller
) -> None:
    """Stores feedback; when it returns, the feedback is on the disk.

    Args:
        call_id: The correlation id.

    Raises:
        UnknownCard: An entry names a card that this service never gave the caller; the others were stored.
        LedgerUnavailable: Nothing was stored.
    """
    unknown = ledger.add_feedback(service_id, entries, call_id, caller)
    if unknown:
        first = next(index for index, entry in enumerate(entries) if entry.card in unknown)
        raise UnknownCard(
            f"{len(unknown)} of {len(entries)} entries name a card that this service never gave; "
            "the others were stored",
            field=f"feedback[{first}].card",
        )
