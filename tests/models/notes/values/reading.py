"""Short forms of what is read from a text, for the tests of values."""

from __future__ import annotations

import csv
import gzip
from functools import cache
from pathlib import Path

from fhir_adapters.notes.sections import sections_of
from models.notes.sentences import sentences_of
from models.notes.typed_span import TypedSpan
from models.notes.values.extract import values_of
from models.notes.values.habits import Habit, habits_of

SHARED = Path(__file__).resolve().parents[4].parent / "shared" / "data"
MTSAMPLES = SHARED / "mtsamples" / "mtsamples.csv.gz"


def bound(text: str, spans: list[TypedSpan] | None = None) -> list[str]:
    """Every value as "analyte comparator value-or-words unit"."""
    sections = sections_of(text)
    values = values_of(text, sentences_of(text, sections), sections, spans or [])
    return [
        " ".join(part for part in (v.analyte, v.comparator, v.text or str(v.value), v.unit) if part)
        for v in values
    ]


def habits(text: str) -> list[Habit]:
    """The habits of a text."""
    sections = sections_of(text)
    return habits_of(text, sentences_of(text, sections), sections)


def stated(text: str) -> list[str]:
    """Every habit as its status or "key=number"; a relative's with "/family"."""
    return [
        (h.value.text or f"{h.value.analyte}={h.value.value}")
        + ("" if h.whose == "patient" else f"/{h.whose}")
        for h in habits(text)
    ]


@cache
def transcriptions() -> tuple[str, ...]:
    """The distinct public transcriptions."""
    csv.field_size_limit(10**8)
    with gzip.open(MTSAMPLES, "rt", encoding="utf-8") as lines:
        return tuple(sorted({row["transcription"] for row in csv.DictReader(lines)}))
