"""What an engine takes and gives, whatever computes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from models.notes.known_names import KnownNames
from models.notes.tokens import Int, NoteTokenizer

Float = NDArray[np.float32]

# What the network says of one window of n pieces: logits by head, each of shape (n, labels of the head).
Scores = Mapping[str, Float]


@dataclass(frozen=True, slots=True, repr=False)
class EncodedWindow:
    """Word pieces of one window without special tokens: ids and word shapes, each of shape (n,)."""

    ids: Int
    shapes: Int

    def __len__(self) -> int:
        return len(self.ids)


class Engine(Protocol):
    """Reads windows. An engine keeps no state between calls and is safe to use after a fork.

    Attributes:
        heads: Labels of each head, "O" first, in the order of its scores.
        digest: SHA-256 of all that decides its answers, hexadecimal.
        names: Known names by head; a head may have none.
        tokenizer: The one that it was trained with.
    """

    @property
    def heads(self) -> Mapping[str, tuple[str, ...]]: ...  # noqa: D102
    @property
    def digest(self) -> str: ...  # noqa: D102
    @property
    def names(self) -> Mapping[str, KnownNames]: ...  # noqa: D102
    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        """Reads windows, in whatever batches suit the engine.

        Args:
            windows: Each with at most `max_positions` - 2 pieces.

        Returns:
            Scores for each window, in the order of `windows`.
        """


def framed(window: EncodedWindow, tokenizer: NoteTokenizer, word_shapes: bool) -> tuple[Int, Int]:
    """Ids and segment ids with the special tokens around them, each of shape (n + 2,)."""
    ids = np.empty(len(window) + 2, dtype=np.int64)
    ids[0], ids[-1], ids[1:-1] = tokenizer.cls_id, tokenizer.sep_id, window.ids
    segments = np.zeros(len(window) + 2, dtype=np.int64)
    if word_shapes:
        segments[1:-1] = window.shapes
    return ids, segments


def by_head(scores: Float, heads: Mapping[str, Sequence[str]]) -> dict[str, Float]:
    """Scores of all heads side by side, shape (n, all labels), taken apart."""
    found, start = {}, 0
    for name, labels in heads.items():
        found[name] = scores[:, start : start + len(labels)]
        start += len(labels)
    return found


def batches_of(windows: Sequence[EncodedWindow], budget: int) -> Iterator[list[int]]:
    """Indices of windows of similar length, so many that the padded batch holds at most `budget` tokens."""
    group: list[int] = []
    for index in sorted(range(len(windows)), key=lambda i: len(windows[i])):
        if group and (len(group) + 1) * (len(windows[index]) + 2) > budget:
            yield group
            group = []
        group.append(index)
    if group:
        yield group
