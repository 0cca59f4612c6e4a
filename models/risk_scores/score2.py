"""SCORE2 and SCORE2-OP: 10-year risk of cardiovascular disease in Europe, by risk region.

Source: SCORE2 working group, Eur Heart J 2021;42:2439-2454, doi:10.1093/eurheartj/ehab309; SCORE2-OP
working group, Eur Heart J 2021;42:2455-2467, doi:10.1093/eurheartj/ehab312. Bands: Visseren FLJ et al. (ESC
2021), doi:10.1093/eurheartj/ehab484.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

from fhir_adapters.record import SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import CARDIOVASCULAR_DISEASE, PALLIATIVE_CARE
from fhir_adapters.terminology.drugs import ANTIHYPERTENSIVE, STATIN
from models import chart_inputs
from models.chart_inputs import FIVE_YEARS, ONE_YEAR, TWO_YEARS, measured
from models.contract import ClinicalSettings, ScoreInputError
from models.explaining import Equation, Target, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Finding
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.risk_scores import _optimal
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped

_GUIDELINE = Citation(
    label="ESC 2021 guideline on cardiovascular prevention, Eur Heart J 2021;42:3227-3337",
    url="https://doi.org/10.1093/eurheartj/ehab484",
)
_MMOL_PER_MG = 0.02586  # cholesterol, mmol/L in one mg/dL
_OLD_FROM = 70
_REFERENCE = {
    "smoker": 0,
    "sbp": _optimal.SYSTOLIC,
    "total_c_mmol": _optimal.TOTAL_CHOLESTEROL * _MMOL_PER_MG,
    "hdl_mmol": _optimal.HDL * _MMOL_PER_MG,
    "diabetes": 0,
}
_TARGETS = {
    "smoker": _optimal.NO_SMOKING,
    "sbp": _optimal.LOWER_SYSTOLIC,
    "total_c_mmol": Target(_REFERENCE["total_c_mmol"], _optimal.LOWER_CHOLESTEROL.words),
}
_REGIONS = ("low", "moderate", "high", "very_high")
_NAME = "10-year risk of cardiovascular disease"


class _Equation(NamedTuple):
    """Coefficients by sex; each term is centered as its publication has it."""

    age: float
    diabetes: float
    smoker: float
    sbp: float
    tc: float
    hdl: float
    age_x_diabetes: float
    age_x_smoker: float
    age_x_sbp: float
    age_x_tc: float
    age_x_hdl: float
    survival: float
    mean: float


_SCORE2 = {
    "male": _Equation(
        0.3742, 0, 0.6012, 0.2777, 0.1458, -0.2698, 0, -0.0755, -0.0255, -0.0281, 0.0426, 0.9605, 0
    ),
    "female": _Equation(
        0.4648, 0, 0.7744, 0.3131, 0.1002, -0.2606, 0, -0.1088, -0.0277, -0.0226, 0.0613, 0.9776, 0
    ),
}
_SCORE2_OP = {
    "male": _Equation(
        0.0634, 0.4245, 0.3524, 0.0094, 0.0850, -0.3564, -0.0174, -0.0247, -0.0005, 0.0073, 0.0091, 0.7576,
        0.0929,
    ),
    "female": _Equation(
        0.0789, 0.6010, 0.4921, 0.0102, 0.0605, -0.3040, -0.0107, -0.0255, -0.0004, -0.0009, 0.0154, 0.8082,
        0.2290,
    ),
}  # fmt: skip
# Scale of the recalibration by region: (SCORE2, SCORE2-OP), each (k1, k2).
_SCALES = {
    ("low", "male"): ((-0.5699, 0.7476), (-0.34, 1.19)),
    ("low", "female"): ((-0.7380, 0.7019), (-0.52, 1.01)),
    ("moderate", "male"): ((-0.1565, 0.8009), (0.01, 1.25)),
    ("moderate", "female"): ((-0.3143, 0.7701), (-0.10, 1.10)),
    ("high", "male"): ((0.3207, 0.9360), (0.08, 1.15)),
    ("high", "female"): ((0.5710, 0.9369), (0.38, 1.09)),
    ("very_high", "male"): ((0.5836, 0.8294), (0.05, 0.70)),
    ("very_high", "female"): ((0.9412, 0.8329), (0.38, 0.69)),
}
# Age from, (high from, very high from).
_BANDS = ((70, (0.075, 0.15)), (50, (0.05, 0.10)), (0, (0.025, 0.075)))
_LABELS = {
    "region": "risk region",
    "sex": "recorded sex",
    "age": "age",
    "smoker": "current smoking (yes or no)",
    "sbp": "systolic blood pressure",
    "total_c_mmol": "total cholesterol",
    "hdl_mmol": "HDL cholesterol",
    "diabetes": "diabetes (yes or no)",
}


def band(risk: float, age: float) -> str:
    """low to moderate, high or very high, by age (ESC 2021)."""
    high, very_high = next(cuts for from_age, cuts in _BANDS if age >= from_age)
    return "very high" if risk >= very_high else "high" if risk >= high else "low to moderate"


@clinical_model
class Score2:
    """SCORE2 as a calculator, and as a model at sites that decide on prevention by it."""

    name = "score2.v1"
    calculator_name = "score2"
    stamp = stamped("score2.v1", "1", (_SCORE2, _SCORE2_OP, _SCALES, _BANDS))
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
            Need(resource="Observation", analytes=("hba1c", "pregnancy_status"), lookback_days=TWO_YEARS),
            Need(resource="Observation", analytes=("sbp",), lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="the SCORE2 and SCORE2-OP working groups and the ESC (2021)",
        output="Probability of cardiovascular disease (infarction, stroke, cardiovascular death) within 10 "
        "years, and its band by age.",
        output_type="A probability (0 to 1) after recalibration to one of four regions.",
        intended_use="Primary prevention where a site chose it in place of PREVENT. A card is shown only "
        "when the risk is very high and no statin, or at 140 mmHg and more no blood pressure drug, is taken.",
        population="Adults of 40 to 69 years without diabetes, and of 70 to 89 years, without known "
        "cardiovascular disease.",
        out_of_scope="Diabetes under 70 years (another equation), known cardiovascular disease, "
        "pregnancy, palliative care.",
        known_risks="The wrong region shifts every risk. Chronic kidney disease and familial "
        "hypercholesterolemia are not considered.",
        derivation="677 684 people in 45 cohorts of 13 countries (SCORE2); 28 503 people of 65 and over in "
        "Norway (SCORE2-OP).",
        derivation_people="Europeans without diabetes (SCORE2); sexes fitted separately.",
        references="doi:10.1093/eurheartj/ehab309; doi:10.1093/eurheartj/ehab312; "
        "doi:10.1093/eurheartj/ehab484.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the risk.

        Args:
            inputs: region (low, moderate, high, very_high), sex, age 40-89, smoker 0 or 1, sbp 80-220
                mm[Hg], total_c_mmol 2-12 and hdl_mmol 0.4-4 mmol/L, diabetes 0 or 1 (0 under 70).

        Returns:
            risk_10y, a probability, and algorithm, SCORE2 or SCORE2-OP.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        old = Inputs(inputs, _LABELS).age(40, 89) >= _OLD_FROM
        return {"risk_10y": _risk(_log_hazard(inputs)), "algorithm": "SCORE2-OP" if old else "SCORE2"}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs as the chart has them; the region is the site's."""
        excluded = self._excluded(record)
        if excluded is not None:
            return excluded
        pressure = chart_inputs.mean_systolic(record)
        points = {
            "total_c_mmol": chart_inputs.newest(record, "total_cholesterol", FIVE_YEARS),
            "hdl_mmol": chart_inputs.newest(record, "hdl", FIVE_YEARS),
        }
        answers = {"smoker": chart_inputs.smoking(record), "diabetes": chart_inputs.diabetes(record)}
        missing = [_LABELS[name] for name, found in {**points, **answers}.items() if found is None]
        if missing or pressure is None:
            return lacking(self.stamp, *missing, *(() if pressure else (_LABELS["sbp"],)))
        inputs: dict[str, Any] = {
            "region": settings.score2_region,
            "age": record.age_years,
            "sex": record.patient.sex,
        }
        evidence = {"age": chart_inputs.age_evidence(record)}
        inputs["sbp"], evidence["sbp"] = pressure
        for name, point in points.items():
            if point is not None:
                inputs[name], evidence[name] = point.value * _MMOL_PER_MG, measured(point)
        for name, answer in answers.items():
            if answer is not None:
                inputs[name], evidence[name] = answer
        return Gathered(inputs=inputs, evidence=evidence)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The risk of the record, whatever it is."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risk with its band by age."""
        risk, age = result.results["risk_10y"], result.gathered.inputs["age"]
        return (_estimate(risk, age),)

    def is_chosen(self, settings: ClinicalSettings) -> bool:
        """True where the site decides on prevention by this equation."""
        return settings.cardiovascular_score == "score2"

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding at very high risk with a treatment absent, at sites that chose this equation."""
        if not self.is_chosen(settings):
            reason = "this site decides on prevention by another equation"
            return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))
        statin = chart_inputs.treatment(record, "Statin", STATIN)
        drug = chart_inputs.treatment(record, "Blood pressure treatment", ANTIHYPERTENSIVE)
        if statin is None or drug is None:
            return Assessment(abstentions=(lacking(self.stamp, "the medication list"),))
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        high = result.gathered.inputs["sbp"] >= settings.thresholds.score2_systolic
        absent = [
            words
            for words, due in (
                ("no statin", not statin.value),
                ("no blood pressure drug", high and not drug.value),
            )
            if due
        ]
        risk, age = result.results["risk_10y"], result.gathered.inputs["age"]
        if band(risk, age) != "very high" or not absent:
            return Assessment()
        return Assessment(findings=(self._finding(result, " and ".join(absent), settings),))

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The risk, against optimal risk factors."""
        equation = Equation(
            linear=_log_hazard,
            scale=lambda log_hazard: 100 * _risk(log_hazard),
            unit="percentage points",
            reference=_REFERENCE,
            reference_words=_optimal.WORDS,
            targets=_TARGETS,
        )
        gathered = result.gathered
        return explain_equation(_NAME, equation, gathered.inputs, gathered.evidence)

    def _finding(self, result: ScoreResult, absent: str, settings: ClinicalSettings) -> Finding:
        risk, algorithm = result.results["risk_10y"], result.results["algorithm"]
        systolic = settings.thresholds.stated("score2_systolic", " mmHg")
        drug = f" Drug treatment is recommended from {systolic} once confirmed." if "drug" in absent else ""
        return Finding(
            kind="complication_risk",
            key="score2",
            group="cardiovascular-risk",
            statement=f"10-year cardiovascular risk {100 * risk:.1f}% (very high, {algorithm}), "
            f"{absent} on the medication list",
            rationale="At very high risk for the age, treatment of risk factors is recommended for "
            f"discussion with the patient, whatever a single value is.{drug}",
            urgency="soon",
            topic=Coding(SNOMED, "49601007", "Disorder of cardiovascular system"),
            guideline=_GUIDELINE,
            model=self.stamp,
            estimate=_estimate(risk, result.gathered.inputs["age"]),
            evidence=tuple(result.gathered.evidence.values()),
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord) -> Abstention | None:
        age = record.age_years
        if age is None:
            return lacking(self.stamp, "birth date")
        if not 40 <= age <= 89:
            return abstain(self.stamp, "outside-population", "published for ages 40 to 89")
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if ever_documented(record, CARDIOVASCULAR_DISEASE):
            reason = "published for people without known cardiovascular disease"
            return abstain(self.stamp, "outside-population", reason)
        if chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "not published for pregnancy")
        if documented(record, PALLIATIVE_CARE):
            return abstain(self.stamp, "not-indicated", "long-term prevention is not the aim of care")
        return None


