"""What a chart holds for the sepsis warning: two days by the hour, the stay, and why no question arises."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_adapters.record import Encounter, Measurement, PatientRecord
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.terminology.code_set import CodeSet, documented
from fhir_adapters.terminology.conditions import PALLIATIVE_CARE, SEPSIS
from models.censored import uncontradicted
from models.chart_inputs import pregnant
from models.complications._sepsis_features import HOURS, SIGNALS
from models.finding import Abstention, ModelStamp
from models.note_facts import holding
from models.risk_scores._chart import ADULT, in_hospital
from models.scoring import abstain, lacking

# Encounter.type of a stay in intensive care: the admission to it, or the place.
_INTENSIVE_CARE = CodeSet(name="intensive care", snomed=frozenset({"305351004", "309904001"}))
# A problem list keeps a sepsis long after it is over; a stay may be longer than this.
_PRESENT_ILLNESS = timedelta(days=14)
_NOTES_DAYS = 2.0
_HOUR = timedelta(hours=1)
_WINDOW = timedelta(hours=HOURS)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Watched:
    """Measurements of the last two days.

    Attributes:
        hourly: By signal, the newest value of each hour, oldest hour first; the last hour ends now. Signals
            without a value are absent.
        newest: By signal, the measurement that is the newest.
    """

    hourly: dict[str, list[float | None]]
    newest: dict[str, Measurement]

    def __repr__(self) -> str:
        return f"Watched({', '.join(self.hourly)})"


def watched(record: PatientRecord) -> Watched:
    """Reads the chart."""
    hourly: dict[str, list[float | None]] = {}
    newest: dict[str, Measurement] = {}
    for signal in SIGNALS:
        values: list[float | None] = [None] * HOURS
        for point in reversed(uncontradicted(_counting(record, signal))):
            newest.setdefault(signal, point)
            hour = HOURS - 1 - (record.as_of - point.at) // _HOUR
            values[hour] = point.value if values[hour] is None else values[hour]
        if signal in newest:
            hourly[signal] = values
    return Watched(hourly=hourly, newest=newest)


def _counting(record: PatientRecord, signal: str) -> list[Measurement]:
    """The measurements of the window from where the patient lies, oldest first, limits among them."""
    found = []
    for point in reversed(record.series(signal).points):
        ago = record.as_of - point.at
        if ago >= _WINDOW:
            break
        elsewhere = point.date_only or point.setting in ("ambulatory", "home")
        possible = ANALYTES[signal].low <= point.value <= ANALYTES[signal].high
        if ago >= timedelta(0) and not point.suspect and not elsewhere and (point.comparator or possible):
            found.append(point)
    return found[::-1]


def stay(record: PatientRecord) -> dict[str, float]:
    """Hours in intensive care, with the one that is going on, and in hospital before; {} where not known."""
    current = [each for each in record.encounters if _goes_on(each, record)]
    starts = [each.start for each in current if each.start is not None]
    unit = next((each.start for each in current if each.start and _INTENSIVE_CARE.holds(each.concept)), None)
    if unit is None:
        return {}
    return {
        "icu_hours": float((record.as_of - unit) // _HOUR + 1),
        "hours_before_icu": (unit - min(starts)) / _HOUR,
    }


def _goes_on(encounter: Encounter, record: PatientRecord) -> bool:
    acute = encounter.setting in ("inpatient", "emergency")
    started = encounter.start is None or encounter.start <= record.as_of
    ended = encounter.status == "finished" or (encounter.end is not None and encounter.end < record.as_of)
    return acute and started and not ended


def no_question(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    """Why an early warning does not apply; None where it does."""
    if in_hospital(record) is None:
        return abstain(stamp, "not-indicated", "not in hospital or emergency care")
    age = record.age_years
    if age is None:
        return lacking(stamp, "birth date")
    if age < ADULT or pregnant(record):
        return abstain(stamp, "outside-population", "trained on adults, not for pregnancy")
    if documented(record, PALLIATIVE_CARE):
        return abstain(stamp, "outside-population", "not meant for end-of-life care")
    if _is_known(record):
        return abstain(stamp, "not-indicated", "sepsis is documented")
    return None


def _is_known(record: PatientRecord) -> bool:
    """Whether sepsis of the present illness is on the problem list, or a note of two days states it."""
    cond = documented(record, SEPSIS)
    when: datetime | None = (cond.recorded or cond.onset) if cond is not None else None
    if cond is not None and (when is None or when >= record.as_of - _PRESENT_ILLNESS):
        return True
    return any(SEPSIS.holds(item.concept) for item in holding(record, _NOTES_DAYS, "problem"))
