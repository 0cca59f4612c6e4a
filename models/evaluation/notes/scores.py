"""Precision, recall and F1 of counts, with bootstrap intervals over documents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.evaluation.estimates import Estimate, EvaluationError, Resampling

# Right, predicted and gold, in this order, on the last axis.
Counts = NDArray[np.int64]
Float = NDArray[np.float64]

# Cells of drawn documents that are held at a time.
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassScores:
    """How well one class is found.

    Attributes:
        right: Predicted and so.
        predicted, gold: How often the class was predicted, and is so.
    """

    name: str
    right: int
    predicted: int
    gold: int
    precision: Estimate
    recall: Estimate
    f1: Estimate


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """The scores of each class, and of all decisions together (micro average)."""

    classes: tuple[ClassScores, ...]
    micro: ClassScores


def table_of(counts: Counts, names: Sequence[str], resampling: Resampling) -> Table:
    """Scores of each class and their micro average.

    Args:
        counts: Right, predicted and gold, shape (documents, classes, 3).
        names: Of the classes.

    Raises:
        EvaluationError: There is no document.

    Source:
        Efron B, Tibshirani RJ. An Introduction to the Bootstrap, 1993 (percentile interval; the document is
        the unit because mentions of one document are alike).
    """
    if not len(counts):
        raise EvaluationError("there are no documents to evaluate on")
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    totals = counts.sum(axis=0)
    values = _rates(totals)
    lows, highs = _intervals(counts, resampling)
    rows = [
        ClassScores(
            name=name,
            right=int(totals[row, 0]),
            predicted=int(totals[row, 1]),
            gold=int(totals[row, 2]),
            precision=_estimate(values, lows, highs, row, 0),
            recall=_estimate(values, lows, highs, row, 1),
            f1=_estimate(values, lows, highs, row, 2),
        )
        for row, name in enumerate([*names, "all"])
    ]
    return Table(classes=tuple(rows[:-1]), micro=rows[-1])


def _rates(counts: NDArray[np.int64]) -> Float:
    """Precision, recall and F1, shape (..., 3); NaN where there is nothing to divide by."""
    right, predicted, gold = (counts[..., column].astype(np.float64) for column in range(3))
    parts = [(right, predicted), (right, gold), (2 * right, predicted + gold)]
    return np.stack(
        [np.divide(top, low, out=np.full_like(top, np.nan), where=low > 0) for top, low in parts], axis=-1
    )


def _intervals(counts: Counts, resampling: Resampling) -> tuple[Float, Float]:
    documents, rows, _ = counts.shape
    lows, highs = np.full((2, rows, 3), np.nan)
    if not resampling.draws:
        return lows, highs
    rng = np.random.default_rng(resampling.seed)
    flat, even = counts.reshape(documents, -1), np.full(documents, 1 / documents)
    at_once = max(1, _CELLS // documents)
    drawn = [
        rng.multinomial(documents, even, size=min(at_once, resampling.draws - done)) @ flat
        for done in range(0, resampling.draws, at_once)
    ]
    rates = _rates(np.concatenate(drawn).reshape(-1, rows, 3))
    for row, column in np.ndindex(rows, 3):
        finite = rates[:, row, column][~np.isnan(rates[:, row, column])]
        if len(finite):
            lows[row, column], highs[row, column] = np.quantile(finite, resampling.tails)
    return lows, highs


def _estimate(values: Float, lows: Float, highs: Float, row: int, column: int) -> Estimate:
    return Estimate(*(_number(table[row, column]) for table in (values, lows, highs)))


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
