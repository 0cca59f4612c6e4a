"""Hyperkalemia and hypokalemia in the last week.

Sources: Lindner G et al., KDIGO controversies conference on potassium in the emergency department, Eur J
Emerg Med 2020;27:329-37; KDIGO 2024 CKD guideline, section 3.11.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires, Series
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import DIALYSIS_OR_ESRD, HYPERKALAEMIA, HYPOKALAEMIA
from fhir_adapters.terminology.drugs import (
    ACE_INHIBITOR,
    ARB,
    LOOP_DIURETIC,
    MRA,
    NSAID,
    POTASSIUM_SUPPLEMENT,
    SYSTEMIC_STEROID,
    THIAZIDE,
    TRIMETHOPRIM,
    taking,
)
from models.contract import ClinicalSettings
from models.derived import egfr_with_limits
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import day, drugs, measured, quantity_of
from models.diagnosis.exclusions import is_adult, medications_missing
from models.diagnosis.rule import ORDER_ECG, ORDER_MAGNESIUM, ORDER_POTASSIUM, Rule
from models.diagnosis.values import (
    ONE_YEAR,
    Points,
    above,
    at_least,
    below,
    high_run,
    low_run,
    nearest,
    recent,
)
from models.finding import Abstention, Assessment, Citation, Evidence, Finding, Proposal, Urgency
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs: potassium in mmol/L, cell counts in 10*3/uL, times in days."""

    high: float = 5.5
    high_urgent: float = 6.0
    high_emergency: float = 6.5
    low: float = 3.5
    low_single: float = 3.0
    low_severe: float = 2.5
    current_days: float = 7
    repeat_days: float = 30
    documented_days: float = 30
    platelets_above: float = 500
    white_cells_above: float = 100
    egfr_days: float = ONE_YEAR


LIMITS = Limits()
STAMP = stamped("potassium.v1", "1.0", LIMITS)
GUIDELINE = Citation(
    label="KDIGO conference report on potassium, 2020",
    url="https://doi.org/10.1097/MEJ.0000000000000691",
)
HIGH = Rule(
    key="hyperkalaemia",
    group="potassium",
    name="hyperkalemia",
    snomed="14140009",
    icd10="E87.5",
    documented_by=(HYPERKALAEMIA,),
    guideline=GUIDELINE,
    stamp=STAMP,
)
LOW = replace(
    HIGH,
    key="hypokalaemia",
    name="hypokalemia",
    snomed="43339004",
    icd10="E87.6",
    documented_by=(HYPOKALAEMIA,),
)
_RAAS = (ACE_INHIBITOR, ARB, MRA)
_RAISING = (*_RAAS, POTASSIUM_SUPPLEMENT, TRIMETHOPRIM, NSAID)
_LOWERING = (LOOP_DIURETIC, THIAZIDE, SYSTEMIC_STEROID)


@clinical_model
class PotassiumCriteria:
    """Hyper- and hypokalemia with severity, from the newest potassium of the last 7 days."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("potassium", "platelets", "wbc", "magnesium", "creatinine", "egfr"),
                lookback_days=ONE_YEAR,
                required=True,
            ),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="the KDIGO conference on potassium (2020), with the cut-offs in common laboratory use",
        conditions="hyperkalemia and hypokalemia",
        output="Whether the newest potassium of the last 7 days is high or low, how severe, whether it was "
        "repeated, and which drugs and kidney function contribute.",
        population="Adults of 18 years and over in any setting.",
        out_of_scope="Children. A potassium older than 7 days is not judged. It gives no dosing.",
        known_risks="Hemolysis, a very high platelet or white cell count and delayed transport raise "
        "potassium falsely; a result marked as hemolyzed is not counted, an unmarked one is. On dialysis "
        "days values change quickly.",
        basis="Cut-offs rest on observational data on arrhythmia and mortality and on expert consensus.",
        accuracy="Not available: a cut-off on a measured value; its error is that of the measurement.",
        fairness="No difference between groups in the cut-offs is published.",
        inputs="Age.",
        references="Eur J Emerg Med 2020;27:329-37; Kidney Int 2024;105(4S):S117-S314.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The newest potassium if it is recent and abnormal, else nothing."""
        if not is_adult(record):
            return Assessment()
        points = recent(record, "potassium", LIMITS.repeat_days, acute_care=True)
        current = record.as_of - timedelta(days=LIMITS.current_days)
        newest = points[-1] if points and points[-1].at >= current else None
        finding = None
        if newest is not None and at_least(newest, LIMITS.high):
            finding = _high(record, newest, high_run(points, LIMITS.high))
        elif newest is not None and below(newest, LIMITS.low):
            finding = _low(record, newest, low_run(points, LIMITS.low))
        if finding is not None:
            return Assessment(findings=(finding,))
        abstention = _unusable(record, newest)
        return Assessment(abstentions=(abstention,)) if abstention is not None else Assessment()


def _unusable(record: PatientRecord, newest: Measurement | None) -> Abstention | None:
    """A high result that is marked as unreliable and not followed by a usable one asks for a repeat."""
    latest = record.series("potassium").within(LIMITS.current_days, record.as_of).latest
    if latest is None or not latest.suspect or not at_least(latest, LIMITS.high):
        return None
    if newest is not None and newest.at >= latest.at:
        return None
    reason = f"the newest potassium is high but not reliable: {latest.suspect}"
    return HIGH.abstention("missing-input", reason, ("potassium from a fresh specimen",))


def _recorded_now(record: PatientRecord, rule: Rule) -> bool:
    """Recorded in the last 30 days or without a date: it is this episode."""
    cond = rule.documented(record)
    when = (cond.recorded or cond.onset) if cond is not None else None
    if cond is None or when is None:
        return cond is not None
    return when >= record.as_of - timedelta(days=LIMITS.documented_days)


