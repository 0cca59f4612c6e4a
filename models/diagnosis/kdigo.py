"""The KDIGO classifications as arithmetic: stage of CKD, category of albuminuria, stage of AKI.

Sources: KDIGO 2024 CKD guideline, Kidney Int 2024;105(4S):S117-S314; KDIGO 2012 AKI guideline, Kidney
Int Suppl 2012;2:1-138.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from statistics import median

from fhir_adapters.record import Condition, Measurement, PatientRecord
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import AKI
from models.diagnosis.values import ONE_YEAR, Points, above, at_least, below, recent
from models.finding import Citation
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs: eGFR in mL/min/{1.73_m2}, albuminuria as (mg/g, mg/mmol), creatinine in mg/dL, times in
    days.
    """

    ckd_below: float = 60
    stage_from: tuple[tuple[str, float], ...] = (("G3a", 45), ("G3b", 30), ("G4", 15), ("G5", 0))
    g1_from: float = 90
    chronic_days: float = 90
    albuminuria_a2: tuple[float, float] = (30, 3)
    albuminuria_a3_above: tuple[float, float] = (300, 30)
    aki_rise_mg_dl: float = 0.3
    aki_rise_days: float = 2
    aki_ratio: float = 1.5
    aki_ratio_days: float = 7
    aki_stage_2_ratio: float = 2.0
    aki_stage_3_ratio: float = 3.0
    aki_stage_3_mg_dl: float = 4.0
    aki_current_days: float = 7
    aki_blocks_ckd_days: float = 90
    akd_egfr_fall: float = 0.35
    akd_creatinine_ratio: float = 1.5
    akd_days: float = 90


LIMITS = Limits()
STAMP = stamped("kidney.v1", "1.2", LIMITS)
CKD_GUIDELINE = Citation(
    label="KDIGO 2024 guideline for chronic kidney disease",
    url="https://doi.org/10.1016/j.kint.2023.10.018",
)
AKI_GUIDELINE = Citation(
    label="KDIGO 2012 guideline for acute kidney injury", url="https://doi.org/10.1038/kisup.2012.1"
)
# Differences of decimal numbers: 1.3 - 1.0 is not exactly 0.3 in binary.
_TOLERANCE = 1e-6


def g_stage(egfr: Measurement) -> str:
    """ "G1" to "G5" of an eGFR."""
    if not below(egfr, LIMITS.ckd_below):
        return "G1" if at_least(egfr, LIMITS.g1_from) else "G2"
    value = egfr.value - _TOLERANCE if egfr.comparator == "<" else egfr.value
    return next(stage for stage, lowest in LIMITS.stage_from if value >= lowest)


def reported_in_mg_per_mmol(uacr: Measurement) -> float | None:
    """The ratio as reported, mg/mmol; None when it came in another unit.

    Cut-offs are applied in the unit of the report: 28 mg/g is A1, and so is 2.9 mg/mmol, though the
    conversion between the two does not map one cut-off onto the other.
    """
    value, _, unit = uacr.reported.partition(" ")
    if not unit.lower().startswith("mg/mmol"):
        return None
    try:
        return float(value.lstrip("<>="))
    except ValueError:
        return None


def has_albuminuria(uacr: Measurement) -> bool:
    """True for category A2 or A3."""
    molar = reported_in_mg_per_mmol(uacr)
    if molar is not None:
        return molar >= LIMITS.albuminuria_a2[1] and uacr.comparator in ("", ">", ">=")
    return at_least(uacr, LIMITS.albuminuria_a2[0])


def a_category(uacr: Measurement) -> str:
    """ "A1", "A2" or "A3" of an albumin-creatinine ratio."""
    if not has_albuminuria(uacr):
        return "A1"
    molar = reported_in_mg_per_mmol(uacr)
    cut_mass, cut_molar = LIMITS.albuminuria_a3_above
    severe = above(
        uacr if molar is None else replace(uacr, value=molar), cut_mass if molar is None else cut_molar
    )
    return "A3" if severe else "A2"


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """The creatinine, mg/dL, that an acute change is measured against, and how it was chosen."""

    value: float
    how: str
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AkiStage:
    """What the creatinine criteria say about one measurement.

    `stage` is 0 when they are not met. `from_value` is what the rise was measured from, mg/dL.
    """

    stage: int
    rise_48_h: float = 0.0
    ratio: float = 0.0
    peak: Measurement | None = None
    baseline: Baseline | None = None


