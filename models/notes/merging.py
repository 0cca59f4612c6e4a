"""One list of mentions from several finders that see the same words."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from fhir_adapters.record import MentionType

Origin = Literal["model", "vocabulary", "pattern"]

_FINDINGS: Final = frozenset[MentionType]({"problem", "symptom"})
# What the name of a finding is made of: what it qualifies, and what is measured ("high blood pressure").
_QUALIFIERS: Final = frozenset[MentionType]({"anatomy", "severity", "test", "value"})
# The salt of a drug is also a test ("penicillin V potassium").
_OF_DRUGS: Final = frozenset[MentionType]({"test", "dosage"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """Characters [start, end) of a text, as one finder marks them.

    Attributes:
        rank: Of the finder; 0 decides first.
        score: 0 to 1, the probability of the span and its type.
    """

    start: int
    end: int
    type: MentionType
    score: float
    origin: Origin
    rank: int


def merged(candidates: Iterable[Candidate]) -> list[Candidate]:
    """The candidates that stay: disjoint, in order of position.

    A finder of a lower rank decides; within one rank the longer span does, then the surer one. What overlaps
    a span that is already taken is left out, with one exception: a known name that holds taken spans whole,
    all of its own kind or parts of such names, takes their place ("heart failure" for a marked "failure").
    """
    taken = _Taken()
    for candidate in sorted(candidates, key=lambda c: (c.rank, c.start - c.end, -c.score, c.start)):
        overlapped = taken.overlapping(candidate.start, candidate.end)
        if not overlapped:
            taken.add(candidate)
        elif candidate.origin == "vocabulary" and _completes(candidate, overlapped):
            for part in overlapped:
                taken.remove(part)
            taken.add(candidate)
    return taken.in_order()


def _completes(name: Candidate, parts: Sequence[Candidate]) -> bool:
    inside = all(name.start <= part.start and part.end <= name.end for part in parts)
    longer = sum(part.end - part.start for part in parts) < name.end - name.start
    return inside and longer and all(_is_part(name.type, part.type) for part in parts)


def _is_part(name: MentionType, part: MentionType) -> bool:
    if name == part:
        return True
    if name == "medication":
        return part in _OF_DRUGS
    return name in _FINDINGS and part in _FINDINGS | _QUALIFIERS


class _Taken:
    """Disjoint candidates, by position."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._by_start: dict[int, Candidate] = {}

    def overlapping(self, start: int, end: int) -> list[Candidate]:
        first = max(0, bisect_right(self._starts, start) - 1)
        last = bisect_left(self._starts, end)
        near = (self._by_start[at] for at in self._starts[first:last])
        return [each for each in near if each.start < end and start < each.end]

    def add(self, candidate: Candidate) -> None:
        insort(self._starts, candidate.start)
        self._by_start[candidate.start] = candidate

    def remove(self, candidate: Candidate) -> None:
        del self._starts[bisect_left(self._starts, candidate.start)]
        del self._by_start[candidate.start]

    def in_order(self) -> list[Candidate]:
        return [self._by_start[start] for start in self._starts]
