"""What the dose of an anticoagulant depends on, as order and chart have it."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Concept, PatientRecord
from fhir_adapters.terminology.code_set import CodeSet, documented
from fhir_adapters.terminology.conditions import ATRIAL_FIBRILLATION, VENOUS_THROMBOEMBOLISM
from models.chart_inputs import ONE_YEAR, age_evidence, latest, measured, pregnant, stated
from models.contract import ScoreInputError
from models.finding import Abstention, Evidence, Regimen
from models.medication_safety._anticoagulant_labels import (
    HIGH_CREATININE,
    LIGHT_KG,
    OLD_YEARS,
    IndicationKind,
)
from models.medication_safety._orders import Order
from models.risk_scores.cockcroft_gault import CockcroftGault
from models.scoring import abstain, lacking

_SCORE = CockcroftGault()
_KINDS: tuple[tuple[IndicationKind, CodeSet, tuple[str, ...]], ...] = (
    ("atrial-fibrillation", ATRIAL_FIBRILLATION, ("atrial fibrillation", "atrial flutter", "afib")),
    (
        "thromboembolism",
        VENOUS_THROMBOEMBOLISM,
        ("thrombosis", "pulmonary embolism", "thromboembolism", "dvt"),
    ),
)
_WHOLE_UNITS = ("tablet", "capsule")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Indication:
    """What an order is for; `kind` is None where that isn't known for sure, and `reason` says why."""

    kind: IndicationKind | None
    reason: str = ""
    evidence: tuple[Evidence, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Kidney:
    """Creatinine clearance, mL/min, weight in kg, and what they rest on."""

    clearance: float
    weight_kg: float
    evidence: tuple[Evidence, ...]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Criteria:
    """How many of the criteria of apixaban are met: for sure, and at most with what is missing."""

    fewest: int
    most: int
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]


def indication_of(record: PatientRecord, order: Order) -> Indication:
    """What the order is for: by its own reason, else by the one fitting diagnosis of the chart."""
    own = _by_reason(record, order)
    if own is not None:
        return own
    found = [(kind, cond) for kind, codes, _ in _KINDS if (cond := documented(record, codes)) is not None]
    if len(found) == 1:
        kind, cond = found[0]
        return Indication(kind=kind, evidence=(stated(cond, "Indication by the problem list"),))
    if found:
        reason = "atrial fibrillation and thromboembolism are both documented and the order names neither"
        return Indication(kind=None, reason=reason)
    return Indication(kind=None, reason="neither the order nor the problem list says what it is for")


def _by_reason(record: PatientRecord, order: Order) -> Indication | None:
    reasons = [
        *order.draft.reasons,
        *(cond.concept for cond in record.conditions if cond.source in order.draft.reason_sources),
    ]
    for reason in reasons:
        for kind, codes, words in _KINDS:
            if codes.holds(reason) or _says(reason, words):
                shown = Evidence(source=order.draft.source, label="Ordered for", value=reason.label)
                return Indication(kind=kind, evidence=(shown,))
    if reasons:
        return Indication(
            kind=None, reason="it is ordered for something that the label's dose rules don't name"
        )
    return None


def _says(reason: Concept, words: tuple[str, ...]) -> bool:
    text = reason.label.lower()
    # Prevention after surgery has doses of its own; prevention of stroke in fibrillation is the treatment.
    prevents = any(word in text for word in ("prophyla", "prevent")) and "fibrillation" not in text
    return not prevents and any(word in text for word in words)


def kidney_of(record: PatientRecord) -> Kidney | Abstention:
    """Creatinine clearance from the newest creatinine and weight of a year, wherever they were measured."""
    creatinine, weight = latest(record, "creatinine", ONE_YEAR), latest(record, "weight", ONE_YEAR)
    if creatinine is None or weight is None:
        named = (("serum creatinine", creatinine), ("body weight", weight))
        return lacking(
            _SCORE.stamp, *(f"{words} in the last 12 months" for words, point in named if point is None)
        )
    if pregnant(record):
        return abstain(_SCORE.stamp, "outside-population", "the doses are not published for pregnancy")
    inputs = {
        "age": record.age_years,
        "sex": record.patient.sex,
        "weight_kg": weight.value,
        "creatinine_mg_dl": creatinine.value,
    }
    try:
        # Without the noise of binary fractions, so that 95 mL/min belongs to the band that ends there.
        clearance = round(float(_SCORE.calculate(inputs)["crcl_ml_min"]), 6)
    except ScoreInputError as error:
        return abstain(_SCORE.stamp, error.cause, error.reason, error.missing)
    shown = Evidence(
        source=creatinine.source,
        label="Creatinine clearance",
        value=f"{clearance:.1f}",
        unit="mL/min",
        at=creatinine.at,
        remark="Cockcroft-Gault, actual weight",
    )
    return Kidney(
        clearance=clearance,
        weight_kg=weight.value,
        evidence=(shown, measured(creatinine), measured(weight), age_evidence(record)),
    )


def apixaban_criteria(record: PatientRecord) -> Criteria:
    """Age of 80 or more, weight of 60 kg or less, creatinine of 1.5 mg/dL or more."""
    creatinine, weight = latest(record, "creatinine", ONE_YEAR), latest(record, "weight", ONE_YEAR)
    age = record.age_years
    answers = (
        ("age", None if age is None else age >= OLD_YEARS),
        ("body weight in the last 12 months", None if weight is None else weight.value <= LIGHT_KG),
        (
            "serum creatinine in the last 12 months",
            None if creatinine is None else creatinine.value >= HIGH_CREATININE,
        ),
    )
    met = sum(answer is True for _, answer in answers)
    missing = tuple(words for words, answer in answers if answer is None)
    evidence = [age_evidence(record)] if age is not None else []
    evidence += [measured(point) for point in (weight, creatinine) if point is not None]
    return Criteria(fewest=met, most=met + len(missing), evidence=tuple(evidence), missing=missing)


def ordered_regimen(order: Order) -> Regimen | None:
    """What was ordered; None unless one dosage instruction gives amount and times a day."""
    if len(order.draft.doses) != 1:
        return None
    (dose,) = order.draft.doses
    times = dose.times_per_day
    if dose.amount is None or times is None or not 1 <= times <= 3 or times != int(times):
        return None
    if dose.unit.lower() == "mg":
        milligrams = dose.amount
    elif dose.unit.lower() in _WHOLE_UNITS and order.drug.strength_mg is not None:
        milligrams = dose.amount * order.drug.strength_mg
    else:
        return None
    return Regimen(dose_mg=milligrams, times_per_day=int(times))
