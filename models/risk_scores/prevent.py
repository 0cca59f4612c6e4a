"""AHA PREVENT (2023) on a chart: who it applies to, where its inputs are, and when the risk is worth a card.

The equations are in `_prevent_equations`. "PREVENT" is a trademark of the American Heart Association; this
is an implementation of the published equations, not AHA's own calculator.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

from fhir_adapters.record import LOINC, SNOMED, Coding, Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import (
    CARDIOVASCULAR_DISEASE,
    CORONARY_REVASCULARIZATION,
    PALLIATIVE_CARE,
)
from fhir_adapters.terminology.drugs import ANTIHYPERTENSIVE, STATIN
from models import chart_inputs
from models.chart_inputs import FIVE_YEARS, ONE_YEAR, TWO_YEARS, measured
from models.contract import ClinicalSettings
from models.explaining import Equation, Plausible, explain_equation
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding, Proposal
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.risk_scores import _optimal
from models.risk_scores import _prevent_equations as equations
from models.score_card import PublishedScore
from models.scoring import Gathered, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import Thresholds

_PAPER = Citation(
    label="AHA PREVENT equations, Khan et al., Circulation 2024;149:430-449",
    url="https://doi.org/10.1161/CIRCULATIONAHA.123.067626",
)
_TOPIC = Coding(SNOMED, "49601007", "Disorder of cardiovascular system")
_LIPID_PANEL = Coding(LOINC, "24331-1", "Lipid 1996 panel - Serum or Plasma")

# Bands as published.
INTERMEDIATE, HIGH = 0.075, 0.20
# Ages at which a statin for intermediate risk is recommended; above them the guideline only allows it
# (ACC/AHA 2018, class 2b), and at 76 nearly everybody's risk is high by age alone.
_STATIN_AGES = range(40, 76)

_REFERENCE = {
    "total_c": _optimal.TOTAL_CHOLESTEROL,
    "hdl_c": _optimal.HDL,
    "sbp": _optimal.SYSTOLIC,
    "bp_tx": 0,
    "dm": 0,
    "smoking": 0,
    "statin": 0,
    "egfr": _optimal.EGFR,
    "hba1c": _optimal.HBA1C,
    "uacr": _optimal.UACR,
}
_TARGETS = {
    "smoking": _optimal.NO_SMOKING,
    "sbp": _optimal.LOWER_SYSTOLIC,
    "total_c": _optimal.LOWER_CHOLESTEROL,
    "hba1c": _optimal.LOWER_HBA1C,
}
# What an absent value may be: up to the limit of diabetes in those without, up to moderate albuminuria.
_PLAUSIBLE_HBA1C = ((4.8, 6.4), (5.5, 11.0))  # without and with diabetes
_PLAUSIBLE_UACR = (2.0, 300.0)
_OPTIONAL = {
    "hba1c": "HbA1c in the last 12 months",
    "uacr": "urine albumin-creatinine ratio in the last 12 months",
    "bmi": "body mass index in the last 12 months (heart failure risk)",
}

_OUTCOME_NAMES = {
    "total_cvd": "risk of cardiovascular disease",
    "ascvd": "risk of atherosclerotic cardiovascular disease",
    "hf": "risk of heart failure",
}


@clinical_model
class Prevent:
    """PREVENT as a calculator, and as a model that speaks up when treatment could follow from the risk."""

    name = "prevent.v1"
    calculator_name = "prevent"
    stamp = stamped("prevent.v1", "1.1", equations.COEFFICIENTS)
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Procedure"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Encounter"),
            Need(resource="AllergyIntolerance"),
            Need(resource="DocumentReference", newest=NOTES_READ),
            Need(
                resource="Observation",
                analytes=("total_cholesterol", "hdl", "smoking_status"),
                lookback_days=FIVE_YEARS,
            ),
            Need(resource="Observation", analytes=("hba1c", "pregnancy_status"), lookback_days=TWO_YEARS),
            Need(
                resource="Observation",
                analytes=("sbp", "creatinine", "egfr", "uacr", "bmi"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="the PREVENT investigators of the American Heart Association (Khan SS et al.)",
        output="Probability of total cardiovascular disease (CVD), atherosclerotic CVD and heart failure "
        "within 10 years and, under age 60, within 30 years.",
        output_type="Predicted probabilities (0 to 1) of a logistic equation; bands: low below 5%, "
        "borderline 5 to under 7.5%, intermediate 7.5 to under 20%, high 20% and more.",
        intended_use="Primary prevention: to decide together with the patient on statin and blood pressure "
        "treatment. A card is shown only at a total of 7.5% or more with one of these due and absent; "
        "a statin counts as due up to 75 years from a total of 20%, or at 40 to 75 years from 7.5% "
        "atherosclerotic risk or with diabetes.",
        population="Adults aged 30 to 79 (30-year risk: 30 to 59) without known myocardial infarction, "
        "stroke, heart failure or other cardiovascular disease.",
        out_of_scope="Known cardiovascular disease, pregnancy, ages under 30 or over 79, care with "
        "palliative aim, deciding on treatment without the patient, and any use in insurance or employment.",
        known_risks="Smoking, treatment and diabetes are taken from codes and lists that may be out of date: "
        "a drug missing from the list lowers or raises the risk and may call for a drug already taken. "
        "Family history, coronary calcium and lipoprotein(a) are not considered. Risk is overstated for "
        "people who die of something else first, above all in old age.",
        derivation="Pooled individual data of 3 281 919 adults in 25 data sets (cohorts and health systems, "
        "1992 to 2017), aged 30 to 79, free of cardiovascular disease at the start.",
        derivation_people="Derivation and validation together: mean age 53 years, 56% women, with recorded "
        "Black, Hispanic, Asian and White participants.",
        representativeness="People in care in the United States; less representative of the uninsured and of "
        "other countries.",
        relevance="The inputs are those of routine primary care, as they are in the chart.",
        fairness="The authors left race out on purpose, fitted women and men separately, and published a "
        "version with a social deprivation index; this service has no such index for a patient.",
        validation_data="3 330 085 adults in 21 further data sets, with the same ages and exclusions.",
        validation_party="The authors, on data sets kept apart from derivation; not an independent party.",
        validation_people="As in derivation: adults aged 30 to 79 in the United States without known "
        "cardiovascular disease.",
        validation_process="Discrimination (C-statistic) and calibration (slope of observed on predicted "
        "risk) in each data set, reported as medians over the data sets.",
        performance_internal="Not available separately: what was published is for the external data sets.",
        performance_external="Total CVD, median over data sets: C-statistic 0.794 in women and 0.757 in men; "
        "calibration slope 1.03 in women and 0.94 in men.",
        fairness_measured="Published by sex (see external validity) and, in the supplement, by race and "
        "ethnicity; figures by group are not reproduced here.",
        references="Khan SS et al., Circulation 2024;149:430-449, doi:10.1161/CIRCULATIONAHA.123.067626. "
        "Treatment thresholds: Grundy SM et al. (ACC/AHA 2018), doi:10.1161/CIR.0000000000000625.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Computes every variant that the inputs allow.

        Args:
            inputs: sex; age 30-79; total_c 130-320 and hdl_c 20-100 mg/dL; sbp 90-200 mm[Hg]; bp_tx, dm,
                smoking (current), statin 0 or 1; egfr 15-140 mL/min/{1.73_m2} (CKD-EPI 2021); optional bmi
                (kg/m2; heart failure risk needs 18.5 to under 40), hba1c 4.5-15%, uacr 0.1-25000 mg/g,
                sdi_decile 1-10.

        Returns:
            "<variant>_10yr" and, under 60 years, "<variant>_30yr": probabilities total_cvd, ascvd and
            (with a usable BMI) hf. `flags` says what was borderline, if anything was.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        female, values, flags = equations.read(inputs)
        results: dict[str, Any] = {**equations.risks(female, values)}
        if flags:
            results["flags"] = flags
        return results

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The inputs as the chart has them; optional ones outside their range are left out and named."""
        excluded = self._excluded(record)
        if excluded is not None:
            return excluded
        pressure = chart_inputs.mean_systolic(record)
        points = {
            "total_c": chart_inputs.newest(record, "total_cholesterol", FIVE_YEARS),
            "hdl_c": chart_inputs.newest(record, "hdl", FIVE_YEARS),
            "egfr": chart_inputs.newest_egfr(record, ONE_YEAR),
        }
        answers = {
            "smoking": chart_inputs.smoking(record),
            "dm": chart_inputs.diabetes(record),
            "bp_tx": chart_inputs.treatment(record, "Treated blood pressure", ANTIHYPERTENSIVE),
            "statin": chart_inputs.treatment(record, "Statin", STATIN),
        }
        missing = [_MISSING[name] for name, found in {**points, **answers}.items() if found is None]
        disputed = chart_inputs.disputed_egfr(record, points["egfr"])
        missing += [disputed] if disputed else []
        if missing or pressure is None:
            return lacking(self.stamp, *missing, *(() if pressure else (_MISSING["sbp"],)))
        inputs: dict[str, Any] = {"age": record.age_years, "sex": record.patient.sex}
        evidence = {"age": chart_inputs.age_evidence(record)}
        inputs["sbp"], evidence["sbp"] = pressure
        for name, point in points.items():
            if point is not None:
                inputs[name], evidence[name] = point.value, measured(point)
        for name, answer in answers.items():
            if answer is not None:
                inputs[name], evidence[name] = answer
        return Gathered(inputs=inputs, evidence=evidence, missing=_add_optional(record, inputs, evidence))

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """All risks of the record, whether or not they change anything."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """The risks of the most specific variant that the inputs allow."""
        return _estimates(result, list(equations.variants(result.gathered.inputs))[-1])

    def is_chosen(self, settings: ClinicalSettings) -> bool:
        """True where the site decides on prevention by this equation."""
        return settings.cardiovascular_score == "prevent"

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when the 10-year risk is at least 7.5% and a recommended treatment is absent."""
        if not self.is_chosen(settings):
            reason = "this site decides on prevention by another equation"
            return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        due = _due(record, result, settings.thresholds)
        return Assessment(findings=(self._finding(record, result, due, settings),) if due else ())

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The 10-year risk of cardiovascular disease, against optimal risk factors."""
        gathered = result.gathered
        lowest, highest = _PLAUSIBLE_HBA1C[gathered.inputs["dm"]]
        equation = Equation(
            linear=equations.log_odds,
            scale=lambda log_odds: 100 / (1 + math.exp(-log_odds)),
            unit="percentage points",
            reference=_REFERENCE,
            reference_words=_optimal.WORDS,
            targets=_TARGETS,
            plausible={
                "hba1c": Plausible(
                    _named("hba1c", gathered), (lowest, highest), f"{lowest:g} to {highest:g}%"
                ),
                "uacr": Plausible(
                    _named("uacr", gathered), _PLAUSIBLE_UACR, "{:g} to {:g} mg/g".format(*_PLAUSIBLE_UACR)
                ),
            },
        )
        name = self.estimates(result, settings)[0].name
        return explain_equation(name, equation, gathered.inputs, gathered.evidence)

    def _finding(
        self, record: PatientRecord, result: ScoreResult, due: tuple[str, ...], settings: ClinicalSettings
    ) -> Finding:
        risk, estimates = _total(result), self.estimates(result, settings)
        evidence = result.gathered.evidence
        return Finding(
            kind="complication_risk",
            key="prevent",
            group="cardiovascular-risk",
            statement=f"10-year cardiovascular risk {100 * risk:.1f}% ({_band(risk)}), "
            f"{' and '.join(f'no {drug}' for drug in due)} on the medication list",
            rationale=_rationale(result, due, settings.thresholds),
            urgency="soon" if risk >= settings.thresholds.prevent_high else "routine",
            topic=_TOPIC,
            guideline=_PAPER,
            model=self.stamp,
            estimate=estimates[0],
            further_estimates=estimates[1:],
            evidence=tuple(evidence.values()),
            missing=result.gathered.missing,
            proposals=_repeat_lipids(record, evidence["total_c"]),
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord) -> Abstention | None:
        age = record.age_years
        if age is None:
            return lacking(self.stamp, "birth date")
        if not 30 <= age <= 79:
            return abstain(self.stamp, "outside-population", "published for ages 30 to 79")
        if record.patient.sex not in ("female", "male"):
            return abstain(self.stamp, "outside-population", "published for recorded sex female or male only")
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if ever_documented(record, CARDIOVASCULAR_DISEASE) or any(
            CORONARY_REVASCULARIZATION.holds(procedure.concept) for procedure in record.procedures
        ):
            reason = "published for people without known cardiovascular disease"
            return abstain(self.stamp, "outside-population", reason)
        if chart_inputs.pregnant(record):
            return abstain(self.stamp, "outside-population", "not published for pregnancy")
        if documented(record, PALLIATIVE_CARE):
            return abstain(self.stamp, "not-indicated", "long-term prevention is not the aim of care")
        return None


_MISSING = {
    "total_c": "total cholesterol in the last 5 years",
    "hdl_c": "HDL cholesterol in the last 5 years",
    "egfr": "creatinine or eGFR in the last 12 months",
    "sbp": "outpatient blood pressure in the last 12 months",
    "smoking": "smoking status in the last 5 years",
    "dm": "the problem list (diabetes)",
    "bp_tx": "the medication list (blood pressure treatment)",
    "statin": "the medication list (statin)",
}


def _add_optional(
    record: PatientRecord, inputs: dict[str, Any], evidence: dict[str, Evidence]
) -> tuple[str, ...]:
    """Adds HbA1c, albumin-creatinine ratio and BMI where usable, and says in clinical words which are not."""
    points = {
        "hba1c": chart_inputs.newest(record, "hba1c", ONE_YEAR),
        "uacr": chart_inputs.newest_uacr(record),
        "bmi": chart_inputs.newest(record, "bmi", ONE_YEAR),
    }
    usable = {
        "hba1c": _inside(points["hba1c"], equations.HBA1C_RANGE),
        "uacr": _inside(points["uacr"], equations.UACR_RANGE),
        "bmi": equations.usable_bmi(points["bmi"].value if points["bmi"] else None),
    }
    missing = []
    for name, point in points.items():
        if point is None:
            missing.append(_OPTIONAL[name])
        elif not usable[name]:
            missing.append(f"{_OPTIONAL[name]} within the range of the equations")
        else:
            inputs[name], evidence[name] = point.value, measured(point)
    return tuple(missing)


def _named(name: str, gathered: Gathered) -> str:
    """An optional input as the missing ones are named."""
    words = _OPTIONAL[name]
    return next((each for each in gathered.missing if each.startswith(words)), words)


def _inside(point: Measurement | None, limits: tuple[float, float]) -> bool:
    return point is not None and limits[0] <= point.value <= limits[1]


def _ten_years(result: ScoreResult) -> dict[str, float]:
    """The 10-year risks of the most specific variant."""
    variant = list(equations.variants(result.gathered.inputs))[-1]
    return dict(result.results[f"{variant}_10yr"])


def _total(result: ScoreResult) -> float:
    return _ten_years(result)["total_cvd"]


def _due(record: PatientRecord, result: ScoreResult, thresholds: Thresholds) -> tuple[str, ...]:
    """The recommended drugs that are absent; none below intermediate risk."""
    inputs = result.gathered.inputs
    if _total(result) < thresholds.prevent_intermediate:
        return ()
    statin = _statin_due(record, _ten_years(result), inputs, thresholds)
    drug = inputs["sbp"] >= thresholds.prevent_systolic and not inputs["bp_tx"]
    return ("statin",) * statin + ("blood pressure drug",) * drug


def _band(risk: float) -> str:
    if risk >= HIGH:
        return "high"
    if risk >= INTERMEDIATE:
        return "intermediate"
    return "borderline" if risk >= 0.05 else "low"


def _statin_due(record: PatientRecord, risks: Any, inputs: Any, thresholds: Thresholds) -> bool:
    """True when a statin is recommended for discussion and neither taken nor known not to be tolerated.

    The cut for statins is one of atherosclerotic risk, which is lower than the total that includes heart
    failure; with diabetes the recommendation holds from 40 to 75 whatever the risk.
    """
    if inputs["age"] > _STATIN_AGES[-1]:
        return False
    if inputs["statin"] or any(a.active and STATIN.holds(a.concept) for a in record.allergies):
        return False
    if risks["total_cvd"] >= thresholds.prevent_high:
        return True
    at_risk = inputs["dm"] or risks["ascvd"] >= thresholds.prevent_intermediate
    return inputs["age"] in _STATIN_AGES and bool(at_risk)


def _rationale(result: ScoreResult, due: tuple[str, ...], thresholds: Thresholds) -> str:
    inputs, sentences = result.gathered.inputs, []
    is_single = "single" in result.gathered.evidence["sbp"].remark
    pressure = f"Systolic pressure {'is' if is_single else 'averages'} {inputs['sbp']:.0f} mmHg"
    if "statin" in due:
        sentences.append(_statin_sentence(_ten_years(result), inputs, thresholds))
    if "blood pressure drug" in due:
        risk_from = thresholds.stated("prevent_intermediate", "%")
        from_systolic = thresholds.stated("prevent_systolic", " mmHg")
        sentences.append(
            f"{pressure}; at {risk_from} or more, drug treatment is recommended from {from_systolic} once "
            "confirmed."
        )
    elif inputs["bp_tx"] and inputs["sbp"] >= _optimal.LOWER_SYSTOLIC.value:
        goal = _optimal.LOWER_SYSTOLIC.words
        sentences.append(f"{pressure} under treatment; the goal is below {goal} (ACC/AHA 2017).")
    if inputs["smoking"]:
        sentences.append("Offer help to stop smoking.")
    return " ".join(sentences)


def _statin_sentence(risks: dict[str, float], inputs: Any, thresholds: Thresholds) -> str:
    if risks["total_cvd"] >= thresholds.prevent_high:
        since = f"From {thresholds.stated('prevent_high', '%')}"
    elif inputs["dm"]:
        since = "With diabetes from 40 to 75 years"
    else:
        since = f"From {thresholds.stated('prevent_intermediate', '%')} of atherosclerotic risk"
    # The guideline's high intensity is for a high atherosclerotic risk; heart failure is not prevented by it.
    strength = "high" if risks["ascvd"] >= thresholds.prevent_high else "moderate"
    return f"{since} a {strength}-intensity statin is recommended for discussion with the patient."


def _estimates(result: ScoreResult, variant: str) -> tuple[Estimate, ...]:
    return tuple(
        Estimate(
            name=f"{years}-year {_OUTCOME_NAMES[outcome]}",
            value=risk,
            unit="probability",
            horizon=f"{years} years",
            band=_band(risk) if (years, outcome) == ("10", "total_cvd") else "",
        )
        for years in ("10", "30")
        for outcome, risk in result.results.get(f"{variant}_{years}yr", {}).items()
    )


def _repeat_lipids(record: PatientRecord, cholesterol: Evidence) -> tuple[Proposal, ...]:
    """A lipid panel to order when the one used is more than a year old."""
    if cholesterol.at is None or cholesterol.at >= record.as_of - timedelta(days=ONE_YEAR):
        return ()
    return (Proposal(kind="order", label="Order a lipid panel", codings=(_LIPID_PANEL,), text="Lipid panel"),)
