"""Known names in a text, by exact matching of folded words in one pass."""

from __future__ import annotations

import re

from fhir_adapters.record import MentionType
from models.notes.linking.concepts import Reading
from models.notes.linking.lexicon import Lexicon, lexicon
from models.notes.linking.words import LONGEST, WORD, fold
from models.notes.typed_span import TypedSpan

# Between two words of one name: blanks, a hyphen, a slash, one line end; never a comma or a full stop.
_GLUE = frozenset({" ", "-", "/", "\n", "  ", " - ", " / ", "‐", "–", "\u00a0", " \n", "\r\n", "&", " & "})
# Words on either side of an abbreviation that may tell what it means.
_NEAR = 12
# Characters on either side in which capitals are counted.
_REACH = 40
# Where more letters than this are capitals, capitals say nothing.
_SHOUTED = 0.6
_LETTERS = re.compile(r"[^\W\d_]")


def vocabulary_spans(text: str) -> list[TypedSpan]:
    """Finds the names and abbreviations of the vocabulary in a text.

    Names match whatever their case, plural and British or American spelling; the longest match wins.
    Abbreviations match as they are written, and in lower case where they are no words. One that means several
    things is found only beside a word that decides.

    Args:
        text: A note, or any text; the time taken grows with its length and no faster.

    Returns:
        Spans in order of position, none overlapping.
    """
    return _Finder(text, lexicon()).run()


class _Finder:
    def __init__(self, text: str, index: Lexicon) -> None:
        self.text = text
        self.index = index
        self.bounds = [match.span() for match in WORD.finditer(text)]
        written = WORD.findall(text)
        folded = {word: fold(word) if len(word) <= LONGEST else "" for word in set(written)}
        self.words = [folded[word] for word in written]
        forms = index.forms
        self.canonical = [forms.get(word) for word in self.words]

    def run(self) -> list[TypedSpan]:
        found: list[TypedSpan] = []
        longest, initials, words = self.index.longest, self.index.initials, self.words
        skip = 0
        for at, first in enumerate(self.canonical):
            if at < skip or (first not in longest and words[at] not in initials):
                continue
            hit = self._name(at, first) if first in longest else None
            hit = hit or (self._short(at, initials[words[at]]) if words[at] in initials else None)
            if hit is not None:
                skip = at + hit[1]
                found.append(TypedSpan(self.bounds[at][0], self.bounds[skip - 1][1], hit[0]))
        return found

    def _name(self, at: int, first: str) -> tuple[MentionType, int] | None:
        """Type and number of words of the longest name that begins at a word."""
        words = [first]
        while len(words) < self.index.longest[first] and (word := self._joined(at + len(words))):
            words.append(word)
        for count in range(len(words), 0, -1):
            type_ = self.index.found_types.get(" ".join(words[:count]))
            if type_ is not None:
                return type_, count
        return None

    def _joined(self, at: int) -> str | None:
        """The canonical form of a word, when it is of the vocabulary and joined to the word before."""
        if at >= len(self.bounds) or self.text[self.bounds[at - 1][1] : self.bounds[at][0]] not in _GLUE:
            return None
        return self.canonical[at]

    def _short(self, at: int, longest: int) -> tuple[MentionType, int] | None:
        """Type and number of words of the longest abbreviation that begins at a word."""
        for count in range(min(longest, len(self.bounds) - at), 0, -1):
            type_ = self._meaning(at, count)
            if type_ is not None:
                return type_, count
        return None

    def _meaning(self, at: int, count: int) -> MentionType | None:
        start, end = self.bounds[at][0], self.bounds[at + count - 1][1]
        if end - start > LONGEST:
            return None
        written = self.text[start:end]
        readings = self.index.rules.by_context.get(written)
        if readings is not None:
            # "PE:" is a heading or a label, whatever stands around it.
            return None if self.text.startswith(":", end) else self._by_context(readings, at)
        if written in self.index.rules.never_found:
            return None
        if written in self.index.shorts:
            if self._is_word(written) and self._shouted(start, end):
                return None
            return self.index.type_of(self.index.shorts[written])
        # "mCi" is no spelling of MCI.
        if not (written.islower() or written.isupper() or written.istitle()):
            return None
        places = self.index.lower_shorts.get(written.lower(), ())
        return None if self._is_linked_only(places) else self.index.type_of(places)

    def _is_linked_only(self, places: tuple[int, ...]) -> bool:
        never = self.index.rules.never_found
        return any(short in never for place in places for short in self.index.concepts[place].short)

    def _is_word(self, written: str) -> bool:
        return len(written) < 3 or written in self.index.rules.capitals_only

    def _by_context(self, readings: tuple[Reading, ...], at: int) -> MentionType | None:
        near = {*self.words[max(0, at - _NEAR) : at], *self.words[at + 1 : at + 1 + _NEAR]}
        fitting = [reading for reading in readings if not near.isdisjoint(reading.near)]
        return self.index.type_of_name(fitting[0].concept) if len(fitting) == 1 else None

    def _shouted(self, start: int, end: int) -> bool:
        around = self.text[max(0, start - _REACH) : start] + self.text[end : end + _REACH]
        letters = _LETTERS.findall(around)
        return len(letters) > 10 and sum(map(str.isupper, letters)) > _SHOUTED * len(letters)
