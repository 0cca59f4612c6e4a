"""Quantities computed from measurements: eGFR, non-HDL cholesterol, BMI, paired blood pressure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from fhir_adapters.record import Measurement, PatientRecord, Series, Setting

# An eGFR computed here and one reported of the same day that differ by this factor can't both be true.
_DISPUTED_FROM = 1.5


def ckd_epi_2021_creatinine(creatinine_mg_dl: float, age_years: float, *, female: bool) -> float:
    """eGFR from serum creatinine, CKD-EPI 2021, race-free.

    Args:
        creatinine_mg_dl: Serum or plasma creatinine, mg/dL, above 0.
        age_years: 18 or more.
        female: Sex recorded as female.

    Returns:
        eGFR in mL/min/{1.73_m2}, unrounded.

    Source: Inker LA et al., N Engl J Med 2021;385:1737-49, table S10.
    """
    kappa, alpha = (0.7, -0.241) if female else (0.9, -0.302)
    ratio = creatinine_mg_dl / kappa
    egfr: float = 142 * min(ratio, 1.0) ** alpha * max(ratio, 1.0) ** -1.200 * 0.9938**age_years
    return egfr * 1.012 if female else egfr


def egfr_series(record: PatientRecord) -> Series:
    """eGFR over time, mL/min/{1.73_m2}, for adults; oldest first.

    Computed from each creatinine with the age at that day; on days with a reported eGFR and no
    creatinine the reported value is used, so that no specimen counts twice. A value computed has the
    creatinine's source and says so in `reported`.
    """
    return record.once("eGFR", _egfr_series)


def _egfr_series(record: PatientRecord) -> Series:
    computed = [
        egfr
        for point in record.series("creatinine").reliable()
        if (egfr := egfr_from_creatinine(record, point)) is not None
    ]
    days = {point.at.date() for point in computed}
    reported = [p for p in record.series("egfr").reliable() if p.at.date() not in days]
    return Series(tuple(sorted((*computed, *reported), key=lambda point: point.at)))


def egfr_with_limits(record: PatientRecord) -> tuple[Measurement, ...]:
    """The eGFR series and, on days of their own, reports beyond the scale (">60"); oldest first.

    A limit has no number, but it decides: ">60" ends a run below 60.
    """
    series = egfr_series(record)
    days = {point.at.date() for point in series}
    limits = [p for p in record.series("egfr") if p.comparator and not p.suspect and p.at.date() not in days]
    return tuple(sorted((*series, *limits), key=lambda point: point.at)) if limits else series.points


def disputing_report(record: PatientRecord, computed: Measurement) -> Measurement | None:
    """The eGFR that was reported on the day of a computed one, where both can't be true; else None.

    Args:
        computed: An eGFR by creatinine, mL/min/{1.73_m2}; of a reported one there is nothing to dispute.

    MDRD, CKD-EPI 2009 with or without its factor for race and CKD-EPI 2021 differ by less than half (Inker LA
    et al., N Engl J Med 2021;385:1737-49): beyond that a unit, a specimen or a person is mixed up.
    """
    if not computed.reported.startswith("creatinine"):
        return None
    same_day = (p for p in record.series("egfr") if p.at.date() == computed.at.date() and not p.suspect)
    return next((p for p in same_day if _disputes(p, computed.value)), None)


def _disputes(report: Measurement, computed: float) -> bool:
    higher = report.value > _DISPUTED_FROM * computed and not report.comparator.startswith("<")
    lower = computed > _DISPUTED_FROM * report.value and not report.comparator.startswith(">")
    return higher or lower


def egfr_from_creatinine(record: PatientRecord, point: Measurement) -> Measurement | None:
    """eGFR, mL/min/{1.73_m2}, of one creatinine; None under 18 years or when age or sex is unknown."""
    age = record.patient.age_years(point.at)
    sex = record.patient.sex
    if age is None or age < 18 or sex not in ("female", "male"):
        return None
    egfr = ckd_epi_2021_creatinine(point.value, age, female=sex == "female")
    return Measurement(
        source=point.source,
        analyte="egfr",
        value=egfr,
        unit="mL/min/{1.73_m2}",
        at=point.at,
        setting=point.setting,
        reported=f"creatinine {point.value:.3g} mg/dL",
        date_only=point.date_only,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class BloodPressure:
    """One reading, mm[Hg], both values of the same Observation or the same moment."""

    systolic: Measurement
    diastolic: Measurement
    at: datetime
    setting: Setting

    @property
    def day(self) -> date:
        """The calendar day of the reading, in the sender's time zone."""
        return self.at.date()


def blood_pressures(record: PatientRecord) -> tuple[BloodPressure, ...]:
    """Paired readings, oldest first; unpaired and impossible ones (diastolic >= systolic) left out."""
    return record.once("blood pressures", _blood_pressures)


def _blood_pressures(record: PatientRecord) -> tuple[BloodPressure, ...]:
    diastolic_at = {(p.source.partition("#")[0], p.at): p for p in record.series("dbp").reliable()}
    by_time = {p.at: p for p in record.series("dbp").reliable()}
    pairs = []
    for systolic in record.series("sbp").reliable():
        key = (systolic.source.partition("#")[0], systolic.at)
        diastolic = diastolic_at.get(key) or by_time.get(systolic.at)
        if diastolic is not None and diastolic.value < systolic.value:
            pairs.append(
                BloodPressure(
                    systolic=systolic, diastolic=diastolic, at=systolic.at, setting=systolic.setting
                )
            )
    return tuple(pairs)
