"""What the short forms of a text stand for, where the text itself defines them.

In "amniotic fluid (AF)" AF is not atrial fibrillation, whatever the vocabulary says.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from fhir_adapters.record import MentionType
from models.notes.abbreviations import definitions_of
from models.notes.linking.concepts import Concept
from models.notes.linking.matching import find_concept
from models.notes.linking.words import words_of

# Of the words of a long form: "coronary artery bypass graph" is near, "carotid artery disease" is not.
_NEAR: Final = 3 / 4
_WORD: Final = re.compile(r"\w+|[^\w\s]")


class Defined:
    """The definitions of a text.

    Args:
        text: A note, or any text; the time taken grows with its length and no faster.
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._meanings: dict[str, list[tuple[int, str]]] = {}
        bounds = [match.span() for match in _WORD.finditer(text)] if "(" in text or "[" in text else []
        for found in definitions_of([text[start:end] for start, end in bounds]):
            at, end = bounds[found.short_start][0], bounds[found.short_end - 1][1]
            long = text[bounds[found.start][0] : bounds[found.end - 1][1]]
            self._meanings.setdefault(text[at:end], []).append((at, long))

    def words_at(self, start: int, end: int, type_: MentionType) -> str:
        """The words to be looked up for a mention.

        Returns:
            The long form, where the text defines the mention's words as a short form that the vocabulary
            lacks or knows for something else; otherwise the mention's own words.
        """
        own = self._text[start:end]
        meanings = self._meanings.get(own)
        if meanings is None:
            return own
        long = meanings[max(0, bisect_right(meanings, start, key=lambda each: each[0]) - 1)][1]
        known = find_concept(own, type_)
        if known is None:
            return long
        meant = find_concept(long, type_)
        # A definition may give the end of a name only: "secretion of antidiuretic hormone (SIADH)".
        same = meant is not None and meant.concept is known.concept
        return own if same or _is_near(long, known.concept) else long


def _is_near(long: str, concept: Concept) -> bool:
    """True for words that nearly all stand in the concept's names: a part of one, or one misspelled."""
    words = set(words_of(long))
    shared = words.intersection(words_of(" ".join((concept.name, *concept.also))))
    return len(shared) >= _NEAR * len(words)
