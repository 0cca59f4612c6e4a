"""Metformin and NSAIDs at reduced kidney function.

Sources: FDA Drug Safety Communication of 8 April 2016 and Glucophage US prescribing information, sections 2.2
and 4; KDIGO 2012 CKD guideline, section 4.4 (prescribing table: NSAIDs), Kidney Int Suppl 2013;3:1-150.
"""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import CKD, DIABETES, DIALYSIS_OR_ESRD, HEART_FAILURE
from fhir_adapters.terminology.drugs import (
    ACE_INHIBITOR,
    ARB,
    LOOP_DIURETIC,
    METFORMIN,
    MRA,
    NSAID,
    THIAZIDE,
)
from models.chart_inputs import ONE_YEAR, disputed_egfr, stated
from models.contract import ClinicalSettings
from models.derived import disputing_report, egfr_series
from models.diagnosis.evidence import day, measured, quantity_of
from models.diagnosis.values import at_least, below
from models.finding import Abstention, Assessment, Citation, Evidence, Finding
from models.medication_safety._orders import Order, knows_medications, orders, renews, taking
from models.medication_safety._rule import Check, rules_card, withdraw
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """eGFR in mL/min/{1.73_m2}, times in days, age in years."""

    metformin_contraindicated_below: float = 30
    metformin_no_start_below: float = 45
    nsaid_avoid_below: float = 30
    nsaid_caution_below: float = 60
    egfr_days: float = ONE_YEAR
    nsaid_ask_from_age: int = 65


LIMITS = Limits()
STAMP = stamped("drug_kidney.v1", "1.1", LIMITS)
_METFORMIN = Check(
    key="metformin_kidney",
    question="kidney",
    words="kidney function",
    guideline=Citation(label="FDA Drug Safety Communication on metformin, 2016; label sections 2.2 and 4"),
    stamp=STAMP,
)
_NSAID = Check(
    key="nsaid_kidney",
    question="kidney",
    words="kidney function",
    guideline=Citation(label="KDIGO 2012, section 4.4 (NSAIDs)", url="https://doi.org/10.1038/kisup.2012.73"),
    stamp=STAMP,
)
_RAAS = (ACE_INHIBITOR, ARB, MRA)
_DIURETICS = (THIAZIDE, LOOP_DIURETIC)


