"""Who is trained on, who decides settings and recalibration, who is only measured: by a hash of the person.

The same person lands in the same part in every run and whatever order the rows are in, so that all rows of
one person stay together and a data set that grows keeps its old split.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

Part = Literal["train", "development", "held-out"]
PARTS: tuple[Part, ...] = get_args(Part)

# Shares of development and held-out people; the rest is trained on.
_DEVELOPMENT, _HELD_OUT = 0.15, 0.2


def part_of(
    person: str, seed: int, *, development: float = _DEVELOPMENT, held_out: float = _HELD_OUT
) -> Part:
    """The part of a data set that a person belongs to.

    Args:
        person: The data set's own id, as text.
        seed: Of the recipe; another seed deals the people anew.
        development, held_out: Shares from 0 to 1; together at most 1.
    """
    dealt = int.from_bytes(hashlib.sha256(f"{seed}:{person}".encode()).digest()[:8], "big") / 2**64
    if dealt < held_out:
        return "held-out"
    return "development" if dealt < held_out + development else "train"


def parts_of(
    people: Iterable[object], seed: int, *, development: float = _DEVELOPMENT, held_out: float = _HELD_OUT
) -> NDArray[np.str_]:
    """`part_of` for each row of a table, shape (rows,); ids are taken as `str` writes them."""
    known: dict[str, Part] = {}
    rows = []
    for person in map(str, people):
        if person not in known:
            known[person] = part_of(person, seed, development=development, held_out=held_out)
        rows.append(known[person])
    return np.array(rows, dtype=np.str_)
