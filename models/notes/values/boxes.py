"""Ticked and empty boxes of forms, and questions answered with yes or no."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.record import Span

_LONGEST_LINE = 2000
_LONGEST_LABEL = 120
_LONGEST_QUESTION = 60
_MARK = re.compile(
    r"\[\s{0,3}(?P<cross>[xX✓✔√*]?)\s{0,3}\]|(?<!\w)\((?:\s{1,3}|\s{0,3}(?P<round>[xX✓✔√])\s{0,3})\)"
    r"|(?P<full>[☒☑✓✔🗹])|(?P<empty>[☐□▢])"
)
_ANSWER = re.compile(
    r":[ \t]{0,4}(?P<answer>yes|no|y|n|positive|negative|denies|denied)"
    r"(?=\s{2}|[ \t]*(?:$|[\n,;|]|\.(?:\s(?!\s*\d)|$))|\s[A-Z][A-Za-z /]{1,40}:)",
    re.IGNORECASE,
)
_CIRCLED = re.compile(
    r":?[ \t]{1,4}(?:(?P<yes>[(\[]y(?:es)?[)\]])[ \t]?/?[ \t]?no?(?![a-z])|y(?:es)?[ \t]?/?[ "
    r"\t]?(?P<no>[(\[]no?[)\]]))",
    re.IGNORECASE,
)
_LABEL_ENDS = frozenset(".,;|:\n\t[]")
_OPENERS = "[(☒☑✓✔🗹☐□▢"
_YES = frozenset({"yes", "y", "positive"})
_NO = frozenset({"no", "n", "denies", "denied", "negative"})
_EDGE = " \t\r,;|-–:.•"


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One choice of a form.

    Attributes:
        label: What it says, e.g. "chest pain".
        ticked: True when it is marked, or answered with yes.
        answered: True when the form has yes and no. An empty box of a list says only that nobody ticked
            it; a "no" denies.
        mark: The box or the answer.
    """

    label: Span
    ticked: bool
    answered: bool
    mark: Span


def boxes_of(text: str) -> list[Box]:
    """The ticked and the empty choices of a note, in order.

    Reads "[x]", "(x)", "( )" and the box characters before their label, or behind it where a line ends
    with one; "Fever: Yes"; and "Chest pain (Y) N". A question with no or two marks gives nothing.
    """
    found: list[Box] = []
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        for first in range(start, end, _LONGEST_LINE):
            found.extend(_line(text, first, min(end, first + _LONGEST_LINE)))
        start = end + 1
    return found


def _line(text: str, start: int, end: int) -> list[Box]:
    boxed = any(text.find(opener, start, end) >= 0 for opener in _OPENERS)
    if not boxed and text.find(":", start, end) < 0:
        return []
    marks = list(_MARK.finditer(text, start, end))
    if marks and any(_is_box(mark) for mark in marks):
        return list(_marked(text, start, end, marks))
    return [
        Box(label=label, ticked=yes, answered=True, mark=mark)
        for yes, mark, at in _answers(text, start, end)
        if (label := _trimmed(text, _label_start(text, start, at), at, cut_at_gap=False))
    ]


def _answers(text: str, start: int, end: int) -> Iterator[tuple[bool, Span, int]]:
    """Yes or no, where it stands, and where the question before it ends."""
    for match in _ANSWER.finditer(text, start, end):
        yield match["answer"].lower() in _YES, Span(match.start("answer"), match.end("answer")), match.start()
    for match in _CIRCLED.finditer(text, start, end):
        mark = "yes" if match["yes"] else "no"
        yield mark == "yes", Span(match.start(mark), match.end(mark)), match.start()


def _label_start(text: str, start: int, end: int) -> int:
    """Where the words before an answer begin: behind punctuation, a gap or the answer before."""
    at = end
    while at > max(start, end - _LONGEST_QUESTION) and text[at - 1] not in _LABEL_ENDS:
        if text[at - 2 : at] == "  ":
            break
        at -= 1
    while at < end and text[at] == " ":
        at += 1
    first = text[at:end].split(" ", 1)  # the answer to the question before
    return at + len(first[0]) if first[0].lower() in _YES | _NO and len(first) > 1 else at


def _is_box(mark: re.Match[str]) -> bool:
    """False for a lone tick or a star, which lists use as bullets."""
    return mark.group() not in {"✓", "✔", "[*]"} or mark["full"] in {"✓", "✔"}


def _is_ticked(mark: re.Match[str]) -> bool:
    return bool(mark["cross"] or mark["round"] or mark["full"])


def _marked(text: str, start: int, end: int, marks: list[re.Match[str]]) -> Iterator[Box]:
    behind = not text[marks[-1].end() : end].strip(_EDGE) and bool(
        text[start : marks[0].start()].strip(_EDGE)
    )
    edges = [start, *(mark.end() for mark in marks)] if behind else [*(mark.start() for mark in marks), end]
    boxes = []
    for index, mark in enumerate(marks):
        first, last = (edges[index], mark.start()) if behind else (mark.end(), edges[index + 1])
        label = _trimmed(text, first, last, cut_at_gap=not behind)
        if label is not None:
            boxes.append(
                Box(label=label, ticked=_is_ticked(mark), answered=False, mark=Span(mark.start(), mark.end()))
            )
    yield from _questions(text, start, boxes)


def _questions(text: str, start: int, boxes: list[Box]) -> Iterator[Box]:
    """Joins the boxes of "yes" and "no" to the question that stands before them."""
    index, before = 0, start
    while index < len(boxes):
        pair = boxes[index : index + 2]
        said = [text[box.label.start : box.label.end].lower().split()[0].strip(_EDGE) for box in pair]
        if len(pair) == 2 and ((said[0] in _YES and said[1] in _NO) or (said[0] in _NO and said[1] in _YES)):
            label = _trimmed(text, before, min(pair[0].mark.start, pair[0].label.start), cut_at_gap=False)
            ticked = [box for box in pair if box.ticked]
            if label is not None and len(ticked) == 1:
                yes = said[pair.index(ticked[0])] in _YES
                yield Box(label=label, ticked=yes, answered=True, mark=ticked[0].mark)
            before = pair[1].label.start + len(said[1])
            index += 2
        else:
            yield boxes[index]
            before = max(boxes[index].label.end, boxes[index].mark.end)
            index += 1


def _trimmed(text: str, start: int, end: int, *, cut_at_gap: bool) -> Span | None:
    """The label between two places; with a gap of blanks the part before it."""
    while start < end and text[start] in _EDGE:
        start += 1
    end = min(end, start + _LONGEST_LABEL)
    if cut_at_gap:
        gaps = [at for at in (text.find(mark, start, end) for mark in ("   ", "\t", ";", "|")) if at > 0]
        end = min([end, *gaps])
    while end > start and text[end - 1] in _EDGE:
        end -= 1
    return Span(start, end) if start < end else None
