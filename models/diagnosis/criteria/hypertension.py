"""Hypertension that is not on the problem list, from office blood pressure.

Source: Whelton PK et al., 2017 ACC/AHA guideline, Hypertension 2018;71:e13-e115; Jones DW et al., 2025
AHA/ACC guideline for high blood pressure in adults.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import attrgetter

from fhir_adapters.record import Measurement, Medication, Need, PatientRecord, Requires
from fhir_adapters.terminology.conditions import HYPERTENSION
from fhir_adapters.terminology.drugs import ANTIHYPERTENSIVE, taking
from models.chart_inputs import not_recorded, problem_list
from models.contract import ClinicalSettings
from models.derived import BloodPressure, blood_pressures
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import day, drug, some
from models.diagnosis.exclusions import is_adult, medications_missing, outside_pregnancy
from models.diagnosis.rule import ORDER_AMBULATORY_BP, ORDER_BASIC_METABOLIC_PANEL, Rule
from models.diagnosis.values import ONE_YEAR
from models.finding import Assessment, Citation, Evidence, Finding, Urgency
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs in mm[Hg] (systolic, diastolic) and days.

    `isolated_diastolic` is ours: with a systolic mean below stage 1, a diastolic one below it is not shown.
    """

    stage_1: tuple[float, float] = (130, 80)
    stage_2: tuple[float, float] = (140, 90)
    severe: tuple[float, float] = (180, 120)
    isolated_diastolic: float = 85
    severe_days: float = 7
    days_apart: int = 7
    lookback_days: int = ONE_YEAR
    days_averaged: int = 3


