"""HAS-BLED: risk of major bleeding on an oral anticoagulant, for what can be changed about it.

Source: Pisters R et al., Chest 2010;138:1093-1100, doi:10.1378/chest.10-0134.
"""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import SNOMED, Coding, Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    ANAEMIA,
    DIALYSIS_OR_ESRD,
    KIDNEY_TRANSPLANT,
    PALLIATIVE_CARE,
    STROKE_TIA_EMBOLISM,
)
from fhir_adapters.terminology.drugs import ANTIPLATELET, NSAID, ORAL_ANTICOAGULANT, WARFARIN, taking
from fhir_adapters.terminology.score_conditions import ALCOHOL_USE_DISORDER, BLEEDING, CIRRHOSIS
from models import chart_inputs
from models.chart_inputs import ONE_YEAR, measured
from models.contract import ClinicalSettings
from models.diagnosis.values import above, below
from models.finding import Abstention, Citation, Estimate, Evidence, Finding
from models.point_score import AdditiveScore, Answers, Flag, Found
from models.registry import clinical_model
from models.risk_scores import _chart
from models.score_card import PublishedScore
from models.scoring import ScoreResult, stamped

_HIGH = 3
_SYSTOLIC_ABOVE = 160.0
_CREATININE_FROM = 2.26  # mg/dL, 200 umol/L
_BILIRUBIN_ABOVE = 2.4  # mg/dL, twice the usual upper limit
# Three times the usual upper limits, U/L.
_ENZYMES_ABOVE = {"ast": 120.0, "alt": 120.0, "alp": 360.0}
_INR_DAYS, _FEWEST_INR, _IN_RANGE, _LABILE_BELOW = 183, 4, (2.0, 3.0), 0.6
# What a clinician can change, in the order in which a card names it, and how it then reads.
_MODIFIABLE = {
    "drugs_antiplatelet_nsaid": ("an antiplatelet drug or NSAID", "none"),
    "hypertension_uncontrolled": ("systolic pressure above 160", "160 mmHg or less"),
    "labile_inr": ("an unsteady INR", "60% or more"),
    "alcohol_excess": ("alcohol", "no"),
}
_ITEMS = (
    Flag("hypertension_uncontrolled", "systolic pressure above 160 mmHg (yes or no)"),
    Flag("abnormal_renal_function", "abnormal kidney function (yes or no)"),
    Flag("abnormal_liver_function", "abnormal liver function (yes or no)"),
    Flag("stroke", "previous stroke (yes or no)"),
    Flag("bleeding_history", "previous bleeding or anemia (yes or no)"),
    Flag("labile_inr", "unsteady INR (yes or no)"),
    Flag("elderly_over_65", "age above 65 (yes or no)"),
    Flag("drugs_antiplatelet_nsaid", "antiplatelet drug or NSAID (yes or no)"),
    Flag("alcohol_excess", "8 or more drinks a week (yes or no)"),
)


