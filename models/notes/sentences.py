"""Cuts the text of a note into sentences: prose, lists, tables, forms and text without punctuation."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from fhir_adapters.record import Section, Span
from models.notes.values.words import words

# A sentence longer than this is cut at a clause, not before half of it.
LONGEST = 600
_CLAUSES = ("; ", ", ", " and ", " but ", " ")
# Lines of wrapped prose are at least so long; a longer one than the second is a paragraph on one line.
_WRAPPED = (55, 140)
# In these sections a short line is an item even when it begins in lower case.
_LISTS = frozenset(
    {"medications", "allergies", "diagnoses", "immunizations", "surgical_history", "vitals", "labs"}
)
# Commas that stand for line breaks in transcriptions count as blanks.
_BLANK = " \t\r\n\f\v\u00a0,;"
_TAIL = " \t\r\n\f\v\u00a0,"

_NO_WORD = frozenset({"", *".,;:!?-=/"})

_ITEM = re.compile(r"\s{0,40}(?:[-*•●▪◦■‣·☐☒☑✓✔□]|o\s|\(?\d{1,2}[.)]\s|\(?[a-hA-H]\)\s|[\[(][ xX]?[\])])")
_NUMBERED = re.compile(r"\(?(\d{1,2}|[A-Za-z])[.)]{1,2}")
_LABEL = re.compile(r"\s{0,40}[A-Za-z][\w /&'()-]{0,40}:(?:\s|$)")
_CELLS = re.compile(r"[\t|]|\S {3,}\S")
_CANDIDATE = re.compile(
    r"\[\*\*[^\]\n]{0,80}\*\*\]"
    r"|(?P<stop>(?<![.!?])[.!?]{1,6}+[\"')\]”’]{0,3}+(?=\s|$|,\S|[A-Z][a-z]))"
    r"|(?P<comma>,(?=[A-Z0-9(*#\"-]))"
    r"|(?P<bullet>(?<=\s)[•●▪◦■‣](?=\s*\w))"
    r"|(?P<label>(?<=:)\s{0,3},)"
    r"|(?P<item>(?<=\s)(?=(?P<number>\d{1,2})(?:\)|\.(?=\s{1,4}[A-Z]))\s))"
)
# A capitalised word after these never begins a sentence.
_TITLES = words(
    """
    dr drs mr mrs ms prof st vs v.s e.g i.e cf fig figs ref approx dept rev gen sgt col capt messrs al
    """
)
# These end a sentence only when a capitalised word follows.
_SHORTENED = words(
    """
    mg mcg ml cc kg lb lbs oz cm mm hr hrs min mins sec tab tabs cap caps gm gms meq q.d b.i.d t.i.d q.i.d
    q.h q.o.d p.o i.v i.m s.q s.c s.l p.r n p.r.n h.s a.c p.c q.h.s q.a.m q.p.m o.d o.s o.u p.m a.m m.d ph.d
    r.n d.o u.s jr sr etc inc ltd co corp pt pts wt ht ext temp resp abd neg pos bilat rt lt est avg max yr
    yrs mo mos wk wks y.o hx sx dx rx tx fx no nos vol ste ave blvd a.k.a c.c c.p.r sig disp incl excl wnl
    exam vit hosp med meds cont prn bid tid qid po
    """
)
# A single letter after these is part of a name of a thing, not an initial.
_LETTERED = words(
    """
    vitamin hepatitis hep type group class grade stage strep influenza factor protein appendix part plan
    level phase apo immunoglobulin lipoprotein ig troponin
    """
)


def sentences_of(text: str, sections: Sequence[Section]) -> list[Span]:
    """The sentences of a note, in order: trimmed, disjoint, covering all text that is not blank.

    A heading, an item of a list, a line of a table and a line of a form is a sentence; a wrapped line is
    not the end of one. No sentence crosses the edge of a section or is longer than `LONGEST`.

    Args:
        text: The whole note.
        sections: Its sections, as `fhir_adapters.notes` finds them.
    """
    transcription = text.count("\n") * 400 < len(text) and text.count(".,") + text.count(":,") > 1
    spans: list[Span] = []
    for start, end, kind in _regions(text, sections):
        for first, last in _paragraphs(text, start, end, kind):
            for begin, stop in _cut(text, first, last, transcription=transcription):
                spans.extend(_trimmed(text, begin, stop))
    return spans


def _regions(text: str, sections: Sequence[Section]) -> Iterator[tuple[int, int, str]]:
    """Headings and bodies: what lies between any two edges."""
    kinds = {section.start: section.kind for section in sections}
    edges = {0, len(text)}.union(*((section.start, section.end) for section in sections))
    ordered = sorted(edges)
    for start, end in itertools.pairwise(ordered):
        yield start, end, kinds.get(start, "")


def _paragraphs(text: str, start: int, end: int, kind: str) -> Iterator[tuple[int, int]]:
    """Runs of lines, each wrapped from the one before."""
    first = line = start
    before = ""
    while line < end:
        stop = text.find("\n", line, end)
        stop = end if stop < 0 else stop
        now = text[line:stop].rstrip()
        if not _continues(before, now, kind):
            if before:
                yield first, line
            first = line
        before = now
        line = stop + 1
    if before:
        yield first, end


def _continues(before: str, line: str, kind: str) -> bool:
    body = line.lstrip()
    if not before or not body or before.endswith(":") or _ITEM.match(line) or _LABEL.match(line):
        return False
    if _CELLS.search(before, 0, 400) or _CELLS.search(body, 0, 400):
        return False
    if before[-1] in ".!?" and not _is_shortened(before, len(before) - 1, body[0]):
        return False
    wrapped = _WRAPPED[0] <= len(before) <= _WRAPPED[1]
    if body[0].islower():
        return wrapped or kind not in _LISTS
    return wrapped and (body[0].isalnum() or body[0] in "(\"'[<>")


def _cut(text: str, start: int, end: int, *, transcription: bool) -> Iterator[tuple[int, int]]:
    begin = start
    number = _number_at(text, begin, end)
    for match in _CANDIDATE.finditer(text, start, end):
        at = match.start() if match["bullet"] or match["number"] else match.end()
        if at <= begin or not _is_end(text, begin, end, match, number, transcription=transcription):
            continue
        yield begin, at
        begin, number = at, _number_at(text, at, end)
    yield begin, end


def _is_end(
    text: str, begin: int, end: int, match: re.Match[str], number: int, *, transcription: bool
) -> bool:
    if match["number"]:
        return number > 0 and int(match["number"]) == number + 1
    if match["comma"]:
        before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 4]
        grouped = before.isdigit() and after[:1].isdigit()
        return before in ".:?!" or (transcription and not grouped)
    if match["label"]:
        return transcription
    if match["stop"]:
        return _is_stop(text, begin, end, match)
    return match["bullet"] is not None


def _is_stop(text: str, begin: int, end: int, match: re.Match[str]) -> bool:
    dot, after = match.start(), _after(text, match.end(), end)
    if not after or text[max(begin, dot - 2) : dot].rstrip()[-1:] in _NO_WORD:
        return False
    if text[dot] == "?" and (dot == begin or text[dot - 1].isspace()):
        return False  # "? pneumonia" asks, it does not end
    if text[dot] != "." or match.end() - dot > 1:
        return True
    so_far = text[begin : min(dot + 1, begin + 12)].strip(_BLANK)
    if _NUMBERED.fullmatch(so_far) and dot - begin < 12:
        return False
    glued = not text[match.end()].isspace() and text[match.end()] != ","
    if glued and not (text[dot - 1 : dot].isalnum() and _word_before(text, dot)[-3:].islower()):
        return False
    return not _is_shortened(text, dot, after, begin)


def _is_shortened(text: str, dot: int, after: str, begin: int = 0) -> bool:
    """True when the full stop at `dot` belongs to an abbreviation and what follows goes on."""
    word = _word_before(text, dot)
    lower = word.lower()
    if not word:
        return False
    if lower in _TITLES or word == "Pt":
        return True
    if len(word) == 1 and word.isupper():
        before = text[max(begin, dot - 16) : dot - 1].split()
        return bool(before) and before[-1][0].isupper() and before[-1].lower() not in _LETTERED
    if lower in _SHORTENED or (len(word) <= 5 and "." in word):
        alone = not text[max(begin, dot - 30) : dot - len(word)].strip(_BLANK)
        return alone or (after.isdigit() and lower != "etc") or after.islower()
    return False


def _word_before(text: str, dot: int) -> str:
    start = dot
    while start > 0 and dot - start < 14 and (text[start - 1].isalpha() or text[start - 1] == "."):
        start -= 1
    return text[start:dot].lstrip(".")


def _after(text: str, position: int, end: int) -> str:
    """The first character behind a stop that is not blank; a numbered item counts as a capital."""
    for index in range(position, min(end, position + 60)):
        if text[index] not in _BLANK:
            item = _NUMBERED.match(text, index, min(end, index + 5))
            return (
                "A"
                if item and text[index].isdigit() and text[item.end() : item.end() + 1] in " "
                else text[index]
            )
    return ""


def _number_at(text: str, begin: int, end: int) -> int:
    """The number of the item that begins here; 0 when none does."""
    window = text[begin : min(end, begin + 12)].lstrip(_BLANK)
    found = _NUMBERED.match(window)
    return int(found[1]) if found and found[1].isdigit() else 0


def _trimmed(text: str, start: int, end: int) -> Iterator[Span]:
    for begin, stop in _capped(text, start, end):
        first, last = begin, stop
        while first < last and text[first] in _BLANK:
            first += 1
        while last > first and text[last - 1] in _TAIL:
            last -= 1
        if first < last:
            yield Span(first, last)


def _capped(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > LONGEST:
        cuts = (text.rfind(mark, start + LONGEST // 2, start + LONGEST) for mark in _CLAUSES)
        cut = next((at + 1 for at in cuts if at > 0), start + LONGEST)
        yield start, cut
        start = cut
    yield start, end
