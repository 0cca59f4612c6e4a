"""CHA2DS2-VASc and CHA2DS2-VA: stroke risk in atrial fibrillation, and anticoagulation that is absent.

Source: Lip GYH et al., Chest 2010;137:263-272, doi:10.1378/chest.09-1584; Joglar JA et al. (ACC/AHA/ACCP/
HRS 2023), doi:10.1161/CIR.0000000000001193; Van Gelder IC et al. (ESC 2024), doi:10.1093/eurheartj/ehae176.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from fhir_adapters.record import ICD10CM, SNOMED, Coding, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented, ever_documented
from fhir_adapters.terminology.conditions import (
    ATRIAL_FIBRILLATION,
    HEART_FAILURE,
    HYPERTENSION,
    INTRACRANIAL_BLEEDING,
    MITRAL_STENOSIS_OR_MECHANICAL_VALVE,
    PALLIATIVE_CARE,
    STROKE_TIA_EMBOLISM,
    VASCULAR_DISEASE,
)
from fhir_adapters.terminology.drugs import ACE_INHIBITOR, ARB, ORAL_ANTICOAGULANT, THIAZIDE
from models import chart_inputs
from models.chart_inputs import TWO_YEARS, Answer, problem_list, stated
from models.contract import ClinicalSettings
from models.explaining import explain_points
from models.explanation import Explanation
from models.finding import Abstention, Assessment, Citation, Estimate, Evidence, Finding, Proposal
from models.note_facts import NOTES_READ, holding
from models.registry import clinical_model
from models.score_card import PublishedScore
from models.scoring import Gathered, Inputs, ScoreResult, abstain, compute, lacking, stamped
from models.thresholds import PUBLISHED

_ACC_2023 = Citation(
    label="ACC/AHA/ACCP/HRS 2023 atrial fibrillation guideline, Circulation 2024;149:e1-e156",
    url="https://doi.org/10.1161/CIR.0000000000001193",
)
_ESC_2024 = Citation(
    label="ESC 2024 atrial fibrillation guideline, Eur Heart J 2024;45:3314-3414",
    url="https://doi.org/10.1093/eurheartj/ehae176",
)
_TOPIC = Coding(SNOMED, "49436004", "Atrial fibrillation")

# Points of each yes; age and sex have their own rule.
POINTS = {"heart_failure": 1, "hypertension": 1, "diabetes": 1, "stroke_tia_te": 2, "vascular_disease": 1}
_AGE_POINTS = ((75, 2), (65, 1))
# Scores from which anticoagulation is recommended, as published.
_RECOMMENDED = {
    "cha2ds2-va": PUBLISHED.stroke_va,
    "male": PUBLISHED.stroke_vasc_men,
    "female": PUBLISHED.stroke_vasc_women,
}

# Notes of so many days that assert atrial fibrillation, where no ECG report does.
_NOTED_ON_DAYS = 2
_WEIGH_FIRST = " A past intracranial bleed or an anticoagulant intolerance is recorded: weigh it first."
_ADD_FIBRILLATION = Proposal(
    kind="add-problem",
    label="Add atrial fibrillation to the problem list",
    codings=(_TOPIC, Coding(ICD10CM, "I48.91", "Atrial fibrillation")),
    text="Atrial fibrillation",
)

_LABELS = {
    "age": "age",
    "sex": "recorded sex",
    "heart_failure": "heart failure (yes or no)",
    "hypertension": "hypertension (yes or no)",
    "diabetes": "diabetes (yes or no)",
    "stroke_tia_te": "stroke, TIA or embolism (yes or no)",
    "vascular_disease": "vascular disease (yes or no)",
}


@clinical_model
class StrokeInAf:
    """The stroke scores as a calculator, and as a model that names anticoagulation that is absent."""

    name = "stroke_af.v1"
    calculator_name = "cha2ds2_vasc"
    stamp = stamped("stroke_af.v1", "1", (POINTS, _AGE_POINTS, _RECOMMENDED))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Encounter"),
            Need(resource="AllergyIntolerance"),
            Need(resource="Observation", analytes=("hba1c", "lvef"), lookback_days=TWO_YEARS),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )
    card = PublishedScore(
        authors="Lip GYH et al. (CHA2DS2-VASc, 2010); CHA2DS2-VA by the ESC (2024)",
        output="CHA2DS2-VASc (0 to 9) and CHA2DS2-VA (0 to 8) points.",
        output_type="Points, and whether they reach the guideline's threshold for anticoagulation.",
        intended_use="To notice a patient with atrial fibrillation for whom anticoagulation is recommended "
        "and who has no oral anticoagulant on a known medication list.",
        population="Adults with documented atrial fibrillation or flutter.",
        out_of_scope="Mitral stenosis and mechanical valves (anticoagulation whatever the score), no atrial "
        "fibrillation, children, and the risk of bleeding, which has to be judged separately.",
        known_risks="An anticoagulant bought or prescribed elsewhere is not seen. A contraindication known "
        "only "
        "from a note, or an occluded left atrial appendage, is not seen. Missing problem-list entries lower "
        "the score; hypertension is also taken from ACE inhibitors, sartans and thiazides.",
        derivation="1084 patients of the Euro Heart Survey with atrial fibrillation and without "
        "anticoagulation.",
        derivation_people="Ambulatory and hospital patients in Europe; sex is a term of CHA2DS2-VASc and "
        "none "
        "of CHA2DS2-VA.",
        representativeness="European cardiology practice of 2003 to 2004; stroke rates have fallen since.",
        relevance="All items are diagnoses that a problem list holds.",
        fairness="CHA2DS2-VA leaves sex out, because female sex alone changes no decision; the site chooses "
        "which of the two decides.",
        validation_data="Large registries and trial populations published after derivation.",
        validation_party="Independent groups in many countries.",
        validation_people="Patients with atrial fibrillation, with and without anticoagulation.",
        validation_process="Stroke and embolism rates by score, and C-statistic.",
        performance_internal="C-statistic 0.606 for thromboembolism within one year in the derivation paper.",
        performance_external="Not available as one figure: discrimination is modest (C-statistic around "
        "0.6 to "
        "0.7) and stroke rates per score differ between registries.",
        references="doi:10.1378/chest.09-1584; doi:10.1161/CIR.0000000000001193; "
        "doi:10.1093/eurheartj/ehae176.",
    ).card()

    def calculate(self, inputs: dict[str, Any]) -> dict[str, Any]:
        """Adds the points.

        Args:
            inputs: age (18 or more), sex, and heart_failure, hypertension, diabetes, stroke_tia_te,
                vascular_disease as 0 or 1.

        Returns:
            cha2ds2_vasc and cha2ds2_va, in points.

        Raises:
            ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
        """
        given = Inputs(inputs, _LABELS)
        given.require(*_LABELS)
        points = {name: weight * given.flag(name) for name, weight in POINTS.items()}
        without_sex = sum(points.values()) + _age_points(given.age(18, 120))
        return {"cha2ds2_vasc": without_sex + int(given.is_female()), "cha2ds2_va": without_sex}

    def from_record(self, record: PatientRecord, settings: ClinicalSettings) -> Gathered | Abstention:
        """The items by diagnosis (past ones count), heart failure also by LVEF, hypertension also by "
        "drugs."""
        excluded = self._excluded(record)
        if excluded is not None:
            return excluded
        answers = _answers(record)
        unknown = [_LABELS[name] for name, answer in answers.items() if answer is None]
        if unknown:
            return lacking(self.stamp, *unknown)
        inputs: dict[str, Any] = {"age": record.age_years, "sex": record.patient.sex}
        evidence = {
            "age": chart_inputs.age_evidence(record),
            "sex": Evidence(source=record.patient.source, label="Sex", value=record.patient.sex),
        }
        for name, answer in answers.items():
            if answer is not None:
                inputs[name], evidence[name] = answer
        return Gathered(inputs=inputs, evidence=evidence)

    def compute(self, record: PatientRecord, settings: ClinicalSettings) -> ScoreResult | Abstention:
        """Both scores of the record, anticoagulated or not."""
        return compute(self, record, settings)

    def estimates(self, result: ScoreResult, settings: ClinicalSettings) -> tuple[Estimate, ...]:
        """Both scores, the one that decides at this site first."""
        names = {"cha2ds2_vasc": "CHA2DS2-VASc", "cha2ds2_va": "CHA2DS2-VA"}
        order = sorted(names, key=lambda key: key != settings.stroke_score.replace("-", "_"))
        return tuple(Estimate(name=names[key], value=result.results[key], unit="points") for key in order)

    def explanation(self, result: ScoreResult, settings: ClinicalSettings) -> Explanation:
        """The points of the score that decides at this site."""
        points = _points(result.gathered.inputs)
        if settings.stroke_score == "cha2ds2-va":
            del points["sex"]
        name = self.estimates(result, settings)[0].name
        return explain_points(name, points, result.gathered.evidence)

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """A finding when anticoagulation is recommended and a known medication list has none."""
        excluded = self._excluded(record)
        if excluded is not None:
            return Assessment(abstentions=(excluded,))
        anticoagulant = chart_inputs.treatment(record, "Oral anticoagulant", ORAL_ANTICOAGULANT)
        if anticoagulant is None:
            return Assessment(abstentions=(lacking(self.stamp, "the medication list (oral anticoagulant)"),))
        if anticoagulant.value:
            return Assessment()
        result = self.compute(record, settings)
        if isinstance(result, Abstention):
            return Assessment(abstentions=(result,))
        if not _recommended(result, settings):
            return Assessment()
        if documented(record, PALLIATIVE_CARE):
            reason = "stroke prevention is not the aim of care"
            return Assessment(abstentions=(abstain(self.stamp, "not-indicated", reason),))
        return Assessment(findings=(self._finding(record, result, anticoagulant.evidence, settings),))

    def _finding(
        self,
        record: PatientRecord,
        result: ScoreResult,
        anticoagulant: Evidence,
        settings: ClinicalSettings,
    ) -> Finding:
        deciding, other = self.estimates(result, settings)
        fibrillation, caution = _fibrillation(record), _caution(record)
        from_notes = fibrillation is not None and bool(fibrillation.quote)
        since = settings.thresholds.stated(_deciding(result, settings))
        return Finding(
            kind="care_gap",
            key="stroke_af",
            group="atrial-fibrillation",
            statement=f"Atrial fibrillation, {deciding.name} {deciding.value:.0f}: "
            "no oral anticoagulant on the medication list",
            rationale=f"{_confirm_first(record) if from_notes else ''}From {since} points oral "
            "anticoagulation is recommended unless contraindicated; a direct oral anticoagulant is preferred "
            "to warfarin."
            f"{_WEIGH_FIRST if caution else ''}",
            urgency="urgent" if result.gathered.inputs["stroke_tia_te"] else "soon",
            topic=_TOPIC,
            guideline=_ESC_2024 if settings.stroke_score == "cha2ds2-va" else _ACC_2023,
            model=self.stamp,
            confidence="B" if from_notes else "A",
            estimate=replace(deciding, band="anticoagulation recommended"),
            further_estimates=(other,),
            evidence=(
                *((fibrillation,) if fibrillation else ()),
                *_scored(result),
                anticoagulant,
                *caution,
            ),
            proposals=(_ADD_FIBRILLATION,) if from_notes else (),
            explanation=self.explanation(result, settings),
        )

    def _excluded(self, record: PatientRecord) -> Abstention | None:
        if not record.knows("Condition"):
            return lacking(self.stamp, "the problem list")
        if _fibrillation(record) is None:
            return abstain(self.stamp, "not-indicated", "no atrial fibrillation in the chart")
        if ever_documented(record, MITRAL_STENOSIS_OR_MECHANICAL_VALVE):
            reason = "mitral stenosis or a mechanical valve calls for anticoagulation whatever the score"
            return abstain(self.stamp, "outside-population", reason)
        return lacking(self.stamp, "birth date") if record.age_years is None else None


