"""Charts that make each score speak, for tests that then change one thing."""

from __future__ import annotations

from typing import Any

from fhir_adapters.record import (
    LOINC,
    SNOMED,
    Allergy,
    CodedObservation,
    Coding,
    Concept,
    Measurement,
    PatientRecord,
)
from tests.records import ago, condition, drug, measurement, person, record


def coded(kind: str, code: str, days: float = 30, text: str = "", **more: Any) -> CodedObservation:
    system = SNOMED if code.isdigit() else LOINC
    concept = Concept((Coding(system, code),) if code else (), text)
    return CodedObservation(source=f"Observation/{kind}", kind=kind, value=concept, at=ago(days), **more)


def allergy(text: str) -> Allergy:
    return Allergy(source="AllergyIntolerance/1", concept=Concept((), text))


def prevention(*points: Measurement, **more: Any) -> PatientRecord:
    """A man of 68 who smokes, at high risk and untreated; `points` replace those of their analyte."""
    values = {"total_cholesterol": 250, "hdl": 38, "creatinine": 0.9, "bmi": 29}
    own = {point.analyte for point in points}
    found = [measurement(name, value, 60) for name, value in values.items() if name not in own]
    if "sbp" not in own:
        found += [measurement("sbp", value, days) for value, days in ((150, 200), (160, 100), (155, 40))]
    more.setdefault("patient", person(68, "male"))
    more.setdefault("coded_observations", (coded("smoking_status", "449868002"),))
    return record(*found, *points, **more)


def failing_kidneys(*points: Measurement, **more: Any) -> PatientRecord:
    """A man of 70 with eGFR about 20 for a year and severe albuminuria."""
    own = {point.analyte for point in points}
    found = []
    if "creatinine" not in own:
        found += [measurement("creatinine", 3.0, 400), measurement("creatinine", 3.2, 30)]
    if "uacr" not in own:
        found.append(measurement("uacr", 900, 40))
    more.setdefault("patient", person(70, "male"))
    return record(*found, *points, **more)


def stiff_liver(
    age: int = 60, *, ast: float = 90, alt: float = 60, platelets: float = 110, **more: Any
) -> PatientRecord:
    draw = [("ast", ast, 20.0), ("alt", alt, 20.0), ("platelets", platelets, 20.0)]
    return record(*(measurement(*item) for item in draw), patient=person(age, "male"), **more)


def fibrillating(*codes: str, age: int = 72, sex: str = "male", **more: Any) -> PatientRecord:
    more.setdefault("medications", (drug("metoprolol 50 mg"),))
    conditions = [condition("I48.91"), *(condition(code) for code in codes)]
    return record(patient=person(age, sex), conditions=conditions, **more)


def bedside(
    without: tuple[str, ...] = (), hours: float = 2, setting: str = "inpatient", **more: Any
) -> PatientRecord:
    """A full set of observations scoring 13, less what is left out or changed."""
    changed = more.pop("values", {})
    values = {
        "resp_rate": 26,
        "spo2": 90,
        "sbp": 95,
        "heart_rate": 120,
        "temperature": 38.8,
        "gcs": 15,
        "o2_flow": 2,
    }
    found = [
        measurement(name, value, hours / 24, setting=setting)
        for name, value in {**values, **changed}.items()
        if name not in without
    ]
    more.setdefault("patient", person(70, "male"))
    return record(*found, **more)


def anticoagulated(*drugs: str, codes: tuple[str, ...] = (), systolic: float = 170) -> PatientRecord:
    return record(
        measurement("sbp", systolic, 20),
        measurement("creatinine", 1.0, 20),
        patient=person(72),
        conditions=[condition("I48.91"), *(condition(code) for code in codes)],
        medications=[drug("apixaban 5 mg"), *(drug(name) for name in drugs)],
    )


def on_chemotherapy(
    *codes: str, drugs: tuple[str, ...] = ("gemcitabine",), platelets: float = 400
) -> PatientRecord:
    values = (("platelets", platelets), ("hemoglobin", 12), ("wbc", 8), ("bmi", 24))
    return record(
        *(measurement(name, value, 10) for name, value in values),
        conditions=[condition(code) for code in codes],
        medications=[drug(name) for name in drugs],
    )


LIVER = (
    ("bilirubin_total", 3.5), ("inr", 1.8), ("creatinine", 1.4), ("sodium", 130), ("albumin", 2.6),
)  # fmt: skip


def cirrhotic(*codes: str, days: float = 5, **more: object) -> PatientRecord:
    found = [measurement(name, value, days) for name, value in LIVER]
    return record(*found, conditions=[condition(code) for code in codes], **more)  # type: ignore[arg-type]
