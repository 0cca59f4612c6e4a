"""Builds what linking keeps in memory, so that forked workers share it."""

from __future__ import annotations

from models.notes.linking.matching import link
from models.notes.linking.same import pairs
from models.notes.linking.spans import vocabulary_spans


def warm() -> None:
    """Builds every index of this package, by using each once; call it before workers are forked."""
    link("hypertention", "problem")
    vocabulary_spans("hypertension")
    pairs()
