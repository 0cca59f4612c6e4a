"""CKD-EPI: glomerular filtration rate from creatinine, cystatin C or both, without race.

Source: Inker LA et al., N Engl J Med 2021;385:1737-1749, doi:10.1056/NEJMoa2102953 (creatinine, and
creatinine with cystatin C); Inker LA et al., N Engl J Med 2012;367:20-29, doi:10.1056/NEJMoa1114248
(cystatin C).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings, ScoreInputError
from models.derived import ckd_epi_2021_creatinine
from models.finding import Abstention, Assessment, Estimate
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped

# KDIGO G stages: the lowest eGFR of each.
_G_STAGES = ((90.0, "G1"), (60.0, "G2"), (45.0, "G3a"), (30.0, "G3b"), (15.0, "G4"), (0.0, "G5"))
_CYSTATIN_2012 = {"scale": 133.0, "low": -0.499, "high": -1.328, "age": 0.996, "female": 0.932}
_COMBINED_2021 = {
    "scale": 135.0,
    "creatinine_high": -0.544,
    "cystatin_low": -0.323,
    "cystatin_high": -0.778,
    "age": 0.9961,
    "female": 0.963,
}
_LABELS = {
    "age": "age",
    "sex": "recorded sex",
    "creatinine_mg_dl": "serum creatinine",
    "cystatin_c_mg_l": "cystatin C",
}
# The combined equation needs both of one clinical state.
_PAIR_DAYS = 30


def ckd_epi_2012_cystatin(cystatin_mg_l: float, age_years: float, *, female: bool) -> float:
    """eGFR from serum cystatin C (mg/L), mL/min/{1.73_m2}, unrounded."""
    c, ratio = _CYSTATIN_2012, cystatin_mg_l / 0.8
    egfr = c["scale"] * min(ratio, 1.0) ** c["low"] * max(ratio, 1.0) ** c["high"] * c["age"] ** age_years
    return float(egfr * c["female"] if female else egfr)


def ckd_epi_2021_combined(
    creatinine_mg_dl: float, cystatin_mg_l: float, age_years: float, *, female: bool
) -> float:
    """eGFR from serum creatinine (mg/dL) and cystatin C (mg/L), mL/min/{1.73_m2}, unrounded."""
    kappa, alpha = (0.7, -0.219) if female else (0.9, -0.144)
    c, ratio, cystatin = _COMBINED_2021, creatinine_mg_dl / kappa, cystatin_mg_l / 0.8
    egfr = (
        c["scale"]
        * min(ratio, 1.0) ** alpha
        * max(ratio, 1.0) ** c["creatinine_high"]
        * min(cystatin, 1.0) ** c["cystatin_low"]
        * max(cystatin, 1.0) ** c["cystatin_high"]
        * c["age"] ** age_years
    )
    return float(egfr * c["female"] if female else egfr)


def g_stage(egfr: float) -> str:
    """The KDIGO stage of an unrounded eGFR, mL/min/{1.73_m2}."""
    return next(stage for lowest, stage in _G_STAGES if egfr >= lowest)


@clinical_model
class CkdEpi:
    """CKD-EPI as a calculator; as a model it makes no finding of its own, others use its numbers."""

    name = "ckdepi.v1"
    calculator_name = "ckdepi"
    stamp = stamped("ckdepi.v1", "1", (_CYSTATIN_2012, _COMBINED_2021, _G_STAGES))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(
                resource="Observation",
                analytes=("creatinine", "cystatin_c", "pregnancy_status"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="the Chronic Kidney Disease Epidemiology Collaboration (Inker LA et al.)",
        output="Estimated glomerular filtration rate, mL/min per 1.73 m², and its KDIGO G stage.",
        output_type="A continuous estimate of a regression equation, and a category of it.",
        intended_use="To turn creatinine and cystatin C into a filtration rate that other models and "
        "criteria read; no card is made of it alone.",
        population="Adults aged 18 and more with steady kidney function.",
        out_of_scope="Children, pregnancy, dialysis, acute kidney injury, and drug dosing where labels ask "
        "for creatinine clearance.",
        known_risks="Creatinine misleads at extremes of muscle mass (amputation, body building, wasting), "
        "with high meat intake and with trimethoprim or cimetidine; cystatin C with steroids, thyroid "
        "disease and inflammation. One value is within 30% of measured filtration in most, not all, people.",
        derivation="Pooled studies with measured filtration rate: 8254 people in 10 studies (creatinine) and "
        "5352 in 13 studies (creatinine and cystatin C).",
        derivation_people="31.5% (creatinine) and 39.7% (both markers) of the development participants "
        "were Black.",
        representativeness="Research cohorts in North America and Europe; few people over 80 or of Asian "
        "origin.",
        relevance="The markers are those measured by standardized assays in routine care.",
        fairness="The 2021 equations were made to remove race, after race in earlier equations had delayed "
        "care for Black patients. The error that remains is shared between groups.",
        validation_data="4050 people in 12 studies that were not used for development, 14.3% of them Black.",
        validation_party="The authors, on studies kept apart from development.",
        validation_people="Adults with and without kidney disease; 14.3% Black.",
        validation_process="Bias (median difference from measured filtration) and accuracy, by Black and "
        "non-Black participants.",
        performance_internal="Not available separately: performance was published for the validation "
        "studies.",
        performance_external="Creatinine 2021: measured filtration underestimated by a median 3.6 "
        "mL/min/1.73 m² in Black and overestimated by 3.9 in non-Black participants; with cystatin C the "
        "differences are smaller.",
        fairness_measured="See external validity: bias by Black and non-Black participants is published.",
        references="doi:10.1056/NEJMoa2102953; doi:10.1056/NEJMoa1114248; stages: KDIGO 2024, "
        "doi:10.1016/j.kint.2023.10.018.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes eGFR from whichever marker is given, and from both.

        Args:
            inputs: age (18 or more), sex, and creatinine_mg_dl (0.1-25) or cystatin_c_mg_l (0.2-12) or both.

        Returns:
            ckdepi_cr_2021 with g_stage_from_cr, ckdepi_cys_2012, ckdepi_crcys_2021; mL/min/{1.73_m2}.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = Inputs(inputs, _LABELS)
        if not given.has("creatinine_mg_dl") and not given.has("cystatin_c_mg_l"):
            words = "serum creatinine or cystatin C"
            raise ScoreInputError("missing-input", f"needs {words}", (words,))
        given.require("age", "sex")
        age, female = given.age(18, 120), given.is_female()
        results: dict[str, Any] = {}
        creatinine = cystatin = None
        if given.has("creatinine_mg_dl"):
            creatinine = given.number("creatinine_mg_dl", 0.1, 25, "mg/dL")
            egfr = ckd_epi_2021_creatinine(creatinine, age, female=female)
            results.update(ckdepi_cr_2021=egfr, g_stage_from_cr=g_stage(egfr))
        if given.has("cystatin_c_mg_l"):
            cystatin = given.number("cystatin_c_mg_l", 0.2, 12, "mg/L")
            results["ckdepi_cys_2012"] = ckd_epi_2012_cystatin(cystatin, age, female=female)
        if creatinine is not None and cystatin is not None:
            results["ckdepi_crcys_2021"] = ckd_epi_2021_combined(creatinine, cystatin, age, female=female)
        return results

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The newest creatinine of 12 months outside acute care, and a cystatin C near it."""
        if record.age_years is None:
            return lacking(self.stamp, "birth date")
        if chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "not published for pregnancy")
        inputs: dict[str, Any] = {"age": record.age_years, "sex": record.patient.sex}
        evidence = {"age": chart_inputs.age_evidence(record)}
        creatinine = chart_inputs.newest(record, "creatinine", ONE_YEAR)
        cystatin = chart_inputs.newest(record, "cystatin_c", ONE_YEAR)
        if creatinine is None and cystatin is None:
            return lacking(self.stamp, "serum creatinine or cystatin C in the last 12 months")
        if creatinine is not None:
            inputs["creatinine_mg_dl"], evidence["creatinine_mg_dl"] = creatinine.value, measured(creatinine)
        if cystatin is not None and (
            creatinine is None or abs(cystatin.at - creatinine.at) <= timedelta(days=_PAIR_DAYS)
        ):
            inputs["cystatin_c_mg_l"], evidence["cystatin_c_mg_l"] = cystatin.value, measured(cystatin)
        return Gathered(inputs=inputs, evidence=evidence)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The eGFR of the record."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """eGFR by each equation that the markers allow."""
        names = {
            "ckdepi_cr_2021": "eGFR (creatinine)",
            "ckdepi_cys_2012": "eGFR (cystatin C)",
            "ckdepi_crcys_2021": "eGFR (creatinine and cystatin C)",
        }
        return tuple(
            Estimate(
                name=name,
                value=result.results[key],
                unit="mL/min/{1.73_m2}",
                band=g_stage(result.results[key]),
            )
            for key, name in names.items()
            if key in result.results
        )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Nothing: eGFR is an input of other models, and a stage needs the criteria of kidney disease."""
        return Assessment()
