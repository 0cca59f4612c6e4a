"""All values of a note, each bound to its test."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence

from fhir_adapters.record import NoteValue, Section, Span
from models.notes.typed_span import TypedSpan
from models.notes.values.binding import bound_values
from models.notes.values.context import fluid_at
from models.notes.values.hints import hinted_values
from models.notes.values.lexer import Token, tokens_of
from models.notes.values.loose import loose_values
from models.notes.values.named import Named, named_tests
from models.notes.values.names import NONE, PRESSURE
from models.notes.values.results import worded_results
from models.notes.values.sentence import Sentence
from models.notes.values.words import words

# Not measured on a fluid, so that "urine" before them means nothing.
_BEDSIDE = words(
    """
    sbp dbp heart_rate resp_rate temperature spo2 fio2 o2_flow weight height bmi waist gcs lvef fev1 fvc
    fev1_fvc tscore_dxa phq9 gad7 urine_albumin urine_creatinine urine_sodium urine_protein_strip uacr upcr
    """
) | {PRESSURE}
# Of these a list of medications holds doses, not results.
_DRUGS = words(
    """
    potassium magnesium calcium iron folate vitamin_b12 vitd_25oh phosphate albumin sodium glucose
    bicarbonate chloride
    """
)
_MAY_HOLD = re.compile(r"\d|positiv|negativ|reactiv|detect|trace|\b(?:pos|neg)\b", re.IGNORECASE)
_FLUID_HEADINGS = ("urin", "csf", "cerebrospinal", "lumbar puncture")


def values_of(
    text: str, sentences: Sequence[Span], sections: Sequence[Section], spans: Sequence[TypedSpan]
) -> list[NoteValue]:
    """The measured values of a note with their units, in order of position.

    A dose, a date, an age, a goal, a threshold, a reference range and a number of a de-identified gap are no
    values. Of a range the lower bound is given; of several values of one test in a sentence the current
    one. A unit is the note's own, or the only one that the number can have for the analyte, or "". Lengths
    in feet and inches are given in inches.

    Args:
        text: The whole note.
        sentences: As `models.notes.sentences` cuts them.
        sections: As `fhir_adapters.notes` finds them.
        spans: Spans of the transformer; those of type "test" and "value" help to bind tests that we do not
            know.
    """
    starts = [section.start for section in sections]
    hints = sorted(span for span in spans if span.type in {"test", "value"})
    found: list[NoteValue] = []
    for span in sentences:
        at = bisect_right(starts, span.start) - 1
        section = sections[at] if at >= 0 and span.start < sections[at].end else None
        found.extend(_values(text, span, section, hints))
    return sorted(found, key=lambda value: (value.span.start, value.span.end))


def _values(
    text: str, span: Span, section: Section | None, hints: Sequence[TypedSpan]
) -> Iterator[NoteValue]:
    if not _MAY_HOLD.search(text, span.start, span.end):
        return
    tokens = tokens_of(text, span.start, span.end)
    vitals = section is not None and section.kind == "vitals"
    names = _on_blood(tokens, named_tests(text, tokens, vitals=vitals), section)
    sentence = Sentence(text, span.end, tokens, names)
    values = [value for value in bound_values(sentence) if not _is_dose(value, section)]
    tests = frozenset(value.test.start for value in values if value.test)
    values.extend(worded_results(sentence, tests))
    values.extend(loose_values(sentence, _starts(values), vitals=vitals))
    if section is None or section.kind != "medications":  # there an unknown name with a number is a dose
        values.extend(hinted_values(sentence, _within(hints, span), _starts(values)))
    yield from values


def _starts(values: Sequence[NoteValue]) -> frozenset[int]:
    return frozenset(value.span.start for value in values)


def _on_blood(tokens: Sequence[Token], names: Sequence[Named], section: Section | None) -> list[Named]:
    """The tests with those of urine and other fluids named as none of ours."""
    fluid = fluid_at(tokens)
    heading = section.heading.lower() if section else ""
    all_fluid = any(word in heading for word in _FLUID_HEADINGS)
    return [
        name._replace(key=NONE) if (all_fluid or fluid[name.first]) and name.key not in _BEDSIDE else name
        for name in names
    ]


def _is_dose(value: NoteValue, section: Section | None) -> bool:
    return section is not None and section.kind == "medications" and value.analyte in _DRUGS


def _within(hints: Sequence[TypedSpan], span: Span) -> Sequence[TypedSpan]:
    first = bisect_left(hints, span.start, key=_start)
    last = bisect_left(hints, span.end, key=_start)
    return hints[first:last]


def _start(hint: TypedSpan) -> int:
    return hint.start
