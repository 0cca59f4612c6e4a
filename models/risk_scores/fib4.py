"""FIB-4: likelihood of advanced liver fibrosis from age, AST, ALT and platelets.

Source: Sterling RK et al., Hepatology 2006;43:1317-1325, doi:10.1002/hep.21178 (index); McPherson S et al.,
Am J Gastroenterol 2017;112:740-751, doi:10.1038/ajg.2016.453 (cut-offs by age); Kanwal F et al. (AGA),
Gastroenterology 2021;161:1657-1669, doi:10.1053/j.gastro.2021.07.049 (pathway).
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from fhir_adapters.record import SNOMED, Coding, Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import (
    ACUTE_HEPATITIS,
    ADVANCED_LIVER_FIBROSIS,
    CHEMOTHERAPY,
    CHRONIC_LIVER_DISEASE,
    DIABETES,
    HEART_FAILURE,
    OBESITY,
    OTHER_THROMBOCYTOPENIA,
    PALLIATIVE_CARE,
    STEATOTIC_LIVER_DISEASE,
)
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, measured, stated
from models.contract import ClinicalSettings
from models.explaining import Equation, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import PUBLISHED, Thresholds

_GUIDELINE = Citation(
    label="AGA clinical care pathway, Kanwal et al., Gastroenterology 2021;161:1657-1669",
    url="https://doi.org/10.1053/j.gastro.2021.07.049",
)
_TOPIC = Coding(SNOMED, "62484002", "Hepatic fibrosis")

YOUNGEST = 35
_OLD_FROM = 65
_REFERENCE = {"ast": 25.0, "alt": 25.0, "platelets": 250.0}
_REFERENCE_WORDS = "a person of this age with AST and ALT of 25 U/L and platelets of 250"
# Values count as one draw within a week; more apart, a transient rise would meet another day's platelets.
_DRAW_DAYS = 7
# Upper limits of normal, U/L: ALT by sex (ACG 2017), AST as usual in laboratories.
_ALT_NORMAL = {"female": 25.0, "male": 33.0}
_AST_NORMAL = 40.0
_PLATELETS_NORMAL = 150.0
_ACUTE_MULTIPLE = 5.0

_NEXT_STEP_HIGH = (
    "elastography or referral to hepatology is recommended. Repeat it when well, and look for alcohol, "
    "hepatitis B and C and steatosis."
)
_NEXT_STEP_INDETERMINATE = "with these risk factors, elastography or an ELF test is the next step."

_LABELS = {"age": "age", "ast": "AST", "alt": "ALT", "platelets": "platelets"}


def fib4(age_years: float, ast: float, alt: float, platelets: float) -> float:
    """FIB-4 index; AST and ALT in U/L, platelets in 10*3/uL (the same number as 10*9/L)."""
    return age_years * ast / (platelets * math.sqrt(alt))


def band(index: float, age_years: float, cuts: Thresholds = PUBLISHED) -> str:
    """low, indeterminate or high; the lower cut-off is higher from 65 years on."""
    if index > cuts.fib4_high:
        return "high"
    low = cuts.fib4_low_from_65 if age_years >= _OLD_FROM else cuts.fib4_low
    return "low" if index < low else "indeterminate"


@clinical_model
class Fib4:
    """FIB-4 as a calculator, and as a model that names a likely advanced fibrosis nobody has looked for."""

    name = "fib4.v1"
    calculator_name = "fib4"
    stamp = stamped("fib4.v1", "1.1", (PUBLISHED.fib4_low, PUBLISHED.fib4_low_from_65, PUBLISHED.fib4_high))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Encounter"),
            Need(resource="Observation", analytes=("ast", "alt", "platelets", "bmi"), lookback_days=ONE_YEAR),
        )
    )
    card = PublishedScore(
        authors="Sterling RK et al. (2006); cut-offs by age by McPherson S et al. (2017)",
        output="FIB-4 index and its band for advanced liver fibrosis: low, indeterminate or high.",
        output_type="A ratio without unit; low below 1.30 (below 2.0 from age 65), high above 2.67.",
        intended_use="To pick, among people with liver risk factors or raised transaminases, those who need "
        "elastography or a hepatologist. A card is shown when the index is high and there is a reason to "
        "look for fibrosis (steatosis, diabetes, obesity, or AST, ALT or platelets outside normal), or "
        "indeterminate with steatotic liver disease or with raised ALT in diabetes or obesity.",
        population="Adults aged 35 and more with or at risk of chronic liver disease, when well.",
        out_of_scope="Ages under 35, acute hepatitis or ALT or AST above five times normal, heart failure, "
        "low platelets for another reason, known cirrhosis, pregnancy, values from a hospital stay.",
        known_risks="Any cause of low platelets or high AST (alcohol, muscle injury) raises it. In the old "
        "it is often raised without fibrosis. It doesn't measure fibrosis: most people above the cut-off in "
        "general practice don't have advanced fibrosis.",
        derivation="832 patients with HIV and hepatitis C virus coinfection in a treatment trial who had a "
        "liver biopsy.",
        derivation_people="Adults with HIV and hepatitis C; later studies in viral hepatitis and steatotic "
        "liver disease.",
        representativeness="The derivation differs much from general practice; the use here rests on later "
        "studies in steatotic liver disease.",
        relevance="All four inputs are routine; the laboratory's AST and ALT assays are used as they are.",
        fairness="Neither sex nor race is an input. The higher lower cut-off from age 65 was published "
        "because the index otherwise flags too many older people.",
        validation_data="A part of the same trial kept apart; later, biopsy cohorts with steatotic liver "
        "disease.",
        validation_party="The authors; later, independent groups.",
        validation_people="Adults with biopsy, mostly in specialist care.",
        validation_process="Area under the receiver operating curve against biopsy stage.",
        performance_internal="Area under the curve 0.765 for Ishak stage 4 to 6 in the publication.",
        performance_external="Not available as one figure: it varies by disease, prevalence and age between "
        "the published cohorts.",
        fairness_measured="Published by age group (McPherson 2017): specificity of the usual lower cut-off "
        "falls from age 65 on, hence the higher one.",
        references="doi:10.1002/hep.21178; doi:10.1038/ajg.2016.453; doi:10.1053/j.gastro.2021.07.049.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes the index; also under 35 years, where it is arithmetic without validation.

        Args:
            inputs: age (years, 18 or more), ast and alt (1-30000 U/L), platelets (1-3000 10*9/L).

        Returns:
            fib4 (no unit) and band.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = Inputs(inputs, _LABELS)
        given.require("age", "ast", "alt", "platelets")
        age = given.age(18, 120)
        index = fib4(
            age,
            given.number("ast", 1, 30000, "U/L"),
            given.number("alt", 1, 30000, "U/L"),
            given.number("platelets", 1, 3000, "×10⁹/L"),
        )
        return {"fib4": index, "band": band(index, age)}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """Age and the newest platelets of 12 months with an AST and an ALT of the same draw."""
        age = record.age_years
        if age is None:
            return lacking(self.stamp, "birth date")
        if age < YOUNGEST:
            return abstain(self.stamp, "outside-population", "not validated under 35 years")
        draw = _draw(record)
        if draw is None:
            return lacking(self.stamp, "AST, ALT and platelets of one draw in the last 12 months")
        excluded = self._excluded(record, draw)
        if excluded is not None:
            return excluded
        inputs: dict[str, Any] = {"age": age, **{name: point.value for name, point in draw.items()}}
        evidence = {"age": chart_inputs.age_evidence(record)}
        evidence |= {name: measured(point) for name, point in draw.items()}
        return Gathered(inputs=inputs, evidence=evidence)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """The index of the record, whatever its band."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The index with its band, by the site's cut-offs."""
        index = result.results["fib4"]
        place = band(index, result.gathered.inputs["age"], settings.thresholds)
        return (Estimate(name="FIB-4 index", value=index, unit="1", band=place),)

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The index, against values in the middle of normal; its logarithm is a sum."""
        equation = Equation(
            linear=lambda inputs: math.log(
                fib4(inputs["age"], inputs["ast"], inputs["alt"], inputs["platelets"])
            ),
            scale=math.exp,
            unit="index",
            reference=_REFERENCE,
            reference_words=_REFERENCE_WORDS,
        )
        return explain_equation("FIB-4 index", equation, result.gathered.inputs, result.gathered.evidence)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the index is high or indeterminate in someone with reason for fibrosis."""
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        reasons = _risk_factors(record)
        (estimate,) = self.estimates(result, settings)
        if not _is_followed_up(estimate.band, record, result, reasons):
            return Assessment()
        return Assessment(findings=(self._finding(result, reasons, estimate, settings),))

    def _finding(
        self,
        result: ScoreResult,
        reasons: tuple[Evidence, ...],
        estimate: Estimate,
        settings: ClinicalSettings,
    ) -> Finding:
        is_high = estimate.band == "high"
        high = settings.thresholds.stated("fib4_high")
        old = result.gathered.inputs["age"] >= _OLD_FROM
        low = settings.thresholds.stated("fib4_low_from_65" if old else "fib4_low")
        meaning = "advanced liver fibrosis is possible" if is_high else "liver fibrosis is not ruled out"
        return Finding(
            kind="complication_risk",
            key="fib4",
            group="liver",
            statement=f"FIB-4 index {estimate.value:.2f} ({estimate.band}): {meaning}",
            rationale=f"Above {high}, {_NEXT_STEP_HIGH}"
            if is_high
            else f"Between {low} and {high}, {_NEXT_STEP_INDETERMINATE}",
            urgency="soon" if is_high else "routine",
            topic=_TOPIC,
            guideline=_GUIDELINE,
            model=self.stamp,
            confidence="B" if is_high else "C",
            estimate=estimate,
            evidence=(*result.gathered.evidence.values(), *reasons),
            missing=("liver stiffness (elastography)",),
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord, draw: dict[str, Measurement]) -> Abstention | None:
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if (
            draw["alt"].value > _ACUTE_MULTIPLE * _alt_normal(record)
            or draw["ast"].value > _ACUTE_MULTIPLE * _AST_NORMAL
        ):
            reason = "ALT or AST above five times normal suggests an acute cause"
            return abstain(self.stamp, "outside-population", reason)
        if documented(record, ACUTE_HEPATITIS, HEART_FAILURE, OTHER_THROMBOCYTOPENIA, CHEMOTHERAPY):
            reason = "another condition on the problem list changes transaminases or platelets"
            return abstain(self.stamp, "outside-population", reason)
        if ever_documented(record, ADVANCED_LIVER_FIBROSIS):
            return abstain(self.stamp, "not-indicated", "cirrhosis or advanced fibrosis is known")
        if _under_care(record):
            return abstain(self.stamp, "not-indicated", "chronic liver disease is known")
        if chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "not published for pregnancy")
        if documented(record, PALLIATIVE_CARE):
            return abstain(self.stamp, "not-indicated", "staging of fibrosis is not the aim of care")
        return None


