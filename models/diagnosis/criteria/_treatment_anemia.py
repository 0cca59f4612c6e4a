"""Severe anemia while antineoplastic treatment goes on; part of the anemia criteria."""

from __future__ import annotations

from datetime import datetime, timedelta

from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    CHEMOTHERAPY,
    GASTROINTESTINAL_BLEEDING,
    PALLIATIVE_CARE,
    TRANSFUSION,
)
from fhir_adapters.terminology.drugs import CYTOTOXIC_DRUG
from models.chart_inputs import stated
from models.diagnosis.criteria._anemia_rules import LIMITS, TREATED_RULE
from models.diagnosis.evidence import dated, drug, measured, some
from models.diagnosis.rule import ORDER_FERRITIN, order
from models.diagnosis.values import below, daily, recent
from models.finding import Evidence, Finding

_TREATMENT = "Antineoplastic treatment"
_BLOOD_COUNT = order("complete blood count with differential", "57021-8")


def severe_under_treatment(record: PatientRecord) -> Finding | None:
    """A hemoglobin below 8 g/dL of the last 14 days during treatment, that nothing in the chart answers.

    CTCAE 5.0 grade 3. Values of every setting count, as the question is acute. None where an anemia is on the
    problem list, a transfusion of the last 14 days is recorded, or the aim of care is palliative.
    """
    values = daily(recent(record, "hemoglobin", LIMITS.treated_current_days, acute_care=True))
    if not values or not below(values[-1], LIMITS.hemoglobin_severe):
        return None
    treatment = _treatment(record)
    if treatment is None or TREATED_RULE.documented(record) or documented(record, PALLIATIVE_CARE):
        return None
    if _transfused(record):
        return None
    bleeding = documented(record, GASTROINTESTINAL_BLEEDING)
    return TREATED_RULE.finding(
        statement=f"Severe anemia during antineoplastic treatment: hemoglobin {dated(values[-1])}",
        rationale="Grade 3 by CTCAE (below 8.0 g/dL). Ask about bleeding and symptoms, weigh a transfusion "
        "and the dose of the next cycle, and look for other causes: iron, B12, folate, kidneys, marrow.",
        confidence="B",
        urgency="urgent",
        evidence=(
            *(measured(point) for point in reversed(values[-3:])),
            treatment,
            *some(stated(bleeding, "Bleeding") if bleeding is not None else None),
        ),
        missing=("the cause of the anemia",),
        proposals=(_BLOOD_COUNT, ORDER_FERRITIN),
    )


def _treatment(record: PatientRecord) -> Evidence | None:
    """A cytotoxic drug that is taken, or chemotherapy as a problem or procedure, of the last 180 days.

    An entry without a date counts; one that is older may never have been ended.
    """
    for med in record.medications:
        if (
            med.is_current(record.as_of)
            and CYTOTOXIC_DRUG.holds(med.concept)
            and _recent(record, med.started)
        ):
            return drug(med, _TREATMENT)
    cond = documented(record, CHEMOTHERAPY)
    if cond is not None and _recent(record, cond.recorded or cond.onset):
        return stated(cond, _TREATMENT)
    for done in record.procedures:
        if CHEMOTHERAPY.holds(done.concept) and done.at is not None and _recent(record, done.at):
            return Evidence(source=done.source, label=_TREATMENT, value=done.concept.label, at=done.at)
    return None


def _recent(record: PatientRecord, at: datetime | None) -> bool:
    return at is None or at >= record.as_of - timedelta(days=LIMITS.treated_days)


def _transfused(record: PatientRecord) -> bool:
    since = record.as_of - timedelta(days=LIMITS.treated_current_days)
    return any(
        TRANSFUSION.holds(done.concept) and done.at is not None and done.at >= since
        for done in record.procedures
    )