@clinical_model
class DrugsAndKidney:
    """Orders of metformin and NSAIDs against the newest eGFR of a year, wherever it was measured."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition"),
            Need(resource="Observation", analytes=("creatinine", "egfr"), lookback_days=ONE_YEAR),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = rules_card(
        authors="the US Food and Drug Administration (2016) and KDIGO (2012)",
        question="metformin and NSAIDs that reduced kidney function speaks against",
        output="For an order of metformin or a systemic NSAID: whether the newest eGFR contraindicates it, "
        "speaks against starting it or calls for caution, or that no eGFR of a year is known.",
        out_of_scope="Children. Topical NSAIDs, aspirin, contrast media, other drugs that the kidneys "
        "excrete.",
        known_risks="An eGFR is not steady in acute kidney injury. An eGFR of many months ago may have "
        "changed.",
        basis="Pharmacokinetics and reports of lactic acidosis; observational data on NSAIDs in CKD.",
        inputs="Age and sex, as inputs of the eGFR.",
        references="FDA Drug Safety Communication, 8 April 2016; Kidney Int Suppl 2013;3:1-150.",
    )

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """What kidney function says to each order."""
        total = Assessment()
        for order in orders(record):
            if order.drug.of(METFORMIN):
                total += _as_assessment(_metformin(record, order))
            elif order.drug.of(NSAID):
                total += _as_assessment(_nsaid(record, order))
        return total


def _as_assessment(said: Finding | Abstention | None) -> Assessment:
    if isinstance(said, Finding):
        return Assessment(findings=(said,))
    return Assessment(abstentions=(said,)) if said is not None else Assessment()


def newest_egfr(record: PatientRecord) -> Measurement | None:
    """The newest eGFR of a year, mL/min/{1.73_m2}; one beyond a limit (">60") counts as that."""
    computed = egfr_series(record).within(LIMITS.egfr_days, record.as_of).latest
    reported = record.series("egfr").within(LIMITS.egfr_days, record.as_of)
    limits = reported.where(lambda point: bool(point.comparator) and not point.suspect).latest
    known = [point for point in (computed, limits) if point is not None]
    return max(known, key=lambda point: point.at, default=None)


def _shown(record: PatientRecord, egfr: Measurement) -> tuple[Evidence, ...]:
    """The eGFR that decides, and beside it one reported of that day that contradicts it."""
    report = disputing_report(record, egfr)
    return (measured(egfr), *((measured(report, "reported; contradicts it"),) if report is not None else ()))


def _disputed(
    record: PatientRecord, egfr: Measurement, cut: float, rule: Check, order: Order
) -> Abstention | None:
    """No all-clear by a creatinine when the eGFR reported with it is below the cut-off and contradicts it."""
    report = disputing_report(record, egfr)
    if report is None or not below(report, cut):
        return None
    needed = disputed_egfr(record, egfr)
    return rule.unchecked(order, "missing-input", f"needs {needed}", (needed,))


def _metformin(record: PatientRecord, order: Order) -> Finding | Abstention | None:
    dialysis = documented(record, DIALYSIS_OR_ESRD)
    egfr = newest_egfr(record)
    if dialysis is not None:
        return _METFORMIN.finding(
            order,
            statement="Metformin is contraindicated: dialysis or end-stage kidney disease is documented",
            rationale="The label contraindicates metformin at an eGFR below 30: it accumulates, with a risk "
            "of lactic acidosis.",
            urgency="urgent",
            confidence="A",
            evidence=(stated(dialysis, "Documented"),),
            proposals=withdraw(order),
        )
    if egfr is None:
        return _METFORMIN.unchecked(
            order,
            "missing-input",
            "no eGFR or creatinine of the last 12 months; the label asks for one before the start and yearly",
            ("eGFR in the last 12 months",),
        )
    if below(egfr, LIMITS.metformin_contraindicated_below):
        return _METFORMIN.finding(
            order,
            statement=f"Metformin is contraindicated: eGFR {quantity_of(egfr)} on {day(egfr.at)}",
            rationale="The label contraindicates metformin at an eGFR below 30: it accumulates, with a risk "
            "of lactic acidosis. Choose another glucose-lowering drug.",
            urgency="urgent",
            confidence="A",
            evidence=_shown(record, egfr),
            proposals=withdraw(order),
        )
    if below(egfr, LIMITS.metformin_no_start_below):
        return _metformin_reduced(record, order, egfr)
    if at_least(egfr, LIMITS.metformin_no_start_below):
        return _disputed(record, egfr, LIMITS.metformin_no_start_below, _METFORMIN, order)
    return _METFORMIN.unchecked(
        order, "out-of-range", "the eGFR is reported as a limit that does not settle it", ("an exact eGFR",)
    )


def _metformin_reduced(record: PatientRecord, order: Order, egfr: Measurement) -> Finding:
    current = taking(record, METFORMIN, besides=order)
    if current is not None or renews(order, record):
        return _METFORMIN.finding(
            order,
            statement=f"Metformin at an eGFR of {quantity_of(egfr)} ({day(egfr.at)}): weigh benefit and risk",
            rationale="Below 45 the label asks to weigh continuing; KDIGO 2022 halves the dose, to at most "
            "1000 mg a day. Stop below 30. Check the eGFR every 3 to 6 months.",
            urgency="routine",
            confidence="A",
            evidence=(*_shown(record, egfr), *((current,) if current is not None else ())),
        )
    known = knows_medications(record)
    return _METFORMIN.finding(
        order,
        statement=f"Starting metformin is not recommended: eGFR {quantity_of(egfr)} on {day(egfr.at)}",
        rationale="The label does not recommend to start metformin at an eGFR between 30 and 45; for "
        "somebody who takes it already, benefit and risk are weighed.",
        urgency="soon",
        confidence="A" if known else "B",
        evidence=_shown(record, egfr),
        missing=() if known else ("whether metformin is taken already (medication list not available)",),
        proposals=withdraw(order),
    )


def _nsaid(record: PatientRecord, order: Order) -> Finding | Abstention | None:
    egfr = newest_egfr(record)
    if egfr is None:
        return _nsaid_without_egfr(record, order)
    name = order.name.capitalize()
    if below(egfr, LIMITS.nsaid_avoid_below):
        return _NSAID.finding(
            order,
            statement=f"{name} is best avoided: eGFR {quantity_of(egfr)} on {day(egfr.at)}",
            rationale="KDIGO advises against NSAIDs at an eGFR below 30: they lower filtration and raise "
            "potassium and blood pressure.",
            urgency="urgent",
            confidence="A",
            evidence=_shown(record, egfr),
            proposals=withdraw(order),
        )
    if not below(egfr, LIMITS.nsaid_caution_below):
        return _disputed(record, egfr, LIMITS.nsaid_caution_below, _NSAID, order)
    raas = taking(record, *_RAAS, besides=order)
    diuretic = taking(record, *_DIURETICS, besides=order)
    beside = tuple(each for each in (raas, diuretic) if each is not None)
    added = " with a RAAS blocker" if raas else ""
    added += " and a diuretic" if raas and diuretic else ""
    return _NSAID.finding(
        order,
        statement=f"{name} at an eGFR of {quantity_of(egfr)} ({day(egfr.at)}){added}",
        rationale="KDIGO advises against prolonged NSAIDs at an eGFR below 60 and against NSAIDs with drugs "
        "that block the renin-angiotensin system. If it is needed, keep it short and check creatinine and "
        "potassium.",
        urgency="soon" if raas else "routine",
        confidence="A" if raas else "B",
        evidence=(*_shown(record, egfr), *beside),
        proposals=withdraw(order),
    )


def _nsaid_without_egfr(record: PatientRecord, order: Order) -> Abstention | None:
    """Asked for where the answer could be yes: in the elderly, with CKD, diabetes or heart failure, on
    RAAS."""
    prone = (
        (record.age_years or 0) >= LIMITS.nsaid_ask_from_age
        or documented(record, CKD, DIABETES, HEART_FAILURE) is not None
        or taking(record, *_RAAS, besides=order) is not None
    )
    if not prone:
        return None
    return _NSAID.unchecked(
        order,
        "missing-input",
        "no eGFR or creatinine of the last 12 months",
        ("eGFR in the last 12 months",),
    )
