"""Finds a symptom in notes: affirmed, of the patient, at the time. When in doubt it finds nothing.

A note that was read is taken by what the reader says of the mention; one that was not, by cue words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from fhir_adapters.record import Note, PatientRecord
from models.finding import Evidence
from models.note_facts import NOTES_READ, holding, readings_of

_ANY_AGE = 36525.0

# A cue anywhere in the same clause rules the mention out.
_NOT_AFFIRMED = re.compile(
    r"\b(?:no|not|non|nor|never|none|without|denie[sd]|deny(?:ing)?|denial|negative|absen(?:t|ce)|free of|"
    r"resolved|unlikely|possible|possibly|probable|may|might|could|suspected|concern(?:ed)? for|"
    r"rule[sd]? out|r/o|if|should|unless|return|watch for|monitor(?:ing)? for|risk (?:of|for)|"
    r"signs? of|symptoms of|warning|counsel+ed|educat(?:ed|ion)|instructed|advised|discussed|call)\b|"
    r"\?|n't\b",
    re.IGNORECASE,
)
_NOT_PATIENT = re.compile(
    r"\b(?:mother|father|parents?|brother|sister|siblings?|son|daughter|child(?:ren)?|wife|husband|spouse|"
    r"partner|aunt|uncle|cousin|grand\w+|maternal|paternal|family|familial|fhx?|relatives?)\b",
    re.IGNORECASE,
)
_NOT_NOW = re.compile(
    r"\b(?:history of|h/o|hx|previous(?:ly)?|prior|formerly|in the past|past|years? ago|as a child|childhood|"
    r"last year|since (?:19|20)\d\d|in (?:19|20)\d\d)\b",
    re.IGNORECASE,
)
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_CLAUSE = re.compile(r";|\bbut\b|\bhowever\b|\balthough\b", re.IGNORECASE)
# Kinds of section that speak of relatives, of the past, or of what might happen.
_OTHER_TIME_OR_PERSON = frozenset(
    {"family_history", "past_history", "surgical_history", "differential", "instructions"}
)


def symptom(
    record: PatientRecord, pattern: re.Pattern[str], label: str, near: datetime, days: float
) -> Evidence | None:
    """The sentence of the newest note that affirms a symptom now, or None.

    Args:
        record: The chart; its newest 20 notes are read.
        pattern: Finds the symptom's words.
        label: What it is evidence of.
        near: The note must be dated within `days` days of this time.
        days: See `near`.

    Returns:
        Evidence that quotes the sentence word for word, with the note as its source.
    """
    dated = [(note.at, note) for note in record.notes if note.at is not None]
    dated.sort(key=lambda item: item[0], reverse=True)
    was_read = readings_of(record)
    mentioned = [
        item
        for item in holding(record, _ANY_AGE, "symptom", "problem")
        if abs(item.at - near) <= timedelta(days=days) and pattern.search(item.words)
    ]
    for at, note in dated[:NOTES_READ]:
        if abs(at - near) > timedelta(days=days) or not pattern.search(note.text):
            continue
        sentences = (
            (item.sentence for item in mentioned if item.note is note)
            if note.source in was_read
            else (sentence for sentence in _sentences(note) if _affirms(sentence, pattern))
        )
        for sentence in sentences:
            return Evidence(
                source=note.source, label=label, value="described in a note", at=at, quote=sentence
            )
    return None


def _sentences(note: Note) -> Iterator[str]:
    spans = [(s.start, s.end) for s in note.sections if s.kind not in _OTHER_TIME_OR_PERSON]
    for start, end in spans if note.sections else [(0, len(note.text))]:
        for match in _SENTENCE.finditer(note.text, start, end):
            yield match.group().strip()


def _affirms(sentence: str, pattern: re.Pattern[str]) -> bool:
    for clause in _CLAUSE.split(sentence):
        if pattern.search(clause):
            cues = (_NOT_AFFIRMED, _NOT_PATIENT, _NOT_NOW)
            return sentence[-1:] != "?" and not any(cue.search(clause) for cue in cues)
    return False
