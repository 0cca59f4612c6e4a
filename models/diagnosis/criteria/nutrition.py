"""Malnutrition by the GLIM criteria: loss of weight or a low body mass index, with a cause beside it.

Source: Cederholm T et al. (GLIM), Clin Nutr 2019;38:1-9, doi:10.1016/j.clnu.2018.08.002. Albumin is no
criterion.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    ASCITES_OR_EDEMA,
    COPD,
    HEART_FAILURE,
    MALABSORPTION,
    MALNUTRITION,
)
from fhir_adapters.terminology.score_conditions import CANCER
from models.chart_inputs import ONE_YEAR, problem_list, stated
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import day, measured
from models.diagnosis.exclusions import is_adult, is_pregnant_or_postpartum
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import RuleFamily
from models.diagnosis.values import TWO_YEARS, Points, above, below, daily, recent
from models.finding import Assessment, Citation, Evidence, Finding
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Losses as shares of the earlier weight, body mass index in kg/m2 under 70 years and from 70 on, CRP
    in mg/L.
    """

    half_year_days: float = 183
    loss_half_year: float = 0.05
    loss_longer: float = 0.10
    severe_half_year: float = 0.10
    severe_longer: float = 0.20
    bmi: tuple[float, float] = (20, 22)
    bmi_severe: tuple[float, float] = (18.5, 20)
    old_from: int = 70
    crp_above: float = 10
    current_days: float = 90
    cause_days: float = 183


