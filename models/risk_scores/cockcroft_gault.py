"""Cockcroft-Gault: creatinine clearance, by which labels dose drugs.

Source: Cockcroft DW, Gault MH, Nephron 1976;16:31-41, doi:10.1159/000180580.
"""

from __future__ import annotations

from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings
from models.finding import Abstention, Estimate, Evidence
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, abstain, lacking, stamped

_FROM_AGE, _PER_CREATININE, _FEMALE = 140, 72, 0.85
_LABELS = {"creatinine_mg_dl": "serum creatinine", "weight_kg": "body weight"}


@clinical_model
class CockcroftGault(InformingScore):
    """Creatinine clearance as a calculator and of a chart; it informs and makes no card."""

    name = "cockcroft_gault.v1"
    calculator_name = "cockcroft_gault"
    stamp = stamped("cockcroft_gault.v1", "1", (_FROM_AGE, _PER_CREATININE, _FEMALE))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(
                resource="Observation",
                analytes=("creatinine", "weight", "pregnancy_status"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="Cockcroft DW and Gault MH (1976)",
        output="Creatinine clearance, mL/min, not normalized to body surface.",
        output_type="A continuous estimate.",
        intended_use="To show, on request, the clearance by which drug labels set doses.",
        population="Adults with steady kidney function.",
        out_of_scope="Children, pregnancy, acute kidney injury, dialysis; staging of kidney disease.",
        known_risks="Actual body weight overestimates clearance in obesity; creatinine of 1976 was "
        "measured by "
        "another assay.",
        derivation="249 hospital patients, 96% of them men.",
        performance_internal="Correlation of 0.83 with measured clearance in the publication.",
        references="doi:10.1159/000180580.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the clearance.

        Args:
            inputs: age (18-120), sex, weight_kg (25-350), creatinine_mg_dl (0.1-25).

        Returns:
            crcl_ml_min, unrounded.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = Inputs(inputs, _LABELS)
        given.require("age", "sex", "weight_kg", "creatinine_mg_dl")
        age, female = given.age(18, 120), given.is_female()
        weight = given.number("weight_kg", 25, 350, "kg")
        creatinine = given.number("creatinine_mg_dl", 0.1, 25, "mg/dL")
        clearance = (_FROM_AGE - age) * weight / (_PER_CREATININE * creatinine)
        return {"crcl_ml_min": clearance * (_FEMALE if female else 1)}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The newest creatinine outside acute care and the newest weight, both of a year."""
        if record.age_years is None:
            return lacking(self.stamp, "birth date")
        if chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "not published for pregnancy")
        creatinine = chart_inputs.newest(record, "creatinine", ONE_YEAR)
        weight = chart_inputs.latest(record, "weight", ONE_YEAR)
        missing = [
            words
            for words, point in (("serum creatinine", creatinine), ("body weight", weight))
            if point is None
        ]
        if creatinine is None or weight is None:
            return lacking(self.stamp, *(f"{words} in the last 12 months" for words in missing))
        evidence: dict[str, Evidence] = {
            "age": chart_inputs.age_evidence(record),
            "creatinine_mg_dl": measured(creatinine),
            "weight_kg": measured(weight),
        }
        inputs = {
            "age": record.age_years,
            "sex": record.patient.sex,
            "creatinine_mg_dl": creatinine.value,
            "weight_kg": weight.value,
        }
        return Gathered(inputs=inputs, evidence=evidence)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The clearance."""
        value = float(result.results["crcl_ml_min"])
        return (Estimate(name="Creatinine clearance (Cockcroft-Gault)", value=value, unit="mL/min"),)
