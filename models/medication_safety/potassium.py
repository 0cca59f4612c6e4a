"""Drugs that raise potassium, against the newest potassium.

Sources: AHA/ACC/HFSA 2022 heart failure guideline, section 7.3.3 (aldosterone antagonists: start below 5.0
mmol/L, stop where it can't be kept below 5.5); Kerendia US prescribing information, section 2.1 (finerenone:
no start above 5.0); NICE NG203 2021, 1.6 (renin-angiotensin blockers in CKD: no routine start above 5.0, stop
at 6.0); Lindner G et al., KDIGO conference on potassium, Eur J Emerg Med 2020;27:329-37 (moderate from 6.0).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import CKD
from fhir_adapters.terminology.drugs import (
    ACE_INHIBITOR,
    ARB,
    MRA,
    POTASSIUM_SUPPLEMENT,
    TRIMETHOPRIM,
    DrugClass,
)
from models.chart_inputs import ONE_YEAR
from models.contract import ClinicalSettings
from models.derived import egfr_series
from models.diagnosis.evidence import day, measured, quantity_of
from models.diagnosis.values import above, at_least, below, recent
from models.finding import Abstention, Assessment, Citation, Evidence, Finding, Urgency
from models.medication_safety._orders import Order, orders, renews, taken
from models.medication_safety._rule import Check, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Potassium in mmol/L, eGFR in mL/min/{1.73_m2}, times in days."""

    no_start: float = 5.0
    hold: float = 5.5
    dangerous: float = 6.0
    reduced_egfr: float = 60
    newest_days: float = ONE_YEAR
    fresh_days: float = 90


LIMITS: Final = Limits()
STAMP: Final = stamped("drug_potassium.v1", "1.0", LIMITS)
_HF = Citation(
    label="AHA/ACC/HFSA heart failure guideline 2022, section 7.3.3",
    url="https://doi.org/10.1161/CIR.0000000000001063",
)
_NICE = Citation(label="NICE NG203 (2021), section 1.6", url="https://www.nice.org.uk/guidance/ng203")
_KDIGO = Citation(
    label="KDIGO conference report on potassium, 2020", url="https://doi.org/10.1097/MEJ.0000000000000691"
)
_FINERENONE = DrugClass("finerenone", ("C03DA05",), ("finerenone",))


@dataclass(frozen=True, slots=True, kw_only=True)
class Raising:
    """A class of drugs that raise potassium.

    Attributes:
        words: The class for people, with its article where a sentence needs one.
        no_start: Whether a potassium speaks against a start.
        in_kidney_disease: Whether the limit for a start is that of people with chronic kidney disease only.
        always_asked: Whether a missing potassium is stated: where the source asks for one before the start.
    """

    cls: DrugClass
    words: str
    guideline: Citation
    no_start: Callable[[Measurement, float], bool] = above
    in_kidney_disease: bool = False
    always_asked: bool = True
    check: Check = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(
            self,
            "check",
            Check(
                key="order_potassium",
                question="potassium",
                words="potassium",
                guideline=self.guideline,
                stamp=STAMP,
            ),
        )


# The first class that an order belongs to decides.
_CLASSES: Final = (
    Raising(
        cls=_FINERENONE,
        words="finerenone",
        guideline=Citation(label="Kerendia US prescribing information, section 2.1"),
    ),
    Raising(cls=MRA, words="an aldosterone antagonist", guideline=_HF, no_start=at_least),
    Raising(cls=POTASSIUM_SUPPLEMENT, words="potassium", guideline=_KDIGO),
    Raising(cls=ACE_INHIBITOR, words="an ACE inhibitor", guideline=_NICE, in_kidney_disease=True),
    Raising(cls=ARB, words="an angiotensin receptor blocker", guideline=_NICE, in_kidney_disease=True),
    Raising(cls=TRIMETHOPRIM, words="trimethoprim", guideline=_KDIGO, always_asked=False),
)


