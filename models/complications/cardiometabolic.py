"""Learned risks of diabetes, atrial fibrillation, heart failure, infarction, stroke and death.

Absolute risks in 5 and 10 years with death competing, from a cohort of one US county (see the model card).
They inform: PREVENT or SCORE2 decide on prevention. A card appears only for a high risk of diabetes that
nobody has tested for.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from fhir_adapters.record import SNOMED, Coding, PatientRecord
from models.complications._cardiometabolic_chart import REQUIRES, gathered, glucose_known
from models.complications._cardiometabolic_inputs import HORIZONS, LABELS, OUTCOMES, Outcome, read
from models.complications._cardiometabolic_person import People
from models.complications._cardiometabolic_risk import load_hazards
from models.complications._weights import shipped
from models.contract import ClinicalSettings, ScoreInputError
from models.diagnosis.rule import ORDER_HBA1C
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Finding
from models.registry import clinical_model
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute

LEARNED_FROM = "11 262 people of Olmsted County, Minnesota (NAFLD cohort, 1997 to 2014)"
# A card from this 5-year risk on.
HIGH_DIABETES_RISK = 0.15

_DIABETES = OUTCOMES[0]
_SCREENING = Citation(
    label="ADA Standards of Care in Diabetes 2025, section 2", url="https://doi.org/10.2337/dc25-S002"
)
_TOPIC = Coding(SNOMED, "73211009", "Diabetes mellitus")


@clinical_model
class Cardiometabolic:
    """Six risks as a calculator, and as a model that speaks up when a test for diabetes is due."""

    name = "cardiometabolic.v2"
    calculator_name = "cardiometabolic"
    requires = REQUIRES

    def __init__(self) -> None:
        self._shipped = shipped("cardiometabolic")
        self.stamp = self._shipped.stamp
        self.card = self._shipped.card

    @cached_property
    def _people(self) -> People:
        return People(load_hazards(self._shipped.folder, self._shipped.manifest))

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the risk of each outcome that has not happened yet.

        Args:
            inputs: age 18-95; sex; optional, each widening the range when absent: bmi 10-90 kg/m2, height
                120-220 cm, hdl_c 5-200 mg/dL, sbp 60-260 mm[Hg], fib4 0-60, and 0 or 1 for hypertension,
                dyslipidemia, steatotic_liver, diabetes, coronary_disease, mi, stroke, af, hf (ever). The risk
                of an outcome needs its own history.

        Returns:
            By outcome (diabetes, af, hf, mi, stroke, death) probabilities risk_5y and risk_10y, low_ and
            high_ with unknown inputs at plausible values, and death_first_ of dying before it;
            `not_answered` says by outcome why there is none.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        features, reasons = read(inputs), _reasons(inputs)
        asked = [outcome.key for outcome in OUTCOMES if outcome.key not in reasons]
        told = self._people.told(features, asked)
        results: dict[str, Any] = {key: told[key].as_results() for key in asked}
        return {**results, "not_answered": reasons} if reasons else results

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs as the chart has them; measurements that are lacking are named."""
        return gathered(self.stamp, record, settings)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """All risks of the record, whether or not they change anything."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risks, one a horizon and outcome; where inputs are lacking, with the range they leave open."""
        return tuple(
            _estimate(outcome, years, result.results[outcome.key])
            for outcome in OUTCOMES
            if outcome.key in result.results
            for years in HORIZONS
        )

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """Takes the first of `estimates` apart."""
        return self._explained(next(each for each in OUTCOMES if each.key in result.results), result)

    def _explained(self, outcome: Outcome, result: ScoreResult) -> Explanation:
        found = result.gathered
        return self._people.explanation(outcome, HORIZONS[0], found.inputs, found.evidence, found.missing)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the risk of diabetes is high and no test of three years is in the chart."""
        found = self.from_record(record, settings)
        if isinstance(found, Abstention):
            return Assessment(abstentions=(found,))
        try:
            read(found.inputs)
            reasons = _reasons(found.inputs)
        except ScoreInputError as error:
            reason = abstain(self.stamp, error.cause, error.reason, error.missing)
            return Assessment(abstentions=(reason,))
        abstentions = tuple(abstain(self.stamp, "not-indicated", reason) for reason in reasons.values())
        # Body mass index carries most of this risk: without it there is too little to say.
        if _DIABETES.key in reasons or "bmi" not in found.inputs or glucose_known(record):
            return Assessment(abstentions=abstentions)
        finding = self._finding(ScoreResult(results=self.calculate(dict(found.inputs)), gathered=found))
        return Assessment(findings=(finding,) if finding else (), abstentions=abstentions)

    def _finding(self, result: ScoreResult) -> Finding | None:
        told = result.results[_DIABETES.key]
        # A test serves somebody who lives to benefit from it.
        if told["risk_5y"] < HIGH_DIABETES_RISK or told["death_first_5y"] > told["risk_5y"]:
            return None
        evidence = result.gathered.evidence
        estimates = tuple(_estimate(_DIABETES, years, told) for years in HORIZONS)
        return Finding(
            kind="complication_risk",
            key="diabetes_risk",
            group="diabetes",
            statement=f"5-year risk of diabetes {100 * told['risk_5y']:.0f}%, "
            "no HbA1c or fasting glucose in 3 years",
            rationale="Testing every 3 years is recommended for adults with overweight and another risk "
            "factor, and for everybody from 35 years on. An HbA1c would answer the question.",
            urgency="routine",
            topic=_TOPIC,
            guideline=_SCREENING,
            model=self.stamp,
            estimate=estimates[0],
            further_estimates=estimates[1:],
            evidence=tuple(item for item in evidence.values() if item.source),
            missing=result.gathered.missing,
            proposals=(ORDER_HBA1C,),
            explanation=self._explained(_DIABETES, result),
            learned_from=LEARNED_FROM,
        )


def _reasons(inputs: Mapping[str, Any]) -> dict[str, str]:
    """Why risks are not told, by outcome; empty where all are."""
    given = Inputs(inputs, LABELS)
    return {outcome.key: reason for outcome in OUTCOMES if (reason := _unasked(given, outcome))}


def _unasked(given: Inputs, outcome: Outcome) -> str:
    """Why an outcome's risk is not told; "" where it is."""
    if not outcome.history:
        return ""
    if not given.has(outcome.history):
        return f"needs to know whether there has been {outcome.words}"
    return f"{outcome.words} is known already" if given.flag(outcome.history) else ""


def _estimate(outcome: Outcome, years: int, told: dict[str, float]) -> Estimate:
    low, high = (f"{100 * told[f'{end}_{years}y']:.1f}%" for end in ("low", "high"))
    return Estimate(
        name=f"{years}-year risk of {outcome.words}",
        value=told[f"risk_{years}y"],
        unit="probability",
        horizon=f"{years} years",
        band=f"{low} to {high} by what is not known" if low != high else "",
    )
