"""Chronic kidney disease and albuminuria; part of the kidney criteria."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

from fhir_adapters.record import Measurement, PatientRecord, Series
from fhir_adapters.terminology.code_set import CodeSet, documented
from fhir_adapters.terminology.conditions import (
    ALBUMINURIA,
    CKD,
    CKD_STAGES,
    DIABETES,
    DIALYSIS_OR_ESRD,
    KIDNEY_TRANSPLANT,
    TYPE_2_DIABETES,
)
from fhir_adapters.terminology.drugs import ACE_INHIBITOR, ARB, taking
from models.chart_inputs import not_recorded, problem_list, stated
from models.derived import disputing_report, egfr_with_limits
from models.diagnosis.evidence import dated, day, measured, quantity_of, some, value_of
from models.diagnosis.kdigo import (
    CKD_GUIDELINE,
    LIMITS,
    STAMP,
    a_category,
    aki_within,
    g_stage,
    has_albuminuria,
)
from models.diagnosis.rule import ORDER_BASIC_METABOLIC_PANEL, ORDER_UACR, Rule, order
from models.diagnosis.values import (
    FIVE_YEARS,
    TWO_YEARS,
    Points,
    at_least,
    daily,
    low_run,
    recent,
    slope_per_year,
    span_days,
)
from models.finding import Abstention, Assessment, Citation, Evidence, Finding, Proposal, Urgency


def _rule(key: str, name: str, icd10: str, snomed: str, *documented_by: CodeSet) -> Rule:
    return Rule(
        key=key,
        group="kidney",
        name=name,
        snomed=snomed,
        icd10=icd10,
        documented_by=documented_by,
        guideline=CKD_GUIDELINE,
        stamp=STAMP,
    )


def _ckd(stage: str, icd10: str, snomed: str, key: str = "") -> Rule:
    name = f"chronic kidney disease stage {stage.removeprefix('G')}"
    return _rule(key or f"ckd_{stage.lower()}", name, icd10, snomed, CKD, DIALYSIS_OR_ESRD, KIDNEY_TRANSPLANT)


CKD_RULES: Mapping[str, Rule] = {
    "G1": _ckd("G1", "N18.1", "431855005", "ckd_g1_albuminuria"),
    "G2": _ckd("G2", "N18.2", "431856006", "ckd_g2_albuminuria"),
    "G3a": _ckd("G3a", "N18.31", "700378005"),
    "G3b": _ckd("G3b", "N18.32", "700379002"),
    "G4": _ckd("G4", "N18.4", "431857002"),
    "G5": _ckd("G5", "N18.5", "433146000"),
}
ALBUMINURIA_RULE = _rule("albuminuria", "albuminuria", "R80.9", "312975006", ALBUMINURIA)
_DIABETES_GUIDELINE = Citation(
    label="ADA Standards of Care in Diabetes 2025, section 11", url="https://doi.org/10.2337/dc25-S011"
)
_ORDER_CYSTATIN_C = order("cystatin C", "33863-2")
_URGENCY: dict[str, Urgency] = {"G4": "soon", "G5": "urgent"}
# An eGFR below this must be seen before a recorded stage counts as outgrown.
_OUTGROWN_BELOW = {"1": 60.0, "2": 60.0, "3a": 45.0, "3": 30.0, "3b": 30.0, "4": 15.0}


def assess_ckd(record: PatientRecord, creatinines: Points) -> Assessment:
    """CKD by eGFR; else CKD G1-G2 or albuminuria by the urine albumin-creatinine ratio; else nothing."""
    egfr = _egfr(record)
    uacr = daily(recent(record, "uacr", TWO_YEARS))
    by_egfr = _by_egfr(record, egfr, uacr, creatinines)
    if by_egfr is not None:
        if isinstance(by_egfr, Abstention):
            return Assessment(abstentions=(by_egfr,))
        return Assessment(findings=(by_egfr,))
    finding = _by_albuminuria(record, egfr, uacr)
    return Assessment(findings=(finding,)) if finding is not None else Assessment()


def _egfr(record: PatientRecord) -> Points:
    """Daily eGFR of five years outside acute care; a report such as ">60" counts on days of its own."""
    series = Series(egfr_with_limits(record)).within(FIVE_YEARS, record.as_of).outside_acute_care()
    return daily(series.points)


def _by_egfr(
    record: PatientRecord, egfr: Points, uacr: Points, creatinines: Points
) -> Finding | Abstention | None:
    if not egfr or egfr[-1].at < record.as_of - timedelta(days=TWO_YEARS):
        return None
    run = low_run(egfr, LIMITS.ckd_below)
    if len(run) < 2 or span_days(run) < LIMITS.chronic_days:
        return None
    rule = CKD_RULES[g_stage(run[-1])]
    known = rule.documented(record)
    outgrown = _outgrown_stage(record, run) if known else ""
    if known and not outgrown:
        return None
    if aki_within(record, creatinines, run[-1]):
        return rule.abstention(
            "outside-population",
            "eGFR is low, but acute kidney injury lies less than 90 days back; judge chronic disease later",
            ("eGFR more than 90 days after the acute injury",),
        )
    report = disputing_report(record, run[-1])
    if report is not None:
        return _disputed_finding(rule, run[-1], report, outgrown)
    return _ckd_finding(record, rule, run, uacr, outgrown)


def _outgrown_stage(record: PatientRecord, run: Points) -> str:
    """The recorded stage if persistent eGFR is beyond it; "" if not, or if no stage is recorded."""
    if documented(record, DIALYSIS_OR_ESRD, KIDNEY_TRANSPLANT):
        return ""
    current = [cond.concept for cond in record.conditions if cond.is_current and CKD.holds(cond.concept)]
    recorded = [stage for stage, codes in CKD_STAGES.items() if any(codes.holds(c) for c in current)]
    if not recorded:
        return ""
    highest = recorded[-1]
    beyond = low_run(run, _OUTGROWN_BELOW.get(highest, 0.0))
    return highest if len(beyond) >= 2 and span_days(beyond) >= LIMITS.chronic_days else ""


def _ckd_finding(record: PatientRecord, rule: Rule, run: Points, uacr: Points, outgrown: str) -> Finding:
    first, last = run[0], run[-1]
    stage = g_stage(last)
    values = f"eGFR {value_of(first)} ({day(first.at)}) to {value_of(last)} ({day(last.at)})"
    if value_of(first) == value_of(last):
        values = f"eGFR {value_of(last)} from {day(first.at)} to {day(last.at)}"
    statement = f"Chronic kidney disease stage {stage}, not on {problem_list(record)}: {values}"
    if outgrown:
        statement = f"Kidney disease recorded as stage {outgrown} is now stage {stage}: {values}"
    diabetic = documented(record, DIABETES)
    slope = _steady_slope(run)
    return rule.finding(
        statement=statement,
        rationale=_ckd_advice(stage, uacr, slope),
        confidence="B" if outgrown else "A",
        urgency=_URGENCY.get(stage, "routine"),
        evidence=(
            measured(last),
            *((measured(run[-2]),) if len(run) > 2 else ()),
            measured(first, "first of the values below 60"),
            *((measured(uacr[-1], f"category {a_category(uacr[-1])}"),) if uacr else ()),
            *(_slope(slope, len(run))),
            *_known(record, diabetic is not None),
            *some(None if outgrown else rule.previously(record)),
        ),
        missing=() if uacr else ("urine albumin-creatinine ratio of the last 2 years",),
        proposals=(rule.add_problem(), *(() if uacr else (ORDER_UACR,))),
    )


def _disputed_finding(rule: Rule, egfr: Measurement, report: Measurement, outgrown: str) -> Finding:
    """What to clear up before anything is recorded: two results of one day that can't both be true."""
    stage = g_stage(egfr)
    lead = f"Possible chronic kidney disease stage {stage}"
    if outgrown:
        lead = f"Kidney disease recorded as stage {outgrown} may be stage {stage}"
    return rule.finding(
        statement=f"{lead}: eGFR {value_of(egfr)} by creatinine, but {value_of(report)} reported "
        f"({day(egfr.at)})",
        rationale="The two differ by more than equations do: a unit, a specimen or a person may be mixed up. "
        "Repeat creatinine, or measure cystatin C, before anything is recorded or dosed by it.",
        confidence="C",
        urgency="soon" if stage in _URGENCY else "routine",
        evidence=(measured(egfr), measured(report, "as reported")),
        missing=("a creatinine that agrees with the reported eGFR",),
        proposals=(ORDER_BASIC_METABOLIC_PANEL, _ORDER_CYSTATIN_C),
    )