def _high(record: PatientRecord, newest: Measurement, run: Points) -> Finding | None:
    severe = at_least(newest, LIMITS.high_urgent)
    # An old entry on the problem list excuses a mild value, never a dangerous one.
    if _recorded_now(record, HIGH) or (not severe and HIGH.documented(record)):
        return None
    false_high = _false_high(record, newest)
    repeated = len(run) >= 2
    raas = taking(record, *_RAAS) is not None
    full = (severe or repeated) and not false_high
    order: tuple[Proposal, ...] = (ORDER_POTASSIUM, ORDER_ECG) if severe else (ORDER_POTASSIUM,)
    return HIGH.finding(
        statement=_high_statement(newest, run, raas),
        rationale=_high_advice(newest, raas, bool(false_high)),
        confidence="A" if full else "B",
        urgency=_high_urgency(newest, raas, bool(false_high)),
        evidence=(
            *(measured(point) for point in reversed(run[-3:])),
            *false_high,
            *_kidney(record),
            *drugs(record, _RAISING),
        ),
        missing=(
            *(() if repeated else ("a repeat potassium",)),
            *(("potassium in a heparin plasma or whole-blood sample",) if false_high else ()),
            *medications_missing(record),
        ),
        proposals=(*order, HIGH.add_problem()) if full else order,
    )


def _high_statement(newest: Measurement, run: Points, raas: bool) -> str:
    severity = "mild"
    if at_least(newest, LIMITS.high_emergency):
        severity = "severe"
    elif at_least(newest, LIMITS.high_urgent):
        severity = "moderate"
    repeat = f", {quantity_of(run[-2])} on {day(run[-2].at)}" if len(run) > 1 else ", not yet repeated"
    context = ", on drugs that raise it" if raas else ""
    return f"Hyperkalemia, {severity}: potassium {quantity_of(newest)} on {day(newest.at)}{repeat}{context}"


def _high_urgency(newest: Measurement, raas: bool, false_high: bool) -> Urgency:
    if not at_least(newest, LIMITS.high_urgent):
        return "soon"
    if false_high or not (raas or at_least(newest, LIMITS.high_emergency)):
        return "urgent"
    return "emergency"


def _high_advice(newest: Measurement, raas: bool, false_high: bool) -> str:
    texts = []
    if false_high:
        texts.append(
            "The blood count can raise serum potassium falsely: repeat in heparin plasma or whole blood."
        )
    if at_least(newest, LIMITS.high_urgent):
        texts.append("ECG and repeat at once; treat without waiting if the ECG has changed.")
    else:
        texts.append("Repeat within 24 to 72 hours on a specimen without hemolysis.")
    texts.append(
        "Hold or reduce the ACE inhibitor, ARB or MRA and any potassium supplement."
        if raas and at_least(newest, LIMITS.high_urgent)
        else "Review drugs, potassium intake, kidney function and acid-base state."
    )
    return " ".join(texts)


def _false_high(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    found = []
    for analyte, cut in (("platelets", LIMITS.platelets_above), ("wbc", LIMITS.white_cells_above)):
        count = nearest(recent(record, analyte, ONE_YEAR, acute_care=True), newest.at, LIMITS.current_days)
        if count is not None and above(count, cut):
            found.append(measured(count, "can raise serum potassium falsely"))
    return tuple(found)


def _kidney(record: PatientRecord) -> tuple[Evidence, ...]:
    egfr = Series(egfr_with_limits(record)).within(LIMITS.egfr_days, record.as_of).latest
    return (measured(egfr),) if egfr is not None else ()


def _low(record: PatientRecord, newest: Measurement, run: Points) -> Finding | None:
    single = below(newest, LIMITS.low_single)
    days = {point.at.date() for point in run}
    if not single and len(days) < 2:
        return None
    if _recorded_now(record, LOW) or (not single and LOW.documented(record)):
        return None
    severe = below(newest, LIMITS.low_severe)
    severity = "severe" if severe else "moderate" if single else "mild"
    urgency: Urgency = "emergency" if severe else "urgent" if single else "routine"
    magnesium = record.series("magnesium").within(LIMITS.repeat_days, record.as_of).reliable().latest
    repeat = f", {quantity_of(run[-2])} on {day(run[-2].at)}" if len(run) > 1 else ""
    order: tuple[Proposal, ...] = (ORDER_ECG, ORDER_POTASSIUM) if single else (ORDER_POTASSIUM,)
    return LOW.finding(
        statement=f"Hypokalemia, {severity}: potassium {quantity_of(newest)} on {day(newest.at)}{repeat}",
        rationale=_low_advice(single, documented(record, DIALYSIS_OR_ESRD) is not None),
        confidence="A",
        urgency=urgency,
        evidence=(
            *(measured(point) for point in reversed(run[-3:])),
            *((measured(magnesium),) if magnesium is not None else ()),
            *drugs(record, _LOWERING),
        ),
        missing=(*(() if magnesium is not None else ("magnesium",)), *medications_missing(record)),
        proposals=(*(() if magnesium is not None else (ORDER_MAGNESIUM,)), *order[:1], LOW.add_problem()),
    )


def _low_advice(single: bool, dialysis: bool) -> str:
    first = (
        "ECG, replace potassium now and recheck today."
        if single
        else "Replace potassium and recheck in days."
    )
    caution = " On dialysis replace with care." if dialysis else ""
    return f"{first}{caution} Correct a low magnesium first; look for diuretics, vomiting, diarrhea."
