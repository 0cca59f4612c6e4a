"""Documents to batches: windows of neighbouring sentences, sorted by length, so many tokens to a batch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.notes.tokens import Int, NoteTokenizer, Tokens
from models.notes.windows import windows_of
from models.training.notes.tagging import IGNORED

# Batches are cut from chunks of this many windows sorted by length, so that their order stays random.
_CHUNK = 512


@dataclass(frozen=True, slots=True)
class Piece:
    """One window of a text, with its special tokens: ids, shapes and what is to be learned, shape (n,)."""

    ids: Int
    shapes: Int
    labels: Int
    task: str = ""

    def __len__(self) -> int:
        return len(self.ids)


@dataclass(frozen=True, slots=True)
class Batch:
    """Pieces of one task, padded to the longest; all tensors have the shape (pieces, longest)."""

    task: str
    ids: torch.Tensor
    shapes: torch.Tensor
    mask: torch.Tensor
    labels: torch.Tensor

    def to(self, device: torch.device) -> Batch:
        """The same batch on the device."""
        parts = (self.ids, self.shapes, self.mask, self.labels)
        return Batch(self.task, *(part.to(device) for part in parts))


def pieces_of(
    tokens: Tokens, labels: Int, tokenizer: NoteTokenizer, length: int, task: str = ""
) -> Iterable[Piece]:
    """Cuts one text into windows without overlap; special tokens carry no label."""
    for window in windows_of(tokens, length, 0):
        span = slice(window.start, window.end)
        yield Piece(
            ids=_framed(tokens.ids[span], tokenizer.cls_id, tokenizer.sep_id),
            shapes=_framed(tokens.shapes[span], 0, 0),
            labels=_framed(labels[span], IGNORED, IGNORED),
            task=task,
        )


def _framed(values: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
    return np.concatenate(([first], values, [last]))


def batched(pieces: Sequence[Piece], budget: int, pad_id: int, rng: np.random.Generator) -> list[Batch]:
    """Shuffles, sorts by length within chunks, fills batches, and shuffles the batches of all tasks."""
    batches: list[Batch] = []
    for task in sorted({piece.task for piece in pieces}):
        chosen = [piece for piece in pieces if piece.task == task]
        order = rng.permutation(len(chosen))
        for start in range(0, len(order), _CHUNK):
            chunk = sorted((chosen[i] for i in order[start : start + _CHUNK]), key=len)
            batches += [collate(group, pad_id) for group in _filled(chunk, budget)]
    return [batches[i] for i in rng.permutation(len(batches))]


def _filled(pieces: Sequence[Piece], budget: int) -> Iterable[list[Piece]]:
    group: list[Piece] = []
    for piece in pieces:  # ascending, so the next piece is the longest
        if group and (len(group) + 1) * len(piece) > budget:
            yield group
            group = []
        group.append(piece)
    if group:
        yield group


def collate(pieces: Sequence[Piece], pad_id: int) -> Batch:
    """Pads the pieces of one task to the longest of them."""
    width = max(map(len, pieces))
    ids = np.full((len(pieces), width), pad_id, dtype=np.int64)
    shapes = np.zeros((len(pieces), width), dtype=np.int64)
    mask = np.zeros((len(pieces), width), dtype=np.int64)
    labels = np.full((len(pieces), width), IGNORED, dtype=np.int64)
    for row, piece in enumerate(pieces):
        ids[row, : len(piece)] = piece.ids
        shapes[row, : len(piece)] = piece.shapes
        mask[row, : len(piece)] = 1
        labels[row, : len(piece)] = piece.labels
    return Batch(
        pieces[0].task,
        torch.from_numpy(ids),
        torch.from_numpy(shapes),
        torch.from_numpy(mask),
        torch.from_numpy(labels),
    )
