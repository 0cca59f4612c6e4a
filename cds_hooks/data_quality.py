"""What of a chart was skipped, corrected or doubted, and why: for whoever connects an EHR.

References and reasons in our words only: no value, name or text of the chart.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from fhir_adapters.record import Measurement, PatientRecord

Treatment = Literal["skipped", "corrected", "doubted"]


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityEntry:
    """One entry of a chart, or one query, that was not taken as it came.

    Attributes:
        treatment: "skipped" was not used; "corrected" was used after a conversion; "doubted" was used with
            less precision, or is marked as not to be relied on.
        problem: As in `DataQualityNote`; "converted" for a unit, "suspect" for a doubtful specimen.
        source: "Type/id", or the prefetch key of a query.
        reason: In our words.
    """

    treatment: Treatment
    problem: str
    source: str
    reason: str


def data_quality(record: PatientRecord) -> tuple[QualityEntry, ...]:
    """All that was noted while the chart was read, what was not used at all first."""
    noted = [
        QualityEntry(
            treatment="doubted" if gap.problem == "approximate" else "skipped",
            problem=gap.problem,
            source=gap.source,
            reason=gap.reason,
        )
        for gap in record.gaps
    ]
    points = [point for series in record.measurements.values() for point in series]
    order: tuple[Treatment, ...] = ("skipped", "doubted", "corrected")
    return tuple(sorted([*noted, *_of_points(points)], key=lambda entry: order.index(entry.treatment)))


def _of_points(points: Iterable[Measurement]) -> Iterable[QualityEntry]:
    for point in points:
        if point.suspect:
            yield QualityEntry(
                treatment="doubted", problem="suspect", source=point.source, reason=point.suspect
            )
        if point.reported:
            yield QualityEntry(
                treatment="corrected",
                problem="converted",
                source=point.source,
                reason=f"its value was converted to {point.unit}",
            )


def quality_json(entries: Iterable[QualityEntry]) -> dict[str, Any]:
    """The entries, and before them how many there are for each reason and kind of resource."""
    entries = tuple(entries)
    counted = Counter(
        (entry.treatment, entry.problem, entry.source.partition("/")[0], entry.reason) for entry in entries
    )
    names = ("treatment", "problem", "resource", "reason")
    return {
        "counts": [{**dict(zip(names, kind, strict=True)), "count": n} for kind, n in counted.items()],
        "entries": [asdict(entry) for entry in entries],
    }
