"""A stretch of text and what kind of thing it is, before anything else is known of it."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import MentionType


@dataclass(frozen=True, slots=True, order=True)
class TypedSpan:
    """Characters [start, end) of a text."""

    start: int
    end: int
    type: MentionType
