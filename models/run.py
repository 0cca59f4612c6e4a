"""Runs models over a record, one failing or late model never silencing the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.diagnosis.documented.repeats import without_repeats
from models.explanation import Explanation
from models.finding import (
    Abstention,
    AbstentionCause,
    Assessment,
    Estimate,
    Evidence,
    ModelStamp,
)
from models.prevention import without_prevention
from models.scoring import ChosenScore, ExplainedScore, ReportingScore, ScoreResult, compute


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ScoreLine:
    """The result of one score: its numbers, the main one first, and what they rest on.

    `explanation` is of the main one; None for numbers that are a measurement or a stage, not a risk.
    """

    model: ModelStamp
    estimates: tuple[Estimate, ...]
    evidence: tuple[Evidence, ...]
    explanation: Explanation | None = None

    def __repr__(self) -> str:
        return f"ScoreLine({self.model.name})"


log = logging.getLogger(__name__)


def assess(
    record: PatientRecord,
    models: Iterable[ClinicalModel],
    settings: ClinicalSettings,
    out_of_time: Callable[[], bool] = lambda: False,
) -> Assessment:
    """Asks each model in turn.

    Args:
        record: The chart.
        models: In the order in which they should get the time there is.
        settings: The site's clinical settings.
        out_of_time: Says when the call's deadline has come; models not yet asked then abstain.

    Returns:
        All findings and abstentions; during acute care findings of prevention are abstentions. A deceased
        patient gets neither: no model applies.
    """
    if record.patient.deceased:
        return Assessment()
    total = Assessment()
    for model in models:
        if out_of_time():
            total += _abstain(model, "out-of-time", "not assessed: the time for this call was used up")
            continue
        try:
            total += model.assess(record, settings)
        except Exception as error:  # a defect in one model must not hide what the others found
            log.error("model failed", extra={"model": model.name, "error": type(error).__name__})
            total += _abstain(model, "model-error", "not assessed: the model failed on this chart")
    return without_prevention(without_repeats(total), record)


def results_of(
    record: PatientRecord, models: Iterable[ClinicalModel], settings: ClinicalSettings
) -> tuple[ScoreLine, ...]:
    """What the scores among the models come to for a record, whether or not it is worth a finding.

    A score that abstains, fails, or answers a question for which the site chose another has no line: its
    abstention is what `assess` returns.
    """
    if record.patient.deceased:
        return ()
    lines = []
    for model in models:
        if not isinstance(model, ReportingScore):
            continue
        if isinstance(model, ChosenScore) and not model.is_chosen(settings):
            continue
        try:
            result = compute(model, record, settings)
            if not isinstance(result, Abstention):
                lines.append(_line(model, result, settings))
        except Exception as error:  # the model's failure is stated by `assess`
            log.error("score failed", extra={"model": model.name, "error": type(error).__name__})
    return tuple(lines)


def _line(score: ReportingScore, result: ScoreResult, settings: ClinicalSettings) -> ScoreLine:
    return ScoreLine(
        model=score.stamp,
        estimates=score.estimates(result, settings),
        evidence=tuple(result.gathered.evidence.values()),
        explanation=score.explanation(result, settings) if isinstance(score, ExplainedScore) else None,
    )


def _abstain(model: ClinicalModel, cause: AbstentionCause, reason: str) -> Assessment:
    return Assessment(
        abstentions=(
            Abstention(key=model.name.partition(".")[0], cause=cause, reason=reason, model=model.stamp),
        )
    )
