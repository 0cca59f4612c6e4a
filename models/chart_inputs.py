"""Inputs of scores as a chart holds them: newest usable value, treatment, smoking, diabetes, pregnancy.

Each function gives the value together with the Evidence that a clinician would check it by, or None
where the chart doesn't say. Nothing is filled in.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import NamedTuple

from fhir_adapters.record import CodedObservation, Condition, Measurement, PatientRecord
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.terminology.code_set import CodeSet, documented, ever_documented
from fhir_adapters.terminology.conditions import DIABETES, PREGNANCY
from fhir_adapters.terminology.drugs import DrugClass, how_matched, taking
from models.censored import may_be, settled
from models.derived import disputing_report, egfr_from_creatinine, egfr_with_limits
from models.finding import Evidence
from models.note_facts import is_certain, noted

ONE_YEAR = 365
TWO_YEARS = 731
FIVE_YEARS = 1826

_ACUTE_CARE = ("inpatient", "emergency")

# Decimals shown, where not none.
_DECIMALS = {
    "albumin": 1,
    "bmi": 1,
    "calcium": 1,
    "creatinine": 2,
    "cystatin_c": 2,
    "hba1c": 1,
    "o2_flow": 1,
    "phosphate": 1,
    "temperature": 1,
}

# SNOMED CT and LOINC answers to "tobacco smoking status"; what stands in neither set is unknown.
SMOKES_NOW = frozenset(
    {"449868002", "428041000124106", "428061000124105", "428071000124103", "77176002", "65568007"}
    | {"160603005", "160604004", "160605003", "56578002", "LA18976-3", "LA18977-1", "LA18981-3", "LA18982-1"}
)
DOES_NOT_SMOKE = frozenset({"266919005", "8517006", "8392000", "405746006", "LA15920-4", "LA18978-9"})

_LIMIT_COUNTS = {
    "": "",
    "<": "below detection, counted as the limit",
    ">": "above the scale, counted as the limit",
}

_NOTED_SMOKING = {"current-smoker": 1, "former-smoker": 0, "never-smoker": 0, "non-smoker": 0}

_PREGNANT_ANSWERS = frozenset({"77386006", "LA15173-0"})
_POSSIBLY_PREGNANT_UNTIL_AGE = 56
# A pregnancy recorded this long ago may still be going on, or ended less than 12 weeks ago.
_PREGNANCY_DAYS = 280 + 84


class Answer(NamedTuple):
    """A yes or no of the chart (1 or 0) and what says so."""

    value: int
    evidence: Evidence


def usable(point: Measurement) -> bool:
    """True for an exact value without a mark against it."""
    return not point.suspect and not point.comparator


def newest(
    record: PatientRecord, analyte: str, days: float, *, same_below: float | None = None
) -> Measurement | None:
    """The newest usable measurement of the last `days` days that was not made in acute care.

    None where a later result beyond the scale contradicts it (">90" after 45). `same_below`: see
    `censored.settled`.
    """
    return _newest(record, analyte, days, same_below, lambda p: p.setting not in _ACUTE_CARE)


def latest(
    record: PatientRecord, analyte: str, days: float, *, same_below: float | None = None
) -> Measurement | None:
    """The newest usable measurement of the last `days` days, wherever it was made; else as `newest`."""
    return _newest(record, analyte, days, same_below, lambda p: True)


def _newest(
    record: PatientRecord,
    analyte: str,
    days: float,
    same_below: float | None,
    counts: Callable[[Measurement], bool],
) -> Measurement | None:
    since = record.as_of - timedelta(days=days)
    limits: list[Measurement] = []
    for point in reversed(record.series(analyte).points):
        if point.at < since:
            return None
        if point.at > record.as_of or point.suspect or not counts(point):
            continue
        if point.comparator and not settled(point, same_below):
            limits.append(point)
        else:
            return point if all(may_be(point.value, limit) for limit in limits) else None
    return None


def newest_uacr(record: PatientRecord) -> Measurement | None:
    """The newest albumin-creatinine ratio of the last year, mg/g; one below detection counts as its limit.

    The limit can only overstate albuminuria. A ratio above a limit (">300") has no number, and the lower one
    before it is out of date.
    """
    return newest(record, "uacr", ONE_YEAR, same_below=math.inf)


def newest_egfr(record: PatientRecord, days: float) -> Measurement | None:
    """The newest eGFR outside acute care: computed (CKD-EPI 2021) where a creatinine is as new.

    None where a later report beyond the scale (">60") contradicts it.
    """
    reported = newest(record, "egfr", days)
    creatinine = newest(record, "creatinine", days)
    computed = egfr_from_creatinine(record, creatinine) if creatinine is not None else None
    if computed is None or (reported is not None and reported.at.date() > computed.at.date()):
        return reported
    later = (p for p in egfr_with_limits(record) if p.at.date() > computed.at.date() and p.comparator)
    return computed if all(may_be(computed.value, limit) for limit in later) else None


def disputed_egfr(record: PatientRecord, egfr: Measurement | None) -> str:
    """What an eGFR by creatinine lacks when a report of its day contradicts it; "" when none does."""
    report = disputing_report(record, egfr) if egfr is not None else None
    if egfr is None or report is None:
        return ""
    return (
        f"a creatinine that agrees with the eGFR reported on {egfr.at:%Y-%m-%d} ({egfr.value:.0f} by "
        f"creatinine, {report.comparator}{report.value:.0f} reported)"
    )


def recent_systolic(record: PatientRecord) -> tuple[Measurement, ...]:
    """The last three (or fewer) systolic readings of the last year outside acute care, oldest first."""
    readings = record.series("sbp").within(ONE_YEAR, record.as_of).outside_acute_care().reliable()
    return readings.points[-3:]


def mean_systolic(record: PatientRecord) -> tuple[float, Evidence] | None:
    """The mean of the recent systolic readings, mm[Hg]; None without a reading."""
    readings = recent_systolic(record)
    if not readings:
        return None
    mean = sum(reading.value for reading in readings) / len(readings)
    remark = f"mean of the last {len(readings)} readings" if len(readings) > 1 else "a single reading"
    return mean, measured(replace(readings[-1], value=mean, reported=""), remark=remark)


def smoking(record: PatientRecord) -> Answer | None:
    """Whether the patient smokes now, by the newest smoking status of five years that says so.

    Where no status says so, what the newest note states of the patient's own smoking.
    """
    since = record.as_of - timedelta(days=FIVE_YEARS)
    statuses = [obs for obs in record.coded_observations if obs.kind == "smoking_status" and obs.at >= since]
    for obs in sorted(statuses, key=lambda obs: obs.at, reverse=True):
        smokes = _smokes(obs)
        if smokes is not None:
            evidence = Evidence(source=obs.source, label="Smoking status", value=obs.value.label, at=obs.at)
            return Answer(int(smokes), evidence)
    return _noted_smoking(record)


def _noted_smoking(record: PatientRecord) -> Answer | None:
    for item in noted(record, FIVE_YEARS):
        mention = item.mention
        stated = mention.value.text if mention.type == "habit" and mention.value else ""
        if stated in _NOTED_SMOKING and mention.assertion.whose == "patient" and is_certain(mention):
            evidence = item.evidence("Smoking status", stated.replace("-", " "))
            return Answer(_NOTED_SMOKING[stated], evidence)
    return None


def ejection_fraction(record: PatientRecord, days: float) -> tuple[float, Evidence] | None:
    """The newest left ventricular ejection fraction in %, measured or, where none is, as a note gives it."""
    point = newest(record, "lvef", days)
    if point is not None:
        return point.value, measured(point)
    for item in noted(record, days):
        value = item.mention.value
        if value is None or value.analyte != "lvef" or value.value is None or value.comparator:
            continue
        assertion = item.mention.assertion
        if assertion.presence == "present" and assertion.when == "current" and assertion.whose == "patient":
            return float(value.value), item.evidence("LVEF", str(value.value), "%")
    return None


def _smokes(obs: CodedObservation) -> bool | None:
    words = words_of(obs)
    # 77176002 "smoker" is sent with the words "current status unknown" in the US value set.
    if "unknown" in words:
        return None
    codes = _codes(obs)
    if codes & SMOKES_NOW:
        return True
    if codes & DOES_NOT_SMOKE or words in (
        "never smoker",
        "former smoker",
        "ex-smoker",
        "non-smoker",
    ):
        return False
    return True if words.startswith("current") and "smoker" in words else None


def words_of(obs: CodedObservation) -> str:
    """The text and displays of a coded answer, in lower case."""
    return " ".join((obs.value.text, *(coding.display for coding in obs.value.codings))).strip().lower()


def _codes(obs: CodedObservation) -> set[str]:
    return {coding.code for coding in obs.value.codings}


def diabetes(record: PatientRecord) -> Answer | None:
    """Diabetes by diagnosis or by two HbA1c of 6.5% or more; None when the problems are not known."""
    cond = documented(record, DIABETES)
    if cond is not None:
        return Answer(1, stated(cond, "Diabetes"))
    high = record.series("hba1c").within(TWO_YEARS, record.as_of).reliable().where(lambda p: p.value >= 6.5)
    if len({point.at.date() for point in high}) >= 2:
        by_hba1c = measured(high.points[-1], remark="second HbA1c of 6.5% or more: meets criteria")
        return Answer(1, replace(by_hba1c, label="Diabetes", value=f"HbA1c {by_hba1c.value}"))
    if not record.knows("Condition"):
        return None
    return Answer(0, absent("Diabetes", f"not on {problem_list(record)}, HbA1c criteria not met"))


def condition(record: PatientRecord, label: str, *sets: CodeSet, ever: bool = False) -> Answer | None:
    """Whether a condition is (or `ever` was) documented; None when the problems are not known."""
    cond = ever_documented(record, *sets) if ever else documented(record, *sets)
    if cond is not None:
        return Answer(1, stated(cond, label))
    if not record.knows("Condition"):
        return None
    return Answer(0, absent(label, f"not on {problem_list(record)}"))


def treatment(record: PatientRecord, label: str, *classes: DrugClass) -> Answer | None:
    """Whether a drug of the classes is being taken; None when the medications are not known."""
    if not record.knows("MedicationRequest", "MedicationStatement"):
        return None
    med = taking(record, *classes)
    if med is None:
        return Answer(0, absent(label, "none on the medication list"))
    return Answer(
        1,
        Evidence(
            source=med.source,
            label=label,
            value=med.concept.label,
            at=med.started,
            remark=how_matched(med.concept),
        ),
    )


def pregnant(record: PatientRecord) -> bool:
    """True when a pregnancy is recorded that may be going on or ended less than 12 weeks ago."""
    age = record.age_years
    if record.patient.sex == "male" or (age is not None and age >= _POSSIBLY_PREGNANT_UNTIL_AGE):
        return False
    since = record.as_of - timedelta(days=_PREGNANCY_DAYS)
    for obs in record.coded_observations:
        if obs.kind == "pregnancy_status" and obs.at >= since and _codes(obs) & _PREGNANT_ANSWERS:
            return True
    cond = documented(record, PREGNANCY)
    when = (cond.recorded or cond.onset) if cond is not None else None
    return cond is not None and (when is None or when >= since)


def measured(point: Measurement, *, remark: str = "") -> Evidence:
    """A measurement as evidence, rounded and in a unit for people."""
    analyte = ANALYTES[point.analyte]
    derived = f"from {point.reported}, CKD-EPI 2021" if point.reported.startswith("creatinine") else ""
    converted = f"reported as {point.reported}" if point.reported and not derived else ""
    limit = _LIMIT_COUNTS[point.comparator[:1]]
    return Evidence(
        source=point.source,
        label=analyte.name,
        value=f"{point.comparator}{point.value:.{_DECIMALS.get(point.analyte, 0)}f}",
        unit=analyte.display_unit,
        at=point.at,
        remark="; ".join(text for text in (derived, converted, limit, point.matched, remark) if text),
    )


def stated(cond: Condition, label: str) -> Evidence:
    """A documented condition as evidence."""
    name = cond.concept.label
    value = "documented" if name.casefold() == label.casefold() else name
    return Evidence(
        source=cond.source,
        label=label,
        value=value,
        at=cond.recorded or cond.onset,
        remark=cond.concept.matched,
    )


def problem_list(record: PatientRecord) -> str:
    """The problem list, in a statement of what is not on it; says where not all of it was read."""
    return "the problem list (read in part)" if _is_read_in_part(record) else "the problem list"


def not_recorded(record: PatientRecord) -> str:
    """That a problem is not recorded; says where not all of the problem list was read."""
    return "not recorded (problem list read in part)" if _is_read_in_part(record) else "not recorded"


def _is_read_in_part(record: PatientRecord) -> bool:
    return record.coverage.get("Condition") == "partial"


def absent(label: str, remark: str) -> Evidence:
    """Evidence that the chart, as far as it was read, doesn't hold something."""
    return Evidence(source="", label=label, value="no", remark=remark)


def age_evidence(record: PatientRecord) -> Evidence:
    """Age in completed years as of the record's time."""
    return Evidence(source=record.patient.source, label="Age", value=str(record.age_years), unit="years")
