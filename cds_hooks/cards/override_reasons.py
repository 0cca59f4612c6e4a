"""The reasons offered for dismissing a card; few, so that picking one is quicker than not."""

from __future__ import annotations

from typing import Final

from cds_hooks.protocol.card import OverrideReason

SYSTEM: Final = "https://cuecard.example/fhir/CodeSystem/override-reason"

OVERRIDE_REASONS: Final = tuple(
    OverrideReason(system=SYSTEM, code=code, display=display)
    for code, display in (
        ("already-known", "Already known or documented elsewhere"),
        ("data-wrong", "The data behind it are wrong or outdated"),
        ("not-relevant-now", "Not relevant for this patient now"),
        ("patient-declined", "Patient declined or prefers otherwise"),
        ("later", "Will address later"),
    )
)
