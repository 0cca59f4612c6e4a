"""Strict and partial scores of entities, by type and together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.evaluation.estimates import EvaluationError, Resampling
from models.evaluation.notes.calibration import Calibration, calibration_of
from models.evaluation.notes.cases import EntityCase
from models.evaluation.notes.matching import partial_counts, right_spans, strict_counts
from models.evaluation.notes.mistakes import Mistake, entity_mistakes
from models.evaluation.notes.scores import Table, table_of

MISTAKES = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityEvaluation:
    """How well a reader finds entities.

    Attributes:
        strict: Right is the same start, end and type.
        partial: Right is an overlap with the same type.
        calibration: Scores of the predicted spans against being strictly right.
        mistakes: The worst of each kind.
    """

    documents: int
    resampling: Resampling
    strict: Table
    partial: Table
    calibration: Calibration
    mistakes: tuple[Mistake, ...]


def evaluate_entities(
    cases: Sequence[EntityCase],
    types: Sequence[str],
    *,
    resampling: Resampling | None = None,
    mistakes: int = MISTAKES,
) -> EntityEvaluation:
    """Compares predicted with true spans by their characters.

    Args:
        types: What is evaluated; every span must be of one of them.
        mistakes: Most of each kind that are kept.

    Raises:
        EvaluationError: There are no documents, or a span is of another type.
    """
    labels = {entity.label for case in cases for entity in case.gold}
    labels |= {span.label for case in cases for span in case.predicted}
    if labels - set(types):
        raise EvaluationError(
            f"spans of types that are not evaluated: {', '.join(sorted(labels - set(types)))}"
        )
    chosen = resampling or Resampling()
    scores, right = [], []
    for case in cases:
        sure = right_spans(case)
        for span in case.predicted:
            scores.append(span.score)
            right.append(span in sure)
    return EntityEvaluation(
        documents=len(cases),
        resampling=chosen,
        strict=table_of(strict_counts(cases, types), types, chosen),
        partial=table_of(partial_counts(cases, types), types, chosen),
        calibration=calibration_of(scores, right),
        mistakes=entity_mistakes(cases, mistakes),
    )
