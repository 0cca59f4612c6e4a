"""Spans of all finders to mentions: one type for each stretch of words, its value, assertion and codes."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import Final, cast

from fhir_adapters.record import Assertion, CodeMatch, Mention, MentionType, NoteValue, Section, Span
from models.notes.assertion import assert_spans
from models.notes.linking import Defined, link, vocabulary_spans
from models.notes.merging import Candidate, merged
from models.notes.repairing import items_of, renamed
from models.notes.sentences import sentences_of
from models.notes.spans import ModelSpan
from models.notes.typed_span import TypedSpan
from models.notes.values.extract import values_of
from models.notes.values.habits import Habit, habits_of

# The clinical head knows all types of mention; the others were trained on abstracts and know chemicals and
# diseases.
_CLINICAL: Final = "clinical"
_OTHER_HEADS: Final[Mapping[str, MentionType]] = {"Chemical": "medication", "Disease": "problem"}
_MODEL, _PATTERN, _VOCABULARY, _UNSURE, _OTHERS = range(5)
# Below the first a head is guessing; below the second knowing a name or a number is better.
_LEAST_MODEL: Final = 0.3
_SURE_MODEL: Final = 0.5
# How often a pattern, or a known name, is what it looks like.
_SURE_PATTERN, _SURE_NAME = 0.9, 0.85
# A heading that we know is no mention, except where it names the test whose result follows.
_TELLING_HEADINGS: Final = frozenset({"", "imaging", "ecg", "echocardiogram"})
_LINKED: Final = frozenset[MentionType]({"problem", "symptom", "medication", "procedure", "test"})
# What may carry a value: by the words that name the test, and by those of the value itself.
_TESTED: Final = frozenset[MentionType]({"test", "symptom", "problem", "procedure"})
_MEASURED: Final = frozenset[MentionType]({"value", "test"})
_FINDINGS: Final = frozenset[MentionType]({"problem", "symptom"})
# A vaccine is called by its disease.
_VACCINES: Final = re.compile(r"\b(?:immuni[sz]ations?|vaccin(?:es?|ations?))\b[^.;:]{0,30}:", re.IGNORECASE)
_VACCINE: Final = re.compile(
    r"[\s\-]{0,3}(?:virus |conjugate |booster |diphtheria |toxoid ){0,2}"
    r"(?:vaccin|immuni[sz]|booster|shots?\b|toxoid|antitoxin)",
    re.IGNORECASE,
)
_LIST_OF_VACCINES: Final = 300
_Valued = tuple[Candidate, NoteValue | None]
# Mentions that are linked between two looks at the clock.
_TOGETHER: Final = 64


def mentions_of(
    text: str,
    sections: Sequence[Section],
    found: Iterable[ModelSpan],
    out_of_time: Callable[[], bool] = lambda: False,
) -> tuple[list[Mention], int]:
    """The mentions of a text, in order of position.

    Of spans that overlap one stays: the clinical head decides where it is sure, then patterns (values,
    habits), known names, the clinical head where it is not sure, and the other heads; a known name that holds
    a marked part of it replaces the part. A value goes to the mention of its test, or to one of its own.

    Args:
        text: What was read of a note, from its start.
        sections: Of the whole note.
        found: Spans of all heads of the network.
        out_of_time: Once it says so, the mentions that are ready are the answer.

    Returns:
        The mentions, and up to where the text was read.
    """
    page = _Page(text, [section for section in sections if section.start <= len(text)])
    names = page.known_names()
    cut = (item for each in _marked(page, found) for item in items_of(text, each))
    marked = list(renamed(text, cut, names))
    decided = [_typed(each) for each in marked if each.rank != _OTHERS]
    values = values_of(text, page.sentences, page.sections, decided)
    habits = habits_of(text, page.sentences, page.sections)
    chosen = merged((*marked, *_of_values(values), *_of_vocabulary(page, names)))
    stated = (each for each in _outside(habits, chosen) if not _names_a_vaccine(page, each))
    pairs = _with_values(list(stated), values)
    return _asserted(page, pairs, habits, out_of_time)


class _Page:
    """A text with its sections and sentences, and what stands where."""

    def __init__(self, text: str, sections: Sequence[Section]) -> None:
        self.text = text
        self.sections = sections
        self.defined = Defined(text)
        self.sentences = sentences_of(text, sections)
        self._section_starts = [section.start for section in sections]
        self._sentence_starts = [sentence.start for sentence in self.sentences]

    def section_at(self, position: int) -> Section | None:
        """The section whose body holds a position."""
        place = bisect_right(self._section_starts, position) - 1
        found = self.sections[place] if place >= 0 else None
        return found if found is not None and position < found.end else None

    def known_names(self) -> list[TypedSpan]:
        """Names of the vocabulary, without short forms that the text defines as something else."""
        return [
            span
            for span in vocabulary_spans(self.text)
            if self.defined.words_at(span.start, span.end, span.type) == self.text[span.start : span.end]
        ]

    def is_heading(self, start: int) -> bool:
        """True inside a heading that says nothing but where a section begins."""
        place = bisect_right(self._section_starts, start)
        if place == len(self.sections) or self.section_at(start) is not None:
            return False
        return self.sections[place].kind not in _TELLING_HEADINGS

    def sentence_at(self, start: int, end: int) -> Span:
        """The sentence that a span begins in; the span itself outside all of them."""
        place = bisect_right(self._sentence_starts, start) - 1
        found = self.sentences[place] if place >= 0 else None
        return found if found is not None and start < found.end else Span(start, end)


def _marked(page: _Page, found: Iterable[ModelSpan]) -> Iterator[Candidate]:
    """The network's spans with our types, without headings."""
    for span in found:
        clinical = span.head == _CLINICAL
        kind = cast(MentionType, span.type) if clinical else _OTHER_HEADS.get(span.type)
        if kind is None or span.score < _LEAST_MODEL or page.is_heading(span.start):
            continue
        yield Candidate(
            start=span.start,
            end=span.end,
            type=kind,
            score=span.score,
            origin="model",
            rank=_OTHERS if not clinical else _MODEL if span.score >= _SURE_MODEL else _UNSURE,
        )


