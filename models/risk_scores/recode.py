"""RECODe: 10-year risks of the complications of type 2 diabetes.

Source: Basu S et al., Lancet Diabetes Endocrinol 2017;5:788-798, doi:10.1016/S2213-8587(17)30221-8; Basu S
et al., Diabetes Care 2018;41:586-595, doi:10.2337/dc17-2002.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import (
    DIALYSIS_OR_ESRD,
    MYOCARDIAL_INFARCTION,
    STROKE_TIA_EMBOLISM,
    TYPE_2_DIABETES,
)
from fhir_adapters.terminology.drugs import (
    ANTIHYPERTENSIVE,
    ORAL_ANTICOAGULANT,
    ORAL_GLUCOSE_LOWERING,
    STATIN,
)
from fhir_adapters.terminology.score_conditions import TYPE_1_DIABETES
from models import chart_inputs
from models.chart_inputs import FIVE_YEARS, ONE_YEAR, absent, measured
from models.contract import ClinicalSettings
from models.explaining import Equation, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Estimate, Evidence
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.risk_scores import _optimal
from models.score_card import PublishedScore
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, abstain, lacking, stamped

_TERMS = (
    "age", "female", "black", "hispanic", "smoker", "sbp", "bp_tx", "cvd", "oral_dm", "statin", "anticoag",
    "hba1c", "tc", "hdl", "creat", "uacr",
)  # fmt: skip
# By outcome: baseline survival, constant, then the terms in the order above; 0 where a term is absent.
_EQUATIONS: dict[str, tuple[float, float, tuple[float, ...]]] = {
    "nephropathy": (0.973, -0.2269629, (
        -0.0193838993, -0.0112943865, -0.0881241594, 0.2337712368, 0.1483078052, 0.0030271330, -0.0795168593,
        -0.0216363649, -0.1255530728, 0, 0.0319895697, 0.1369126389, -0.0011121510, 0.0062888253,
        0.8608801402, 0.0003615507,
    )),
    "retinopathy": (0.921, -4.563441, (
        0.0228504061, 0.2264337097, -0.1676573729, 0, 0, 0.0082431088, 0.0639339678, 0.1127372373,
        -0.2348989478, 0, 0, 0.1449446673, -0.0001676169, 0.0054470159, 0.6946500975, 0.0001991881,
    )),
    "neuropathy": (0.870, -4.746261, (
        0.03022, -0.1868, -0.09448, 0, 0, 0.004561, 0.1819, 0.2667, -0.2575, 0, 0, 0.1887, 0.002185,
        -0.005389, 0.6044, 0,
    )),
    "mi_or_stroke": (0.850, -3.65, (
        0.03421, -0.1672, -0.1187, 0, 0.151, 0.000074, 0.05579, 0.7784, 0, -0.03361, 0.2524, 0.1716, 0.001929,
        -0.00837, 0.4355, 0.000333,
    )),
    "heart_failure": (0.960, -5.15, (
        0.05268, 0.2529, -0.04969, 0, 0.2905, 0.001217, 0.6389, 1.007, 0, -0.1175, 0.7365, 0.2092, -0.001358,
        -0.01758, 0.8214, 0.0004142,
    )),
    "death": (0.930, -4.66, (
        0.06703, -0.1529, -0.02393, 0, 0.5399, -0.002988, 0.08766, 0.5888, 0, -0.2681, 0.4036, 0.1659,
        -0.0009478, -0.004378, 0.3597, 0.0003889,
    )),
}  # fmt: skip
_RANGES: dict[str, tuple[float, float, str]] = {
    "sbp": (80, 220, "mm Hg"),
    "hba1c": (4, 18, "%"),
    "tc": (60, 500, "mg/dL"),
    "hdl": (10, 150, "mg/dL"),
    "creat": (0.2, 10, "mg/dL"),
    "uacr": (0.1, 25000, "mg/g"),
}
_OUTCOMES = {
    "nephropathy": "kidney failure",
    "retinopathy": "severe loss of vision",
    "neuropathy": "loss of pressure sensation",
    "mi_or_stroke": "infarction or stroke",
    "heart_failure": "heart failure",
    "death": "death",
}
# Somebody with diabetes at its goal and all else well; 0.9 mg/dL is a creatinine in the middle of normal.
_REFERENCE = {
    "smoker": 0,
    "sbp": _optimal.SYSTOLIC,
    "bp_tx": 0,
    "cvd": 0,
    "oral_dm": 0,
    "statin": 0,
    "anticoag": 0,
    "hba1c": _optimal.LOWER_HBA1C.value,
    "tc": _optimal.TOTAL_CHOLESTEROL,
    "hdl": _optimal.HDL,
    "creat": 0.9,
    "uacr": _optimal.UACR,
}
_REFERENCE_WORDS = f"{_optimal.WORDS} and an HbA1c of 7%"
_TARGETS = {
    "smoker": _optimal.NO_SMOKING,
    "sbp": _optimal.LOWER_SYSTOLIC,
    "tc": _optimal.LOWER_CHOLESTEROL,
    "hba1c": _optimal.LOWER_HBA1C,
}
_LABELS = {
    "age": "age",
    "female": "recorded sex",
    "black": "Black race (yes or no)",
    "hispanic": "Hispanic ethnicity (yes or no)",
    "smoker": "current smoking (yes or no)",
    "sbp": "systolic blood pressure",
    "bp_tx": "blood pressure treatment (yes or no)",
    "cvd": "previous infarction or stroke (yes or no)",
    "oral_dm": "oral glucose-lowering drug (yes or no)",
    "statin": "statin (yes or no)",
    "anticoag": "anticoagulant (yes or no)",
    "hba1c": "HbA1c",
    "tc": "total cholesterol",
    "hdl": "HDL cholesterol",
    "creat": "creatinine",
    "uacr": "urine albumin-creatinine ratio",
}


@clinical_model
class Recode(InformingScore):
    """RECODe as a calculator and on a chart with type 2 diabetes; it informs and makes no card."""

    name = "recode.v1"
    calculator_name = "recode"
    stamp = stamped("recode.v1", "1", (_TERMS, _EQUATIONS))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Encounter"),
            Need(resource="DocumentReference", newest=NOTES_READ),
            Need(
                resource="Observation",
                analytes=("total_cholesterol", "hdl", "smoking_status"),
                lookback_days=FIVE_YEARS,
            ),
            Need(
                resource="Observation",
                analytes=("sbp", "hba1c", "creatinine", "uacr"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="Basu S et al. (2017, 2018)",
        output="Probabilities of kidney failure, severe loss of vision, loss of pressure sensation, "
        "infarction or stroke, heart failure and death within 10 years.",
        output_type="Six probabilities (0 to 1).",
        intended_use="To describe, on request, what a type 2 diabetes may lead to, for a conversation about "
        "treatment.",
        population="Adults of 40 to 79 years with type 2 diabetes.",
        out_of_scope="Type 1 diabetes, end-stage kidney disease, other ages.",
        known_risks="Derived in a trial of people at high cardiovascular risk; overstates where treatment "
        "has improved since. Terms for race and ethnicity are not used on a chart, which holds neither.",
        derivation="9635 participants of the ACCORD trial with type 2 diabetes, in the United States and "
        "Canada.",
        derivation_people="Ages 40 to 79, with recorded Black, Hispanic and White participants.",
        fairness="The publication has terms for Black race and Hispanic ethnicity; on a chart both are left "
        "at 0, for everybody.",
        validation_data="The DPPOS, Look AHEAD, MESA and Jackson Heart studies.",
        validation_party="The authors.",
        references="doi:10.1016/S2213-8587(17)30221-8; doi:10.2337/dc17-2002.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the six risks.

        Args:
            inputs: age 40-79; female, black, hispanic, smoker, bp_tx, cvd, oral_dm, statin, anticoag 0 or 1;
                sbp mm[Hg], hba1c %, tc, hdl and creat mg/dL, uacr mg/g.

        Returns:
            nephropathy, retinopathy, neuropathy, mi_or_stroke, heart_failure, death: probabilities.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        values = _read(inputs)
        return {outcome: _risk(outcome, _log_hazard(outcome, values)) for outcome in _EQUATIONS}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs as the chart has them."""
        excluded = self._excluded(record)
        if excluded is not None:
            return excluded
        readings = chart_inputs.recent_systolic(record)
        points = {
            "sbp": readings[-1] if readings else None,
            "hba1c": chart_inputs.newest(record, "hba1c", ONE_YEAR),
            "tc": chart_inputs.newest(record, "total_cholesterol", FIVE_YEARS),
            "hdl": chart_inputs.newest(record, "hdl", FIVE_YEARS),
            "creat": chart_inputs.newest(record, "creatinine", ONE_YEAR),
            "uacr": chart_inputs.newest_uacr(record),
        }
        answers = {
            "smoker": chart_inputs.smoking(record),
            "bp_tx": chart_inputs.treatment(record, "Treated blood pressure", ANTIHYPERTENSIVE),
            "statin": chart_inputs.treatment(record, "Statin", STATIN),
            "anticoag": chart_inputs.treatment(record, "Anticoagulant", ORAL_ANTICOAGULANT),
            "oral_dm": chart_inputs.treatment(record, "Oral glucose-lowering drug", ORAL_GLUCOSE_LOWERING),
            "cvd": chart_inputs.condition(
                record, "Infarction or stroke", MYOCARDIAL_INFARCTION, STROKE_TIA_EMBOLISM, ever=True
            ),
        }
        missing = [_LABELS[name] for name, found in {**points, **answers}.items() if found is None]
        if missing:
            return lacking(self.stamp, *missing)
        sex = Evidence(source=record.patient.source, label="Sex", value=record.patient.sex)
        inputs: dict[str, Any] = {
            "age": record.age_years,
            "female": int(record.patient.sex == "female"),
            "black": 0,
            "hispanic": 0,
        }
        evidence = {
            "age": chart_inputs.age_evidence(record),
            "female": sex,
            "black": absent("Terms for race and ethnicity", "not used"),
        }
        for name, point in points.items():
            if point is not None:
                inputs[name], evidence[name] = point.value, measured(point)
        for name, answer in answers.items():
            if answer is not None:
                inputs[name], evidence[name] = answer
        return Gathered(inputs=inputs, evidence=evidence)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The six risks."""
        return tuple(
            Estimate(
                name=f"10-year risk of {_OUTCOMES[outcome]}",
                value=risk,
                unit="probability",
                horizon="10 years",
            )
            for outcome, risk in result.results.items()
        )

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The risk of kidney failure, which is named first, against diabetes at its goal."""
        outcome = next(iter(_EQUATIONS))
        equation = Equation(
            linear=lambda values: _log_hazard(outcome, values),
            scale=lambda log_hazard: 100 * _risk(outcome, log_hazard),
            unit="percentage points",
            reference=_REFERENCE,
            reference_words=_REFERENCE_WORDS,
            targets=_TARGETS,
        )
        name = self.estimates(result, settings)[0].name
        values = _read(dict(result.gathered.inputs))
        return explain_equation(name, equation, values, result.gathered.evidence)

    def _excluded(self, record: PatientRecord) -> Abstention | None:
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if documented(record, TYPE_2_DIABETES) is None:
            return abstain(self.stamp, "not-indicated", "no type 2 diabetes on the problem list")
        if ever_documented(record, TYPE_1_DIABETES, DIALYSIS_OR_ESRD):
            reason = "not published for type 1 diabetes or end-stage kidney disease"
            return abstain(self.stamp, "outside-population", reason)
        if record.patient.sex not in ("female", "male"):
            return abstain(self.stamp, "outside-population", "published for recorded sex female or male only")
        return lacking(self.stamp, "birth date") if record.age_years is None else None


def _read(inputs: dict[str, Any]) -> dict[str, float]:
    given = Inputs(inputs, _LABELS)
    given.require(*_TERMS)
    values: dict[str, float] = {"age": given.age(40, 79)}
    for name in _TERMS[1:]:
        values[name] = given.number(name, *_RANGES[name]) if name in _RANGES else given.flag(name)
    return values


def _log_hazard(outcome: str, values: Mapping[str, float]) -> float:
    _, constant, weights = _EQUATIONS[outcome]
    return constant + sum(weight * values[name] for weight, name in zip(weights, _TERMS, strict=True))


def _risk(outcome: str, log_hazard: float) -> float:
    return float(1 - _EQUATIONS[outcome][0] ** math.exp(log_hazard))
