"""Questions of prevention wait while a patient is in the emergency department or in hospital.

No publication sets this: a talk about a statin or about screening needs time and a steady state, and the
cards of an acute visit are for what is acute. What was found is not lost: it is said again at the next visit.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from fhir_adapters.record import Encounter, PatientRecord
from models.finding import Abstention, Assessment, Finding

# Findings that ask whether to prevent a disease that the patient does not have.
PREVENTION: Final = frozenset(
    {
        "diabetes_risk",
        "hyperlipidaemia",
        "hypertriglyceridaemia_moderate",
        "metabolic_syndrome",
        "prediabetes",
        "prevent",
        "raised_lpa",
        "score2",
        "statin_without_reason",
    }
)
_REASON: Final = "prevention is not raised during an emergency visit or a stay in hospital"
_GOING_ON: Final = frozenset({"arrived", "triaged", "in-progress", "onleave"})
# One that nobody ended this long ago is a record that was not closed, not a patient who is still there.
_LONGEST: Final = timedelta(days=30)


def without_prevention(assessment: Assessment, record: PatientRecord) -> Assessment:
    """The assessment with an abstention in the place of each finding of prevention, during acute care."""
    asked = tuple(finding for finding in assessment.findings if finding.key in PREVENTION)
    if not asked or not any(_goes_on(encounter, record) for encounter in record.encounters):
        return assessment
    kept = tuple(finding for finding in assessment.findings if finding.key not in PREVENTION)
    return Assessment(kept, (*assessment.abstentions, *map(_waiting, asked)))


def _waiting(finding: Finding) -> Abstention:
    return Abstention(key=finding.key, cause="not-indicated", reason=_REASON, model=finding.model)


def _goes_on(encounter: Encounter, record: PatientRecord) -> bool:
    """Whether the patient is in hospital or the emergency department by this encounter, as of the record."""
    if encounter.setting not in ("inpatient", "emergency"):
        return False
    if encounter.start is not None and not record.as_of - _LONGEST <= encounter.start <= record.as_of:
        return False  # long ago, or planned
    if encounter.end is not None:
        return encounter.end >= record.as_of
    return encounter.status in _GOING_ON
