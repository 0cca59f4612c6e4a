"""Finds the cues of a sentence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from models.notes.assertion.cue_phrases import CUES
from models.notes.assertion.inert_phrases import INERT, STOPS
from models.notes.assertion.kinds import CueKind, Side
from models.notes.assertion.words import BREAK, word_set, words_of


@dataclass(frozen=True, slots=True)
class Cue:
    """One cue in a text: words [start, end) of a `Words`."""

    kind: CueKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Entry:
    """The phrases that begin with one word: how long they are, the longest first, and what each does."""

    lengths: tuple[int, ...]
    kinds: Mapping[tuple[str, ...], tuple[CueKind, ...]]


def _entries() -> Mapping[str, _Entry]:
    phrases: dict[str, dict[tuple[str, ...], dict[Side, CueKind]]] = {}
    for kind, group in _groups():
        for phrase in group.split("|"):
            words = tuple(words_of(phrase, 0, len(phrase)).lower)
            phrases.setdefault(words[0], {}).setdefault(words, {}).setdefault(kind.side, kind)
    return {
        first: _Entry(
            tuple(sorted({len(words) for words in found}, reverse=True)),
            {words: tuple(sides.values()) for words, sides in found.items()},
        )
        for first, found in phrases.items()
    }


def _groups() -> Iterator[tuple[CueKind, str]]:
    yield from CUES
    for phrases in INERT:
        yield CueKind("inert", "inert", "none", "item", 0), phrases
    for group, phrases in STOPS.items():
        yield CueKind("stop", group, "none", "item", 0), phrases


_ENTRIES = _entries()
_ANSWERS = {
    "no": "absent",
    "none": "absent",
    "neg": "absent",
    "negative": "absent",
    "denies": "absent",
    "denied": "absent",
    "absent": "absent",
    "n": "absent",
    "never": "absent",
    "false": "absent",
    "yes": "affirmed",
    "y": "affirmed",
    "positive": "affirmed",
    "pos": "affirmed",
    "present": "affirmed",
    "true": "affirmed",
}
_ASKING = frozenset((":", "-", "=", "|", "–", "—", "?"))
_ANSWER_KINDS = {
    "absent": CueKind("absent", "answer", "after", "item", 2),
    "affirmed": CueKind("affirmed", "answer", "after", "item", 2),
}
_ENDS = frozenset((".", ",", ";", BREAK, "|", ")", "/"))
_STARTS = frozenset((".", ";", "-", ":", BREAK))  # before "should bleeding occur"
# "Prophylaxis" and "screening" may be marked as a procedure; they are cues for what they are of.
_NAMING_TESTS = frozenset(("risk-after", "tested"))
_ASKED = 3  # words of the next question of a form at most
# What follows these headings is told in sentences, so that "no" begins one.
_EXAMINED = word_set(
    "abdomen abd lungs lung heart neck heent neuro neurologic neurological skin general ext extremities"
    " chest cv cardiovascular cardiac resp respiratory gi gu eyes ent msk musculoskeletal psych back"
    " pulmonary constitutional gastrointestinal genitourinary findings impression assessment plan labs"
    " imaging ct mri cxr vascular lymph lymphatic endocrine hematologic throat ears nose head pelvis"
)


def find_cues(words: Sequence[str], taken: Iterable[tuple[int, int]] = ()) -> list[Cue]:
    """The cues of a sentence, from left to right, the longest first.

    Two cues overlap only when they are the same words, which can stand on either side of a mention.

    Args:
        words: In lower case.
        taken: Stretches of words that are mentions; no cue is looked for in them.
    """
    inside = {place for start, end in taken for place in range(start, end)}
    cues: list[Cue] = []
    behind = 0
    for place, word in enumerate(words):
        if place >= behind and (word in _ENTRIES or word in _ANSWERS):
            found = _found(words, place, inside)
            cues += found
            behind = found[0].end if found else behind
    return cues


def _found(words: Sequence[str], place: int, inside: set[int]) -> list[Cue]:
    """The longest cue that starts at a word, once for each side that it can stand on."""
    answer = _answer(words, place)
    if answer is not None:
        return [answer]
    entry = _ENTRIES.get(words[place])
    if entry is None:
        return []
    for length in entry.lengths:
        end = place + length
        kinds = entry.kinds.get(tuple(words[place:end]), ()) if end <= len(words) else ()
        if kinds and _may_stand(kinds[0], words, place) and _is_free(kinds[0], words, inside, place, end):
            return [Cue(kind, place, end) for kind in kinds]
    return []


def _is_free(kind: CueKind, words: Sequence[str], inside: set[int], start: int, end: int) -> bool:
    """True for words outside all mentions; what makes a test of a disease may be a mention of its own."""
    if kind.group in _NAMING_TESTS or inside.isdisjoint(range(start, end)):
        return True
    return words[end - 1] == "for" and end - 1 not in inside  # "skin test" of "skin test for tuberculosis"


def _may_stand(kind: CueKind, words: Sequence[str], place: int) -> bool:
    return kind.group != "inverted" or place == 0 or words[place - 1] in _STARTS


def _answer(words: Sequence[str], place: int) -> Cue | None:
    """A word that answers what stands before it, as in a form: "Fever: no", "rash - denies"."""
    effect = _ANSWERS.get(words[place])
    if effect is None or place == 0 or words[place - 1] not in _ASKING:
        return None
    follows = words[place + 1] if place + 1 < len(words) else "."
    told = words[place - 2] in _EXAMINED if place > 1 else True
    ended = follows in _ENDS or (not told and ":" in words[place + 2 : place + 2 + _ASKED])
    return Cue(_ANSWER_KINDS[effect], place, place + 1) if ended else None