def aki_baseline(points: Points, newest: Measurement) -> Baseline | None:
    """The reference creatinine for one measurement: median outpatient value of 7 to 365 days before it,
    else the lowest value of the 7 days before it; None when there is neither.
    """
    week = newest.at - timedelta(days=LIMITS.aki_ratio_days)
    year = newest.at - timedelta(days=ONE_YEAR)
    stable = [p for p in points if year <= p.at < week and p.setting not in ("inpatient", "emergency")]
    if stable:
        count = len(stable)
        how = (
            f"median of {count} outpatient values in the year before"
            if count > 1
            else "last outpatient value"
        )
        middle = median(p.value for p in stable)
        return Baseline(value=middle, how=how, source=stable[-1].source)
    before = [p for p in points if week - _margin() <= p.at < newest.at]
    if not before:
        return None
    lowest = min(before, key=lambda p: p.value)
    return Baseline(value=lowest.value, how="lowest value of the 7 days before", source=lowest.source)


def aki_stage(points: Points, newest: Measurement) -> AkiStage:
    """Judges one creatinine by those before it, by the creatinine criteria (urine output is not read).

    Args:
        points: Creatinine, mg/dL, oldest first; later values than `newest` are not looked at.
        newest: The measurement to judge; the stage is that of the peak in the 7 days up to it.

    Source: KDIGO 2012, tables 2 and section 2.1.
    """
    earlier = tuple(p for p in points if p.at < newest.at)
    two_days = newest.at - timedelta(days=LIMITS.aki_rise_days) - _margin()
    lowest = min((p.value for p in earlier if p.at >= two_days), default=newest.value)
    baseline = aki_baseline(earlier, newest)
    ratio = newest.value / baseline.value if baseline else 0.0
    rise = newest.value - lowest
    acute = rise >= LIMITS.aki_rise_mg_dl - _TOLERANCE
    if not acute and (baseline is None or not _recently_raised(earlier, newest, baseline, ratio)):
        return AkiStage(stage=0, ratio=ratio, baseline=baseline)
    week = newest.at - timedelta(days=LIMITS.aki_ratio_days) - _margin()
    peak = max((*(p for p in earlier if p.at >= week), newest), key=lambda p: p.value)
    return AkiStage(
        stage=_stage_of(peak.value, baseline),
        rise_48_h=rise if acute else 0.0,
        ratio=ratio,
        peak=peak,
        baseline=baseline,
    )


def _recently_raised(earlier: Points, newest: Measurement, baseline: Baseline, ratio: float) -> bool:
    """1.5 times the baseline, and not already so more than 7 days ago (that would not be acute)."""
    if ratio < LIMITS.aki_ratio - _TOLERANCE:
        return False
    week = newest.at - timedelta(days=LIMITS.aki_ratio_days) - _margin()
    before = [p for p in earlier if p.at < week]
    return not before or before[-1].value / baseline.value < LIMITS.aki_ratio - _TOLERANCE


def _stage_of(value: float, baseline: Baseline | None) -> int:
    ratio = value / baseline.value if baseline else 0.0
    if ratio >= LIMITS.aki_stage_3_ratio - _TOLERANCE or value >= LIMITS.aki_stage_3_mg_dl - _TOLERANCE:
        return 3
    return 2 if ratio >= LIMITS.aki_stage_2_ratio - _TOLERANCE else 1


def _margin() -> timedelta:
    # A reading exactly 48 hours or 7 days before is inside the window.
    return timedelta(minutes=1)


def had_aki(points: Points, *, from_days_before: float, newest: Measurement) -> bool:
    """True when any creatinine of the days up to and after `newest` met the AKI criteria."""
    since = newest.at - timedelta(days=from_days_before)
    return any(aki_stage(points, point).stage for point in points if point.at >= since)


def creatinines(record: PatientRecord) -> Points:
    """Creatinine of two years, from every setting: acute injury is mostly measured in hospital."""
    return tuple(p for p in recent(record, "creatinine", 2 * ONE_YEAR, acute_care=True) if not p.comparator)


def aki_within(record: PatientRecord, points: Points, newest: Measurement) -> bool:
    """Whether an AKI was recorded or can be seen in creatinine from 90 days before a measurement on."""
    days = LIMITS.aki_blocks_ckd_days
    since = newest.at - timedelta(days=days)
    cond = ever_documented(record, AKI)
    if cond is not None:
        when = recorded_at(cond)
        if when is not None and when >= since:
            return True
    return had_aki(points, from_days_before=days, newest=newest)


def recorded_at(cond: Condition) -> datetime | None:
    """When a condition was written down, else when it began; None when the chart says neither."""
    return cond.recorded or cond.onset