def _confirm_first(record: PatientRecord) -> str:
    return f"The fibrillation stands in notes only, not on {problem_list(record)}: confirm it first. "


def _fibrillation(record: PatientRecord) -> Evidence | None:
    """Atrial fibrillation by the problem list; else by an ECG report, or by notes of two days."""
    cond = documented(record, ATRIAL_FIBRILLATION)
    if cond is not None:
        return stated(cond, "Atrial fibrillation")
    asserted = [
        item
        for item in holding(record, TWO_YEARS, "problem", "symptom")
        if ATRIAL_FIBRILLATION.holds(item.concept)
    ]
    on_ecg = next((item for item in asserted if item.is_ecg), None)
    if on_ecg is None and len({item.at.date() for item in asserted}) < _NOTED_ON_DAYS:
        return None
    return (on_ecg or asserted[0]).evidence("Atrial fibrillation", "yes")


def _age_points(age: float) -> int:
    return next((points for from_age, points in _AGE_POINTS if age >= from_age), 0)


def _answers(record: PatientRecord) -> Mapping[str, Answer | None]:
    heart_failure = _heart_failure(record)
    return {
        "heart_failure": heart_failure,
        "hypertension": _hypertension(record, heart_failure),
        "diabetes": chart_inputs.diabetes(record),
        "stroke_tia_te": chart_inputs.condition(
            record, "Stroke, TIA or embolism", STROKE_TIA_EMBOLISM, ever=True
        ),
        "vascular_disease": chart_inputs.condition(record, "Vascular disease", VASCULAR_DISEASE, ever=True),
    }


