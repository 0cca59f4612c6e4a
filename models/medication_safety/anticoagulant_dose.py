"""Doses of direct oral anticoagulants by kidney function, as the US labels give them for each indication.

Sources (US prescribing information): Eliquis 2.1; Xarelto 2.1 and 8.6; Pradaxa 2.2; Savaysa 2.1 and 2.2 with
the boxed warning. Creatinine clearance by Cockcroft-Gault with actual body weight, as in the trials.
"""

from __future__ import annotations

from fhir_adapters.record import Need, PatientRecord, Requires
from models.chart_inputs import ONE_YEAR
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Evidence, Finding
from models.medication_safety import _anticoagulant_labels as labels
from models.medication_safety._anticoagulant_inputs import (
    Indication,
    apixaban_criteria,
    indication_of,
    kidney_of,
    ordered_regimen,
)
from models.medication_safety._anticoagulant_labels import Advice, Label
from models.medication_safety._orders import Order, orders
from models.medication_safety._rule import Check, revise, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped

STAMP = stamped("anticoagulant_dose.v1", "1.0", labels.LABELS)
_ADULT = 18


@clinical_model
class AnticoagulantDose:
    """Orders of apixaban, rivaroxaban, dabigatran and edoxaban against the dose that the label gives."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(
                resource="Observation",
                analytes=("creatinine", "weight", "pregnancy_status"),
                lookback_days=ONE_YEAR,
            ),
        )
    )
    card = rules_card(
        authors="the manufacturers in the US prescribing information",
        question="direct oral anticoagulants whose dose the label does not give for this kidney function",
        output="For an order of apixaban, rivaroxaban, dabigatran or edoxaban for atrial fibrillation or "
        "venous thromboembolism: whether its daily dose is above or below the label's, or the label gives "
        "none, or why that can't be said.",
        out_of_scope="Prevention after joint replacement, coronary disease, children, interacting drugs, "
        "dialysis with apixaban, mechanical valves.",
        known_risks="Creatinine clearance is not steady in acute kidney injury. Loading doses of the first "
        "weeks of a thrombosis are not judged.",
        basis="Pharmacokinetics and the dose rules of the trials that led to approval.",
        inputs="Age and sex, as inputs of creatinine clearance and of the rule for apixaban.",
        references="US prescribing information of Eliquis, Xarelto, Pradaxa and Savaysa; "
        "doi:10.1159/000180580.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """The dose of each order."""
        total = Assessment()
        for order in orders(record):
            label = labels.label_of(order.drug)
            if label is not None:
                said = _judged(record, order, label)
                total += Assessment(findings=(said,)) if isinstance(said, Finding) else Assessment()
                total += Assessment(abstentions=(said,)) if isinstance(said, Abstention) else Assessment()
        return total


def _check(label: Label) -> Check:
    return Check(
        key="anticoagulant_dose",
        question="dose",
        words="dose by kidney function",
        guideline=label.source,
        stamp=STAMP,
    )


def _judged(record: PatientRecord, order: Order, label: Label) -> Finding | Abstention | None:
    check = _check(label)
    if (record.age_years or 0) < _ADULT:
        return check.unchecked(order, "outside-population", "the doses are those of adults")
    indication = indication_of(record, order)
    if indication.kind is None:
        return check.unchecked(order, "missing-input", indication.reason, ("the indication",))
    rules = label.of(indication.kind)
    if rules.by_criteria:
        return _by_criteria(record, order, check, indication)
    if not rules.bands:
        return None  # the label adjusts nothing to kidney function here
    kidney = kidney_of(record)
    if isinstance(kidney, Abstention):
        return check.unchecked(order, kidney.cause, kidney.reason, kidney.missing)
    light = kidney.weight_kg <= labels.LIGHT_KG
    return _against(order, check, rules.at(kidney.clearance, light=light), indication, kidney.evidence)


def _by_criteria(
    record: PatientRecord, order: Order, check: Check, indication: Indication
) -> Finding | Abstention | None:
    met = apixaban_criteria(record)
    if met.fewest < labels.CRITERIA_FOR_LESS <= met.most:
        reason = f"{met.fewest} of the 3 criteria are met by what is known"
        return check.unchecked(order, "missing-input", reason, met.missing)
    reduced = met.fewest >= labels.CRITERIA_FOR_LESS
    advice = labels.APIXABAN_REDUCED if reduced else labels.APIXABAN_FULL
    return _against(order, check, advice, indication, met.evidence)


def _against(
    order: Order, check: Check, advice: Advice, indication: Indication, evidence: tuple[Evidence, ...]
) -> Finding | Abstention | None:
    name = order.name.capitalize()
    shown = (*evidence, *indication.evidence)
    if advice.regimen is None:
        if not advice.refused:
            return None
        return check.finding(
            order,
            statement=f"{name}: {advice.refused}",
            rationale=advice.why,
            urgency="urgent",
            confidence="A",
            evidence=shown,
            proposals=withdraw(order),
        )
    given = ordered_regimen(order)
    if given is None:
        reason = f"the ordered dose can't be read; by the label {advice.regimen.words} ({advice.why})"
        return check.unchecked(order, "missing-input", reason, ("dose and times a day",))
    if abs(given.daily_mg - advice.regimen.daily_mg) < labels.SAME_MG:
        return None
    high = given.daily_mg > advice.regimen.daily_mg
    return check.finding(
        order,
        statement=f"{name} {given.daily_mg:g} mg a day is {'more' if high else 'less'} than the label gives: "
        f"{advice.regimen.words}",
        rationale=f"{advice.why} "
        + ("More than that adds bleeding." if high else "Less than that protects less and was not tested."),
        urgency="urgent" if high else "routine",
        confidence="A",
        evidence=shown,
        proposals=(*revise(order, advice.regimen), *withdraw(order)),
    )
