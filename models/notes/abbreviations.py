"""Short forms that a text defines itself, "tardive dyskinesia (TD)", are marked as what they stand for.

The network reads each place by itself, and two letters tell it little. On the development part of BC5CDR,
read by a network that had not seen it, strict F1 rises from 86.2 to 87.2, on a development tenth of MACCROBAT
from 63.7 to 64.2.

Source of how a definition is found: Schwartz AS, Hearst MA. A simple algorithm for identifying abbreviation
definitions in biomedical text. Pac Symp Biocomput 2003:451-462.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from models.notes.decoding import LabelledRun

_OPENING, _CLOSING = frozenset("(["), frozenset(")]")
# What may end a short form within its brackets: "(TD; n = 12)", "(TD, Table 2)".
_ENDING = _CLOSING | frozenset(";,=:")
# A long form does not reach across these.
_STOPPING = frozenset(("", *".;:()[]!?"))
# "Episodes of blindness (OS)" defines nothing.
_NO_FIRST = frozenset(
    ("a", "an", "and", "by", "for", "from", "in", "is", "of", "on", "or", "the", "to", "with")
)
_SHORTEST, _LONGEST, _MOST_WORDS = 2, 10, 5


class Definition(NamedTuple):
    """Words [start, end) are the long form, words [short_start, short_end) the short one."""

    start: int
    end: int
    short_start: int
    short_end: int


def as_defined(
    runs: Sequence[LabelledRun], words: Sequence[str], definitions: Iterable[Definition]
) -> list[LabelledRun]:
    """The runs, with every place of a short form marked as the long form is where the text defines it.

    Where a text defines a short form again, the new meaning holds from there. A short form whose long form is
    not marked is not marked either. A longer run around a short form stays, and so does every place of a
    definition whose long form is marked in part.

    Args:
        runs: Disjoint, in order.
        words: The text's words as it has them: "all" is not ALL.
        definitions: Of those words, as `definitions_of` finds them.

    Returns:
        Disjoint runs in order. What is marked for its long form has the score of that.
    """
    defined: dict[tuple[str, ...], list[Definition]] = {}
    for found in definitions:
        defined.setdefault(tuple(words[found.short_start : found.short_end]), []).append(found)
    if not defined:
        return list(runs)
    ending = {run.end: run for run in runs}
    covering = {word: run for run in runs for word in range(run.start, run.end)}
    kept = set(runs)
    for start, end, meanings in _places(words, defined):
        meaning = meanings[max(0, bisect_right(meanings, start, key=lambda each: each.short_start) - 1)]
        long = ending.get(meaning.end)
        here = {covering[word] for word in range(start, end) if word in covering}
        exact = next((run for run in here if (run.start, run.end) == (start, end)), None)
        if long is not None and long.start <= meaning.start:
            if here and (exact is None or exact.type == long.type):
                continue
            marked = LabelledRun(start, end, long.type, long.score)
            kept.add(marked)
            covering |= dict.fromkeys(range(start, end), marked)
        elif any(word in covering for word in range(meaning.start, meaning.end)):
            continue
        if exact is not None:
            kept.discard(exact)
    return sorted(kept, key=lambda run: run.start)


def _places(
    words: Sequence[str], defined: Mapping[tuple[str, ...], list[Definition]]
) -> Iterator[tuple[int, int, list[Definition]]]:
    """Start and end of each place of a short form, and what it is defined as; longer ones first."""
    sizes: dict[str, set[int]] = {}
    for short in defined:
        sizes.setdefault(short[0], set()).add(len(short))
    for start, word in enumerate(words):
        for size in sorted(sizes.get(word, ()), reverse=True):
            meanings = defined.get(tuple(words[start : start + size]))
            if meanings is not None:
                yield start, start + size, meanings


def definitions_of(words: Sequence[str]) -> Iterator[Definition]:
    """The definitions of a text, in order.

    Args:
        words: Words and punctuation marks, in any case.
    """
    words = [word.lower() for word in words]
    for at, word in enumerate(words):
        if word in _OPENING:
            end = _end_of_short(words, at + 1)
            start = _start_of_long(words, at, "".join(words[at + 1 : end])) if end else None
            if start is not None:
                yield Definition(start, at, at + 1, end)


def _end_of_short(words: Sequence[str], start: int) -> int:
    """One past the last word of what may be a short form; 0 where none begins."""
    for end in range(start, min(start + _MOST_WORDS, len(words)) + 1):
        if end == len(words):
            return 0
        if words[end] in _ENDING:
            short = "".join(words[start:end])
            fits = _SHORTEST <= len(short) <= _LONGEST and short[0].isalnum()
            return end if fits and any(letter.isalpha() for letter in short) else 0
    return 0


def _start_of_long(words: Sequence[str], end: int, short: str) -> int | None:
    """The first word of the shortest run of words before a bracket that spells the short form."""
    if not end or words[end - 1] in _STOPPING:
        return None
    letters = [letter for letter in short if letter.isalnum()]
    lowest = max(0, end - min(len(letters) + 5, 2 * len(letters)))
    place, at = end - 1, len(words[end - 1])
    for number in reversed(range(len(letters))):
        while True:
            at -= 1
            if at < 0:
                place -= 1
                if place < lowest or words[place] in _STOPPING:
                    return None
                at = len(words[place]) - 1
            if words[place][at] == letters[number] and (number or at == 0):
                break
    fits = words[place] not in _NO_FIRST and len("".join(words[place:end])) > len(short)
    return place if fits else None
