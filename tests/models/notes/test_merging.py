from __future__ import annotations

import random
from itertools import pairwise
from typing import Any

import pytest

from models.notes.merging import Candidate, merged


def candidate(start: int, end: int, kind: str = "problem", rank: int = 0, **given: Any) -> Candidate:
    plain: dict[str, Any] = {"score": 0.9, "origin": "model", "type": kind}
    return Candidate(start=start, end=end, rank=rank, **(plain | given))


def name(start: int, end: int, kind: str = "problem", rank: int = 1) -> Candidate:
    return candidate(start, end, kind, rank, origin="vocabulary")


def test_the_lower_rank_decides_where_two_overlap() -> None:
    first, second = candidate(5, 9, rank=0), candidate(0, 20, "medication", rank=2)
    assert merged([second, first]) == [first]


def test_in_one_rank_the_longer_decides_then_the_surer() -> None:
    long, short = candidate(0, 10), candidate(2, 6, score=0.99)
    assert merged([short, long]) == [long]
    sure, unsure = candidate(0, 4, score=0.8), candidate(0, 4, "symptom", score=0.4)
    assert merged([unsure, sure]) == [sure]


def test_what_overlaps_nothing_stays_in_order_of_position() -> None:
    every = [candidate(20, 25, rank=3), candidate(0, 5), candidate(5, 9, rank=2)]
    assert [each.start for each in merged(every)] == [0, 5, 20]


def test_a_known_name_takes_the_place_of_its_marked_parts() -> None:
    whole = name(0, 13)
    assert merged([candidate(6, 13, "symptom"), candidate(0, 5, "anatomy"), whole]) == [whole]


@pytest.mark.parametrize(
    "part",
    [candidate(6, 13, "medication"), candidate(6, 20, "symptom"), candidate(0, 13, "symptom")],
    ids=["another kind", "reaches out of it", "not longer"],
)
def test_a_known_name_does_not_replace_what_is_no_part_of_it(part: Candidate) -> None:
    assert merged([part, name(0, 13)]) == [part]


def test_only_a_known_name_replaces() -> None:
    part = candidate(6, 13)
    assert merged([part, candidate(0, 13, rank=1)]) == [part]


def test_what_stays_is_always_disjoint() -> None:
    source = random.Random(3)  # noqa: S311 - any spans
    for _ in range(200):
        every = [
            candidate(
                start := source.randrange(60),
                start + source.randint(1, 15),
                source.choice(["problem", "symptom", "anatomy", "test"]),
                source.randrange(4),
                origin=source.choice(["model", "vocabulary"]),
            )
            for _ in range(25)
        ]
        kept = merged(every)
        assert all(one.end <= other.start for one, other in pairwise(kept))
        assert all(any(k.start < c.end and c.start < k.end for k in kept) for c in every)
