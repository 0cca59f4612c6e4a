"""Readings, notes and a reader for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

from fhir_adapters.record import (
    ICD10CM,
    LOINC,
    Assertion,
    CodeMatch,
    Mention,
    Note,
    NoteReading,
    NoteValue,
    Span,
)
from models.notes.digest import digest_of
from tests.records import ago

MODEL = "test 1 abc"


def note(name: str, days: float | None = 1.0, text: str = "") -> Note:
    at: datetime | None = None if days is None else ago(days)
    return Note(source=f"DocumentReference/{name}", text=text or f"Note {name}: cough.", at=at)


def mention(start: int = 0, end: int = 5, **given: Any) -> Mention:
    plain: dict[str, Any] = {
        "type": "symptom",
        "score": 0.75,
        "origin": "model",
        "section": "hpi",
        "sentence": Span(0, 20),
        "assertion": Assertion(),
    }
    return Mention(start=start, end=end, **(plain | given))


def rich_mentions() -> tuple[Mention, ...]:
    """Mentions with everything that a mention can have."""
    said = Assertion(
        presence="absent", when="past", whose="family", score=0.1 + 0.2, cues=(Span(1, 3), Span(4, 9))
    )
    codes = (
        CodeMatch(system=ICD10CM, code="I10", display="essential hypertension", score=0.95),
        CodeMatch(system=LOINC, code="8480-6", display="Systolic", score=1 / 3),
    )
    value = NoteValue(
        analyte="hba1c", value=Decimal("7.0"), unit="%", comparator=">=", span=Span(7, 10), test=Span(0, 3)
    )
    words = NoteValue(analyte="", value=None, text="current-smoker", span=Span(11, 19))
    return (
        mention(0, 3, type="test", value=value, assertion=said, score=2 / 3),
        mention(5, 9, codes=codes, origin="vocabulary", section=""),
        mention(11, 19, type="habit", origin="pattern", value=words),
    )


def reading(text: str, mentions: tuple[Mention, ...] = (), **given: Any) -> NoteReading:
    plain: dict[str, Any] = {"source": "", "model": MODEL, "outcome": "read"}
    return NoteReading(digest=digest_of(text), mentions=mentions, **(plain | given))


class SmallReader:
    """Finds one mention in every note, and counts what it reads.

    Args:
        seconds: Called before each note with its source.
    """

    def __init__(self, model: str = MODEL, before: Callable[[str], None] = lambda _source: None) -> None:
        self.model = model
        self.read_notes: list[str] = []
        self._before = before

    def read(self, note: Note, out_of_time: Callable[[], bool] = lambda: False) -> NoteReading:
        self.read_notes.append(note.source)
        self._before(note.source)
        late = out_of_time()
        return reading(
            note.text,
            (mention(),),
            source=note.source,
            model=self.model,
            outcome="partly-read" if late else "read",
            reason="the time for reading was used up" if late else "",
            coverage=0.5 if late else 1.0,
        )
