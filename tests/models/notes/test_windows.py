"""Windows cover a note once, end where sentences do, and see what stands before them."""

from __future__ import annotations

import numpy as np
import pytest

from models.notes.tokens import Tokens
from models.notes.windows import windows_of


def _tokens(count: int, cuts: list[int] | None = None, inside: set[int] | None = None) -> Tokens:
    positions = np.arange(count)
    return Tokens(
        ids=positions,
        starts=positions,
        ends=positions + 1,
        first=np.asarray([i not in (inside or set()) for i in range(count)], dtype=np.bool_),
        shapes=np.zeros(count, dtype=np.int64),
        cuts=np.asarray(cuts or [], dtype=np.int64),
    )


@pytest.mark.parametrize("count", [0, 1, 9, 10, 11, 57, 1000])
@pytest.mark.parametrize("overlap", [0, 3, 9])
def test_every_token_is_new_in_exactly_one_window(count: int, overlap: int) -> None:
    windows = windows_of(_tokens(count, cuts=list(range(0, count, 7))), 10, overlap)
    assert [i for w in windows for i in range(w.keep, w.end)] == list(range(count))
    assert all(w.start <= w.keep < w.end and len(w) <= 10 for w in windows)


def test_a_window_ends_with_a_sentence_where_one_ends_in_its_second_half() -> None:
    assert [w.end for w in windows_of(_tokens(15, cuts=[0, 8]), 10, 0)] == [8, 15]


def test_an_early_sentence_end_does_not_make_a_short_window() -> None:
    assert [w.end for w in windows_of(_tokens(15, cuts=[0, 2]), 10, 0)] == [10, 15]


def test_a_window_does_not_cut_a_word() -> None:
    assert [w.end for w in windows_of(_tokens(15, inside={9, 10}), 10, 0)] == [8, 15]


def test_later_windows_read_the_overlap_again() -> None:
    windows = windows_of(_tokens(30), 10, 4)
    assert all(w.keep - w.start == 4 for w in windows[1:])


def test_a_word_longer_than_a_window_is_cut_rather_than_lost() -> None:
    windows = windows_of(_tokens(25, inside=set(range(1, 25))), 10, 2)
    assert windows[-1].end == 25


def test_an_overlap_as_long_as_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        windows_of(_tokens(5), 10, 10)
