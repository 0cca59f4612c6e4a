"""Pairs the spans that a reader marked with those that are there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from models.evaluation.notes.cases import EntityCase, PredictedSpan
from models.evaluation.notes.scores import Counts
from models.training.notes.corpora.document import Entity


def strict_counts(cases: Sequence[EntityCase], types: Sequence[str]) -> Counts:
    """Right, predicted and gold, shape (documents, types, 3); right is the same start, end and type."""
    return _counted(cases, types, partial=False)


def partial_counts(cases: Sequence[EntityCase], types: Sequence[str]) -> Counts:
    """As `strict_counts`; right is a pair of one type that overlaps, each span in one pair at most."""
    return _counted(cases, types, partial=True)


def right_spans(case: EntityCase) -> frozenset[PredictedSpan]:
    """The predicted spans with the start, end and type of an entity."""
    known = {(entity.start, entity.end, entity.label) for entity in case.gold}
    return frozenset(span for span in case.predicted if (span.start, span.end, span.label) in known)


def _counted(cases: Sequence[EntityCase], types: Sequence[str], *, partial: bool) -> Counts:
    counts = np.zeros((len(cases), len(types), 3), dtype=np.int64)
    for row, case in enumerate(cases):
        for column, name in enumerate(types):
            gold = _extents(case.gold, name)
            predicted = _extents(case.predicted, name)
            exact = gold & predicted
            right = len(exact)
            if partial:
                right += _overlapping_pairs(sorted(gold - exact), sorted(predicted - exact))
            counts[row, column] = right, len(predicted), len(gold)
    return counts


def _extents(spans: Sequence[Entity] | Sequence[PredictedSpan], label: str) -> set[tuple[int, int]]:
    return {(span.start, span.end) for span in spans if span.label == label}


def _overlapping_pairs(gold: Sequence[tuple[int, int]], predicted: Sequence[tuple[int, int]]) -> int:
    """Pairs of spans that overlap, none used twice; most there can be when neither list overlaps itself."""
    first = second = pairs = 0
    while first < len(gold) and second < len(predicted):
        (start, end), (other_start, other_end) = gold[first], predicted[second]
        if start < other_end and other_start < end:
            pairs, first, second = pairs + 1, first + 1, second + 1
        elif end <= other_start:
            first += 1
        else:
            second += 1
    return pairs