def _ckd_advice(stage: str, uacr: Points, slope: float | None) -> str:
    texts = ["eGFR below 60 for more than 90 days."]
    if not uacr:
        texts.append("Measure albuminuria to complete the classification.")
    if stage in ("G4", "G5"):
        texts.append("Refer to nephrology; review drug doses, potassium, anemia and bone metabolism.")
    else:
        texts.append(
            "Review blood pressure, drug doses, NSAIDs, and whether an SGLT2 inhibitor is indicated."
        )
    if slope is not None and slope <= -5:
        texts.append("The fall of 5 or more a year is rapid progression: look for the cause.")
    return " ".join(texts)


def _steady_slope(run: Points) -> float | None:
    """The change a year; None where it rises although the newest value fell (few values, unequal)."""
    slope = slope_per_year([point for point in run if not point.comparator])
    return None if slope is not None and slope > 0 and run[-1].value < run[-2].value else slope


def _slope(slope: float | None, count: int) -> tuple[Evidence, ...]:
    if slope is None:
        return ()
    return (
        Evidence(
            source="",
            label="eGFR slope",
            value=f"{slope:+.1f}",
            unit="mL/min/1.73 m² per year",
            remark=f"straight line through the last {count} values",
        ),
    )


def _known(record: PatientRecord, diabetic: bool) -> tuple[Evidence, ...]:
    cond = documented(record, DIABETES) if diabetic else None
    if cond is None:
        return ()
    return (stated(cond, "Diabetes"),)