LIMITS = Limits()
STAMP = stamped("nutrition.v1", "1.1", LIMITS)
RULE = RuleFamily(group="nutrition", stamp=STAMP).rule(
    "malnutrition",
    "malnutrition",
    ("272588001", "E44.0"),
    (MALNUTRITION,),
    Citation(label="GLIM criteria, Clin Nutr 2019;38:1-9", url="https://doi.org/10.1016/j.clnu.2018.08.002"),
)
_POOR_INTAKE = re.compile(
    r"\b(?:(?:poor|reduced|decreased|minimal) (?:oral |po |food |dietary )?intake|poor appetite|"
    r"loss of appetite|"
    r"anorexia|dysphagia|eating (?:very )?little|not eating)\b",
    re.IGNORECASE,
)
_INTAKE = "Intake"
_INTENDED = re.compile(
    r"\b(?:intentional weight loss|intended weight loss|bariatric surgery|sleeve gastrectomy|gastric bypass|"
    r"losing weight on purpose|diet and exercise)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """One criterion of body composition that is met.

    Attributes:
        since: The day since which it has not changed; None for a change or for no earlier value.
    """

    words: str
    severe: bool
    evidence: tuple[Evidence, ...]
    since: datetime | None = None


@clinical_model
class NutritionCriteria:
    """Malnutrition: weight lost or a low body mass index, and what explains it."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("weight", "bmi", "crp", "pregnancy_status"),
                lookback_days=TWO_YEARS,
                required=True,
            ),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )
    card = PublishedCriteria(
        authors="the Global Leadership Initiative on Malnutrition (2019)",
        conditions="malnutrition",
        output="How much weight was lost or how low the body mass index is, with a cause that the chart "
        "shows, or "
        "the loss alone.",
        population="Adults of 18 years and over, outside pregnancy.",
        out_of_scope="Children, pregnancy, ascites and edema, intended loss where a note says so, muscle "
        "mass.",
        known_risks="Scales differ, clothes and fluid weigh. A loss that a drug or a diet was meant to "
        "bring about "
        "is not always written down. How much is eaten is known only where a note says it.",
        basis="Consensus of nutrition societies.",
        accuracy="Not available for the part that a chart can give.",
        fairness="In people of Asian ancestry the publication uses lower limits of body mass index; "
        "ancestry is "
        "not read, so thin healthy people may be named.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="doi:10.1016/j.clnu.2018.08.002.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Malnutrition where a sign has a cause beside it, possible malnutrition where it has none."""
        if not is_adult(record) or RULE.documented(record):
            return Assessment()
        loss, causes = _loss(record), _causes(record)
        signs = [sign for sign in (loss, _thin(record)) if sign is not None]
        # Who is thin and always was, without a cause in the chart, is mostly young and healthy.
        if not signs or (loss is None and not causes):
            return Assessment()
        reason = _outside(record)
        if reason:
            return Assessment(abstentions=(RULE.abstention("outside-population", reason),))
        eats_little = any(cause.label == _INTAKE for cause in causes)
        if loss is None and signs[0].since is not None and not eats_little:
            return Assessment(findings=(_unchanged_finding(signs[0], signs[0].since, causes),))
        return Assessment(findings=(_finding(record, signs, causes),))


def _outside(record: PatientRecord) -> str:
    if is_pregnant_or_postpartum(record):
        return "in pregnancy and 12 weeks after it weight is not judged"
    if documented(record, ASCITES_OR_EDEMA):
        return "ascites or edema may explain the weight; it was not judged"
    if symptom(record, _INTENDED, "Intended loss", record.as_of, TWO_YEARS):
        return "a note calls the loss intended; it was not judged"
    return ""


def _current(record: PatientRecord, points: Points) -> Measurement | None:
    newest = points[-1] if points else None
    return newest if newest is not None and (record.as_of - newest.at).days <= LIMITS.current_days else None


def _loss(record: PatientRecord) -> _Sign | None:
    """The loss since the highest weight of half a year, else since that of two years."""
    weights = daily([p for p in recent(record, "weight", TWO_YEARS, acute_care=True) if not p.comparator])
    newest = _current(record, weights)
    if newest is None:
        return None
    late = [p for p in weights if (newest.at - p.at).days <= LIMITS.half_year_days]
    for points, least, severe in (
        (late, LIMITS.loss_half_year, LIMITS.severe_half_year),
        (weights, LIMITS.loss_longer, LIMITS.severe_longer),
    ):
        peak = max(points, key=lambda point: point.value)
        # Rounded, so that 76 of 80 kg is a loss of 5 % and not a hair more.
        lost = round(1 - newest.value / peak.value, 9)
        if lost > least:
            words = f"{lost:.0%} of weight lost since {day(peak.at)}"
            return _Sign(words=words, severe=lost > severe, evidence=(measured(newest), measured(peak)))
    return None


def _thin(record: PatientRecord) -> _Sign | None:
    points = recent(record, "bmi", TWO_YEARS, acute_care=True)
    newest = _current(record, points)
    old = int((record.age_years or 0) >= LIMITS.old_from)
    if newest is None or not below(newest, LIMITS.bmi[old]):
        return None
    severe = below(newest, LIMITS.bmi_severe[old])
    earlier = [p for p in points if (newest.at - p.at).days > LIMITS.half_year_days and not p.comparator]
    unchanged = [p for p in earlier if newest.value >= (1 - LIMITS.loss_half_year) * p.value]
    build = unchanged[0] if unchanged and len(unchanged) == len(earlier) and not severe else None
    return _Sign(
        words=f"body mass index {newest.value:.1f}",
        severe=severe,
        evidence=(measured(newest), *((measured(build),) if build is not None else ())),
        since=build.at if build is not None else None,
    )


def _causes(record: PatientRecord) -> tuple[Evidence, ...]:
    """Poor intake in a note, a disease of absorption, or inflammation by disease or CRP."""
    intake = symptom(record, _POOR_INTAKE, _INTAKE, record.as_of, LIMITS.cause_days)
    disease = documented(record, MALABSORPTION, CANCER, COPD, HEART_FAILURE)
    crp = recent(record, "crp", ONE_YEAR, acute_care=True)
    inflamed = crp and above(crp[-1], LIMITS.crp_above) and _current(record, crp) is not None
    return tuple(
        found
        for found in (
            intake,
            stated(disease, "Disease that causes it") if disease is not None else None,
            measured(crp[-1]) if inflamed else None,
        )
        if found is not None
    )


def _unchanged_finding(sign: _Sign, since: datetime, causes: tuple[Evidence, ...]) -> Finding:
    """Somebody thin for long who is also ill: the definition is met by what may be the build."""
    return RULE.finding(
        statement=f"Possible malnutrition: {sign.words}, unchanged since {day(since)}",
        rationale="Met by a long-standing low weight and a chronic disease, but it may be the build: screen "
        "for it (MUST, MNA-SF) and ask how much is eaten before it is recorded.",
        confidence="C",
        evidence=(*sign.evidence, *causes),
        missing=("food intake, muscle mass",),
    )


def _finding(record: PatientRecord, signs: list[_Sign], causes: tuple[Evidence, ...]) -> Finding:
    severe = any(sign.severe for sign in signs)
    lead = ("Severe malnutrition" if severe else "Malnutrition") if causes else "Possible malnutrition"
    words = " and ".join(sign.words for sign in signs)
    return RULE.finding(
        statement=f"{lead}: {words}, not on {problem_list(record)}",
        rationale="A dietitian's assessment, treatment of the cause, and food first; weigh again in a month."
        if causes
        else "Half of the definition: ask how much is eaten and look for a cause of inflammation or of poor "
        "absorption.",
        confidence="B" if causes else "C",
        urgency="soon" if severe else "routine",
        evidence=(*(item for sign in signs for item in sign.evidence), *causes),
        missing=() if causes else ("food intake, absorption, inflammation",),
        proposals=(RULE.add_problem(icd10="E43" if severe else ""),) if causes else (),
    )