def _heart_failure(record: PatientRecord) -> Answer | None:
    answer = chart_inputs.condition(record, "Heart failure", HEART_FAILURE, ever=True)
    lvef = chart_inputs.ejection_fraction(record, TWO_YEARS)
    if lvef is not None and lvef[0] <= 40 and not (answer and answer.value):
        origin = f"{lvef[1].remark}; " if lvef[1].remark else ""
        return Answer(1, replace(lvef[1], remark=f"{origin}40% or less counts as heart failure"))
    return answer


def _hypertension(record: PatientRecord, heart_failure: Answer | None) -> Answer | None:
    """By diagnosis, or by a drug that is hardly given for anything else once heart failure is excluded.

    Beta blockers and calcium channel blockers don't count: in atrial fibrillation they control the rate.
    """
    answer = chart_inputs.condition(record, "Hypertension", HYPERTENSION)
    if (answer and answer.value) or (heart_failure and heart_failure.value):
        return answer
    treated = chart_inputs.treatment(record, "Hypertension (by treatment)", ACE_INHIBITOR, ARB, THIAZIDE)
    return treated if treated is not None and treated.value else answer


def _recommended(result: ScoreResult, settings: ClinicalSettings) -> bool:
    score = settings.stroke_score.replace("-", "_")
    return bool(result.results[score] >= getattr(settings.thresholds, _deciding(result, settings)))


