"""KDIGO grid: risk of chronic kidney disease by categories of eGFR and albuminuria.

Source: KDIGO 2024 CKD guideline, Kidney Int 2024;105(4S):S117-S314, doi:10.1016/j.kint.2023.10.018.
"""

from __future__ import annotations

from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings
from models.diagnosis.kdigo import LIMITS
from models.finding import Abstention, Estimate
from models.registry import clinical_model
from models.risk_scores.ckd_epi import g_stage
from models.score_card import PublishedScore
from models.scoring import Gathered, InformingScore, Inputs, ScoreResult, abstain, lacking, stamped

# Risk by stage for A1, A2, A3.
_GRID = {
    "G1": ("low", "moderate", "high"),
    "G2": ("low", "moderate", "high"),
    "G3a": ("moderate", "high", "very_high"),
    "G3b": ("high", "very_high", "very_high"),
    "G4": ("very_high", "very_high", "very_high"),
    "G5": ("very_high", "very_high", "very_high"),
}
_CATEGORIES = ("A1", "A2", "A3")
_LABELS = {"egfr": "eGFR", "uacr_mg_g": "urine albumin-creatinine ratio"}


@clinical_model
class KdigoGrid(InformingScore):
    """The KDIGO grid as a calculator and on a chart; the kidney card states stage and category."""

    name = "kdigo_grid.v1"
    calculator_name = "kdigo_grid"
    stamp = stamped("kdigo_grid.v1", "1", (_GRID, LIMITS))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("creatinine", "egfr", "uacr"), lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="Kidney Disease: Improving Global Outcomes (KDIGO, 2024)",
        output="Category of eGFR (G1 to G5), of albuminuria (A1 to A3) and the risk of both together.",
        output_type="A table: low, moderate, high or very high risk.",
        intended_use="To describe kidney disease on request and how often to check it.",
        population="Adults; chronic kidney disease needs both values for 3 months or more.",
        out_of_scope="Acute kidney injury, dialysis, children.",
        known_risks="One pair of values is classified, whether or not it has lasted; the diagnosis is left "
        "to the kidney criteria.",
        derivation="Risks of death, cardiovascular events and kidney failure in meta-analyses of cohorts.",
        references="doi:10.1016/j.kint.2023.10.018.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Reads the table.

        Args:
            inputs: egfr 1-200 mL/min/{1.73_m2}, uacr_mg_g 0-30000 mg/g.

        Returns:
            g, a and risk, as words.

        Raises:
            ScoreInputError: An input is missing, mistyped or outside its range.
        """
        given = Inputs(inputs, _LABELS)
        given.require(*_LABELS)
        egfr = given.number("egfr", 1, 200, "mL/min/1.73 m²")
        uacr = given.number("uacr_mg_g", 0, 30000, "mg/g")
        stage = g_stage(egfr)
        column = int(uacr >= LIMITS.albuminuria_a2[0]) + int(uacr > LIMITS.albuminuria_a3_above[0])
        return {"g": stage, "a": _CATEGORIES[column], "risk": _GRID[stage][column]}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The newest eGFR and albumin-creatinine ratio of 12 months."""
        if (record.age_years or 0) < 18:
            return abstain(self.stamp, "outside-population", "for adults")
        egfr, uacr = chart_inputs.newest_egfr(record, ONE_YEAR), chart_inputs.newest_uacr(record)
        if egfr is None or uacr is None:
            names = zip(_LABELS.values(), (egfr, uacr), strict=True)
            return lacking(
                self.stamp, *(f"{name} in the last 12 months" for name, found in names if not found)
            )
        return Gathered(
            inputs={"egfr": egfr.value, "uacr_mg_g": uacr.value},
            evidence={"egfr": measured(egfr), "uacr_mg_g": measured(uacr)},
        )

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """eGFR with both categories and their risk."""
        results = result.results
        band = f"{results['g']} {results['a']}, {results['risk'].replace('_', ' ')} risk"
        egfr = result.gathered.inputs["egfr"]
        return (Estimate(name="eGFR on the KDIGO grid", value=egfr, unit="mL/min/{1.73_m2}", band=band),)
