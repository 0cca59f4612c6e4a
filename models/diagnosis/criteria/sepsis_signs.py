"""Signs of sepsis: an infection that is treated or recorded, and organs that fail beside it.

Sources: Singer M et al. (Sepsis-3), JAMA 2016;315:801-10; Evans L et al. (SSC 2021), Crit Care Med
2021;49:e1063-143.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from fhir_adapters.record import Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import PALLIATIVE_CARE, SEPSIS
from fhir_adapters.terminology.drugs import ANTIBIOTIC
from fhir_adapters.terminology.score_conditions import ACUTE_INFECTION
from models.chart_inputs import stated
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import drug, measured
from models.diagnosis.exclusions import is_adult
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import above, recent
from models.finding import Assessment, Citation, Evidence, Finding
from models.registry import clinical_model
from models.risk_scores.news2 import News2
from models.risk_scores.qsofa import QSofa
from models.risk_scores.sofa import Sofa
from models.scoring import RecordScore, ScoreResult, compute, stamped

_INFECTION_HOURS, _LACTATE_ABOVE, _LACTATE_DAYS = 72, 2, 1
# Score, its result, from which total it counts, and from which it is an emergency.
_SCORES: tuple[tuple[RecordScore, str, str, float, float], ...] = (
    (Sofa(), "sofa", "SOFA", 2, 2),
    (QSofa(), "qsofa", "qSOFA", 2, 2),
    (News2(), "news2", "NEWS2", 5, 7),
)
STAMP = stamped("sepsis_signs.v1", "1.0", (_INFECTION_HOURS, _LACTATE_ABOVE, (2, 2, 5, 7)))
RULE = RuleFamily(group="sepsis", stamp=STAMP).rule(
    "sepsis_suspicion",
    "sepsis",
    ("91302008", "A41.9"),
    (SEPSIS,),
    Citation(label="Sepsis-3, JAMA 2016;315:801-10", url="https://doi.org/10.1001/jama.2016.0287"),
)


@clinical_model
class SepsisSignsCriteria:
    """Sepsis by its definition, as far as a chart shows infection and organ failure."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=tuple(
                    sorted({"lactate"}.union(*(score.requires.analytes() for score in (Sofa, QSofa, News2))))
                ),
                lookback_days=7,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=60),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="the Sepsis-3 task force (2016) and the Surviving Sepsis Campaign (2021)",
        conditions="sepsis",
        output="The infection that is recorded or treated, and the scores of organ failure that reach "
        "their limit.",
        population="Adults of 18 years and over with an infection recorded or an antibiotic begun within "
        "72 hours.",
        out_of_scope="Children, care with palliative aim, infection that nobody has recorded or treated yet.",
        known_risks="An antibiotic may be prophylaxis. Organ failure of before counts as new, because an "
        "earlier "
        "SOFA score is not known: chronic kidney or liver disease raises it.",
        basis="Consensus definition, with mortality by score in large cohorts.",
        accuracy="Not available for this rule; the scores discriminate as published.",
        fairness="Oximetry reads high in darker skin, which lowers all three scores.",
        inputs="Age.",
        references="doi:10.1001/jama.2016.0287; doi:10.1097/CCM.0000000000005337.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """One finding where an infection and a score of organ failure meet."""
        infection = _infection(record) if is_adult(record) else None
        if infection is None or RULE.documented(record) or documented(record, PALLIATIVE_CARE):
            return Assessment()
        reached = _reached(record, settings)
        return Assessment(findings=(_finding(record, infection, reached),) if reached else ())


def _infection(record: PatientRecord) -> Evidence | None:
    since = record.as_of - timedelta(hours=_INFECTION_HOURS)
    cond = documented(record, ACUTE_INFECTION)
    if cond is not None and _is_since(cond.recorded or cond.onset, since):
        return stated(cond, "Infection")
    for med in record.medications:
        if med.is_current(record.as_of) and _is_since(med.started, since) and ANTIBIOTIC.holds(med.concept):
            return drug(med, "Antibiotic begun")
    return None


def _is_since(when: datetime | None, since: datetime) -> bool:
    return when is not None and when >= since


def _reached(record: PatientRecord, settings: ClinicalSettings) -> list[tuple[str, float, bool]]:
    """Name and total of each score that reaches its limit, and whether it is an emergency by that score."""
    found = []
    for score, key, name, least, emergency in _SCORES:
        result = compute(score, record, settings)
        total = result.results.get(key) if isinstance(result, ScoreResult) else None
        if isinstance(total, int | float) and total >= least:
            found.append((name, float(total), total >= emergency))
    return found


def _finding(record: PatientRecord, infection: Evidence, reached: list[tuple[str, float, bool]]) -> Finding:
    lactate = recent(record, "lactate", _LACTATE_DAYS, acute_care=True)
    high = bool(lactate) and above(lactate[-1], _LACTATE_ABOVE)
    words = ", ".join(f"{name} {total:g}" for name, total, _ in reached)
    return RULE.finding(
        statement=f"Possible sepsis: an infection with {words}{', lactate high' if high else ''}",
        rationale="If sepsis is probable: cultures, lactate and an antibiotic within an hour, fluid "
        "where pressure "
        "is low or lactate is 4 or more; look for the source.",
        confidence="B",
        urgency="emergency" if high or any(is_emergency for *_, is_emergency in reached) else "urgent",
        evidence=(
            infection,
            *(
                Evidence(source="", label=name, value=f"{total:g}", unit="points")
                for name, total, _ in reached
            ),
            *((measured(lactate[-1]),) if high else ()),
        ),
        missing=() if lactate else ("lactate of today",),
        proposals=(order("lactate", "2524-7"), order("blood culture", "600-7")),
    )