def _of_values(values: Iterable[NoteValue]) -> Iterator[Candidate]:
    for value in values:
        if value.test is not None:
            yield _pattern(value.test, "test")
        yield _pattern(value.span, "value")


def _pattern(span: Span, kind: MentionType) -> Candidate:
    return Candidate(
        start=span.start, end=span.end, type=kind, score=_SURE_PATTERN, origin="pattern", rank=_PATTERN
    )


def _of_vocabulary(page: _Page, names: Iterable[TypedSpan]) -> Iterator[Candidate]:
    for span in names:
        if not page.is_heading(span.start):
            yield Candidate(
                start=span.start,
                end=span.end,
                type=span.type,
                score=_SURE_NAME,
                origin="vocabulary",
                rank=_VOCABULARY,
            )


def _with_values(chosen: Sequence[Candidate], values: Iterable[NoteValue]) -> list[_Valued]:
    """Each mention with its value; a value that finds none to go to gets one of its own."""
    starts = [each.start for each in chosen]
    bound: dict[int, NoteValue] = {}
    alone: list[_Valued] = []
    for value in values:
        places = (
            *(_at(chosen, starts, value.test, _TESTED) if value.test else ()),
            *_at(chosen, starts, value.span, _MEASURED),
        )
        free = next((place for place in places if place not in bound), None)
        if free is None:
            alone.append((_pattern(value.span, "value"), value))
        else:
            bound[free] = value
    return [(each, bound.get(place)) for place, each in enumerate(chosen)] + alone


def _at(
    chosen: Sequence[Candidate], starts: Sequence[int], span: Span, types: Container[MentionType]
) -> Iterator[int]:
    place = max(0, bisect_right(starts, span.start) - 1)
    while place < len(chosen) and chosen[place].start < span.end:
        if span.start < chosen[place].end and chosen[place].type in types:
            yield place
        place += 1


def _outside(habits: Sequence[Habit], chosen: Iterable[Candidate]) -> list[Candidate]:
    """The mentions without the words of habits; a known problem ("alcohol abuse") is one beside the habit."""
    starts = [habit.span.start for habit in habits]
    ends = list(accumulate((habit.span.end for habit in habits), max))
    kept = []
    for each in chosen:
        before = bisect_left(starts, each.end)
        apart = not before or ends[before - 1] <= each.start
        if apart or (each.type in _FINDINGS and each.origin == "vocabulary"):
            kept.append(each)
    return kept


def _names_a_vaccine(page: _Page, candidate: Candidate) -> bool:
    """True for the disease in "immunizations: influenza, hep b" and in "influenza vaccine"."""
    if candidate.type not in _FINDINGS:
        return False
    sentence = page.sentence_at(candidate.start, candidate.end)
    before = page.text[max(sentence.start, candidate.start - _LIST_OF_VACCINES) : candidate.start]
    return bool(_VACCINES.search(before) or _VACCINE.match(page.text, candidate.end))


def _asserted(
    page: _Page, pairs: Sequence[_Valued], habits: Iterable[Habit], out_of_time: Callable[[], bool]
) -> tuple[list[Mention], int]:
    """The mentions with what the note says of them, and their codes."""
    typed = [_typed(each) for each, _ in pairs]
    said = assert_spans(page.text, page.sentences, page.sections, typed)
    every = [(*pair, _done(*pair, assertion)) for pair, assertion in zip(pairs, said, strict=True)]
    every += [(_pattern(habit.span, "habit"), habit.value, habit.assertion()) for habit in habits]
    every.sort(key=lambda each: (each[0].start, each[0].end))
    mentions: list[Mention] = []
    codes = _Codes(page.defined)
    for place, (candidate, value, assertion) in enumerate(every):
        if place % _TOGETHER == 0 and place and out_of_time():
            return mentions, candidate.start
        section = page.section_at(candidate.start)
        mentions.append(
            Mention(
                start=candidate.start,
                end=candidate.end,
                type=candidate.type,
                score=candidate.score,
                origin=candidate.origin,
                section=section.kind if section else "",
                sentence=page.sentence_at(candidate.start, candidate.end),
                assertion=assertion,
                codes=codes.of(candidate),
                value=value,
            )
        )
    return mentions, len(page.text)


def _done(candidate: Candidate, value: NoteValue | None, said: Assertion) -> Assertion:
    """The assertion; a test that has a number was done, whatever the heading of the plan says."""
    planned = candidate.type == "test" and said.when == "planned"
    return replace(said, when="current") if planned and value and value.value is not None else said


class _Codes:
    """Links the words of mentions, the same words once."""

    def __init__(self, defined: Defined) -> None:
        self._defined = defined
        self._known: dict[tuple[str, MentionType], tuple[CodeMatch, ...]] = {}

    def of(self, candidate: Candidate) -> tuple[CodeMatch, ...]:
        if candidate.type not in _LINKED:
            return ()
        key = self._defined.words_at(candidate.start, candidate.end, candidate.type), candidate.type
        if key not in self._known:
            self._known[key] = link(*key)
        return self._known[key]


def _typed(candidate: Candidate) -> TypedSpan:
    return TypedSpan(candidate.start, candidate.end, candidate.type)