def _draw(record: PatientRecord) -> dict[str, Measurement] | None:
    """The newest platelets, with the AST and the ALT nearest to them in time within a week."""
    platelets = chart_inputs.newest(record, "platelets", ONE_YEAR)
    if platelets is None:
        return None
    ast, alt = _nearest(record, "ast", platelets), _nearest(record, "alt", platelets)
    if ast is None or alt is None or abs(ast.at - alt.at) > timedelta(days=_DRAW_DAYS):
        return None
    return {"ast": ast, "alt": alt, "platelets": platelets}


def _nearest(record: PatientRecord, analyte: str, to: Measurement) -> Measurement | None:
    series = record.series(analyte).within(ONE_YEAR, record.as_of).outside_acute_care().reliable()
    near = [point for point in series if abs(point.at - to.at) <= timedelta(days=_DRAW_DAYS)]
    return min(near, key=lambda point: abs(point.at - to.at), default=None)


def _alt_normal(record: PatientRecord) -> float:
    return _ALT_NORMAL.get(record.patient.sex, _ALT_NORMAL["male"])


def _under_care(record: PatientRecord) -> bool:
    """True for a known chronic liver disease other than steatosis, which is seldom staged when recorded."""
    return any(
        cond.is_current
        and CHRONIC_LIVER_DISEASE.holds(cond.concept)
        and not STEATOTIC_LIVER_DISEASE.holds(cond.concept)
        for cond in record.conditions
    )


