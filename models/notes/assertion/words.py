"""The words of a stretch of a note, in lower case, with their places in the note."""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass

# A gap that de-identification left is one word; bounded, so that no text makes the search slow.
_WORD = re.compile(
    r"(?P<gap>\*\*[A-Z-]{2,24}(?:\[[^\]\n]{0,60}\])?|\[\*\*[^\]\n]{0,80}\*\*\])"
    r"|\w+(?:['’]\w+)*|[^\w\s]"
)
_YEAR = re.compile(r"\b(?:19|20)\d\d\b|\b\d{1,2}[-/]\d{1,2}\b|DATE")
# A line break before one of these, and a blank line, end what was being said.
_BREAK = re.compile(r"\n[ \t]*(?:\n|[-*•●▪◦■‣·☐☒☑✓✔□][ \t]|\(?\d{1,2}[.)][ \t]|\[[ xX]?\])")

GAP, DATE, BREAK = "<gap>", "<date>", "<break>"


@dataclass(frozen=True, slots=True)
class Words:
    """Parallel lists: the words and punctuation marks, and where each starts and ends."""

    lower: list[str]
    starts: list[int]
    ends: list[int]


def word_set(words: str) -> frozenset[str]:
    """The words of a line as a set, for tables."""
    return frozenset(words.split())


def words_of(text: str, start: int, end: int) -> Words:
    """Splits characters [start, end) of a text; a hard line break is a word of its own.

    Args:
        text: The whole note.
        start: First character.
        end: One past the last character.
    """
    matches = list(_WORD.finditer(text, start, end))
    lower = [_lowered(match) for match in matches]
    starts = [match.start() for match in matches]
    ends = [match.end() for match in matches]
    if "\n" in text[start:end]:
        for match in _BREAK.finditer(text, start, end):
            place = match.start()
            index = bisect_left(starts, place)
            if index < len(starts):
                lower.insert(index, BREAK)
                starts.insert(index, place)
                ends.insert(index, place)
    return Words(lower, starts, ends)


def _lowered(match: re.Match[str]) -> str:
    word = match[0]
    if match.lastgroup:
        return DATE if _YEAR.search(word) else GAP
    return word.lower().replace("’", "'")
