"""Smoking and drinking as a note states them, ready to become mentions."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from fhir_adapters.record import Assertion, NoteValue, Section, Span, Whose
from models.notes.values.boxes import Box, boxes_of
from models.notes.values.drinking import drinking_in
from models.notes.values.habit_text import lowered, names_relative, whose_habit
from models.notes.values.smoking import Found, smoking_in

_INSTRUCTIONS = frozenset({"instructions", "assessment_plan", "disposition", "indication"})
_ABSENT = frozenset({"never-smoker", "non-smoker", "no-alcohol"})
_TOPICS: tuple[tuple[str, tuple[str, ...], Callable[..., list[Found]]], ...] = (
    ("tobacco", ("tobacco", "smok"), smoking_in),
    ("alcohol", ("alcohol", "etoh"), drinking_in),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habit:
    """One statement of a habit.

    Attributes:
        span: Of the words that state it.
        value: Its `text` is "current-smoker", "former-smoker", "never-smoker", "non-smoker" (not now, the
            past is not told), "alcohol-use" or "no-alcohol"; or its number is an amount, of "pack_years"
            ({PackYears}), "packs_per_day" ({Packs}/d) or "drinks_per_week" ({drinks}/wk).
        whose: A relative's smoking is not the patient's.
    """

    span: Span
    value: NoteValue
    whose: Whose

    def assertion(self) -> Assertion:
        """What the note says of the habit: absent for one denied, past for one given up."""
        return Assertion(
            presence="absent" if self.value.text in _ABSENT else "present",
            when="past" if self.value.text == "former-smoker" else "current",
            whose=self.whose,
        )


def habits_of(text: str, sentences: Sequence[Span], sections: Sequence[Section]) -> list[Habit]:
    """Smoking and drinking of tobacco and alcohol, in order of position.

    A heading ("Tobacco:") belongs to the sentence below it. What stands in the label of an
    empty box is not stated.

    Args:
        text: The whole note.
        sentences: As `models.notes.sentences` cuts them.
        sections: As `fhir_adapters.notes` finds them.
    """
    starts = [section.start for section in sections]
    empty = [box for box in boxes_of(text) if not box.ticked and not box.answered]
    found: list[Habit] = []
    first_of: set[int] = set()
    before = ""
    for span in sentences:
        at = bisect_right(starts, span.start) - 1
        section = sections[at] if at >= 0 and span.start < sections[at].end else None
        leads = section is not None and at not in first_of
        first_of.add(at)
        sentence = _without(lowered(text[span.start : span.end]), span, empty)
        found.extend(_habits(sentence, before, span, section, leads=leads))
        before = sentence
    return sorted(found, key=lambda habit: (habit.span.start, habit.span.end))


def _without(sentence: str, span: Span, empty: Sequence[Box]) -> str:
    """The sentence with the labels of empty boxes blanked: nobody stated them."""
    at = bisect_left(empty, span.start, key=lambda box: box.label.start)
    while at < len(empty) and empty[at].label.start < span.end:
        first, last = empty[at].label.start - span.start, min(empty[at].label.end, span.end) - span.start
        sentence = sentence[:first] + " " * (last - first) + sentence[last:]
        at += 1
    return sentence


def _habits(
    sentence: str, before: str, span: Span, section: Section | None, *, leads: bool
) -> Iterator[Habit]:
    kind = section.kind if section else ""
    if kind == "labs":
        return  # "ethanol: none" is a result there
    heading = section.heading.lower() if section else ""
    for topic, names, read in _TOPICS:
        label = (
            f"{topic}: "
            if leads and any(n in heading for n in names) and not any(n in sentence for n in names)
            else ""
        )
        for found in read(label + sentence, instructs=kind in _INSTRUCTIONS):
            start = max(0, found.start - len(label))
            where = Span(span.start + start, span.start + max(start + 1, found.end - len(label)))
            yield Habit(span=where, value=_value(found, where), whose=_whose(sentence, before, start, kind))


def _value(found: Found, span: Span) -> NoteValue:
    return NoteValue(analyte=found.key, value=found.value, unit=found.unit, text=found.text, span=span)


def _whose(sentence: str, before: str, start: int, kind: str) -> Whose:
    """A relative's when the sentence says so, or when it goes on about one in a family history."""
    whose = whose_habit(sentence, start)
    goes_on = kind == "family_history" and sentence.lstrip().startswith(("he ", "she "))
    return "family" if whose == "patient" and goes_on and names_relative(before) else whose
