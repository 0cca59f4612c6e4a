"""An evaluation of risks as one JSON object: numbers and labels, never a person's row."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from models.evaluation.complications.measured import Measured


def as_json(measured: Measured) -> dict[str, Any]:
    """Everything that was found: shares from 0 to 1, null where there is no number."""
    table = asdict(measured)
    table["measured"] = measured.measured.isoformat()
    table["facts"], table["card"] = dict(measured.facts), dict(measured.card)
    return table
