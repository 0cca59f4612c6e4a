"""Cuts the text of a note into sections by its headings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from fhir_adapters.notes.section_kinds import LONGEST_HEADING, SECTION_KINDS
from fhir_adapters.record import Section

# One letter is a heading only with a colon, at the start of a line ("S:" in a SOAP note).
_SHORTEST_BARE = 2
_MARKS = "#*_-=> \t\r"
_LOOKED_AT = 2 * LONGEST_HEADING
_FEWEST_LETTERS = 4
_MOST_WORDS = 6
# What stands before a colon in the middle of a line: the end of a sentence, then words in capitals.
_INLINE = re.compile(r"(?:^|[.,;!?)\]\s])\s*([A-Z][A-Z&/() '-]{2,48})$")

# A transcription's line end is a comma: a known heading in capitals between two of them needs no colon.
_UNMARKED = re.compile(r"(?:(?<=[.:)],)|(?<=\A))[ \t]{0,3}([A-Z][A-Z&/() '-]{3,48}?)[ \t]?,(?=\S)")
# A new heading, known or not, ends these lists; an examination goes on below headings of its own.
_ENDED = frozenset({"allergies", "medications", "immunizations", "family_history"})
# Two letters are a heading only at the start of such a line ("HX:"); "AP" is also an enzyme.
_SHORT = re.compile(r"[.:)],[ \t]{0,2}(?!AP)[A-Z]{2}\Z")
_UNKNOWN = "?"
_LINE_END = re.compile(r"[ \t]{0,3},")

# Heading, kind, start of the heading, start of the body.
_Found = tuple[str, str, int, int]


def sections_of(text: str) -> tuple[Section, ...]:
    """The sections of a note in their order; empty when it has no heading.

    A heading is a Markdown heading ("## Plan"), a line that is a known heading with or without a colon, a
    line in capitals, a known heading before text on one line ("Meds: metformin"), or a known heading in
    capitals in the middle of a line, with a colon or between the commas that transcriptions have for line
    ends. There a heading that is not in the table ends a list of drugs, allergies or relatives. Kinds are
    those of `section_kinds`; "" for a heading that is not in the table and for what stands before the first.
    """
    found = _without_subheadings(_headings(text))
    if not found:
        return ()
    ends = [start for _, _, start, _ in found[1:]] + [len(text)]
    sections = [
        Section(kind=kind, heading=heading, start=body, end=end)
        for (heading, kind, _, body), end in zip(found, ends, strict=True)
    ]
    first = found[0][2]
    if text[:first].strip():
        sections.insert(0, Section(kind="", heading="", start=0, end=first))
    return tuple(sections)


def _headings(text: str) -> Iterator[_Found]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        found = _line_heading(text, start, end)
        if found is not None:
            yield found
        yield from _inline_headings(text, start if found is None else found[3], end)
        start = end + 1


def _without_subheadings(headings: Iterable[_Found]) -> list[_Found]:
    """Leaves out headings of unknown kind inside a line, but where they end a list."""
    kept: list[_Found] = []
    for heading, kind, start, body in sorted(headings, key=lambda one: one[2]):
        if kind != _UNKNOWN:
            kept.append((heading, kind, start, body))
        elif kept and kept[-1][1] in _ENDED:
            kept.append((heading, "", start, body))
    return kept


def _line_heading(text: str, start: int, end: int) -> _Found | None:
    """The heading that a line begins with or is."""
    line = text[start : min(end, start + _LOOKED_AT)]
    stripped = line.strip(_MARKS)
    if not stripped or not stripped[0].isupper():
        return None
    name, colon, rest = stripped.partition(":")
    name = name.strip(_MARKS)
    if not name or len(name) > LONGEST_HEADING:
        return None
    kind = SECTION_KINDS.get(" ".join(name.lower().split()), "")
    if colon and rest:
        body = start + line.index(":") + 1
        return (name, kind, start, body) if kind else None
    if end - start > _LOOKED_AT or not (kind or _stands_out(text, start, line, name, colon=bool(colon))):
        return None
    bare_letter = len(name) < _SHORTEST_BARE and not colon
    return None if bare_letter else (name, kind, start, end)


def _stands_out(text: str, start: int, line: str, name: str, *, colon: bool) -> bool:
    """True for an unknown heading: Markdown, or capitals that are not a line of a text all in capitals."""
    if line.lstrip().startswith("#"):
        return True
    if not name.isupper() or sum(map(str.isalpha, name)) < _FEWEST_LETTERS:
        return False
    after_blank_line = start == 0 or text[:start].endswith("\n\n")
    return colon or (after_blank_line and name.count(" ") < _MOST_WORDS and name[-1].isalpha())


def _inline_headings(text: str, start: int, end: int) -> Iterator[_Found]:
    colon = text.find(":", start, end)
    while colon >= 0:
        found = _inline_heading(text, start, colon) if text[colon - 1 : colon].isupper() else None
        if found is not None:
            yield found
        colon = text.find(":", colon + 1, end)
    for unmarked in _UNMARKED.finditer(text, start, end):
        kind = _kind_of(unmarked[1])
        if kind:
            yield unmarked[1].strip(), kind, unmarked.start(1), unmarked.end()


def _inline_heading(text: str, start: int, colon: int) -> _Found | None:
    """The heading before a colon in the middle of a line."""
    before = max(start, colon - LONGEST_HEADING)
    match = _INLINE.search(text[before:colon])
    name, at = (match[1].strip(), before + match.start(1)) if match else (text[colon - 2 : colon], colon - 2)
    kind = _kind_of(name)
    if match is None:
        alone = _SHORT.search(text, max(start, colon - 6), colon) or _ends_a_line(text, at, colon + 1)
        return (name, kind, at, colon + 1) if alone and kind else None
    if not kind and _ends_a_line(text, at, colon + 1):
        kind = _UNKNOWN
    return (name, kind, at, colon + 1) if kind else None


def _kind_of(heading: str) -> str:
    return SECTION_KINDS.get(heading.strip().lower(), "")


def _ends_a_line(text: str, start: int, body: int) -> bool:
    """True for "NONE.,DIET:, " of a transcription: a line of its own that ends with the colon."""
    return text[max(0, start - 4) : start].rstrip()[-1:] == "," and _LINE_END.match(text, body) is not None
