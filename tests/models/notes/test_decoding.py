"""Decoding finds the best sequence of labels that is a sequence of spans."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from models.notes.decoding import LabelledRun, decode

LABELS = ("O", "B-drug", "I-drug", "B-test", "I-test")


def _allowed(before: str, label: str) -> bool:
    return label[0] != "I" or (before[0] in "BI" and before[2:] == label[2:])


def _best_by_trying_all(scores: np.ndarray) -> list[str]:
    paths = [
        path
        for path in product(range(len(LABELS)), repeat=len(scores))
        if all(_allowed(a, b) for a, b in zip(("O", *(LABELS[i] for i in path)), (LABELS[i] for i in path)))  # noqa: B905
    ]
    totals = [sum(scores[word, label] for word, label in enumerate(path)) for path in paths]
    return [LABELS[i] for i in paths[int(np.argmax(totals))]]


def _labels_of(runs: list[LabelledRun], words: int) -> list[str]:
    labels = ["O"] * words
    for run in runs:
        labels[run.start] = f"B-{run.type}"
        labels[run.start + 1 : run.end] = [f"I-{run.type}"] * (run.end - run.start - 1)
    return labels


@pytest.mark.parametrize("seed", range(40))
def test_the_path_is_the_best_of_all_paths_that_are_spans(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (5, len(LABELS))).astype(np.float32)
    assert _labels_of(decode(scores, LABELS), 5) == _best_by_trying_all(scores)


def test_stretches_decoded_side_by_side_answer_as_each_does_alone() -> None:
    rng = np.random.default_rng(3)
    alone = [rng.normal(0, 3, (n, len(LABELS))).astype(np.float32) for n in (4, 1, 7, 3)]
    nothing = np.full((3, len(LABELS)), -30, dtype=np.float32)
    nothing[:, 0] = 0
    together = np.concatenate([part for scores in alone for part in (scores, nothing)])
    expected: list[str] = []
    for scores in alone:
        expected += [*_labels_of(decode(scores, LABELS), len(scores)), "O", "O", "O"]
    assert _labels_of(decode(together, LABELS), len(together)) == expected


def test_a_continuation_without_a_beginning_becomes_a_beginning_or_nothing() -> None:
    scores = np.full((2, len(LABELS)), -9, dtype=np.float32)
    scores[0, 0] = 0  # O
    scores[1, 2], scores[1, 1] = 5, 4  # I-drug, then B-drug
    assert [(run.start, run.end, run.type) for run in decode(scores, LABELS)] == [(1, 2, "drug")]


def test_neighboring_spans_of_one_type_stay_two() -> None:
    scores = np.full((3, len(LABELS)), -9, dtype=np.float32)
    scores[[0, 1, 2], [1, 1, 2]] = 9
    assert [(run.start, run.end) for run in decode(scores, LABELS)] == [(0, 1), (1, 3)]


def test_the_score_is_the_geometric_mean_of_the_labels_probabilities() -> None:
    probabilities = np.asarray([[0.1, 0.8, 0.05, 0.03, 0.02], [0.3, 0.1, 0.5, 0.05, 0.05]])
    (run,) = decode(np.log(probabilities).astype(np.float32), LABELS)
    assert run.score == pytest.approx((0.8 * 0.5) ** 0.5, rel=1e-5)


def test_no_words_have_no_spans() -> None:
    assert decode(np.zeros((0, len(LABELS)), dtype=np.float32), LABELS) == []
