"""Diabetes that is not on the problem list, and prediabetes.

Source: American Diabetes Association Professional Practice Committee. 2. Diagnosis and classification of
diabetes: Standards of Care in Diabetes-2025. Diabetes Care 2025;48(Suppl 1):S27-S49.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from fhir_adapters.record import Measurement, Medication, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    DIABETES,
    DIALYSIS_OR_ESRD,
    GESTATIONAL_DIABETES,
    HAEMOGLOBINOPATHY,
    PREDIABETES,
    TRANSFUSION,
)
from fhir_adapters.terminology.drugs import ERYTHROPOIETIN, GLUCOSE_LOWERING, SYSTEMIC_STEROID, taking
from models.chart_inputs import not_recorded, problem_list
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, drug, label_of, measured, quantity_of, some
from models.diagnosis.exclusions import is_adult, medications_missing, outside_pregnancy
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import ORDER_HBA1C, Rule
from models.diagnosis.values import (
    TWO_YEARS,
    Points,
    at_least,
    below,
    daily,
    high_run,
    nearest,
    newest_run,
    recent,
)
from models.finding import Abstention, Assessment, Citation, Evidence, Finding, Proposal
from models.note_facts import NOTES_READ
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs: HbA1c in %, glucose in mg/dL, body mass index in kg/m2, age in years."""

    diabetes: tuple[tuple[str, float], ...] = (
        ("hba1c", 6.5),
        ("glucose_fasting", 126),
        ("glucose_2h_75g", 200),
    )
    prediabetes: tuple[tuple[str, float], ...] = (
        ("hba1c", 5.7),
        ("glucose_fasting", 100),
        ("glucose_2h_75g", 140),
    )
    random_glucose: float = 200
    symptom_days: float = 30
    hyperglycemia_code_from_hba1c: float = 8.0
    severe_random_glucose: float = 300
    severe_hba1c: float = 10.0
    type_uncertain_below_age: int = 30
    type_uncertain_below_bmi: float = 23
    transfusion_days: float = 90


