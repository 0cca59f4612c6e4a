"""Scores of assertions on entities that are given: presence, time and experiencer, each by class."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import numpy as np

from fhir_adapters.record import Presence, When, Whose
from models.evaluation.estimates import EvaluationError, Resampling
from models.evaluation.notes.calibration import Calibration, calibration_of
from models.evaluation.notes.cases import AssertedCase
from models.evaluation.notes.entities import MISTAKES
from models.evaluation.notes.mistakes import Mistake, located, worst
from models.evaluation.notes.scores import Table, table_of

AXES: dict[str, tuple[str, ...]] = {
    "presence": get_args(Presence),
    "when": get_args(When),
    "whose": get_args(Whose),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AxisScores:
    """One aspect of an assertion; the micro F1 of its table is the share that is right."""

    axis: str
    table: Table


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionEvaluation:
    """How well a reader asserts given mentions.

    Attributes:
        mentions: How many were judged.
        axes: The aspects that the corpus speaks of, with the classes that occur in it or in the answers.
        calibration: Scores against all judged aspects of a mention being right.
        mistakes: The worst of each aspect.
    """

    documents: int
    mentions: int
    resampling: Resampling
    axes: tuple[AxisScores, ...]
    calibration: Calibration
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class _Judged:
    document: int
    mention: int
    axis: str
    gold: str
    found: str


def evaluate_assertions(
    cases: Sequence[AssertedCase], *, resampling: Resampling | None = None, mistakes: int = MISTAKES
) -> AssertionEvaluation:
    """Compares what a reader asserts with what is so.

    Raises:
        EvaluationError: There are no documents, an entity has no assertion, or answers and entities differ in
            number.
    """
    judged = [each for number, case in enumerate(cases) for each in _judged(number, case)]
    if not judged:
        raise EvaluationError("there are no assertions to evaluate on")
    chosen = resampling or Resampling()
    wrong = {(each.document, each.mention) for each in judged if each.gold != each.found}
    mentions = sorted({(each.document, each.mention) for each in judged})
    axes = [axis for axis in AXES if any(each.axis == axis for each in judged)]
    return AssertionEvaluation(
        documents=len(cases),
        mentions=len(mentions),
        resampling=chosen,
        axes=tuple(AxisScores(axis=axis, table=_table(judged, axis, len(cases), chosen)) for axis in axes),
        calibration=calibration_of(
            [cases[document].predicted[mention].score for document, mention in mentions],
            [place not in wrong for place in mentions],
        ),
        mistakes=worst((_mistake(cases, each) for each in judged if each.gold != each.found), mistakes),
    )


def _judged(number: int, case: AssertedCase) -> Iterator[_Judged]:
    if len(case.gold) != len(case.predicted):
        raise EvaluationError(f"{case.key}: there must be one answer for each entity")
    for mention, (entity, answer) in enumerate(zip(case.gold, case.predicted, strict=True)):
        if entity.assertion is None:
            raise EvaluationError(f"{case.key}: an entity has no assertion")
        for axis in AXES:
            gold = getattr(entity.assertion, axis)
            if gold is not None:
                yield _Judged(number, mention, axis, gold, getattr(answer, axis))


def _table(judged: Sequence[_Judged], axis: str, documents: int, resampling: Resampling) -> Table:
    on_axis = [each for each in judged if each.axis == axis]
    seen = {name for each in on_axis for name in (each.gold, each.found)}
    names = [name for name in AXES[axis] if name in seen]
    counts = np.zeros((documents, len(names), 3), dtype=np.int64)
    for each in on_axis:
        counts[each.document, names.index(each.found), 1] += 1
        counts[each.document, names.index(each.gold), 2] += 1
        if each.gold == each.found:
            counts[each.document, names.index(each.gold), 0] += 1
    return table_of(counts, names, resampling)


def _mistake(cases: Sequence[AssertedCase], judged: _Judged) -> Mistake:
    case = cases[judged.document]
    entity = case.gold[judged.mention]
    return located(
        case.text,
        Mistake(
            kind=judged.axis,
            key=case.key,
            start=entity.start,
            end=entity.end,
            gold=judged.gold,
            found=judged.found,
            score=case.predicted[judged.mention].score,
        ),
    )
