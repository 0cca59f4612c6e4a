"""Health: whether the process lives, and whether it can answer calls and account for them."""

from __future__ import annotations

from cds_hooks.errors import Draining
from cds_hooks.platform import Platform


def live() -> dict[str, str]:
    """The process answers."""
    return {"status": "live"}


def ready(platform: Platform) -> dict[str, str]:
    """Calls can be answered and accounted for: the ledger was written just now.

    A platform's note reader was verified and has read a sample before the platform was there; whether there
    is one is told, and whether anyone may call. FHIR servers are not asked: each call names its own.

    Raises:
        LedgerUnavailable: They can't.
        Draining: The process was told to stop.
    """
    if platform.state.draining:
        raise Draining
    platform.ledger.check()
    return {
        "status": "ready",
        "notes": "read" if platform.notes else "not read",
        "callers": "anyone" if platform.gate.is_open else "known clients",
    }
