"""Items of bedside scores as a chart has them: the newest or worst value, a problem, a drug, a stay.

None means that the chart doesn't say; a problem or a drug that a known list doesn't hold is a "no".
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta

from fhir_adapters.record import Encounter, Measurement, PatientRecord
from fhir_adapters.terminology.code_set import CodeSet, documented
from fhir_adapters.terminology.drugs import DrugClass
from fhir_adapters.terminology.score_conditions import ACUTE_CORONARY_SYNDROME, SUSPECTED_EMBOLISM
from models import chart_inputs
from models.censored import settled
from models.chart_inputs import measured, stated
from models.finding import Abstention, Evidence, ModelStamp
from models.note_facts import noted
from models.point_score import Found
from models.scoring import abstain, lacking

ADULT = 18
# A problem written down this recently is of the present illness.
ACUTE_DAYS = 7.0
# A suspicion that a note or a D-dimer raised, days.
_SUSPECTED_DAYS = 3.0
# A stay that ended so many days ago is the one that a readmission would follow.
_DISCHARGED_DAYS = 30.0


def value(
    record: PatientRecord, analyte: str, days: float, *, same_below: float | None = None
) -> Found | None:
    """The newest value of the last `days` days, wherever it was measured; see `chart_inputs.newest`."""
    point = chart_inputs.latest(record, analyte, days, same_below=same_below)
    return Found(point.value, measured(point)) if point is not None else None


def worst(
    record: PatientRecord, analyte: str, days: float, *, highest: bool, same_below: float | None = None
) -> Found | None:
    """The highest or the lowest value of the last `days` days.

    A result beyond the scale on the bad side (platelets "<10" where the lowest counts) counts as its limit:
    the points are then at least those. One on the good side counts only if it is `settled` at `same_below`.
    """
    since = record.as_of - timedelta(days=days)
    bad = ("", ">", ">=") if highest else ("", "<", "<=")
    points = [
        p
        for p in record.series(analyte)
        if since <= p.at <= record.as_of and not p.suspect and (p.comparator in bad or settled(p, same_below))
    ]
    if not points:
        return None
    point = (max if highest else min)(points, key=lambda p: p.value)
    return Found(point.value, measured(point))


def holds(point: Measurement | None, *, yes: bool, remark: str = "") -> Found | None:
    """A yes or no that a measurement decides."""
    return Found(int(yes), measured(point, remark=remark)) if point is not None else None


def age(record: PatientRecord) -> Found | None:
    """Completed years."""
    years = record.age_years
    return Found(years, chart_inputs.age_evidence(record)) if years is not None else None


def problem(record: PatientRecord, label: str, *sets: CodeSet, ever: bool = False) -> Found | None:
    """Whether a problem is (or `ever` was) documented."""
    answer = chart_inputs.condition(record, label, *sets, ever=ever)
    return Found(*answer) if answer is not None else None


def acute_problem(
    record: PatientRecord, label: str, *sets: CodeSet, days: float = ACUTE_DAYS
) -> Found | None:
    """Whether a current problem was recorded in the last `days` days."""
    if not record.knows("Condition"):
        return None
    cond = documented(record, *sets)
    when = (cond.recorded or cond.onset) if cond is not None else None
    if cond is None or when is None or when < record.as_of - timedelta(days=days):
        return Found(0, chart_inputs.absent(label, f"not recorded in the last {days:g} days"))
    return Found(1, stated(cond, label))


def drug(record: PatientRecord, label: str, *classes: DrugClass) -> Found | None:
    """Whether a drug is being taken."""
    answer = chart_inputs.treatment(record, label, *classes)
    return Found(*answer) if answer is not None else None


def either(*answers: Found | None) -> Found | None:
    """Yes when any is yes; unknown when any is unknown and none is yes; else no."""
    for answer in answers:
        if answer is not None and answer.value:
            return answer
    return None if None in answers else next((a for a in answers if a is not None), None)


def unknown_unless_yes(answer: Found | None) -> Found | None:
    """A yes, or nothing: for what is seldom written down when it is absent."""
    return answer if answer is not None and answer.value else None


def in_hospital(record: PatientRecord) -> Encounter | None:
    """The stay in hospital or the emergency department that is going on, or None."""
    return next(
        (
            each
            for each in record.encounters
            if each.setting in ("inpatient", "emergency")
            and each.status in ("in-progress", "arrived", "triaged", "onleave")
            and (each.end is None or each.end >= record.as_of)
        ),
        None,
    )


def last_stay(record: PatientRecord) -> Encounter | None:
    """The inpatient stay that the call ends; else the newest that goes on or ended in the last 30 days."""
    if record.discharge:
        return discharged_stay(record)
    since = record.as_of - timedelta(days=_DISCHARGED_DAYS)
    stays = [
        each
        for each in record.encounters
        if each.setting == "inpatient"
        and each.start is not None
        and each.start <= record.as_of
        and (each.end is None or each.end >= since)
        and (each.end is not None or each.status in ("in-progress", "onleave"))
    ]
    return max(stays, key=lambda each: each.start or record.as_of, default=None)


def discharged_stay(record: PatientRecord) -> Encounter | None:
    """The stay that the call ends; None where the chart doesn't hold it, or it is no stay in hospital."""
    return next(
        (
            each
            for each in record.encounters
            if each.source == record.discharge and each.setting == "inpatient" and each.start is not None
        ),
        None,
    )


