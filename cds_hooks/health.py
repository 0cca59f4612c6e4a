"""Health: whether the process lives, and whether it can answer calls and account for them."""

from __future__ import annotations

from cds_hooks.ledger import Ledger


def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


def ready(ledger: Ledger) -> dict[str, str]:
    """Calls can be answered and accounted for: the ledger was written just now.

    FHIR servers are not asked: each call names its own.

    Raises:
        LedgerUnavailable: They can't.
    """
    ledger.check()
    return {"status": "ready"}
