"""A fall of kidney function within three months: acute kidney disease by its functional criteria.

Source: KDIGO 2012 AKI guideline, Kidney Int Suppl 2012;2:1-138, table 11: a decrease in GFR by 35% or more,
or an increase in creatinine by more than 50%, for less than 3 months.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from fhir_adapters.record import Measurement, PatientRecord, Series
from models.derived import disputing_report, egfr_with_limits
from models.diagnosis.kdigo import LIMITS, creatinines
from models.diagnosis.values import ONE_YEAR, TWO_YEARS, Points, daily

_ACUTE_CARE = ("inpatient", "emergency")
# A value of the year before that was as low, within this share, makes it the usual level and no fall.
_AS_LOW = 1.1
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class AcuteFall:
    """The newest value and what it is measured against, of eGFR or, where there is none, of creatinine.

    Attributes:
        before: The best value of the 90 days before the newest.
        newest: mL/min/{1.73_m2} of eGFR, mg/dL of creatinine.
        worst: The worst value between the two where the newest is better again; else None.
        again: The newest of the other values between the two that meet the criterion as well, or None.
    """

    before: Measurement
    newest: Measurement
    worst: Measurement | None
    again: Measurement | None

    @property
    def change(self) -> float:
        """The newest as a share of the value before, minus 1: -0.4 is a fall by 40%."""
        return self.newest.value / self.before.value - 1

    @property
    def days(self) -> int:
        """Calendar days between the two."""
        return (self.newest.at.date() - self.before.at.date()).days


def acute_fall(record: PatientRecord) -> AcuteFall | None:
    """The fall of eGFR by 35% or more in at most 90 days to a newest value that is at most 90 days old.

    Values of every setting count; the value before is one outside acute care where there is one, because
    fluids and lost muscle lower a creatinine in hospital. Without any eGFR (sex unknown) it is the rise of
    creatinine by more than 50% and 0.3 mg/dL. None where the newest eGFR is contradicted by a report of its
    day, or where it was as low outside acute care 91 to 365 days before.
    """
    egfr = daily(Series(egfr_with_limits(record)).within(TWO_YEARS, record.as_of).points)
    points = egfr or daily(creatinines(record))
    if not points or points[-1].at < record.as_of - timedelta(days=LIMITS.akd_days):
        return None
    if disputing_report(record, points[-1]) is not None:
        return None
    kept = tuple(p for p in points[:-1] if disputing_report(record, p) is None)
    return _fall(kept, points[-1])


def _fall(earlier: Points, newest: Measurement) -> AcuteFall | None:
    start = newest.at.date() - timedelta(days=LIMITS.akd_days)
    window = [p for p in earlier if p.at.date() >= start]
    possible = [p for p in window if not p.comparator.startswith("<")]
    before = max([p for p in possible if p.setting not in _ACUTE_CARE] or possible, key=_level, default=None)
    if before is None or not _met(before, newest) or _was_as_low(earlier, newest):
        return None
    between = [p for p in window if p.at > before.at]
    worst = min((*between, newest), key=_level)
    return AcuteFall(
        before=before,
        newest=newest,
        worst=worst if _level(worst) < _level(newest) else None,
        again=next((p for p in reversed(between) if _met(before, p)), None),
    )


def _met(before: Measurement, later: Measurement) -> bool:
    if later.analyte == "creatinine":
        risen = later.value > before.value * LIMITS.akd_creatinine_ratio + _TOLERANCE
        # Of a low creatinine half is a rounding: the rise has to be one that would count within 48 hours.
        return risen and later.value - before.value >= LIMITS.aki_rise_mg_dl - _TOLERANCE
    fallen = later.value <= before.value * (1 - LIMITS.akd_egfr_fall) + _TOLERANCE
    return fallen and not later.comparator.startswith(">")


def _was_as_low(earlier: Points, newest: Measurement) -> bool:
    year = newest.at.date() - timedelta(days=ONE_YEAR)
    start = newest.at.date() - timedelta(days=LIMITS.akd_days)
    usual = (p for p in earlier if year <= p.at.date() < start and p.setting not in _ACUTE_CARE)
    return any(_level(p) <= _level(newest) * _AS_LOW for p in usual if not p.comparator.startswith(">"))


def _level(point: Measurement) -> float:
    """Of kidney function: more is better."""
    return point.value if point.analyte == "egfr" else 1 / point.value