def stay_days(record: PatientRecord, stay: Encounter) -> float:
    """Nights in hospital so far, as whole days."""
    end = min(stay.end or record.as_of, record.as_of)
    return float((end.date() - stay.start.date()).days) if stay.start is not None else 0.0


def stay_evidence(stay: Encounter, label: str, text: str, unit: str = "") -> Evidence:
    """Something that a stay shows."""
    return Evidence(source=stay.source, label=label, value=text, unit=unit, at=stay.start)


def suspicion(record: PatientRecord, code_set: CodeSet) -> bool:
    """True when a D-dimer or a note of the last three days raises a question of thromboembolism."""
    if chart_inputs.latest(record, "ddimer", _SUSPECTED_DAYS) is not None:
        return True
    return any(
        code_set.holds(item.concept) and item.mention.assertion.presence in ("present", "possible")
        for item in noted(record, _SUSPECTED_DAYS)
    )


def unknown_problems(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why nothing can be said without a problem list; None when it is known."""
    return None if record.knows("Condition") else lacking(stamp, "the problem list")


def not_indicated(stamp: ModelStamp, reason: str) -> Abstention:
    """The question does not arise."""
    return abstain(stamp, "not-indicated", reason)


def mean_arterial_pressure(record: PatientRecord, days: float) -> Found | None:
    """The lowest mean arterial pressure of the last `days` days, mm[Hg], from paired readings."""
    since = record.as_of - timedelta(days=days)
    diastolic: Mapping[object, Measurement] = {p.at: p for p in record.series("dbp").reliable()}
    pairs = [
        ((point.value + 2 * low.value) / 3, point)
        for point in record.series("sbp").reliable()
        if since <= point.at <= record.as_of and (low := diastolic.get(point.at)) is not None
    ]
    if not pairs:
        return None
    mean, point = min(pairs, key=lambda pair: pair[0])
    shown = Evidence(
        source=point.source, label="Mean arterial pressure", value=f"{mean:.0f}", unit="mmHg", at=point.at
    )
    return Found(mean, shown)


def outside_acute_care(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why a score of acute illness does not apply: not an adult, or not in hospital or emergency care."""
    if (record.age_years or 0) < ADULT:
        return abstain(stamp, "outside-population", "published for adults")
    if in_hospital(record) is None:
        return not_indicated(stamp, "not in hospital or emergency care")
    return None


def outside_discharge(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why a score of readmission does not apply: not an adult, or no stay now or in the last 30 days."""
    unknown = unknown_problems(stamp, record)
    if unknown is not None:
        return unknown
    if (record.age_years or 0) < ADULT:
        return abstain(stamp, "outside-population", "published for adults")
    if last_stay(record) is None and record.discharge:
        known = any(each.source == record.discharge for each in record.encounters)
        if known:
            return not_indicated(stamp, "the encounter that ends is no stay in hospital with a known start")
        return lacking(stamp, "the encounter that ends")
    if last_stay(record) is None:
        return not_indicated(stamp, "no stay in hospital in the last 30 days")
    return None


def no_suspicion_of_embolism(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why a score of thromboembolism does not apply: not an adult, or nothing raises the question."""
    if (record.age_years or 0) < ADULT:
        return abstain(stamp, "outside-population", "published for adults")
    if not suspicion(record, SUSPECTED_EMBOLISM):
        return not_indicated(stamp, "nothing recent in the chart raises the question")
    return unknown_problems(stamp, record)


def no_coronary_syndrome(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why a coronary score does not apply: no acute coronary syndrome of a week, or not an adult."""
    unknown = unknown_problems(stamp, record)
    if unknown is not None:
        return unknown
    present = acute_problem(record, "Acute coronary syndrome", ACUTE_CORONARY_SYNDROME)
    if present is None or not present.value:
        return not_indicated(stamp, "no acute coronary syndrome in the last 7 days")
    if (record.age_years or 0) < ADULT:
        return abstain(stamp, "outside-population", "published for adults")
    return None
