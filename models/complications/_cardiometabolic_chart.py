"""The inputs of the cardiometabolic risks as a chart has them, and whom the risks do not apply to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import CodeSet, documented, ever_documented
from fhir_adapters.terminology.conditions import (
    ATRIAL_FIBRILLATION,
    CORONARY_DISEASE,
    CORONARY_REVASCULARIZATION,
    DIABETES,
    HEART_FAILURE,
    HYPERCHOLESTEROLAEMIA,
    HYPERTENSION,
    INTRACRANIAL_BLEEDING,
    MYOCARDIAL_INFARCTION,
    PALLIATIVE_CARE,
    STEATOTIC_LIVER_DISEASE,
    STROKE_TIA_EMBOLISM,
)
from models import chart_inputs
from models.chart_inputs import FIVE_YEARS, ONE_YEAR, TWO_YEARS, Answer, measured
from models.complications._cardiometabolic_inputs import HISTORY, LABELS, MEASURES, OLDEST, YOUNGEST
from models.contract import ClinicalSettings
from models.finding import Abstention, Evidence, ModelStamp
from models.risk_scores.fib4 import Fib4
from models.scoring import Gathered, abstain, compute, lacking

THREE_YEARS = 1096
GLUCOSE_TESTS = ("hba1c", "glucose_fasting", "glucose_2h_75g")

REQUIRES = Requires(
    (
        Need(resource="Patient", required=True),
        Need(resource="Condition"),
        Need(resource="Procedure"),
        Need(resource="Encounter"),
        Need(resource="Observation", analytes=("bmi", "height", "hdl", "sbp"), lookback_days=FIVE_YEARS),
        Need(resource="Observation", analytes=GLUCOSE_TESTS, lookback_days=THREE_YEARS),
        Need(resource="Observation", analytes=("pregnancy_status",), lookback_days=TWO_YEARS),
        Need(resource="Observation", analytes=("ast", "alt", "platelets"), lookback_days=ONE_YEAR),
    )
)
_MEASURED: Mapping[str, str] = {"bmi": "bmi", "height": "height", "hdl_c": "hdl", "sbp": "sbp"}
_CODES: Mapping[str, tuple[CodeSet, ...]] = {
    "hypertension": (HYPERTENSION,),
    "dyslipidemia": (HYPERCHOLESTEROLAEMIA,),
    "steatotic_liver": (STEATOTIC_LIVER_DISEASE,),
    "diabetes": (DIABETES,),
    "coronary_disease": (CORONARY_DISEASE, CORONARY_REVASCULARIZATION),
    "mi": (MYOCARDIAL_INFARCTION,),
    "stroke": (STROKE_TIA_EMBOLISM, INTRACRANIAL_BLEEDING),
    "af": (ATRIAL_FIBRILLATION,),
    "hf": (HEART_FAILURE,),
}


def gathered(stamp: ModelStamp, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
    """The inputs with their sources; a measurement that is lacking or out of range is named as missing."""
    excluded = _excluded(stamp, record)
    if excluded is not None:
        return excluded
    inputs: dict[str, Any] = {"age": record.age_years, "sex": record.patient.sex}
    sex = Evidence(source=record.patient.source, label="Sex", value=record.patient.sex)
    evidence = {"age": chart_inputs.age_evidence(record), "sex": sex}
    for name in HISTORY:
        answer = _history(record, name)
        if answer is not None:
            inputs[name], evidence[name] = answer
    missing = _add_measures(record, inputs, evidence)
    index = compute(Fib4(), record, settings)
    if isinstance(index, Abstention):
        missing += (f"{LABELS['fib4']} (AST, ALT and platelets in the last 12 months)",)
    else:
        inputs["fib4"] = index.results["fib4"]
        evidence["fib4"] = _index_evidence(index.results["fib4"], index.gathered.evidence["platelets"])
    return Gathered(inputs=inputs, evidence=evidence, missing=missing)


def glucose_known(record: PatientRecord) -> bool:
    """True when a test for diabetes of the last three years is there, wherever it was made."""
    return any(chart_inputs.latest(record, name, THREE_YEARS) is not None for name in GLUCOSE_TESTS)


def _excluded(stamp: ModelStamp, record: PatientRecord) -> Abstention | None:
    age = record.age_years
    if age is None:
        return lacking(stamp, "birth date")
    if not YOUNGEST <= age <= OLDEST:
        return abstain(stamp, "outside-population", f"learned from ages {YOUNGEST} to {OLDEST}")
    if record.patient.sex not in ("female", "male"):
        return abstain(stamp, "outside-population", "learned from recorded sex female or male only")
    if not record.knows("Condition"):
        return lacking(stamp, "the problem list")
    if chart_inputs.pregnant(record):
        return abstain(stamp, "outside-population", "not learned from pregnancy")
    if documented(record, PALLIATIVE_CARE):
        return abstain(stamp, "not-indicated", "long-term prevention is not the aim of care")
    return None


def _history(record: PatientRecord, name: str) -> Answer | None:
    label = HISTORY[name][:1].upper() + HISTORY[name][1:]
    if name == "diabetes" and ever_documented(record, DIABETES) is None:
        # Two HbA1c of diabetic height are diabetes too.
        return chart_inputs.diabetes(record)
    if name == "coronary_disease":
        for procedure in record.procedures:
            if CORONARY_REVASCULARIZATION.holds(procedure.concept):
                shown = procedure.concept.label
                found = Evidence(source=procedure.source, label=label, value=shown, at=procedure.at)
                return Answer(1, found)
    return chart_inputs.condition(record, label, *_CODES[name], ever=True)


def _add_measures(
    record: PatientRecord, inputs: dict[str, Any], evidence: dict[str, Evidence]
) -> tuple[str, ...]:
    missing = []
    for name, analyte in _MEASURED.items():
        measure, point = MEASURES[name], chart_inputs.newest(record, analyte, FIVE_YEARS)
        if point is None:
            missing.append(f"{measure.label} in the last 5 years")
        elif not measure.low <= point.value <= measure.high:
            missing.append(f"{measure.label} between {measure.low:g} and {measure.high:g} {measure.unit}")
        else:
            inputs[name], evidence[name] = point.value, measured(point)
    return tuple(missing)


def _index_evidence(index: float, platelets: Evidence) -> Evidence:
    return Evidence(
        source=platelets.source,
        label="FIB-4",
        value=f"{index:.2f}",
        at=platelets.at,
        remark="from age, AST, ALT and platelets",
    )
