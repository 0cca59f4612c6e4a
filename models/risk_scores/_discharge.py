"""A score of readmission that is high when somebody is being discharged, as a finding."""

from __future__ import annotations

from dataclasses import replace

from fhir_adapters.record import SNOMED, Coding, PatientRecord
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Citation, Finding
from models.point_score import AdditiveScore
from models.scoring import ScoreResult

_TOPIC = Coding(SNOMED, "417005", "Hospital re-admission")


def high_at_discharge(
    score: AdditiveScore,
    record: PatientRecord,
    result: ScoreResult,
    settings: ClinicalSettings,
    *,
    threshold: str,
    outcome: str,
    guideline: Citation,
) -> Finding | None:
    """The finding when a stay is being ended and the score reaches the site's threshold; else None.

    Args:
        threshold: Name of the threshold in `Thresholds`.
        outcome: What the score predicts, as it follows "high risk of ".
    """
    total = result.results[score.result]
    if not record.discharge or total < getattr(settings.thresholds, threshold):
        return None
    return Finding(
        kind="complication_risk",
        key=score.calculator_name,
        group="readmission",
        statement=f"{score.title} {total:g}: high risk of {outcome} within 30 days of discharge",
        rationale="What helps: reconcile medications, teach back the plan, call within 3 days and see the "
        f"patient within 7. High from {settings.thresholds.stated(threshold, ' points')} on; most of those "
        "do not come back.",
        urgency="soon",
        topic=_TOPIC,
        guideline=guideline,
        model=score.stamp,
        confidence="B",
        estimate=score.estimates(result, settings)[0],
        evidence=score.scored(result),
        explanation=score.explanation(result, settings),
    )


def without_idle_gaps(
    score: AdditiveScore,
    said: Assessment,
    record: PatientRecord,
    settings: ClinicalSettings,
    *,
    threshold: str,
) -> Assessment:
    """At discharge, a score that can't become high whatever is missing has answered: the risk is not high."""
    if not record.discharge:
        return said
    limit = getattr(settings.thresholds, threshold)
    return Assessment(said.findings, tuple(_settled(score, each, record, limit) for each in said.abstentions))


def _settled(score: AdditiveScore, said: Abstention, record: PatientRecord, limit: float) -> Abstention:
    if said.cause != "missing-input":
        return said
    known = {name: found.value for name, found in score.answers(record).items() if found is not None}
    if not known:
        return said
    _, most = score.bounds(known)
    if most >= limit:
        return said
    reason = f"at most {most:g} points by what is known, which is not high"
    return replace(said, cause="not-indicated", reason=reason)
