"""What a model reads, declared once.

Prefetch templates, FHIR queries and the minimum-necessary check are all derived from these values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ResourceType = Literal[
    "Patient",
    "Condition",
    "Observation",
    "MedicationRequest",
    "MedicationStatement",
    "AllergyIntolerance",
    "Procedure",
    "Encounter",
    "FamilyMemberHistory",
    "DocumentReference",
    "DiagnosticReport",
    "Composition",
    "ClinicalImpression",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One kind of data that a model reads.

    Attributes:
        resource: FHIR resource type.
        analytes: For Observation, analyte keys of `terminology.analytes` ("hba1c", "sbp", ...);
            empty for other resource types.
        lookback_days: Oldest data that the model uses, in days before the record's `as_of`;
            None means any age.
        newest: At most this many newest resources are wanted; None means all of them.
        required: The model's service cannot answer without it (HTTP 412 when it can't be had).
    """

    resource: ResourceType
    analytes: tuple[str, ...] = ()
    lookback_days: int | None = None
    newest: int | None = None
    required: bool = False


@dataclass(frozen=True, slots=True)
class Requires:
    """Everything that one model reads."""

    needs: tuple[Need, ...]

    def analytes(self) -> frozenset[str]:
        """All analyte keys that the model reads."""
        return frozenset(analyte for need in self.needs for analyte in need.analytes)
