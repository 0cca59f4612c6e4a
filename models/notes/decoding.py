"""Scores of words to spans: the best sequence of labels that is a sequence of spans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from math import exp

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float32]
Int = NDArray[np.int64]

_NEVER = np.float32(-1e9)


@dataclass(frozen=True, slots=True)
class LabelledRun:
    """Words [start, end) that are one span of a type; `score` is the model's probability of its labels."""

    start: int
    end: int
    type: str
    score: float


def decode(scores: Float, labels: Sequence[str]) -> list[LabelledRun]:
    """The most likely spans (Viterbi 1967, over BIO labels: I-x only after B-x or I-x).

    Linear in the words.

    Args:
        scores: Log-probabilities of the first piece of each word, shape (words, labels).
        labels: "O", then "B-x" and "I-x" of each type.

    Returns:
        Disjoint runs in order. The score is the geometric mean of the probabilities of their labels.
    """
    if not len(scores):
        return []
    scheme = _scheme_of(tuple(labels))
    return _runs(_best_path(scores, scheme), scores, scheme)


@dataclass(frozen=True, slots=True)
class _Scheme:
    """Columns of a head.

    Attributes:
        types: Its types of spans.
        begin, inside: Columns of B-x and I-x of each type.
        free: All columns but `inside`.
        begins: True for the columns in `begin`, shape (labels,).
    """

    types: tuple[str, ...]
    begin: Int
    inside: Int
    free: Int
    begins: NDArray[np.bool_]


@cache
def _scheme_of(labels: tuple[str, ...]) -> _Scheme:
    column = {label: number for number, label in enumerate(labels)}
    types = tuple(label[2:] for label in labels if label.startswith("B-"))
    inside = np.asarray([column[f"I-{name}"] for name in types], dtype=np.int64)
    return _Scheme(
        types=types,
        begin=np.asarray([column[f"B-{name}"] for name in types], dtype=np.int64),
        inside=inside,
        free=np.setdiff1d(np.arange(len(labels)), inside),
        begins=np.asarray([label.startswith("B-") for label in labels]),
    )


def log_softmax(logits: Float) -> Float:
    """Scores to log-probabilities, row by row."""
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: Float = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _best_path(scores: Float, scheme: _Scheme) -> Int:
    path: Int = scheme.free[scores[:, scheme.free].argmax(axis=1)]
    continues = _may_continue(scores, scheme)
    if continues.any():
        stretches = _Stretches.of(continues)
        _trace(stretches, _lattice(scores, scheme, stretches), scheme, path)
    return path


def _may_continue(scores: Float, scheme: _Scheme) -> NDArray[np.bool_]:
    """Words to which some best path may give an I label, shape (words,).

    A path with I-x at a word can be changed there to the best other label, if an I-x at the next word becomes
    B-x. Where that always gains, no best path has an I label, and the note falls into short stretches.
    """
    loss = scores[:, scheme.free].max(axis=1, keepdims=True) - scores[:, scheme.inside]
    support = np.zeros_like(loss)
    support[:-1] = np.maximum(0, scores[1:, scheme.inside] - scores[1:, scheme.begin])
    continues: NDArray[np.bool_] = (loss <= support).any(axis=1)
    continues[0] = False
    return continues


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Words that may continue something, with the word before them; the longest stretch first."""

    starts: Int
    lengths: Int

    @classmethod
    def of(cls, continues: NDArray[np.bool_]) -> _Stretches:
        padded = np.concatenate(([False], continues, [False]))
        edges = np.flatnonzero(padded[1:] != padded[:-1]).reshape(-1, 2)
        starts, lengths = edges[:, 0] - 1, edges[:, 1] - edges[:, 0] + 1
        longest_first = np.argsort(-lengths, kind="stable")
        return cls(starts[longest_first], lengths[longest_first])


@dataclass(frozen=True, slots=True)
class _Lattice:
    """Where the best path to each label of a word comes from.

    Attributes:
        last: Best label of each stretch's last word.
        before: Best label of the word before, for a label that may follow anything, shape (words,).
        goes_on: Whether I-x comes from I-x rather than from B-x, shape (words, types).
    """

    last: Int
    before: Int
    goes_on: NDArray[np.bool_]


def _lattice(scores: Float, scheme: _Scheme, stretches: _Stretches) -> _Lattice:
    # All stretches step together; those that are over are the last ones and drop off.
    starts, lengths = stretches.starts, stretches.lengths
    lattice = _Lattice(
        last=np.zeros(len(starts), dtype=np.int64),
        before=np.zeros(len(scores), dtype=np.int64),
        goes_on=np.zeros((len(scores), len(scheme.types)), dtype=np.bool_),
    )
    best = scores[starts]
    best[:, scheme.inside] = _NEVER
    for step in range(1, int(lengths[0]) + 1):
        left = int(np.searchsorted(-lengths, -step))
        lattice.last[left : len(best)] = best[left:].argmax(axis=1)
        best, words = best[:left], starts[:left] + step
        if left:
            best = _step(best, scores[words], scheme, lattice, words)
    return lattice


def _step(best: Float, scores: Float, scheme: _Scheme, lattice: _Lattice, words: Int) -> Float:
    before = best.argmax(axis=1)
    begun, inside = best[:, scheme.begin], best[:, scheme.inside]
    lattice.before[words] = before
    lattice.goes_on[words] = inside > begun
    following: Float = scores + best[np.arange(len(best)), before][:, None]
    following[:, scheme.inside] = scores[:, scheme.inside] + np.maximum(begun, inside)
    return following


def _trace(stretches: _Stretches, lattice: _Lattice, scheme: _Scheme, path: Int) -> None:
    begin, inside = scheme.begin.tolist(), scheme.inside.tolist()
    type_of = {column: number for number, column in enumerate(inside)}
    triples = zip(stretches.starts.tolist(), stretches.lengths.tolist(), lattice.last.tolist(), strict=True)
    for start, length, last in triples:
        label = last
        for word in range(start + length - 1, start - 1, -1):
            path[word] = label
            if label not in type_of:
                label = int(lattice.before[word])
            elif not lattice.goes_on[word, type_of[label]]:
                label = begin[type_of[label]]


def _runs(path: Int, scores: Float, scheme: _Scheme) -> list[LabelledRun]:
    begin = {int(column): number for number, column in enumerate(scheme.begin)}
    inside = set(scheme.inside.tolist())
    labels, runs = path.tolist(), []
    certain = scores[np.arange(len(path)), path].tolist()
    for start in np.flatnonzero(scheme.begins[path]).tolist():
        end = start + 1
        while end < len(labels) and labels[end] in inside:
            end += 1
        score = exp(sum(certain[start:end]) / (end - start))
        runs.append(LabelledRun(start, end, scheme.types[begin[labels[start]]], score))
    return runs
