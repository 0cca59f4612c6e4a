"""A patient in intensive care as hourly values, as bare inputs and as a chart."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import numpy as np

from fhir_adapters.record import SNOMED, Coding, Concept, Encounter, Measurement, PatientRecord
from fhir_adapters.terminology.analytes import ANALYTES
from models.complications._sepsis_features import SIGNALS, Float
from tests.records import NOW, person, record

# By signal: what it is at first, what it is at last, and how many hours lie between two measurements.
WORSENING = {
    "heart_rate": (84.0, 128.0, 1),
    "spo2": (97.0, 90.0, 1),
    "temperature": (37.0, 39.2, 4),
    "sbp": (128.0, 88.0, 1),
    "dbp": (70.0, 46.0, 1),
    "resp_rate": (16.0, 31.0, 1),
    "bun": (18.0, 41.0, 12),
    "creatinine": (0.9, 2.1, 12),
    "wbc": (9.0, 21.0, 12),
    "lactate": (1.4, 4.6, 6),
    "ph_arterial": (7.38, 7.24, 6),
    "pco2": (40.0, 33.0, 6),
    "fio2": (40.0, 70.0, 6),
}
STEADY = {name: (first, first, every) for name, (first, _, every) in WORSENING.items()}


def hourly(course: dict[str, tuple[float, float, int]], hours: int = 30) -> dict[str, list[float | None]]:
    """The values of each hour, oldest first; the last hour has one of everything."""
    found = {}
    for name, (first, last, every) in course.items():
        steps = np.round(np.linspace(first, last, hours), 2)
        found[name] = [float(x) if (hours - 1 - n) % every == 0 else None for n, x in enumerate(steps)]
    return found


def as_inputs(values: dict[str, list[float | None]], **more: Any) -> dict[str, Any]:
    """As `cuecard score sepsis` takes them."""
    hours = len(next(iter(values.values())))
    return {"age": 67, "icu_hours": hours, "hours_before_icu": 5.5, **values, **more}


def as_table(values: dict[str, list[float | None]]) -> Float:
    """Shape (hours, SIGNALS), as training reads it."""
    hours = len(next(iter(values.values())))
    none: list[float | None] = [None] * hours
    return np.array([values.get(signal, none) for signal in SIGNALS], dtype=np.float64).T


def as_chart(values: dict[str, list[float | None]], *, unit: bool = True, **more: Any) -> PatientRecord:
    """As a record: each value in the middle of its hour."""
    points = [
        Measurement(
            source=f"Observation/{name}-{hour}",
            analyte=name,
            value=value,
            unit=ANALYTES[name].unit,
            at=NOW - timedelta(hours=len(row) - hour - 0.5),
            setting="inpatient",
        )
        for name, row in values.items()
        for hour, value in enumerate(row)
        if value is not None
    ]
    hours = len(next(iter(values.values())))
    more.setdefault("encounters", stays(hours, unit=unit))
    return record(*points, patient=more.pop("patient", person(67)), **more)


def stays(hours: int, *, unit: bool) -> tuple[Encounter, ...]:
    """A stay in hospital and, within it, one in intensive care that is in its so-many-th hour."""
    icu = NOW - timedelta(hours=hours - 0.5)
    ward = Encounter(
        source="Encounter/h", setting="inpatient", status="in-progress", start=icu - timedelta(hours=5.5)
    )
    intensive = Concept((Coding(SNOMED, "305351004"),), "Admission to intensive care unit")
    within = Encounter(
        source="Encounter/i", setting="inpatient", status="in-progress", start=icu, concept=intensive
    )
    return (ward, within) if unit else (ward,)
