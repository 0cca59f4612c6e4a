"""What a note asserts: mentions with offsets, assertion, value and codes; never the words themselves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from fhir_adapters.record.parts import Redacted

MentionType = Literal[
    "problem",
    "symptom",  # symptoms, signs and findings of an examination
    "medication",
    "dosage",
    "procedure",
    "test",
    "value",
    "anatomy",
    "severity",
    "duration",
    "date",
    "habit",  # smoking, alcohol, drugs
]
Presence = Literal["present", "absent", "possible", "conditional"]
When = Literal["current", "past", "planned"]
Whose = Literal["patient", "family", "other"]


@dataclass(frozen=True, slots=True)
class Span:
    """Characters [start, end) of a note's text."""

    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Assertion(Redacted):
    """What the note says of a mention.

    Attributes:
        presence: "absent" is denied or ruled out; "conditional" depends on something ("if fever occurs",
            "on exertion only" is not conditional).
        when: "past" is over or of earlier; "planned" is ordered or intended, not yet so.
        whose: Whose it is.
        score: 0 to 1, how sure the reader is of all three together.
        cues: The words that decided, where a rule did.
    """

    presence: Presence = "present"
    when: When = "current"
    whose: Whose = "patient"
    score: float = 1.0
    cues: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CodeMatch(Redacted):
    """A code that a mention was linked to.

    Attributes:
        system: Code system URI.
        display: Our name of the concept.
        score: 0 to 1; 1 is a name of the concept in our vocabulary, word for word.
    """

    system: str
    code: str
    display: str
    score: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NoteValue(Redacted):
    """A value and its unit as a note gives them, bound to the test that they belong to.

    Attributes:
        analyte: Key of `terminology.analytes`, or a key of the reader's own ("lvef", "pack_years"); "" when
            the test is not one that we know.
        value: The number; None for a value in words.
        unit: UCUM; "" when the note gives none and the analyte has no usual one.
        text: A value in words, from a fixed vocabulary ("positive", "negative", "current-smoker"); else "".
        comparator: "<", "<=", ">=", ">" or "".
        span: Of the value with its unit.
        test: Of the words that name the test; None when they are not in the sentence.
    """

    analyte: str
    value: Decimal | None
    unit: str = ""
    text: str = ""
    comparator: str = ""
    span: Span
    test: Span | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Mention(Redacted):
    """One thing that a note mentions.

    Attributes:
        start, end: Characters of the note's text.
        score: 0 to 1, the reader's probability of the whole span and its type.
        origin: "model" is the transformer, "vocabulary" a known name that it did not mark, "pattern" a rule
            for values, habits and ticked boxes.
        section: Kind of the section ("assessment_plan", "" when unknown).
        sentence: The sentence around it.
        codes: Best first; empty when no link is sure enough.
    """

    start: int
    end: int
    type: MentionType
    score: float
    origin: Literal["model", "vocabulary", "pattern"]
    section: str
    sentence: Span
    assertion: Assertion
    codes: tuple[CodeMatch, ...] = ()
    value: NoteValue | None = None


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class NoteReading(Redacted):
    """What one note asserts.

    Attributes:
        source: The note's reference.
        digest: SHA-256 of the note's text, hexadecimal.
        model: Name and version of the reader that made it, with the hash of its weights.
        outcome: "read"; "partly-read" (a part is not prose of a language we read, or was not reached);
            "not-read" with its `reason`.
        reason: For people, without patient data; "" when all was read.
        coverage: Share of the characters that was read, 0 to 1.
        mentions: In order of position.
    """

    source: str
    digest: str
    model: str
    outcome: Literal["read", "partly-read", "not-read"]
    reason: str = ""
    coverage: float = 1.0
    mentions: tuple[Mention, ...] = ()
