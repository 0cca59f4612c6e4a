"""Spans of the network put right by what a note's layout and known names say.

The network marks words one after another and sees neither the bullets of a list nor which names we know: it
runs on from one item into the next, and takes the name of a drug in a list for a test or for its own dose.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Final

from fhir_adapters.record import MentionType
from models.notes.linking.lexicon import lexicon
from models.notes.merging import Candidate
from models.notes.typed_span import TypedSpan

_NEXT_ITEM: Final = re.compile(r"\s{0,40}\n[ \t]{0,40}(?:[-*•●▪◦■‣·]|\(?\d{1,2}[.)](?=\s))[ \t]{0,8}")
_BULLET: Final = re.compile(r"[-*•●▪◦■‣·]\s{1,8}")
_TAGS: Final = (
    r"(?:disorder|finding|procedure|situation|substance|organism|event|regime/therapy|morphologic abnormality"
    r"|body structure|product|medicinal product|clinical drug|observable entity|physical object|person"
    r"|record artifact|qualifier value)"
)
# SNOMED CT puts the kind of a concept behind its name; exported notes have it, too.
_TAG_BEHIND: Final = re.compile(rf"\s{{0,3}}\((?:{_TAGS}\)?)?$", re.IGNORECASE)
_TAG: Final = re.compile(rf"\(?{_TAGS}\)?", re.IGNORECASE)
# "furosemide b" of "furosemide b.i.d."
_FREQUENCY: Final = re.compile(r"\s{1,3}[bqtp]\.?$", re.IGNORECASE)
_FREQUENCY_BEHIND: Final = re.compile(r"\.?[idrho]\.", re.IGNORECASE)
# By the type of a known name: the types that the network may have taken it for.
_MISTAKEN: Final[Mapping[MentionType, frozenset[MentionType]]] = MappingProxyType(
    {
        "medication": frozenset({"test", "procedure", "problem", "symptom", "anatomy", "value"}),
        "problem": frozenset({"test", "procedure", "medication", "anatomy", "severity", "value"}),
        "symptom": frozenset({"test", "procedure", "medication", "anatomy", "severity", "value"}),
        "procedure": frozenset({"medication", "problem", "symptom", "anatomy"}),
    }
)
# A disease that is tested for is called by its name ("HIV: negative", "influenza swab").
_TESTED: Final = re.compile(
    r"\s{0,3}(?:[:=-]|is\b|was\b|were\b|status\b)?\s{0,3}(?:(?:was|is) )?"
    r"(?:negative|positive|pending|non-?reactive|reactive|neg\b|pos\b|tests?\b|screen|swab|titer|antibod"
    r"|antigen|ag\b|ab\b|pcr\b|culture|panel|serolog|viral load|ig[gm]\b|not detected|detected|\d)",
    re.IGNORECASE,
)

# Of a drug that is measured in blood; a number with a unit of doses is a dose.
_MEASURED: Final = re.compile(
    r"\s{0,3}(?:level|trough|peak|concentration|assay|screen|toxicology)"
    r"|\s{0,3}(?:[:=]|of\b|is\b|was\b)?\s{0,3}\d{1,4}(?:\.\d{1,3})?(?![\d.,/])(?!\s?-?(?:m?g|mcg|ug|units?|iu|meq"
    r"|ml|cc|%|percent|puffs?|drops?|tab|cap|pill|spray|patch|x\b|times|a day|per|daily|b\.?i\.?d|t\.?i\.?d|q"
    r"|p\.?o|grains?|to\b|-)\b)",
    re.IGNORECASE,
)

# The label of a system in an examination or a review; the network has no type for these.
_SYSTEM: Final = re.compile(
    r"psych\w{0,10}|orthop\w{2,6}|endocrin\w{1,5}|genitourinary|gyn\w{0,10}|h[a]?ematologic\w{0,2}"
    r"|immunologic\w{0,2}|constitutional(?: symptoms)?|musculoskeletal|integument\w{1,3}|pulmonary|cardiac"
    r"|cardiovascular|respiratory|gastrointestinal|neuro\w{0,8}|skin|renal|vascular|lymphatics?|allergic",
    re.IGNORECASE,
)
_FINDINGS: Final = frozenset[MentionType]({"problem", "symptom"})


def items_of(text: str, marked: Candidate) -> Iterator[Candidate]:
    """The parts of a marked span that stand in one item of a list each, without bullets and SNOMED CT tags.

    Args:
        text: The note.
        marked: As the network marks it.
    """
    start = marked.start
    if text.find("\n", start, marked.end) >= 0:
        for cut in _NEXT_ITEM.finditer(text, marked.start, marked.end):
            yield from _trimmed(text, marked, start, cut.start())
            start = cut.end()
    yield from _trimmed(text, marked, start, marked.end)


def _trimmed(text: str, marked: Candidate, start: int, end: int) -> Iterator[Candidate]:
    words = text[start:end]
    bullet = _BULLET.match(words)
    start += bullet.end() if bullet else 0
    words = text[start:end]
    tag = _TAG_BEHIND.search(words) if "(" in words else None
    frequency = _FREQUENCY.search(words) if _FREQUENCY_BEHIND.match(text, end) else None
    behind = tag or frequency
    end = start + behind.start() if behind else end
    kept = any(map(str.isalnum, text[start:end])) and not _is_tag(text, start, end)
    if kept and not (marked.type in _FINDINGS and _is_label(text, start, end)):
        yield replace(marked, start=start, end=end) if (start, end) != (marked.start, marked.end) else marked


def _is_tag(text: str, start: int, end: int) -> bool:
    bracketed = text[start - 1 : start] == "(" and text[end : end + 1] == ")"
    return bracketed and _TAG.fullmatch(text, start, end) is not None


def _is_label(text: str, start: int, end: int) -> bool:
    return text[end : end + 1] == ":" and _SYSTEM.fullmatch(text, start, end) is not None


def renamed(text: str, marked: Iterable[Candidate], names: Sequence[TypedSpan]) -> Iterator[Candidate]:
    """The spans with the type of the known name that they are, and doses without the name of their drug.

    A known name of a test changes nothing: many are also a drug, a salt or a food.

    Args:
        text: The note.
        marked: Spans of the network.
        names: As `linking.vocabulary_spans` finds them, in order.
    """
    starts = [name.start for name in names]
    for each in marked:
        inside = names[bisect_left(starts, each.start) : bisect_left(starts, each.end)]
        name = inside[0] if inside and inside[0].end <= each.end else None
        if name is None:
            yield each
        elif each.type == "dosage":
            yield from _without_drug(text, each, name)
        elif (name.start, name.end) == (each.start, each.end) and _is_mistaken(text, each, name):
            yield replace(each, type=name.type)
        else:
            yield each


def _without_drug(text: str, dose: Candidate, name: TypedSpan) -> Iterator[Candidate]:
    if name.type != "medication":
        yield dose
        return
    start = name.end
    while start < dose.end and not text[start].isalnum():
        start += 1
    if start < dose.end:
        yield replace(dose, start=start)


def _is_mistaken(text: str, marked: Candidate, name: TypedSpan) -> bool:
    if marked.type not in _MISTAKEN.get(name.type, frozenset()):
        return False
    if text[name.start : name.end] in lexicon().rules.by_context:
        return False  # "MR" may be a valve or an image
    if marked.type != "test":
        return True
    result = _MEASURED if name.type == "medication" else _TESTED
    return result.match(text, name.end) is None
