"""patient-view: the user has opened a patient's chart.

Source: CDS Hooks library, patient-view 1.0.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cds_hooks.protocol.fields import optional_id, required_id, required_reference

HOOK = "patient-view"
USER_TYPES = ("Practitioner", "PractitionerRole", "Patient", "RelatedPerson")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PatientViewContext:
    """Whose chart was opened and by whom.

    Attributes:
        user_id: `Type/id` of the user.
        patient_id: Bare id of the patient.
        encounter_id: Bare id of the encounter; "" when there is none.
    """

    user_id: str
    patient_id: str
    encounter_id: str = ""

    def __repr__(self) -> str:
        return "PatientViewContext()"


def parse(context: Mapping[str, Any]) -> PatientViewContext:
    """Reads the context of a patient-view call; fields of later versions of the hook are ignored.

    Raises:
        BadRequest: A field is missing or malformed; the error names it.
    """
    return PatientViewContext(
        user_id=required_reference(context, "userId", "context.userId", USER_TYPES),
        patient_id=required_id(context, "patientId", "context.patientId"),
        encounter_id=optional_id(context, "encounterId", "context.encounterId"),
    )