def _risk_factors(record: PatientRecord) -> tuple[Evidence, ...]:
    """Steatosis, diabetes and obesity as the chart has them; steatosis first."""
    found = [
        stated(cond, label)
        for label, code_set in (
            ("Steatotic liver disease", STEATOTIC_LIVER_DISEASE),
            ("Diabetes", DIABETES),
            ("Obesity", OBESITY),
        )
        if (cond := documented(record, code_set)) is not None
    ]
    bmi = chart_inputs.newest(record, "bmi", ONE_YEAR)
    if bmi is not None and bmi.value >= 30 and not any(item.label == "Obesity" for item in found):
        found.append(measured(bmi))
    return tuple(found)


def _is_followed_up(
    band: str, record: PatientRecord, result: ScoreResult, reasons: tuple[Evidence, ...]
) -> bool:
    """True for an index that the pathway follows up and that is not just age.

    The pathway (AGA 2021) asks people with steatosis, diabetes, metabolic risk factors or raised
    transaminases; in the old a high index of normal values is mostly the years in its numerator.
    """
    inputs = result.gathered.inputs
    raised = inputs["alt"] > _alt_normal(record)
    if band == "high":
        return (
            bool(reasons) or raised or inputs["ast"] > _AST_NORMAL or inputs["platelets"] < _PLATELETS_NORMAL
        )
    steatosis = any(item.label == "Steatotic liver disease" for item in reasons)
    return band == "indeterminate" and (steatosis or (bool(reasons) and raised))
