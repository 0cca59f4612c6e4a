"""Acute kidney injury now, by creatinine; part of the kidney criteria."""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import AKI, DIALYSIS_OR_ESRD
from fhir_adapters.terminology.drugs import (
    ACE_INHIBITOR,
    ARB,
    LOOP_DIURETIC,
    MRA,
    NSAID,
    THIAZIDE,
    TRIMETHOPRIM,
)
from fhir_adapters.terminology.nephrotoxic import NEPHROTOXIC
from models.diagnosis.evidence import day, drugs, measured, value_of
from models.diagnosis.kdigo import AKI_GUIDELINE, LIMITS, STAMP, AkiStage, aki_stage, recorded_at
from models.diagnosis.rule import ORDER_BASIC_METABOLIC_PANEL, Rule
from models.diagnosis.values import Points
from models.finding import Assessment, Evidence, Urgency

AKI_RULE = Rule(
    key="aki",
    group="kidney",
    name="acute kidney injury",
    snomed="14669001",
    icd10="N17.9",
    documented_by=(AKI,),
    guideline=AKI_GUIDELINE,
    stamp=STAMP,
)
_RECENT = timedelta(days=90)
# What may harm a kidney that fails, or accumulates in it; a card shows the first ones in its table.
HARMFUL = (NSAID, *NEPHROTOXIC, ACE_INHIBITOR, ARB, MRA, LOOP_DIURETIC, THIAZIDE, TRIMETHOPRIM)
# KDIGO 2012 says "when possible": a rejection or a relapse may be worse than what the kidney suffers.
HOLD = "Hold nephrotoxic drugs where that is safe (for a transplant, HIV or mania only with the prescriber)"
_URGENCY: dict[int, Urgency] = {1: "soon", 2: "urgent", 3: "emergency"}


def assess_aki(record: PatientRecord, points: Points) -> Assessment:
    """AKI if the newest creatinine is at most 7 days old and meets the criteria, else nothing."""
    if not points or points[-1].at < record.as_of - timedelta(days=LIMITS.aki_current_days):
        return Assessment()
    newest = points[-1]
    judged = aki_stage(points, newest)
    if not judged.stage or recorded_now(record) or documented(record, DIALYSIS_OR_ESRD):
        return Assessment()
    # A rise since a value of long ago may be slow: then it is acute by presumption only.
    timed = bool(judged.rise_48_h) or points[-2].at >= newest.at - _RECENT
    finding = AKI_RULE.finding(
        statement=_statement(newest, judged),
        rationale=f"Look for the cause now: volume depletion, obstruction, sepsis, drugs. {HOLD}, adjust "
        "doses, check potassium and urine, and repeat creatinine within 24 to 48 hours.",
        confidence="A" if timed else "B",
        urgency=_URGENCY[judged.stage],
        evidence=_evidence(points, newest, judged) + drugs(record, HARMFUL),
        missing=("urine output",) if timed else ("urine output", "a creatinine of the last 90 days"),
        proposals=(ORDER_BASIC_METABOLIC_PANEL, *((AKI_RULE.add_problem(),) if timed else ())),
    )
    return Assessment(findings=(finding,))


def recorded_now(record: PatientRecord) -> bool:
    """An AKI recorded in the last 90 days (or without a date) is this one; an older one is not."""
    cond = documented(record, AKI)
    if cond is None:
        return False
    when = recorded_at(cond)
    return when is None or when >= record.as_of - timedelta(days=LIMITS.aki_blocks_ckd_days)


def _statement(newest: Measurement, judged: AkiStage) -> str:
    if judged.rise_48_h:
        change = f"up {judged.rise_48_h:.2f} in 48 hours"
    else:
        change = f"{judged.ratio:.1f} times baseline"
    return f"Acute kidney injury, stage {judged.stage}: creatinine {value_of(newest)} mg/dL, {change}"


def _evidence(points: Points, newest: Measurement, judged: AkiStage) -> tuple[Evidence, ...]:
    found = [measured(newest, "newest")]
    peak = judged.peak
    if peak is not None and peak is not newest:
        found.append(measured(peak, "peak of the last 7 days; sets the stage"))
    if judged.rise_48_h:
        since = newest.at - timedelta(days=LIMITS.aki_rise_days, minutes=1)
        lowest = min((p for p in points if since <= p.at < newest.at), key=lambda p: p.value)
        found.append(measured(lowest, f"lowest of the 48 hours before {day(newest.at)}"))
    if judged.baseline is not None:
        found.append(
            Evidence(
                source=judged.baseline.source,
                label="Baseline creatinine",
                value=f"{judged.baseline.value:.2f}",
                unit="mg/dL",
                remark=judged.baseline.how,
            )
        )
    return tuple(found)
