"""People stay together, whatever the order, and shares are as asked."""

from __future__ import annotations

import numpy as np

from models.training.complications.split import PARTS, part_of, parts_of

PEOPLE = [f"p{number}" for number in range(4000)]


def test_shares_are_as_asked() -> None:
    parts = parts_of(PEOPLE, 13, development=0.1, held_out=0.3)
    shares = {part: float(np.mean(parts == part)) for part in PARTS}
    assert abs(shares["held-out"] - 0.3) < 0.025
    assert abs(shares["development"] - 0.1) < 0.015
    assert abs(shares["train"] - 0.6) < 0.025


def test_a_person_keeps_the_part_in_any_order_and_number_of_rows() -> None:
    rows = [*PEOPLE[:50], *reversed(PEOPLE[:50])]
    parts = parts_of(rows, 13)
    assert list(parts[:50]) == list(reversed(parts[50:]))
    assert list(parts[:50]) == [part_of(person, 13) for person in PEOPLE[:50]]
    assert part_of("7", 13) == parts_of([7], 13)[0]


def test_another_seed_deals_anew() -> None:
    same = parts_of(PEOPLE, 13) == parts_of(PEOPLE, 14)
    assert 0.3 < same.mean() < 0.7


def test_more_held_out_people_take_nobody_back() -> None:
    fewer = parts_of(PEOPLE, 13, held_out=0.1) == "held-out"
    more = parts_of(PEOPLE, 13, held_out=0.2) == "held-out"
    assert not (fewer & ~more).any()
