"""Spelling correction of single words, one slip at a time.

Words of the vocabulary are indexed with one letter left out, as in the symmetric-delete scheme of W. Garbe's
SymSpell; two words that share such a form, or one of which is such a form of the other, differ by one letter
added, lost or changed, or by two neighbors exchanged, or by a little more, which is checked.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from models.notes.linking.lexicon import lexicon

# Shorter words are abbreviations or have too many neighbors.
_SHORTEST = 6
# Below this length another letter makes another word (aphasia, aphakia): only order and doubling may slip.
_SAFE = 8


class Speller:
    """Finds the one vocabulary word that a misspelled word stands for."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        self._words: dict[str, tuple[str, ...]] = {}
        for word in vocabulary:
            if len(word) >= _SHORTEST and word.isalpha():
                for form in _forms(word):
                    self._words[form] = (*self._words.get(form, ()), word)

    def correct(self, word: str, shortest: int = _SHORTEST) -> str | None:
        """The only vocabulary word one slip away that begins with the same letter; None when unsure."""
        if len(word) < shortest or not word.isalpha():
            return None
        near = {
            known
            for form in _forms(word)
            for known in self._words.get(form, ())
            if known[0] == word[0] and len(known) >= shortest and _likely(word, known)
        }
        return near.pop() if len(near) == 1 else None


def one_slip(a: str, b: str) -> bool:
    """True when one letter was added, lost or changed, or two neighbors exchanged (Damerau 1964)."""
    if a == b or abs(len(a) - len(b)) > 1:
        return False
    at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    if len(a) == len(b):
        swapped = a[at + 1 : at + 2] == b[at] and b[at + 1 : at + 2] == a[at] and a[at + 2 :] == b[at + 2 :]
        return a[at + 1 :] == b[at + 1 :] or swapped
    return a[at + 1 :] == b[at:] if len(a) > len(b) else a[at:] == b[at + 1 :]


def _likely(word: str, known: str) -> bool:
    if not one_slip(word, known):
        return False
    if min(len(word), len(known)) >= _SAFE:
        return True
    return sorted(word) == sorted(known) or _undoubled(word) == _undoubled(known)


def _undoubled(word: str) -> str:
    return "".join(a for a, b in zip(word, word[1:] + " ", strict=True) if a != b)


def _forms(word: str) -> set[str]:
    return {word, *(word[:i] + word[i + 1 :] for i in range(len(word)))}


@cache
def speller() -> Speller:
    """The speller of all words of the vocabulary, built once a process."""
    index = lexicon()
    return Speller(sorted(set(index.forms.values())))
