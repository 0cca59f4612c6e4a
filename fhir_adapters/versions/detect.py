"""Which version of FHIR a server speaks: by its CapabilityStatement, else by the shape of its resources."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

Json = dict[str, Any]
FhirVersion = Literal["DSTU2", "STU3", "R4", "R4B", "R5"]

# By the first two numbers of CapabilityStatement.fhirVersion (FHIR, FHIRVersion value set).
_NUMBERED: dict[str, FhirVersion] = {
    "0.5": "DSTU2",
    "1.0": "DSTU2",
    "3.0": "STU3",
    "4.0": "R4",
    "4.1": "R4B",
    "4.3": "R4B",
    "5.0": "R5",
}
# Elements that only one version has, by resource type.
_DSTU2_ONLY: dict[str, frozenset[str]] = {
    "AllergyIntolerance": frozenset({"substance"}),
    "Condition": frozenset({"dateRecorded", "patient"}),
    "MedicationStatement": frozenset({"wasNotTaken", "patient"}),
    "Observation": frozenset({"comments"}),
    "Procedure": frozenset({"notPerformed", "reasonNotPerformed"}),
}
_STU3_ONLY: dict[str, frozenset[str]] = {
    "AllergyIntolerance": frozenset({"assertedDate"}),
    "Condition": frozenset({"assertedDate", "context"}),
    "DiagnosticReport": frozenset({"context", "codedDiagnosis"}),
    "MedicationRequest": frozenset({"context"}),
    "MedicationStatement": frozenset({"taken"}),
    "Observation": frozenset({"comment", "context"}),
    "Procedure": frozenset({"notDone", "context"}),
}
_R5_ONLY: dict[str, frozenset[str]] = {
    "AllergyIntolerance": frozenset({"participant"}),
    "Condition": frozenset({"participant"}),
    "Encounter": frozenset({"actualPeriod", "admission"}),
    "MedicationRequest": frozenset({"medication"}),
    "MedicationStatement": frozenset({"medication", "adherence"}),
    "Procedure": frozenset({"occurrenceDateTime", "occurrencePeriod"}),
}
_MARKS: tuple[tuple[FhirVersion, dict[str, frozenset[str]]], ...] = (
    ("DSTU2", _DSTU2_ONLY),
    ("STU3", _STU3_ONLY),
    ("R5", _R5_ONLY),
)
# A chart has hundreds of Observations, all of one server: the first few tell.
_LOOKED_AT = 5


def version_named(text: object) -> FhirVersion | None:
    """The version of a `fhirVersion` such as "4.0.1"; None for one that is not known."""
    if not isinstance(text, str):
        return None
    return _NUMBERED.get(".".join(text.split(".")[:2]))


def version_of(resources: Iterable[Json]) -> FhirVersion:
    """The version whose own elements the resources have; R4 where they have none."""
    seen: dict[str, int] = {}
    for resource in resources:
        kind = resource.get("resourceType") if isinstance(resource, dict) else None
        if not isinstance(kind, str):
            continue
        seen[kind] = seen.get(kind, 0) + 1
        if kind == "Observation" and seen[kind] > _LOOKED_AT:
            continue
        found = _marked(kind, resource)
        if found is not None:
            return found
    return "R4"


def _marked(kind: str, resource: Json) -> FhirVersion | None:
    if kind == "MedicationOrder":
        return "DSTU2"
    if kind == "Patient":
        return _by_name(resource.get("name"))
    if kind == "FamilyMemberHistory":
        conditions = resource.get("condition")
        listed = conditions if isinstance(conditions, list) else []
        return "DSTU2" if any(isinstance(c, dict) and "onsetQuantity" in c for c in listed) else None
    if kind == "Encounter":
        return _by_class(resource.get("class")) or _by_elements(kind, resource)
    if kind == "DocumentReference":
        if isinstance(resource.get("context"), list):
            return "R5"
        return "STU3" if "indexed" in resource and "date" not in resource else None
    return _by_elements(kind, resource)


def _by_name(names: object) -> FhirVersion | None:
    """DSTU2 has a list of family names."""
    listed = names if isinstance(names, list) else []
    return "DSTU2" if any(isinstance(n, dict) and isinstance(n.get("family"), list) for n in listed) else None


def _by_class(value: object) -> FhirVersion | None:
    if isinstance(value, str):
        return "DSTU2"
    return "R5" if isinstance(value, list) else None


def _by_elements(kind: str, resource: Json) -> FhirVersion | None:
    for version, marks in _MARKS:
        if not marks.get(kind, frozenset()).isdisjoint(resource):
            return version
    return None