@clinical_model
class HasBled(AdditiveScore):
    """HAS-BLED as a calculator, and as a model that names what raises the risk and can be changed."""

    name = "has_bled.v1"
    calculator_name = "has_bled"
    title = "HAS-BLED"
    items = _ITEMS
    modifiable = tuple((name, then) for name, (_, then) in _MODIFIABLE.items())
    stamp = stamped("has_bled.v1", "1", (_ITEMS, _SYSTOLIC_ABOVE, _CREATININE_FROM, _ENZYMES_ABOVE))
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="Encounter"),
            Need(
                resource="Observation",
                analytes=("sbp", "creatinine", "bilirubin_total", "ast", "alt", "alp", "inr"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = PublishedScore(
        authors="Pisters R et al. (2010)",
        output="HAS-BLED points, 0 to 9.",
        output_type="The number of risk factors; 3 and more is high.",
        intended_use="To name, for somebody on an oral anticoagulant at 3 points or more, the factors that "
        "can be changed: an antiplatelet drug or NSAID, blood pressure, INR, alcohol. It is no reason to "
        "withhold the anticoagulant. Without a factor that can be changed there is no card.",
        population="Adults on an oral anticoagulant, derived in atrial fibrillation.",
        out_of_scope="Deciding against anticoagulation; people without an anticoagulant; palliative care.",
        known_risks="Alcohol and past bleeding are seen only when they are on the problem list. An aspirin "
        "that is indicated (a recent stent) counts as well. The share of INR values in range stands in "
        "for the time in range.",
        derivation="3978 patients of the Euro Heart Survey with atrial fibrillation and a year of follow-up.",
        performance_internal="C-statistic 0.72 in the derivation cohort.",
        references="doi:10.1378/chest.10-0134.",
    ).card()

    def excluded(self, record: PatientRecord) -> Abstention | None:
        """People on an oral anticoagulant only."""
        unknown = _chart.unknown_problems(self.stamp, record)
        if unknown is not None:
            return unknown
        if taking(record, ORAL_ANTICOAGULANT) is None:
            return _chart.not_indicated(self.stamp, "no oral anticoagulant on the medication list")
        if documented(record, PALLIATIVE_CARE):
            return _chart.not_indicated(self.stamp, "long-term prevention is not the aim of care")
        return None

    def answers(self, record: PatientRecord) -> Answers:
        """Each factor as problems, drugs and values of the last year have it."""
        systolic = chart_inputs.newest(record, "sbp", ONE_YEAR)
        years = _chart.age(record)
        return {
            "hypertension_uncontrolled": _chart.holds(
                systolic, yes=systolic is not None and systolic.value > _SYSTOLIC_ABOVE
            ),
            "abnormal_renal_function": _kidney(record),
            "abnormal_liver_function": _liver(record),
            "stroke": _chart.problem(record, "Stroke", STROKE_TIA_EMBOLISM, ever=True),
            "bleeding_history": _chart.either(
                _chart.problem(record, "Bleeding", BLEEDING, ever=True),
                _chart.problem(record, "Anemia", ANAEMIA),
            ),
            "labile_inr": _labile(record),
            "elderly_over_65": Found(int(years.value > 65), years.evidence) if years else None,
            "drugs_antiplatelet_nsaid": _chart.drug(record, "Antiplatelet or NSAID", ANTIPLATELET, NSAID),
            "alcohol_excess": _chart.problem(record, "Alcohol use disorder", ALCOHOL_USE_DISORDER),
        }

    def finding(
        self, record: PatientRecord, result: ScoreResult, settings: ClinicalSettings
    ) -> Finding | None:
        """A high score with at least one factor that can be changed."""
        points = result.results["score"]
        changeable = [words for name, (words, _) in _MODIFIABLE.items() if result.gathered.inputs[name]]
        if points < settings.thresholds.has_bled_high or not changeable:
            return None
        return Finding(
            kind="safety",
            key="has_bled",
            group="bleeding",
            statement=f"HAS-BLED {points} on an anticoagulant; can be changed: {', '.join(changeable)}",
            rationale=f"From {settings.thresholds.stated('has_bled_high', ' points')} review "
            "whether each is needed or can be treated. A high score alone is no reason to stop the "
            "anticoagulant.",
            urgency="soon",
            topic=Coding(SNOMED, "131148009", "Bleeding"),
            guideline=Citation(
                label="HAS-BLED, Pisters et al., Chest 2010;138:1093-1100",
                url="https://doi.org/10.1378/chest.10-0134",
            ),
            model=self.stamp,
            estimate=Estimate(
                name="HAS-BLED", value=points, unit="points", band="high" if points >= _HIGH else ""
            ),
            evidence=self.scored(result),
            explanation=self.explanation(result, settings),
        )


def _kidney(record: PatientRecord) -> Found | None:
    creatinine = chart_inputs.newest(record, "creatinine", ONE_YEAR)
    high = creatinine is not None and creatinine.value >= _CREATININE_FROM
    known = _chart.problem(record, "Dialysis or kidney transplant", DIALYSIS_OR_ESRD, KIDNEY_TRANSPLANT)
    return _chart.either(known, _chart.holds(creatinine, yes=high))


def _liver(record: PatientRecord) -> Found | None:
    """Cirrhosis, or bilirubin with an enzyme far above normal; without these tests, the problem list."""
    known = _chart.problem(record, "Cirrhosis", CIRRHOSIS, ever=True)
    bilirubin = chart_inputs.newest(record, "bilirubin_total", ONE_YEAR, same_below=_BILIRUBIN_ABOVE)
    if known is None or known.value or bilirubin is None or bilirubin.value <= _BILIRUBIN_ABOVE:
        return known
    for analyte, limit in _ENZYMES_ABOVE.items():
        point = chart_inputs.newest(record, analyte, ONE_YEAR)
        if point is not None and point.value > limit:
            return Found(1, measured(point, remark=f"with bilirubin {bilirubin.value:.1f} mg/dL"))
    return known


def _is_told(inr: Measurement) -> bool:
    """True when it is known whether the INR is in range: a number, or surely outside (">10")."""
    outside = above(inr, _IN_RANGE[1]) or below(inr, _IN_RANGE[0])
    return not inr.suspect and (outside or not inr.comparator)


def _labile(record: PatientRecord) -> Found | None:
    """Fewer than 60 % of the INR values of six months in range; no INR is needed without warfarin."""
    warfarin = _chart.drug(record, "Warfarin", WARFARIN)
    if warfarin is None or not warfarin.value:
        return warfarin
    since = record.as_of - timedelta(days=_INR_DAYS)
    values = [p for p in record.series("inr") if since <= p.at <= record.as_of and _is_told(p)]
    if len(values) < _FEWEST_INR:
        return None
    share = sum(not p.comparator and _IN_RANGE[0] <= p.value <= _IN_RANGE[1] for p in values) / len(values)
    shown = Evidence(
        source=values[-1].source,
        label="INR in range",
        value=f"{100 * share:.0f}",
        unit="%",
        at=values[-1].at,
        remark=f"share of {len(values)} values of six months between 2 and 3",
    )
    return Found(int(share < _LABILE_BELOW), shown)
