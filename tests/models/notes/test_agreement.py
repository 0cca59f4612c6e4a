"""One name, one mark: what the network was sure of in one place decides for the others."""

from __future__ import annotations

import numpy as np
import pytest

from models.notes.agreement import agreed
from models.notes.decoding import Float, LabelledRun, decode, log_softmax

LABELS = ("O", "B-problem", "I-problem", "B-drug", "I-drug")


def scores(text: str, near: dict[str, tuple[float, ...]], marked: dict[int, tuple[float, ...]]) -> Float:
    """Scores of problem labels (B, I) by word, and by position where they differ; O has 0, drugs -9."""
    logits = np.full((len(text.split()), len(LABELS)), -9.0, np.float32)
    logits[:, 0] = 0
    for at, word in enumerate(text.split()):
        if at in marked or word in near:
            logits[at, 1:3] = marked.get(at, near.get(word))
    return logits


def found(text: str, logits: Float) -> list[tuple[int, int, str]]:
    likely = log_softmax(logits)
    runs = agreed(decode(likely, LABELS), likely, LABELS, text.split())
    return [(run.start, run.end, run.type) for run in runs]


def test_a_name_overlooked_in_one_place_is_marked_there_too() -> None:
    text = "iritis came . the iritis left"
    logits = scores(text, {"iritis": (-1.0, -9.0)}, {0: (6.0, -9.0)})
    assert found(text, logits) == [(0, 1, "problem"), (4, 5, "problem")]


def test_the_score_of_what_was_added_is_the_models_own() -> None:
    text = "iritis and iritis"
    logits = scores(text, {"iritis": (-1.0, -9.0)}, {0: (6.0, -9.0)})
    likely = log_softmax(logits)
    sure, added = agreed(decode(likely, LABELS), likely, LABELS, text.split())
    assert sure.score > 0.99
    assert added.score == pytest.approx(np.exp(-1) / (1 + np.exp(-1)), abs=1e-3)


def test_places_that_the_network_thinks_little_of_stay_unmarked() -> None:
    text = "iritis and iritis and iritis"
    assert found(text, scores(text, {"iritis": (-7.0, -9.0)}, {0: (6.0, -9.0)})) == [(0, 1, "problem")]


def test_a_name_of_several_words_is_marked_as_one() -> None:
    text = "chest pain . no chest pain . pain"
    logits = scores(text, {"chest": (-1.0, -9.0), "pain": (-9.0, -0.5)}, {0: (6.0, -9.0), 1: (-9.0, 6.0)})
    assert found(text, logits) == [(0, 2, "problem"), (4, 6, "problem")]


def test_a_longer_mark_is_not_cut() -> None:
    text = "pain . chest pain"
    logits = scores(text, {"pain": (6.0, 6.5)}, {2: (6.0, -9.0)})
    assert found(text, logits) == [(0, 1, "problem"), (2, 4, "problem")]


def test_a_number_is_no_name() -> None:
    text = "7 and 7"
    assert found(text, scores(text, {"7": (-0.5, -9.0)}, {0: (6.0, -9.0)})) == [(0, 1, "problem")]


def test_places_that_overlap_each_other_are_not_marked_twice() -> None:
    text = "a a . a a a"
    logits = scores(text, {"a": (-0.5, -0.5)}, {0: (6.0, -9.0), 1: (-9.0, 6.0)})
    assert found(text, logits) == [(0, 2, "problem"), (3, 5, "problem")]


def test_nothing_marked_is_nothing_added() -> None:
    logits = scores("iritis iritis", {"iritis": (-0.1, -9.0)}, {})
    assert agreed([], log_softmax(logits), LABELS, ["iritis", "iritis"]) == []
    assert agreed([], logits[:0], LABELS, []) == []


def test_the_more_certain_type_of_a_name_is_asked_first() -> None:
    text = "gold and gold and gold"
    logits = scores(text, {}, {})
    logits[[0, 2], 3], logits[4, 3], logits[4, 1] = 6.0, -1.0, -0.5
    runs = [LabelledRun(0, 1, "drug", 0.9), LabelledRun(2, 3, "drug", 0.9)]
    assert [run.type for run in agreed(runs, log_softmax(logits), LABELS, text.split())] == ["drug"] * 3