def _deciding(result: ScoreResult, settings: ClinicalSettings) -> str:
    """The threshold that holds for the site's score and the patient's sex."""
    if settings.stroke_score == "cha2ds2-va":
        return "stroke_va"
    return "stroke_vasc_women" if result.gathered.inputs["sex"] == "female" else "stroke_vasc_men"


def _points(inputs: Mapping[str, Any]) -> dict[str, int]:
    """The points of each item of CHA2DS2-VASc."""
    return {
        **{name: weight * inputs[name] for name, weight in POINTS.items()},
        "age": _age_points(inputs["age"]),
        "sex": int(inputs["sex"] == "female"),
    }


def _scored(result: ScoreResult) -> tuple[Evidence, ...]:
    """The evidence of the items, those without points last."""
    points = _points(result.gathered.inputs)
    items = sorted(result.gathered.evidence.items(), key=lambda item: points[item[0]] == 0)
    return tuple(evidence for _, evidence in items)


def _caution(record: PatientRecord) -> tuple[Evidence, ...]:
    """What has to be weighed before an anticoagulant: a bleed in the head, an intolerance."""
    bleeding = ever_documented(record, INTRACRANIAL_BLEEDING)
    allergy = next((a for a in record.allergies if a.active and ORAL_ANTICOAGULANT.holds(a.concept)), None)
    return (
        *((stated(bleeding, "Intracranial bleeding"),) if bleeding else ()),
        *(
            (Evidence(source=allergy.source, label="Allergy", value=allergy.concept.label),)
            if allergy
            else ()
        ),
    )
