"""Linking: the words of one mention to the codes of the concept that they name.

A name of the vocabulary word for word scores 1. Every liberty costs: another order of the words, words left
out that only describe, a letter put right, and above all a parent in the place of what was said. Below
`THRESHOLD` nothing is returned, and a name of two concepts of one type is no link at all.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fhir_adapters.record import CodeMatch, MentionType
from models.notes.linking.concepts import Concept
from models.notes.linking.lexicon import LINK_WORDS, Lexicon, bag, lexicon
from models.notes.linking.modifiers import (
    BLOCKING,
    CONNECTORS,
    COURSE,
    MODIFIERS,
    ORDER_WORDS,
    SALTS,
    SPECIMENS,
)
from models.notes.linking.spelling import speller
from models.notes.linking.words import words_of

# Links below this score are not returned. Parents lie just above it; what keeps the meaning is above 0.75.
THRESHOLD = 0.6
# A mention of more words is a clause, not a name.
_MOST_WORDS = 16

_ABBREVIATION = 0.95
_OTHER_TYPE = 0.95
_REORDERED = 0.95
_DESCRIBED = 0.95
_COURSE = 0.8
_CORRECTED = 0.85
_PARENT = 0.65
# Drug names that differ by a letter are different drugs; only long names are put right.
_SHORTEST_DRUG = 8

_PROBLEMS: tuple[MentionType, ...] = ("problem", "symptom")
_WORK: tuple[MentionType, ...] = ("procedure", "test")
_TYPES: dict[MentionType, tuple[MentionType, ...]] = {
    "problem": _PROBLEMS,
    "symptom": ("symptom", "problem"),
    "medication": ("medication",),
    "procedure": _WORK,
    "test": ("test", "procedure"),
}
# A test or a drug that is not the one named is never its parent: LDL cholesterol is no cholesterol.
_PARENTS: tuple[MentionType, ...] = ("problem", "symptom", "procedure")


@dataclass(frozen=True, slots=True)
class Found:
    """The concept that some words name, and how surely."""

    concept: Concept
    score: float


def link(words: str, type: MentionType) -> tuple[CodeMatch, ...]:  # noqa: A002 -- the name in the record
    """Links a mention to the codes of the concept that it names.

    Args:
        words: The mention as the note has it.
        type: Its type; problems and symptoms share names, and so do tests and procedures.

    Returns:
        One match per code system, all of one concept and one score, in the order in which they are proposed;
        empty when the words name nothing that is known, more than one thing, or a thing without a code.
    """
    found = find_concept(words, type)
    if found is None:
        return ()
    return tuple(
        CodeMatch(system=system, code=code, display=found.concept.name, score=found.score)
        for system, code in found.concept.codes
    )


def find_concept(words: str, type: MentionType) -> Found | None:  # noqa: A002
    """The concept that a mention names, also one for which no code is known; None when unsure.

    Args:
        words: The mention as the note has it.
        type: Its type.
    """
    types = _TYPES.get(type)
    if types is None:
        return None
    index = lexicon()
    short = _short(index, words.strip(), types)
    if short is not None:
        return short
    folded = words_of(words)
    if len(folded) > 1 and folded[0] == "a":
        del folded[0]
    if not 0 < len(folded) <= _MOST_WORDS:
        return None
    for found in _attempts(index, folded, types):
        if found is not None:
            return found if found.score >= THRESHOLD else None
    return None


def _attempts(index: Lexicon, folded: list[str], types: tuple[MentionType, ...]) -> Iterator[Found | None]:
    """The liberties, the smallest first; each is only taken when those before found nothing.

    A liberty that changes no word finds no more than the one before.
    """
    known = _canonical(index, folded)
    yield _named(index, known, types, 1.0)
    drug = types[0] == "medication"
    skipped = SPECIMENS if types[0] == "test" else MODIFIERS
    plain = _without_order(known) if drug else [word for word in known if word not in skipped]
    if plain != known:
        yield _named(index, plain, types, _DESCRIBED)
    if drug and (base := [word for word in plain if word not in SALTS]) != plain:
        yield _named(index, base, types, _DESCRIBED)
    spelled = _expanded(index, plain, types)
    if spelled != plain:
        yield _named(index, spelled, types, _DESCRIBED)
    corrected = _corrected(index, spelled, _SHORTEST_DRUG if drug else 0)
    cost = 1.0 if corrected == spelled else _CORRECTED
    if corrected != spelled:
        yield _named(index, corrected, types, cost * _DESCRIBED)
    if not drug and (course := [word for word in corrected if word not in COURSE]) != corrected:
        yield _named(index, course, types, cost * _COURSE)
    if types[0] in _PARENTS:
        yield _parent(index, spelled, types)


def _canonical(index: Lexicon, words: list[str]) -> list[str]:
    return [index.forms.get(word, word) for word in words]


def _short(index: Lexicon, words: str, types: tuple[MentionType, ...]) -> Found | None:
    """An abbreviation, as it is written or in any case where that is safe."""
    places = index.shorts.get(words) or index.lower_shorts.get(words.lower(), ())
    if not places and words.endswith(("s", "'s")):
        places = index.shorts.get(words.rstrip("s").rstrip("'"), ())
    return _only(index, places, types, _ABBREVIATION)


def _named(index: Lexicon, words: list[str], types: tuple[MentionType, ...], score: float) -> Found | None:
    """A name word for word, or in another order."""
    exact = _only(index, index.names.get(" ".join(words), ()), types, score)
    if exact is not None or not words:
        return exact
    return _only(index, index.bags.get(bag(words), ()), types, score * _REORDERED)


def _only(
    index: Lexicon, places: tuple[int, ...], types: tuple[MentionType, ...], score: float
) -> Found | None:
    """The only concept of the wanted type, else the only one of the type beside it."""
    if not places:
        return None
    for type_, factor in zip(types, (1.0, _OTHER_TYPE), strict=False):
        fitting = [place for place in places if index.concepts[place].type == type_]
        if fitting:
            return Found(index.concepts[fitting[0]], round(score * factor, 3)) if len(fitting) == 1 else None
    return None


def _expanded(index: Lexicon, words: list[str], types: tuple[MentionType, ...]) -> list[str]:
    """The words with each abbreviation written out: "acute CHF", "left leg DVT"."""
    spelled: list[str] = []
    for word in words:
        found = _only(index, index.lower_shorts.get(word, ()), types, 1.0)
        spelled += _canonical(index, words_of(found.concept.name)) if found else [word]
    return spelled


def _without_order(words: list[str]) -> list[str]:
    """A drug's name without strength, form, route and frequency."""
    kept = [word for word in words if word not in ORDER_WORDS and not word[0].isdigit()]
    return kept or words


def _corrected(index: Lexicon, words: list[str], shortest: int) -> list[str]:
    unknown = [word for word in words if word not in index.longest and word not in index.forms]
    if not unknown or len(unknown) > 2:
        return words
    spell = speller()
    fixes = {word: spell.correct(word, shortest) if shortest else spell.correct(word) for word in unknown}
    return [fixes.get(word) or word for word in words]


def _parent(index: Lexicon, words: list[str], types: tuple[MentionType, ...]) -> Found | None:
    """The broader concept: what stands before "with" or "due to", or what a longer phrase ends in."""
    if not BLOCKING.isdisjoint(words):
        return None
    for at, word in enumerate(words):
        if word in CONNECTORS:
            return _allowed(index, words[:at], types) if at else None
        if at and word in LINK_WORDS:
            return None
    tails = (_allowed(index, words[start:], types) for start in range(1, len(words)))
    return next((found for found in tails if found is not None), None)


def _allowed(index: Lexicon, words: list[str], types: tuple[MentionType, ...]) -> Found | None:
    name = " ".join(words)
    if name in index.no_parent:
        return None
    parents = tuple(type_ for type_ in types if type_ in _PARENTS)
    return _only(index, index.names.get(name, ()), parents, _PARENT)
