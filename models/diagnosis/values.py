"""Persistence, windows and comparators: how a series of measurements meets a cut-off, or doesn't."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from fhir_adapters.record import Measurement, PatientRecord

ONE_YEAR = 365
TWO_YEARS = 731
FIVE_YEARS = 1826

Points = tuple[Measurement, ...]
Test = Callable[[Measurement], bool]


# Guidelines print each limit twice, rounded: 200 mg/dL of glucose is 11.1 mmol/L, which converts to 199.98;
# 190 mg/dL of LDL is 4.9 mmol/L, which converts to 189.5. A result of exactly the printed limit reaches it.
_ROUNDING_OF_MOLAR_LIMITS = 0.003


def _limit(point: Measurement, cut: float) -> float:
    return cut * (1 - _ROUNDING_OF_MOLAR_LIMITS) if point.reported.endswith("mmol/L") else cut


def at_least(point: Measurement, cut: float) -> bool:
    """True when the value surely is `cut` or more: ">=14" is at least 6.5, "<14" is not known to be."""
    return point.value >= _limit(point, cut) and point.comparator in ("", ">", ">=")


def below(point: Measurement, cut: float) -> bool:
    """True when the value surely is less than `cut`: "<30" is below 30, ">15" is not known to be."""
    limit = _limit(point, cut)
    if point.comparator == "<":
        return point.value <= limit
    return point.value < limit and point.comparator in ("", "<=")


def above(point: Measurement, cut: float) -> bool:
    """True when the value surely is more than `cut`."""
    if point.comparator == ">":
        return point.value >= cut
    return point.value > cut and point.comparator in ("", ">=")


def at_most(point: Measurement, cut: float) -> bool:
    """True when the value surely is `cut` or less."""
    return point.value <= cut and point.comparator in ("", "<", "<=")


def recent(record: PatientRecord, analyte: str, days: float, *, acute_care: bool = False) -> Points:
    """Measurements of the last `days` days without a mark against them, oldest first.

    Args:
        record: The chart.
        analyte: Key of the analyte.
        days: How far back from the record's time.
        acute_care: Keep what was measured in hospital or an emergency department.
    """
    series = record.series(analyte)
    if not series:
        return ()
    kept = series.within(days, record.as_of).points
    if acute_care:
        return tuple([point for point in kept if not point.suspect])
    return tuple([p for p in kept if not p.suspect and p.setting not in ("inpatient", "emergency")])


def daily(points: Sequence[Measurement]) -> Points:
    """The newest measurement of each calendar day, oldest first."""
    return tuple({point.at.date(): point for point in points}.values())


def newest_run(points: Sequence[Measurement], abnormal: Test, normal: Test) -> Points:
    """The abnormal values since the last normal one, oldest first; empty when the newest is normal.

    A value that is neither surely abnormal nor surely normal (a limit of detection) is passed over.
    """
    run: list[Measurement] = []
    for point in reversed(points):
        if abnormal(point):
            run.append(point)
        elif normal(point):
            break
    return tuple(reversed(run))


def high_run(points: Sequence[Measurement], cut: float) -> Points:
    """The values of `cut` or more since the last one below it."""
    return newest_run(points, lambda point: at_least(point, cut), lambda point: below(point, cut))


def low_run(points: Sequence[Measurement], cut: float) -> Points:
    """The values below `cut` since the last one at or above it."""
    return newest_run(points, lambda point: below(point, cut), lambda point: at_least(point, cut))


def span_days(points: Sequence[Measurement]) -> float:
    """Calendar days from the first to the last measurement; 0 for none or one."""
    return (points[-1].at.date() - points[0].at.date()).days if points else 0


def nearest(points: Sequence[Measurement], at: datetime, days: float) -> Measurement | None:
    """The measurement nearest in time to `at` and at most `days` days away, or None."""
    best = min(points, key=lambda point: abs(point.at - at), default=None)
    return best if best is not None and abs((best.at - at).total_seconds()) <= days * 86400 else None


def slope_per_year(points: Sequence[Measurement]) -> float | None:
    """Least-squares change per year; None with fewer than 3 values or less than a year between them."""
    if len(points) < 3 or span_days(points) < ONE_YEAR:
        return None
    years = [(point.at - points[0].at).total_seconds() / (365.25 * 86400) for point in points]
    mean_year = sum(years) / len(years)
    mean_value = sum(point.value for point in points) / len(points)
    spread = sum((year - mean_year) ** 2 for year in years)
    product = sum(
        (year - mean_year) * (point.value - mean_value) for year, point in zip(years, points, strict=True)
    )
    return product / spread
