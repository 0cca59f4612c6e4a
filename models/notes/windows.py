"""Cuts a long note into overlapping windows, so that every token is read with something on both sides."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from models.notes.tokens import Tokens

# Two positions of the encoder are taken by its special tokens.
SPECIALS = 2


@dataclass(frozen=True, slots=True)
class Window:
    """Tokens [start, end) of a note are read; the answers for [keep, end) are new."""

    start: int
    end: int
    keep: int

    def __len__(self) -> int:
        return self.end - self.start


def windows_of(tokens: Tokens, length: int, overlap: int) -> list[Window]:
    """Windows that cover all tokens.

    A window ends after a line or a sentence where it can, otherwise between words, and the next one begins
    up to `overlap` tokens earlier, so that nothing is read without what stands before it.

    Args:
        tokens: Of one note.
        length: Most tokens in a window, special tokens not counted; above `overlap`.
        overlap: Tokens read again as context.

    Returns:
        In order; the `keep` ranges are disjoint and together are all tokens.
    """
    if not 0 <= overlap < length:
        raise ValueError("the overlap must be shorter than the window")
    cuts = tokens.cuts.tolist()
    total, keep, found = len(tokens), 0, []
    while keep < total:
        start = max(0, keep - overlap)
        end = min(total, start + length)
        if end < total:
            end = _cut_before(tokens, cuts, keep, end)
        found.append(Window(start, end, keep))
        keep = end
    return found


def _cut_before(tokens: Tokens, cuts: list[int], keep: int, end: int) -> int:
    # A cut in the first half of what is new would make too many windows.
    earliest = keep + (end - keep) // 2
    cut = cuts[bisect_right(cuts, end) - 1] if cuts else 0
    if cut > earliest:
        return cut
    for position in range(end, earliest, -1):
        if tokens.first[position]:
            return position
    return end
