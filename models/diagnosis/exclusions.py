"""Whom the chronic criteria do not apply to, and the abstention that says so."""

from __future__ import annotations

from datetime import timedelta

from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.conditions import PREGNANCY
from models.chart_inputs import pregnant
from models.diagnosis.rule import Rule
from models.finding import Assessment, Finding

ADULT = 18
_POSTPARTUM = timedelta(days=84)


def is_adult(record: PatientRecord) -> bool:
    """True for a known age of 18 years or more."""
    age = record.age_years
    return age is not None and age >= ADULT


def is_pregnant_or_postpartum(record: PatientRecord) -> bool:
    """True in pregnancy and for 12 weeks after its recorded end."""
    if record.patient.sex == "male":
        return False
    since = record.as_of - _POSTPARTUM
    ended = (cond for cond in record.conditions if cond.abatement is not None and cond.abatement >= since)
    return pregnant(record) or any(PREGNANCY.holds(cond.concept) for cond in ended)


def outside_pregnancy(record: PatientRecord, rule: Rule, findings: tuple[Finding, ...]) -> Assessment:
    """The findings; in or just after a pregnancy, one abstention of `rule` in their place."""
    if findings and is_pregnant_or_postpartum(record):
        reason = "in pregnancy and 12 weeks after it other criteria apply; values were not judged"
        return Assessment(abstentions=(rule.abstention("outside-population", reason),))
    return Assessment(findings=findings)


def medications_missing(record: PatientRecord) -> tuple[str, ...]:
    """Names the medication list as missing when it could not be had."""
    unavailable = record.coverage.get("MedicationRequest") == "unavailable"
    if unavailable and not record.knows("MedicationStatement"):
        return ("current medications (list not available)",)
    return ()