def _by_albuminuria(record: PatientRecord, egfr: Points, uacr: Points) -> Finding | None:
    if not uacr or not has_albuminuria(uacr[-1]) or ALBUMINURIA_RULE.documented(record):
        return None
    abnormal = tuple(p for p in uacr[-3:] if has_albuminuria(p))
    diabetic = documented(record, DIABETES)
    if diabetic is None and documented(record, CKD, DIALYSIS_OR_ESRD, KIDNEY_TRANSPLANT):
        return None
    if len(abnormal) < 2:
        return _single_uacr(record, uacr[-1])
    latest = egfr[-1] if egfr else None
    all_abnormal = tuple(p for p in uacr if has_albuminuria(p))
    chronic = span_days(all_abnormal) >= LIMITS.chronic_days
    if diabetic is not None:
        return _diabetic(record, abnormal, latest, chronic)
    if chronic and latest is not None and at_least(latest, LIMITS.ckd_below):
        return _early_ckd(record, all_abnormal, latest)
    return _persistent_albuminuria(record, abnormal)


def _single_uacr(record: PatientRecord, uacr: Measurement) -> Finding:
    return ALBUMINURIA_RULE.finding(
        statement=f"Albuminuria once: {_ratio(uacr)} on {day(uacr.at)}; repeat to confirm",
        rationale="Two of three samples within 3 to 6 months define albuminuria. Infection, fever, "
        "exercise and menstruation raise a single value; repeat in a first-morning sample.",
        confidence="B",
        evidence=(measured(uacr, f"category {a_category(uacr)}"), *_known(record, diabetic=True)),
        missing=("a second albumin-creatinine ratio within 6 months",),
        proposals=(ORDER_UACR,),
    )


def _diabetic(record: PatientRecord, abnormal: Points, egfr: Measurement | None, chronic: bool) -> Finding:
    last = abnormal[-1]
    proposals: tuple[Proposal, ...] = ()
    if documented(record, TYPE_2_DIABETES):
        name = "diabetic kidney disease" if chronic else "albuminuria in type 2 diabetes"
        rule = replace(ALBUMINURIA_RULE, name=name, snomed="127013003" if chronic else "90781000119102")
        proposals = (rule.add_problem(icd10="E11.22" if chronic else "E11.29"),)
    return replace(ALBUMINURIA_RULE, guideline=_DIABETES_GUIDELINE).finding(
        statement=f"Diabetes with albuminuria {a_category(last)}, {not_recorded(record)}: "
        f"{_values(abnormal)}",
        rationale=_treatment_advice(record)
        + " Diabetic kidney disease is likely when it persists for 90 days; look for retinopathy too.",
        confidence="A",
        evidence=(*_ratios(abnormal), *_known(record, diabetic=True), *((measured(egfr),) if egfr else ())),
        missing=() if egfr is not None else ("eGFR of the last 2 years",),
        proposals=proposals or (ORDER_BASIC_METABOLIC_PANEL,),
    )


def _early_ckd(record: PatientRecord, abnormal: Points, egfr: Measurement) -> Finding | None:
    rule = CKD_RULES[g_stage(egfr)]
    return rule.finding(
        statement=f"Chronic kidney disease {g_stage(egfr)} {a_category(abnormal[-1])}: {_values(abnormal)}",
        rationale="Albuminuria for more than 90 days is kidney disease even with a normal eGFR. "
        + _treatment_advice(record),
        confidence="A",
        evidence=(*_ratios(abnormal), measured(egfr), *some(rule.previously(record))),
        proposals=(rule.add_problem(),),
    )


def _persistent_albuminuria(record: PatientRecord, abnormal: Points) -> Finding:
    return ALBUMINURIA_RULE.finding(
        statement=f"Albuminuria {a_category(abnormal[-1])}, {not_recorded(record)}: {_values(abnormal)}",
        rationale=_treatment_advice(record) + " Lasting more than 90 days it is chronic kidney disease.",
        confidence="A",
        evidence=_ratios(abnormal),
        proposals=(ORDER_BASIC_METABOLIC_PANEL, ALBUMINURIA_RULE.add_problem()),
    )


def _treatment_advice(record: PatientRecord) -> str:
    if taking(record, ACE_INHIBITOR, ARB):
        return "An ACE inhibitor or ARB is taken: check that its dose is the highest tolerated."
    return "Consider an ACE inhibitor or ARB, and an SGLT2 inhibitor; control blood pressure."


def _ratio(uacr: Measurement) -> str:
    return uacr.reported or quantity_of(uacr)


def _values(abnormal: Points) -> str:
    before, last = abnormal[-2], abnormal[-1]
    if before.reported or last.reported:
        return f"{_ratio(before)} and {_ratio(last)} ({day(last.at)})"
    return f"{value_of(before)} and {dated(last)}"


def _ratios(abnormal: Points) -> tuple[Evidence, ...]:
    return tuple(measured(p, f"category {a_category(p)}") for p in reversed(abnormal[-3:]))
