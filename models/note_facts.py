"""What notes say of the patient, for models: mentions that hold now, as evidence with the sentence quoted.

Denied, possible, conditional, planned and relatives' mentions never come out of here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from fhir_adapters.record import Coding, Concept, Mention, MentionType, Note, NoteReading, PatientRecord
from models.finding import Evidence
from models.notes.assertion import holds_now

# Notes that models ask for; the reader reads the newest of them first.
NOTES_READ = 20
# A reader that is less sure than this of a span or of what is said of it has not said it.
CERTAIN = 0.6
# Sections that speak of others, of what might be, or of what was looked for.
_NOT_ASSERTED = frozenset({"family_history", "differential", "instructions", "indication", "allergies"})

_ECG = re.compile(r"\b(?:ecg|ekg|electrocardiogram|holter|telemetry|rhythm strip)\b", re.IGNORECASE)


class Noted(NamedTuple):
    """A mention, the note it stands in, and when that was written."""

    note: Note
    at: datetime
    mention: Mention

    @property
    def words(self) -> str:
        """The mention as written, on one line."""
        return " ".join(self.note.text[self.mention.start : self.mention.end].split())

    @property
    def sentence(self) -> str:
        """The sentence around it, on one line."""
        span = self.mention.sentence
        return " ".join(self.note.text[span.start : span.end].split())

    @property
    def concept(self) -> Concept:
        """What the mention was linked to, as a coded concept."""
        return Concept(
            codings=tuple(Coding(code.system, code.code, code.display) for code in self.mention.codes)
        )

    @property
    def is_ecg(self) -> bool:
        """True in an ECG report, or in the ECG section of another note."""
        return self.mention.section == "ecg" or bool(_ECG.search(f"{self.note.title} {self.note.type.label}"))

    def evidence(self, label: str, value: str, unit: str = "") -> Evidence:
        """The mention as evidence that quotes its sentence and says that it comes from a note."""
        return Evidence(
            source=self.note.source,
            label=label,
            value=value,
            unit=unit,
            at=self.at,
            remark="from a note",
            quote=self.sentence,
        )


def readings_of(record: PatientRecord) -> dict[str, NoteReading]:
    """The readings of a record by the reference of their note."""
    return {reading.source: reading for reading in record.readings}


def noted(record: PatientRecord, days: float) -> tuple[Noted, ...]:
    """Every mention of the dated notes of the last `days` days, whatever it asserts; newest note first."""
    since = record.as_of - timedelta(days=days)
    return tuple(item for item in record.once("noted", _all) if since <= item.at <= record.as_of)


def holding(record: PatientRecord, days: float, *types: MentionType) -> Iterator[Noted]:
    """The mentions of some types that the patient has at the time of the note, as far as it says."""
    for item in noted(record, days):
        if item.mention.type in types and is_certain(item.mention) and holds(item):
            yield item


def is_certain(mention: Mention) -> bool:
    """True when the reader is sure enough of the words and of what is said of them."""
    return mention.score >= CERTAIN and mention.assertion.score >= CERTAIN


def holds(item: Noted) -> bool:
    """True for what the note asserts of this patient at its time, in a section that asserts things."""
    mention = item.mention
    return mention.section not in _NOT_ASSERTED and holds_now(mention.assertion, mention.type, item.words)


def _all(record: PatientRecord) -> tuple[Noted, ...]:
    by_source = readings_of(record)
    dated = [(note.at, note) for note in record.notes if note.at is not None and note.source in by_source]
    dated.sort(key=lambda pair: pair[0], reverse=True)
    return tuple(
        Noted(note, at, mention) for at, note in dated for mention in by_source[note.source].mentions
    )