@clinical_model
class DrugsAndPotassium:
    """Orders of drugs that raise potassium against the newest potassium of a year, wherever it was
    measured."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(
                resource="Observation",
                analytes=("potassium", "creatinine", "egfr"),
                lookback_days=ONE_YEAR,
            ),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = rules_card(
        authors="AHA/ACC/HFSA (2022), NICE (2021), the KDIGO conference on potassium (2020) and the label of "
        "finerenone",
        question="drugs that raise potassium where potassium is high already",
        output="For an order of an ACE inhibitor, angiotensin receptor blocker, aldosterone antagonist, "
        "trimethoprim or potassium: whether the newest potassium speaks against starting (above 5.0 mmol/L), "
        "for holding (5.5) or makes it dangerous (6.0), or that no potassium of a year is known.",
        out_of_scope="Children. Dialysis days. Heparin, calcineurin inhibitors and other rarer causes.",
        known_risks="Hemolysis raises potassium falsely; a result marked as such is not counted. A result of "
        "more than 90 days ago is a screening flag only.",
        basis="Limits of inclusion in trials, observational data on arrhythmia, expert consensus.",
        inputs="None.",
        references="doi:10.1161/CIR.0000000000001063; NICE NG203; Eur J Emerg Med 2020;27:329-37.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """What the potassium says to each order."""
        findings: list[Finding] = []
        unchecked: list[Abstention] = []
        for order in orders(record):
            raising = next((each for each in _CLASSES if order.drug.of(each.cls)), None)
            if raising is None:
                continue
            said = _judged(record, order, raising)
            if isinstance(said, Finding):
                findings.append(said)
            elif said is not None:
                unchecked.append(said)
        return Assessment(tuple(findings), tuple(unchecked))


def _judged(record: PatientRecord, order: Order, raising: Raising) -> Finding | Abstention | None:
    points = recent(record, "potassium", LIMITS.newest_days, acute_care=True)
    if not points:
        if not raising.always_asked:
            return None
        words = "potassium in the last 12 months"
        return raising.check.unchecked(order, "missing-input", f"no {words}", (words,))
    newest = points[-1]
    continued = renews(order, record) or any(each.drug.of(raising.cls) for each in taken(record))
    verdict: tuple[str, Urgency]
    if at_least(newest, LIMITS.dangerous):
        verdict = ("is dangerous", "emergency")
    elif at_least(newest, LIMITS.hold):
        verdict = ("should be held", "urgent")
    elif (
        not continued
        and raising.no_start(newest, LIMITS.no_start)
        and (not raising.in_kidney_disease or _has_kidney_disease(record))
    ):
        routinely = " routinely" if raising.in_kidney_disease else ""  # NICE: not routinely offered
        verdict = (f"should not be started{routinely}", "soon")
    else:
        return None
    advice = _advice(raising, newest, continued=continued, fresh=_is_fresh(record, newest))
    return _finding(record, order, raising.check, newest, verdict=verdict, advice=advice)


def _has_kidney_disease(record: PatientRecord) -> bool:
    egfr = egfr_series(record).within(LIMITS.newest_days, record.as_of).latest
    return documented(record, CKD) is not None or (egfr is not None and below(egfr, LIMITS.reduced_egfr))


def _is_fresh(record: PatientRecord, newest: Measurement) -> bool:
    return (record.as_of - newest.at).days <= LIMITS.fresh_days


def _finding(
    record: PatientRecord,
    order: Order,
    check: Check,
    newest: Measurement,
    *,
    verdict: tuple[str, Urgency],
    advice: str,
) -> Finding:
    words, urgency = verdict
    fresh = _is_fresh(record, newest)
    return check.finding(
        order,
        statement=f"{order.name.capitalize()} {words}: potassium {quantity_of(newest)} on {day(newest.at)}",
        rationale=advice,
        urgency=urgency if fresh else "soon",
        confidence="A" if fresh else "C",
        evidence=(measured(newest), *_kidney(record), *_others(record, order)),
        missing=() if fresh else ("a potassium of the last 90 days",),
        proposals=withdraw(order),
    )


def _advice(raising: Raising, newest: Measurement, *, continued: bool, fresh: bool) -> str:
    old = "" if fresh else "The result is old: measure again first. "
    if at_least(newest, LIMITS.dangerous):
        return (
            f"{old}From 6.0 mmol/L on hold {raising.words}, repeat potassium and record an ECG at once, and "
            "look for other causes."
        )
    limit = (
        "From 5.5 mmol/L on reduce or hold it, look for other causes and repeat within days."
        if continued
        else "It is started only when potassium is back below the limit of 5.0 mmol/L."
    )
    return f"{old}{raising.words[:1].upper()}{raising.words[1:]} raises potassium further. {limit}"


def _kidney(record: PatientRecord) -> tuple[Evidence, ...]:
    egfr = egfr_series(record).within(LIMITS.newest_days, record.as_of).latest
    return (measured(egfr),) if egfr is not None else ()


def _others(record: PatientRecord, order: Order) -> tuple[Evidence, ...]:
    """What raises potassium besides."""
    mine = {each.name for each in order.drug.ingredients}
    return tuple(
        each.evidence
        for each in taken(record)
        if any(each.drug.of(raising.cls) for raising in _CLASSES)
        and not mine & {part.name for part in each.drug.ingredients}
    )
