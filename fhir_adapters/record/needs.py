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

_NARRATIVES: tuple[ResourceType, ...] = ("Composition", "ClinicalImpression")


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
        if_held: The data is a further form of what another need asks for: where a server does not know the
            resource type, or a token excludes it, nothing is missing.
    """

    resource: ResourceType
    analytes: tuple[str, ...] = ()
    lookback_days: int | None = None
    newest: int | None = None
    required: bool = False
    if_held: bool = False


def with_narratives(needs: tuple[Need, ...]) -> tuple[Need, ...]:
    """The needs, and where they hold notes also the notes that are resources themselves.

    For services whose notes are read: Compositions and ClinicalImpressions, as many as documents.
    """
    documents = [need for need in needs if need.resource == "DocumentReference"]
    if not documents:
        return needs
    limits = [need.newest for need in documents if need.newest is not None]
    newest = max(limits) if len(limits) == len(documents) else None
    further = (Need(resource=kind, newest=newest, if_held=True) for kind in _NARRATIVES)
    return (*needs, *further)


@dataclass(frozen=True, slots=True)
class Requires:
    """Everything that one model reads."""

    needs: tuple[Need, ...]

    def analytes(self) -> frozenset[str]:
        """All analyte keys that the model reads."""
        return frozenset(analyte for need in self.needs for analyte in need.analytes)