LIMITS = Limits()
STAMP = stamped("diabetes.v1", "1.0", LIMITS)
GUIDELINE = Citation(
    label="ADA Standards of Care in Diabetes 2025, section 2", url="https://doi.org/10.2337/dc25-S002"
)
T2DM = Rule(
    key="t2dm",
    group="diabetes",
    name="type 2 diabetes mellitus",
    snomed="44054006",
    icd10="E11.9",
    documented_by=(DIABETES, GESTATIONAL_DIABETES),
    guideline=GUIDELINE,
    stamp=STAMP,
)
PREDIABETES_RULE = Rule(
    key="prediabetes",
    group="diabetes",
    name="prediabetes",
    snomed="714628002",
    icd10="R73.03",
    documented_by=(PREDIABETES, DIABETES, GESTATIONAL_DIABETES),
    guideline=GUIDELINE,
    stamp=STAMP,
)
_SYMPTOMS = re.compile(
    r"\b(?:polyuria|polydipsia|excessive (?:thirst|urination)|(?:very|always|constantly) thirsty|"
    r"increased (?:thirst|urination)|(?:unexplained|unintentional) weight loss)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Context:
    """What bears on how an abnormal result is to be read."""

    treated: Medication | None
    steroid: Medication | None
    type_uncertain: str
    low_bmi: Measurement | None
    previous: Evidence | None

    def evidence(self) -> tuple[Evidence, ...]:
        return some(
            drug(self.treated, "On glucose-lowering drug") if self.treated else None,
            drug(self.steroid, "On systemic corticosteroid") if self.steroid else None,
            measured(self.low_bmi) if self.low_bmi else None,
            self.previous,
        )


@clinical_model
class DiabetesCriteria:
    """Type 2 diabetes and prediabetes by laboratory criteria."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("hba1c", "glucose_fasting", "glucose_2h_75g", "glucose", "bmi", "pregnancy_status"),
                lookback_days=TWO_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=TWO_YEARS),
            Need(resource="Procedure", lookback_days=90),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
            Need(resource="DocumentReference", newest=NOTES_READ),
        )
    )
    card = PublishedCriteria(
        authors="the American Diabetes Association (Standards of Care 2025, section 2)",
        conditions="diabetes and prediabetes",
        output="Whether results of the last 24 months meet the laboratory criteria for diabetes (in full, or "
        "once and to be repeated) or for prediabetes, with the results.",
        population="Adults of 18 years and over who are not pregnant and have no diabetes on record.",
        out_of_scope="Children, pregnancy and 12 weeks after it (gestational diabetes has its own criteria), "
        "hyperglycemia of acute illness. The type of diabetes is not decided.",
        known_risks="HbA1c misleads after transfusion or hemolysis, with hemoglobin variants, erythropoietin "
        "treatment or dialysis; where the chart records one of these HbA1c is left out, but an unrecorded "
        "one is not noticed. A glucose sent without its fasting state counts as random.",
        basis="Cut-offs rest on the relation between glycemia and retinopathy in population studies.",
        accuracy="By the publication: HbA1c of 6.5% finds fewer people than glucose criteria do; figures "
        "for this implementation are not available.",
        fairness="HbA1c is somewhat higher at equal glycemia in people of African descent, and hemoglobin "
        "variants differ by ancestry; diabetes occurs at lower body mass index in people of Asian descent.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="Diabetes Care 2025;48(Suppl 1):S27-S49.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Diabetes if its criterion is met, else prediabetes, else nothing."""
        if not is_adult(record):
            return Assessment()
        results = _results(record)
        if not any(results.values()) and not record.series("glucose"):
            return Assessment()
        unreliable = _hba1c_unreliable(record) if results["hba1c"] else ""
        judged = {**results, "hba1c": ()} if unreliable else results
        finding = _diabetes(record, judged) or _prediabetes(record, judged)
        if finding is not None:
            return outside_pregnancy(record, T2DM, (finding,))
        if unreliable and not T2DM.documented(record):
            return Assessment(abstentions=_left_out(results["hba1c"], unreliable))
        return Assessment()


def _results(record: PatientRecord) -> dict[str, Points]:
    # HbA1c reflects months, so one taken in hospital counts; glucose of acute illness does not.
    return {
        test: daily(recent(record, test, TWO_YEARS, acute_care=test == "hba1c"))
        for test, _ in LIMITS.diabetes
    }


def _hba1c_unreliable(record: PatientRecord) -> str:
    if documented(record, HAEMOGLOBINOPATHY):
        return "a hemoglobin disorder is recorded"
    if documented(record, DIALYSIS_OR_ESRD):
        return "of dialysis or end-stage kidney disease"
    if taking(record, ERYTHROPOIETIN):
        return "of treatment with erythropoietin"
    for procedure in record.procedures:
        days = (record.as_of - procedure.at).days if procedure.at is not None else -1
        if 0 <= days <= LIMITS.transfusion_days and TRANSFUSION.holds(procedure.concept):
            return "of a transfusion in the last 90 days"
    return ""


def _left_out(hba1c: Points, why: str) -> tuple[Abstention, ...]:
    if not at_least(hba1c[-1], LIMITS.prediabetes[0][1]):
        return ()
    reason = f"HbA1c was not used because {why}"
    return (T2DM.abstention("out-of-range", reason, ("fasting glucose",)),)


def _diabetes(record: PatientRecord, results: dict[str, Points]) -> Finding | None:
    treated = taking(record, GLUCOSE_LOWERING)
    high: list[Measurement] = []
    for test, cut in LIMITS.diabetes:
        # Under treatment a lower value is its effect and speaks against nothing.
        above_cut = tuple(p for p in results[test] if at_least(p, cut))
        high.extend(above_cut if treated else high_run(results[test], cut))
    high.sort(key=lambda point: point.at)
    random = _random_glucose(record, results)
    if (not high and random is None) or T2DM.documented(record):
        return None
    context = _context(record, treated)
    if len(high) >= 2:
        return _confirmed(record, tuple(high), context)
    if random is not None:
        described = symptom(record, _SYMPTOMS, "Symptoms of hyperglycemia", random.at, LIMITS.symptom_days)
        if described is not None:
            return _symptomatic(record, random, described, high, context)
    return _single(record, high[-1] if high else random, context)


def _random_glucose(record: PatientRecord, results: dict[str, Points]) -> Measurement | None:
    run = high_run(recent(record, "glucose", TWO_YEARS), LIMITS.random_glucose)
    if not run:
        return None
    newest = run[-1]
    hba1c = nearest(results["hba1c"], newest.at, 90)
    later = [p for test in results.values() for p in test if p.at >= newest.at]
    answered = hba1c is not None and below(hba1c, LIMITS.diabetes[0][1])
    return None if answered or any(below(p, dict(LIMITS.diabetes)[p.analyte]) for p in later) else newest


def _context(record: PatientRecord, treated: Medication | None) -> _Context:
    bmi = record.series("bmi").within(TWO_YEARS, record.as_of).reliable().latest
    low_bmi = bmi if bmi is not None and bmi.value < LIMITS.type_uncertain_below_bmi else None
    age = record.age_years or 0
    why = ""
    if age < LIMITS.type_uncertain_below_age:
        why = f"age {age}"
    elif low_bmi is not None:
        why = f"body mass index {low_bmi.value:.1f}"
    return _Context(
        treated=treated,
        steroid=taking(record, SYSTEMIC_STEROID),
        type_uncertain=why,
        low_bmi=low_bmi,
        previous=T2DM.previously(record),
    )


def _confirmed(record: PatientRecord, high: Points, context: _Context) -> Finding:
    newest = high[-1]
    shown = f"{label_of(high[-2])} {dated(high[-2])}, {label_of(newest)} {dated(newest)}"
    if label_of(high[-2]) == label_of(newest):
        shown = f"{label_of(newest)} {dated(high[-2])} and {dated(newest)}"
    if context.treated:
        statement = f"Treated diabetes, {not_recorded(record)}: {shown}"
    elif context.type_uncertain:
        statement = f"Meets criteria for diabetes, type uncertain: {shown}"
    elif context.steroid:
        statement = f"Diabetes criteria met on a steroid: {shown}"
    else:
        statement = f"Meets criteria for type 2 diabetes: {shown}"
    severe = any(p.analyte == "hba1c" and at_least(p, LIMITS.severe_hba1c) for p in high[-2:])
    return T2DM.finding(
        statement=statement,
        rationale=_what_it_means(record, context, severe),
        confidence="A",
        urgency="soon",
        evidence=tuple(measured(point) for point in reversed(high[-4:])) + context.evidence(),
        missing=medications_missing(record),
        proposals=(_problem(newest, context),),
    )


def _what_it_means(record: PatientRecord, context: _Context, severe: bool) -> str:
    texts = [
        "Two results at or above the diagnostic cut-off confirm diabetes; it is not on "
        f"{problem_list(record)}."
    ]
    if context.treated:
        texts.append("The patient takes a glucose-lowering drug: record the diagnosis it is given for.")
    elif severe:
        texts.append("At this level check for ketosis and weight loss and consider insulin at the start.")
    if context.type_uncertain:
        texts.append(
            f"With {context.type_uncertain}, consider type 1 (islet autoantibodies, C-peptide) first."
        )
    elif context.steroid:
        texts.append("A corticosteroid may be the cause; recheck after it is stopped or reduced.")
    if not context.treated:
        texts.append("Confirm, then start care including eye, foot and kidney screening.")
    return " ".join(texts)


def _problem(newest: Measurement, context: _Context) -> Proposal:
    if context.type_uncertain or context.steroid:
        # No ICD-10-CM code stands for diabetes of a type not yet known: E11 would claim type 2.
        undecided = replace(
            T2DM, name="diabetes mellitus, type to be determined", snomed="73211009", icd10=""
        )
        return undecided.add_problem()
    hyperglycemia = newest.analyte == "hba1c" and at_least(newest, LIMITS.hyperglycemia_code_from_hba1c)
    return T2DM.add_problem(icd10="E11.65" if hyperglycemia else "")


def _symptomatic(
    record: PatientRecord,
    random: Measurement,
    described: Evidence,
    high: list[Measurement],
    context: _Context,
) -> Finding:
    return T2DM.finding(
        statement=f"Random glucose {dated(random)} with symptoms in a note: meets criteria for diabetes",
        rationale="Random glucose of 200 mg/dL or more with classic symptoms is diagnostic. Confirm the "
        "symptoms with the patient, check for ketosis, and measure HbA1c.",
        confidence="A",
        urgency="urgent" if at_least(random, LIMITS.severe_random_glucose) else "soon",
        evidence=(measured(random), described, *(measured(p) for p in high), *context.evidence()),
        missing=("HbA1c", *medications_missing(record)),
        proposals=(ORDER_HBA1C, _problem(random, context)),
    )


def _single(record: PatientRecord, point: Measurement | None, context: _Context) -> Finding | None:
    if point is None:
        return None
    suggests = "above the diabetes cut-off once" if point.analyte != "glucose" else "suggests diabetes"
    shown = f"{label_of(point)} {dated(point)} {suggests}: repeat to confirm"
    order: tuple[Proposal, ...] = (ORDER_HBA1C,)
    if context.treated:
        shown = (
            f"{label_of(point)} {dated(point)} on a glucose-lowering drug; diabetes is {not_recorded(record)}"
        )
        order = (ORDER_HBA1C, _problem(point, context))
    advice = "Without symptoms a second abnormal result is needed: repeat, preferably HbA1c."
    if context.treated:
        advice = "A glucose-lowering drug is taken: record its reason if it is diabetes."
    elif context.steroid:
        advice = "A corticosteroid may be the cause: repeat the test when it is stopped or reduced."
    return T2DM.finding(
        statement=shown,
        rationale=f"{advice} Diabetes is not on {problem_list(record)}.",
        confidence="B",
        urgency="soon" if at_least(point, _severe(point)) else "routine",
        evidence=(measured(point), *context.evidence()),
        missing=("a second result at or above the cut-off", *medications_missing(record)),
        proposals=order,
    )


def _severe(point: Measurement) -> float:
    return LIMITS.severe_hba1c if point.analyte == "hba1c" else LIMITS.severe_random_glucose


def _prediabetes(record: PatientRecord, results: dict[str, Points]) -> Finding | None:
    upper = dict(LIMITS.diabetes)
    raised: list[Measurement] = []
    newest = max((points[-1] for points in results.values() if points), key=lambda p: p.at, default=None)
    for test, cut in LIMITS.prediabetes:
        raised.extend(_between(results[test], cut, upper[test]))
    if newest is None or newest not in raised or PREDIABETES_RULE.documented(record):
        return None
    raised.sort(key=lambda point: point.at)
    treated = taking(record, GLUCOSE_LOWERING)
    twice = len(raised) >= 2
    before = f", and {quantity_of(raised[-2])} before" if twice else ""
    return PREDIABETES_RULE.finding(
        statement=f"Prediabetes range: {label_of(newest)} {dated(newest)}{before}",
        rationale=_prediabetes_advice(record, treated is not None, twice),
        confidence="A" if twice else "B",
        evidence=tuple(measured(point) for point in reversed(raised[-4:]))
        + some(
            drug(treated, "On glucose-lowering drug") if treated else None,
            PREDIABETES_RULE.previously(record),
        ),
        missing=() if twice else ("a second result in the same range",),
        proposals=(PREDIABETES_RULE.add_problem(),) if twice else (ORDER_HBA1C,),
    )


def _between(points: Points, low: float, high: float) -> Points:
    return newest_run(
        points, lambda p: at_least(p, low) and below(p, high), lambda p: below(p, low) or at_least(p, high)
    )


def _prediabetes_advice(record: PatientRecord, treated: bool, twice: bool) -> str:
    if treated:
        return (
            "A glucose-lowering drug is taken; diabetes and prediabetes are "
            f"{not_recorded(record)}: record which it is."
        )
    repeat = "" if twice else " One result only: repeat within a year."
    return f"Offer lifestyle intervention and yearly testing; weigh metformin if at high risk.{repeat}"
