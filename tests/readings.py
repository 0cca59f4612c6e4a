"""Notes with readings made by hand: what models say of notes, tested without a network."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from fhir_adapters.record import (
    Assertion,
    Mention,
    MentionType,
    Note,
    NoteReading,
    NoteValue,
    PatientRecord,
    Span,
)
from models.notes.linking import link
from tests.records import ago, record

READER = "notes.v1 test"


def mention(text: str, words: str, type_: MentionType = "problem", **more: Any) -> Mention:
    """The first place of some words in a text; their sentence is the line."""
    found = re.search(re.escape(words), text)
    assert found is not None, words
    start, end = found.span()
    line = Span(text.rfind("\n", 0, start) + 1, (text + "\n").index("\n", end))
    section, value = more.pop("section", "assessment_plan"), more.pop("value", None)
    score = more.pop("score", 0.95)
    return Mention(
        start=start,
        end=end,
        type=type_,
        score=score,
        origin="model",
        section=section,
        sentence=line,
        assertion=Assertion(**more),
        codes=link(words, type_) if type_ in ("problem", "symptom") else (),
        value=value,
    )


def valued(analyte: str, value: str = "", text: str = "") -> NoteValue:
    """A value of a note; its place does not matter here."""
    return NoteValue(
        analyte=analyte, value=Decimal(value) if value else None, text=text, unit="", span=Span(0, 1)
    )


def note(text: str, *, days: float = 10, name: str = "n1", title: str = "Progress note") -> Note:
    return Note(source=f"DocumentReference/{name}", text=text, at=ago(days), title=title)


def reading(of: Note, mentions: Iterable[Mention] = ()) -> NoteReading:
    return NoteReading(
        source=of.source, digest=of.source, model=READER, outcome="read", mentions=tuple(mentions)
    )


def noted(*pairs: tuple[Note, Iterable[Mention]], chart: PatientRecord | None = None) -> PatientRecord:
    """A chart with notes that were read."""
    return replace(
        chart or record(),
        notes=tuple(of for of, _ in pairs),
        readings=tuple(reading(of, mentions) for of, mentions in pairs),
    )