def _log_hazard(inputs: Mapping[str, Any]) -> float:
    """The calibrated risk as the logarithm of a cumulative hazard, on which the inputs add up."""
    given = Inputs(inputs, _LABELS)
    given.require(*_LABELS)
    age, sex = given.age(40, 89), "female" if given.is_female() else "male"
    old = age >= _OLD_FROM
    if given.flag("diabetes") and not old:
        raise ScoreInputError("outside-population", "published for people without diabetes under 70")
    c = _SCORE2_OP[sex] if old else _SCORE2[sex]
    k1, k2 = _SCALES[given.choice("region", _REGIONS), sex][old]
    return k1 + k2 * (math.log(-math.log(c.survival)) + _total(given, age, c, old=old) - c.mean)


def _risk(log_hazard: float) -> float:
    return 1 - math.exp(-math.exp(log_hazard))


def _total(given: Inputs, age: float, c: _Equation, *, old: bool) -> float:
    """The linear predictor before calibration."""
    sbp = given.number("sbp", 80, 220, "mm Hg")
    cholesterol = given.number("total_c_mmol", 2, 12, "mmol/L") - 6
    hdl = given.number("hdl_mmol", 0.4, 4, "mmol/L")
    years, pressure = (age - 73, sbp - 150) if old else ((age - 60) / 5, (sbp - 120) / 20)
    lipoprotein = hdl - 1.4 if old else (hdl - 1.3) / 0.5
    smoker, diabetes = given.flag("smoker"), given.flag("diabetes")
    return (
        c.age * years
        + diabetes * (c.diabetes + c.age_x_diabetes * years)
        + smoker * (c.smoker + c.age_x_smoker * years)
        + pressure * (c.sbp + c.age_x_sbp * years)
        + cholesterol * (c.tc + c.age_x_tc * years)
        + lipoprotein * (c.hdl + c.age_x_hdl * years)
    )


def _estimate(risk: float, age: float) -> Estimate:
    return Estimate(
        name=_NAME,
        value=risk,
        unit="probability",
        horizon="10 years",
        band=band(risk, age),
    )
