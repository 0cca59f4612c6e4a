"""Asserts every mention of a note: whether it is so, when, and whose it is."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from fhir_adapters.record import Assertion, Section, Span
from models.notes.assertion.cues import find_cues
from models.notes.assertion.evidence import Evidence
from models.notes.assertion.learned import revised
from models.notes.assertion.marks import mark_of
from models.notes.assertion.rules import assertion_of
from models.notes.assertion.scope import LOOKS_AHEAD, LOOKS_BACK, Scope
from models.notes.assertion.words import BREAK, Words, words_of
from models.notes.typed_span import TypedSpan

# Characters around mentions that any rule could look at; a sentence of a megabyte of noise stays cheap.
_BACK, _AHEAD = 1500, 400
_LOOSE = 250
_LEAD = 240
_BULLETS = "-*•●▪◦■‣·☐☒☑✓✔□["
_CUE_TYPES = frozenset(("value", "date", "duration"))
_NO_SECTION = Section(kind="", heading="", start=0, end=0)


def assert_spans(
    text: str, sentences: Sequence[Span], sections: Sequence[Section], spans: Sequence[TypedSpan]
) -> list[Assertion]:
    """What the note asserts of each span, in the order of the spans.

    Presence and experiencer come from rules; time from rules, revised by a small learned model where that
    measured better (see `learned`). "past" is told as history, as in ConText: "history of hypertension" is
    past although the patient still has it; `lifelong.holds_now` answers that.

    Args:
        text: The whole note.
        sentences: Its sentences, in order; a span outside all of them is read in the text around it.
        sections: Its sections, in order.
        spans: The mentions, in any order.
    """
    return [
        revised(evidence, assertion_of(evidence))
        for evidence in evidence_of(text, sentences, sections, spans)
    ]


def evidence_of(
    text: str, sentences: Sequence[Span], sections: Sequence[Section], spans: Sequence[TypedSpan]
) -> list[Evidence]:
    """What bears on each span, in the order of the spans. Arguments as of `assert_spans`."""
    order = sorted(range(len(spans)), key=lambda index: spans[index])
    starts = [sentence.start for sentence in sentences]
    section_starts = [section.start for section in sections]
    found: dict[int, Evidence] = {}
    for place, group in groupby(order, key=lambda index: _sentence_at(sentences, starts, spans[index])):
        for indices in _clusters(group, spans) if place >= 0 else ([index] for index in group):
            inside = [spans[index] for index in indices]
            stretch = _stretch(text, sentences, place, inside)
            section = _section_at(sections, section_starts, inside[0].start)
            found.update(zip(indices, _read(text, stretch, section, inside), strict=True))
    return [found[index] for index in range(len(spans))]


def _sentence_at(sentences: Sequence[Span], starts: Sequence[int], span: TypedSpan) -> int:
    place = bisect_right(starts, span.start) - 1
    return place if place >= 0 and span.start < sentences[place].end else -1


def _section_at(sections: Sequence[Section], starts: Sequence[int], at: int) -> Section:
    place = bisect_right(starts, at) - 1
    return sections[place] if place >= 0 and at < sections[place].end else _NO_SECTION


def _clusters(indices: Iterable[int], spans: Sequence[TypedSpan]) -> Iterator[list[int]]:
    """Cuts the mentions of a sentence where no rule looks from one to the next."""
    cluster: list[int] = []
    for index in indices:
        if cluster and spans[index].start - spans[cluster[-1]].end > _BACK + _AHEAD:
            yield cluster
            cluster = []
        cluster.append(index)
    yield cluster


def _stretch(text: str, sentences: Sequence[Span], place: int, inside: Sequence[TypedSpan]) -> list[Span]:
    """The characters to read for mentions of one sentence: what leads in to it, and the sentence."""
    lowest, highest = inside[0].start - _BACK, max(span.end for span in inside) + _AHEAD
    if place < 0:
        return [_line(text, inside[0])]
    sentence = sentences[place]
    body = Span(max(sentence.start, lowest), min(max(sentence.end, inside[-1].end), highest))
    lead = _lead(text, sentences, place)
    return [lead, body] if lead is not None and body.start == sentence.start else [body]


def _line(text: str, span: TypedSpan) -> Span:
    """The line around a mention that is in no sentence, or what is near of it."""
    lowest, highest = max(0, span.start - _LOOSE), min(len(text), span.end + _LOOSE)
    first = text.rfind("\n", lowest, span.start) + 1
    last = text.find("\n", span.end, highest)
    return Span(max(first, lowest), last if last >= 0 else highest)


def _lead(text: str, sentences: Sequence[Span], place: int) -> Span | None:
    """The sentence that a bullet or a cut-off sentence goes on from: "Denies:" above "- fever"."""
    sentence = sentences[place]
    bulleted = text[sentence.start] in _BULLETS
    for before in range(place - 1, max(-1, place - 25), -1):
        earlier = sentences[before]
        last = text[earlier.end - 1]
        if last == ":" and earlier.end - earlier.start <= _LEAD and (bulleted or before == place - 1):
            return earlier
        if before == place - 1 and last not in ".!?:" and "\n" not in text[earlier.end : sentence.start]:
            return Span(max(earlier.start, earlier.end - _BACK), earlier.end)
        if not (bulleted and text[earlier.start] in _BULLETS):
            return None
    return None


def _read(
    text: str, stretch: Sequence[Span], section: Section, inside: Sequence[TypedSpan]
) -> Iterator[Evidence]:
    words, led = _joined(text, stretch)
    spaced = [*(text[stop].isspace() for stop in words.ends[:-1]), True]
    places = [_words_at(words, span) for span in inside]
    # The words of a value or a time are cues all the same: "negative" denies what "negative for" goes on to
    # name, and "2 years ago" is past.
    names = [place for span, place in zip(inside, places, strict=True) if span.type not in _CUE_TYPES]
    scope = Scope(words.lower, spaced, find_cues(words.lower, names))
    heading = _heading_span(text, section)
    for span, (first, last) in zip(inside, places, strict=True):
        yield Evidence(
            type=span.type,
            name=tuple(words.lower[first:last]),
            before=tuple(words.lower[max(led, first - LOOKS_BACK) : first]),
            after=tuple(words.lower[last : last + 2 * LOOKS_AHEAD]),
            heard=tuple(scope.heard(first, last)),
            mark=mark_of(text, span.start, span.end),
            section=section.kind,
            heading=section.heading.lower(),
            heading_span=heading,
            bare=_is_bare(words.lower, led, first, last),
            starts=words.starts,
            ends=words.ends,
        )


def _joined(text: str, stretch: Sequence[Span]) -> tuple[Words, int]:
    """The words of a stretch, and how many of them only lead in to it."""
    body = stretch[-1]
    if len(stretch) == 1:
        return words_of(text, body.start, body.end), 0
    words = words_of(text, body.start + (text[body.start] in _BULLETS[:-1]), body.end)
    lead = words_of(text, stretch[0].start, stretch[0].end)
    joined = Words(lead.lower + words.lower, lead.starts + words.starts, lead.ends + words.ends)
    return joined, len(lead.lower)


def _words_at(words: Words, span: TypedSpan) -> tuple[int, int]:
    first = bisect_right(words.ends, span.start)
    last = bisect_right(words.starts, span.end - 1)
    return first, max(first, last)


def _is_bare(words: Sequence[str], led: int, first: int, last: int) -> bool:
    """True when only numbers, marks and line breaks stand beside the mention."""
    around = [*words[max(led, first - 4) : first], *words[last : last + 3]]
    near = first - led <= 4 and len(words) - last <= 3
    return near and all(not word[0].isalpha() or word == BREAK for word in around)


def _heading_span(text: str, section: Section) -> Span | None:
    if not section.heading:
        return None
    place = text.rfind(section.heading, max(0, section.start - len(section.heading) - 16), section.start)
    return Span(place, place + len(section.heading)) if place >= 0 else None