LIMITS = Limits()
STAMP = stamped("hypertension.v1", "1.0", LIMITS)
GUIDELINE = Citation(
    label="ACC/AHA guideline for high blood pressure in adults, 2017 (2025 update)",
    url="https://doi.org/10.1161/HYP.0000000000000065",
)
STAGE_2 = Rule(
    key="hypertension",
    group="blood-pressure",
    name="essential hypertension",
    snomed="59621000",
    icd10="I10",
    documented_by=(HYPERTENSION,),
    guideline=GUIDELINE,
    stamp=STAMP,
)
STAGE_1 = Rule(
    key="hypertension_stage1",
    group="blood-pressure",
    name="essential hypertension",
    snomed="59621000",
    icd10="I10",
    documented_by=(HYPERTENSION,),
    guideline=GUIDELINE,
    stamp=STAMP,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """The mean of one day's readings, mm[Hg]."""

    on: date
    systolic: float
    diastolic: float
    newest: BloodPressure

    def reaches(self, cut: tuple[float, float]) -> bool:
        return self.systolic >= cut[0] or self.diastolic >= cut[1]


@clinical_model
class HypertensionCriteria:
    """Stage 2 and stage 1 hypertension and severely raised blood pressure, by office readings."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("sbp", "dbp", "pregnancy_status"),
                lookback_days=ONE_YEAR,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=ONE_YEAR),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="the American College of Cardiology and the American Heart Association (2017, updated 2025)",
        conditions="hypertension",
        output="The mean blood pressure of the newest days of measurement and the stage it falls into, or "
        "one severely raised reading.",
        population="Adults of 18 years and over without a recorded diagnosis of hypertension, by readings "
        "outside hospital and emergency care.",
        out_of_scope="Pregnancy and 12 weeks after it, children, readings in hospital or an emergency "
        "department, home and ambulatory monitoring (which have lower cut-offs). It judges no treatment.",
        known_risks="White-coat effect, pain and poor technique raise readings; how a reading was taken is "
        "not known. A setting that the chart does not give counts as office.",
        basis="Cut-offs rest on cohort data and trials of treatment, as graded in the guideline.",
        accuracy="By the publication: office readings misclassify a substantial share of people compared "
        "with ambulatory monitoring; figures for this implementation are not available.",
        fairness="Hypertension is more frequent, earlier and less often controlled in Black adults in the "
        "United States; the cut-offs are the same for all.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="Hypertension 2018;71:e13-e115.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A severe newest reading, else the stage of the mean, else nothing."""
        days = _days(record) if is_adult(record) else ()
        if not days or not days[-1].reaches(LIMITS.stage_1) or STAGE_2.documented(record):
            return Assessment()
        averaged = _averaged(days)
        newest = days[-1].newest
        severe = (newest.systolic.value, newest.diastolic.value)
        if severe[0] >= LIMITS.severe[0] or severe[1] >= LIMITS.severe[1]:
            return outside_pregnancy(record, STAGE_2, (_severe(record, newest, averaged),))
        finding = _persistent(record, averaged) if averaged else None
        return outside_pregnancy(record, STAGE_2, (finding,)) if finding is not None else Assessment()


def _days(record: PatientRecord) -> tuple[_Day, ...]:
    since = record.as_of - timedelta(days=LIMITS.lookback_days)
    readings = [
        bp
        for bp in blood_pressures(record)
        if since <= bp.at <= record.as_of and bp.setting in ("ambulatory", "unknown")
    ]
    found = []
    for on, group in groupby(readings, key=attrgetter("day")):
        of_day = tuple(group)
        found.append(
            _Day(
                on=on,
                systolic=sum(bp.systolic.value for bp in of_day) / len(of_day),
                diastolic=sum(bp.diastolic.value for bp in of_day) / len(of_day),
                newest=of_day[-1],
            )
        )
    return tuple(found)


def _severe(record: PatientRecord, newest: BloodPressure, averaged: tuple[_Day, ...]) -> Finding:
    recent = newest.at >= record.as_of - timedelta(days=LIMITS.severe_days)
    urgency: Urgency = "urgent" if recent else "soon"
    confirmed = bool(averaged) and _mean(averaged).reaches(LIMITS.stage_2)
    earlier = averaged[:-1] if confirmed else ()
    also = (
        f"raised before, too, and hypertension is {not_recorded(record)}"
        if confirmed
        else f"hypertension is {not_recorded(record)}"
    )
    return STAGE_2.finding(
        statement=f"Blood pressure {_pair(newest)} mmHg on {day(newest.at)}; {also}",
        rationale="Severely raised: repeat now, and look for symptoms and signs of organ damage (same-day "
        "referral if there are any). Without them confirm and start or step up treatment within days."
        if recent
        else "Severely raised at the last visit and not rechecked since: measure again promptly.",
        confidence="A" if confirmed else "B",
        urgency=urgency,
        evidence=(
            _reading(newest),
            *(_reading(d.newest) for d in reversed(earlier)),
            *_treatment(taking(record, ANTIHYPERTENSIVE)),
        ),
        missing=(
            *(() if confirmed else ("a second reading on another day",)),
            *medications_missing(record),
        ),
        proposals=(*((STAGE_2.add_problem(),) if confirmed else ()), ORDER_BASIC_METABOLIC_PANEL),
    )


def _persistent(record: PatientRecord, averaged: tuple[_Day, ...]) -> Finding | None:
    mean = _mean(averaged)
    second = mean.reaches(LIMITS.stage_2)
    treated = taking(record, ANTIHYPERTENSIVE)
    # One high day among normal ones lifts a mean into stage 1 too easily, and a card for every 118/82 would
    # be read by nobody.
    worth_a_card = mean.reaches((LIMITS.stage_1[0], LIMITS.isolated_diastolic))
    if not second and not (worth_a_card and all(d.reaches(LIMITS.stage_1) for d in averaged[-2:])):
        return None
    rule = STAGE_2 if second else STAGE_1
    return rule.finding(
        statement=_statement(record, mean, averaged, treated, second),
        rationale=_advice(treated is not None, second),
        confidence="A" if second else "B",
        urgency="soon" if second else "routine",
        evidence=(
            *(_reading(d.newest) for d in reversed(averaged)),
            *_treatment(treated),
            *some(rule.previously(record)),
        ),
        missing=("home or ambulatory readings", *medications_missing(record)),
        proposals=(rule.add_problem(), ORDER_AMBULATORY_BP) if second else (ORDER_AMBULATORY_BP,),
    )


def _mean(averaged: tuple[_Day, ...]) -> _Day:
    """The mean of daily means, as if it were one day."""
    return _Day(
        on=averaged[-1].on,
        systolic=sum(d.systolic for d in averaged) / len(averaged),
        diastolic=sum(d.diastolic for d in averaged) / len(averaged),
        newest=averaged[-1].newest,
    )


def _averaged(days: tuple[_Day, ...]) -> tuple[_Day, ...]:
    """The newest days up to the number averaged, more only if needed to lie far enough apart."""
    for count in range(min(len(days), LIMITS.days_averaged), len(days) + 1):
        chosen = days[-count:]
        if len(chosen) >= 2 and (chosen[-1].on - chosen[0].on).days >= LIMITS.days_apart:
            return chosen
    return ()


def _statement(
    record: PatientRecord, mean: _Day, averaged: tuple[_Day, ...], treated: Medication | None, second: bool
) -> str:
    value = f"{mean.systolic:.0f}/{mean.diastolic:.0f} mmHg"
    if treated is not None:
        return f"Mean blood pressure {value} under treatment; hypertension is not on {problem_list(record)}"
    stage = "stage 2" if second else "stage 1"
    return (
        f"Mean blood pressure {value} on {len(averaged)} days: {stage} hypertension, {not_recorded(record)}"
    )


def _advice(treated: bool, second: bool) -> str:
    if treated:
        return (
            "A drug that lowers blood pressure is taken, possibly for another reason, and pressure is still "
            "raised: record hypertension if that is the reason, and review the treatment."
        )
    if second:
        return (
            "Confirm by home or ambulatory readings unless organ damage is known; then lifestyle, drug "
            "treatment, and baseline creatinine, potassium, glucose, lipids and ECG."
        )
    return (
        "Confirm by home or ambulatory readings. Lifestyle first; a drug if cardiovascular disease, "
        "diabetes, kidney disease or a high 10-year risk is present."
    )


def _pair(bp: BloodPressure) -> str:
    return f"{bp.systolic.value:.0f}/{bp.diastolic.value:.0f}"


def _reading(bp: BloodPressure) -> Evidence:
    point: Measurement = bp.systolic
    return Evidence(
        source=point.source.partition("#")[0],
        label="Blood pressure",
        value=_pair(bp),
        unit="mmHg",
        at=bp.at,
    )


def _treatment(treated: Medication | None) -> tuple[Evidence, ...]:
    return (drug(treated, "On blood pressure drug"),) if treated is not None else ()
