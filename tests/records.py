"""Builds small PatientRecords by hand, for tests that need no FHIR."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fhir_adapters.record import (
    ICD10CM,
    SNOMED,
    Coding,
    Concept,
    Condition,
    Demographics,
    Measurement,
    Medication,
    PatientRecord,
    Series,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def person(age: int = 60, sex: str = "female", **more: Any) -> Demographics:
    birth = date(NOW.year - age, 1, 15)
    return Demographics(source="Patient/p", patient_id="p", sex=sex, birth_date=birth, **more)  # type: ignore[arg-type]


def measurement(analyte: str, value: float, days: float, unit: str = "", **more: Any) -> Measurement:
    source = more.pop("source", f"Observation/{analyte}-{days:g}")
    return Measurement(source=source, analyte=analyte, value=value, unit=unit, at=ago(days), **more)


def condition(code: str, *, status: str = "active", days: float = 100, **more: Any) -> Condition:
    system = SNOMED if code.isdigit() else ICD10CM
    return Condition(
        source=f"Condition/{code}",
        concept=Concept((Coding(system, code),), code),
        clinical_status=status,  # type: ignore[arg-type]
        recorded=ago(days),
        **more,
    )


def drug(text: str, status: str = "active") -> Medication:
    return Medication(
        source=f"MedicationRequest/{text.split(maxsplit=1)[0]}", concept=Concept((), text), status=status
    )


def record(
    *points: Measurement,
    patient: Demographics | None = None,
    conditions: Iterable[Condition] = (),
    medications: Iterable[Medication] | None = (),
    **more: Any,
) -> PatientRecord:
    """A record whose coverage is complete, except medications when they are None (unknown)."""
    by_analyte: dict[str, list[Measurement]] = {}
    for point in points:
        by_analyte.setdefault(point.analyte, []).append(point)
    coverage = dict.fromkeys(
        ("Patient", "Condition", "Observation", "Encounter", "DocumentReference"), "complete"
    )
    coverage["MedicationRequest"] = "unavailable" if medications is None else "complete"
    built = PatientRecord(
        source="Patient/p",
        patient=patient or person(),
        as_of=NOW,
        conditions=tuple(conditions),
        measurements={
            name: Series(tuple(sorted(found, key=lambda point: point.at)))
            for name, found in by_analyte.items()
        },
        medications=tuple(medications or ()),
        coverage=coverage,  # type: ignore[arg-type]
    )
    return replace(built, **more) if more else built
