"""ACC/AHA Pooled Cohort Equations (2013): 10-year risk of a first atherosclerotic event.

Source: Goff DC et al., Circulation 2014;129(25 Suppl 2):S49-S73, doi:10.1161/01.cir.0000437741.48606.98.
"""

from __future__ import annotations

import math
from typing import Any

from fhir_adapters.record import Need, PatientRecord, Requires
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped

# By (is black, is female); a term that an equation lacks is absent. ln is the natural logarithm.
_COEFFICIENTS: dict[tuple[bool, bool], dict[str, float]] = {
    (False, True): {
        "age": -29.799, "age2": 4.884, "tc": 13.540, "age_x_tc": -3.114, "hdl": -13.578, "age_x_hdl": 3.149,
        "treated": 2.019, "untreated": 1.957, "smoker": 7.574, "age_x_smoker": -1.665, "dm": 0.661,
        "mean": -29.18, "survival": 0.9665,
    },
    (True, True): {
        "age": 17.114, "tc": 0.940, "hdl": -18.920, "age_x_hdl": 4.475, "treated": 29.291,
        "age_x_treated": -6.432, "untreated": 27.820, "age_x_untreated": -6.087, "smoker": 0.691, "dm": 0.874,
        "mean": 86.61, "survival": 0.9533,
    },
    (False, False): {
        "age": 12.344, "tc": 11.853, "age_x_tc": -2.664, "hdl": -7.990, "age_x_hdl": 1.769, "treated": 1.797,
        "untreated": 1.764, "smoker": 7.837, "age_x_smoker": -1.795, "dm": 0.658, "mean": 61.18,
        "survival": 0.9144,
    },
    (True, False): {
        "age": 2.469, "tc": 0.302, "hdl": -0.307, "treated": 1.916, "untreated": 1.809, "smoker": 0.549,
        "dm": 0.645, "mean": 19.54, "survival": 0.8954,
    },
}  # fmt: skip
_RACES = ("white", "black", "other")
_LABELS = {
    "race": "race (white, black or other)",
    "sex": "recorded sex",
    "age": "age",
    "total_c": "total cholesterol",
    "hdl_c": "HDL cholesterol",
    "sbp": "systolic blood pressure",
    "bp_tx": "blood pressure treatment (yes or no)",
    "smoker": "current smoking (yes or no)",
    "dm": "diabetes (yes or no)",
}


@clinical_model
class Pce2013:
    """The Pooled Cohort Equations as a calculator; a chart gets PREVENT, which needs no race."""

    name = "pce_2013.v1"
    calculator_name = "pce_2013"
    stamp = stamped("pce_2013.v1", "1", _COEFFICIENTS)
    requires = Requires((Need(resource="Patient", required=True),))
    card = PublishedScore(
        authors="Goff DC et al. for the ACC and the AHA (2013)",
        output="Probability of a first atherosclerotic event (infarction, coronary death, stroke) within "
        "10 years.",
        output_type="A probability (0 to 1).",
        intended_use="A calculator, for comparison with guidelines written before PREVENT. It is never "
        "computed from a chart: it needs race, which is no input of this service.",
        population="Adults of 40 to 79 years in the United States without atherosclerotic disease.",
        out_of_scope="Known cardiovascular disease; anybody outside the population; deciding where PREVENT "
        "answers.",
        known_risks="It overstates risk in many later cohorts. Its equations by race have been criticized, "
        "which is one reason for PREVENT.",
        derivation="ARIC, CHS, CARDIA and Framingham cohorts: 11 240 White women, 9098 White men, 2641 Black "
        "women and 1647 Black men.",
        derivation_people="White and Black participants; other groups get the equation for White people.",
        fairness="Race is an input; this service doesn't read it.",
        references="doi:10.1161/01.cir.0000437741.48606.98.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the risk.

        Args:
            inputs: race (white, black, other), sex, age 40-79, total_c 130-320 and hdl_c 20-100 mg/dL, sbp
                90-200 mm[Hg], bp_tx, smoker and dm 0 or 1.

        Returns:
            risk_10y, a probability.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = Inputs(inputs, _LABELS)
        given.require(*_LABELS)
        black = given.choice("race", _RACES) == "black"
        c = _COEFFICIENTS[black, given.is_female()]
        age = math.log(given.age(40, 79))
        cholesterol = math.log(given.number("total_c", 130, 320, "mg/dL"))
        hdl = math.log(given.number("hdl_c", 20, 100, "mg/dL"))
        pressure = math.log(given.number("sbp", 90, 200, "mm Hg"))
        arm = "treated" if given.flag("bp_tx") else "untreated"
        smoker = given.flag("smoker")
        terms = {
            "age": age, "age2": age * age, "tc": cholesterol, "age_x_tc": age * cholesterol, "hdl": hdl,
            "age_x_hdl": age * hdl, arm: pressure, f"age_x_{arm}": age * pressure, "smoker": smoker,
            "age_x_smoker": age * smoker, "dm": given.flag("dm"),
        }  # fmt: skip
        total = sum(c.get(name, 0.0) * value for name, value in terms.items())
        return {"risk_10y": 1 - c["survival"] ** math.exp(total - c["mean"])}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """Nothing: a record holds no race."""
        age = record.age_years
        if age is None:
            return lacking(self.stamp, "birth date")
        if not 40 <= age <= 79:
            return abstain(self.stamp, "outside-population", "published for ages 40 to 79")
        return lacking(self.stamp, _LABELS["race"])

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The abstention of `from_record`."""
        return compute(self, record, settings)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """No finding, ever."""
        reason = "PREVENT or SCORE2 answers this question"
        return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))
