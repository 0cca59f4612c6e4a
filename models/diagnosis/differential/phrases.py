"""Finds the catalogue's phrases in a text.

A phrase is words with blanks between them. "a/b" is either word, "pass*" any word that begins so, and "..."
up to four words of the same clause. Phrases of different findings may overlap: "burning chest pain" is pain
in the chest and burning pain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final

from fhir_adapters.record import Span
from models.diagnosis.differential.catalogue import Item, catalogue

_GAP: Final = "..."
_LONGEST_GAP: Final = 4
_WORD: Final = re.compile(r"[a-z0-9][a-z0-9'/\-]*|[,;:()]")
# What a gap does not cross: the end of a clause, or a word that begins another thought.
_ENDS_GAP: Final = frozenset(",;:()") | {
    *("with", "without", "but", "no", "not", "denies", "denied", "then", "who", "which", "although"),
    *("however", "nor", "also"),
}
_APOSTROPHES: Final = str.maketrans({"\u2019": "'", "\u2018": "'", "\u2010": "-", "\u2011": "-"})


@dataclass(frozen=True, slots=True)
class Hit:
    """A phrase in a text.

    Attributes:
        denies: True where the phrase says that the finding is absent ("dry cough" of a productive one).
    """

    item: Item
    start: int
    end: int
    denies: bool


@dataclass(frozen=True, slots=True)
class _Slot:
    """One word of a phrase; `gap` is true where other words may stand before it."""

    words: frozenset[str]
    prefixes: tuple[str, ...]
    gap: bool

    def fits(self, word: str) -> bool:
        return word in self.words or word.startswith(self.prefixes)


@dataclass(frozen=True, slots=True)
class _Phrase:
    item: Item
    slots: tuple[_Slot, ...]
    denies: bool


@dataclass(frozen=True, slots=True)
class _Index:
    """Phrases by their first word, whole or by its first three letters."""

    words: dict[str, list[_Phrase]]
    prefixes: dict[str, list[_Phrase]]

    def beginning(self, word: str) -> Iterator[_Phrase]:
        yield from self.words.get(word, ())
        for phrase in self.prefixes.get(word[:3], ()):
            if phrase.slots[0].fits(word):
                yield phrase


def hits_in(text: str, sentences: Sequence[Span]) -> list[Hit]:
    """Every phrase of the catalogue in the sentences of a text, one for each finding and place."""
    index = _index()
    found: dict[tuple[str, int, bool], Hit] = {}
    lowered = text.lower().translate(_APOSTROPHES)
    if len(lowered) != len(text):  # a letter whose lower case is longer would shift every offset
        lowered = "".join(char.lower() if len(char.lower()) == 1 else " " for char in text)
    for sentence in sentences:
        tokens = [
            (m.group(), m.start(), m.end()) for m in _WORD.finditer(lowered, sentence.start, sentence.end)
        ]
        words = [word for word, _, _ in tokens]
        for place, word in enumerate(words):
            for phrase in index.beginning(word):
                last = _match(phrase.slots, 1, words, place)
                if last is None or _is_something_else(phrase.item, words, place, last):
                    continue
                key = phrase.item.key, tokens[place][1], phrase.denies
                hit = Hit(phrase.item, tokens[place][1], tokens[last][2], phrase.denies)
                if key not in found or found[key].end < hit.end:
                    found[key] = hit
    return sorted(found.values(), key=lambda hit: (hit.start, hit.end, hit.item.key))


def _match(slots: Sequence[_Slot], number: int, words: Sequence[str], place: int) -> int | None:
    """Place of the last word when the slots from `number` on follow the word at `place`; None otherwise."""
    if number == len(slots):
        return place
    slot = slots[number]
    for ahead in range(place + 1, min(len(words), place + 2 + (_LONGEST_GAP if slot.gap else 0))):
        if slot.fits(words[ahead]):
            last = _match(slots, number + 1, words, ahead)
            if last is not None:
                return last
        # "watery, itchy eyes" is one thing; any other comma ends it.
        if words[ahead] in _ENDS_GAP and not (words[ahead] == "," and ahead == place + 1):
            return None
    return None


def _is_something_else(item: Item, words: Sequence[str], first: int, last: int) -> bool:
    before = words[first - 1] if first else ""
    after = words[last + 1] if last + 1 < len(words) else ""
    return before in item.not_after_words or after in item.not_before_words


@cache
def _index() -> _Index:
    index = _Index({}, {})
    for item in catalogue().items:
        for phrases, denies in ((item.phrases, False), (item.absent_phrases, True)):
            for phrase in phrases:
                compiled = _Phrase(item, _slots(phrase), denies)
                for word in compiled.slots[0].words:
                    index.words.setdefault(word, []).append(compiled)
                for prefix in {prefix[:3] for prefix in compiled.slots[0].prefixes}:
                    index.prefixes.setdefault(prefix, []).append(compiled)
    return index


def _slots(phrase: str) -> tuple[_Slot, ...]:
    slots: list[_Slot] = []
    gap = False
    for part in phrase.split():
        if part == _GAP:
            gap = True
            continue
        options = [part] if part[:1].isdigit() else part.split("/")
        slots.append(
            _Slot(
                words=frozenset(option for option in options if not option.endswith("*")),
                prefixes=tuple(option[:-1] for option in options if option.endswith("*")),
                gap=gap,
            )
        )
        gap = False
    return tuple(slots)
