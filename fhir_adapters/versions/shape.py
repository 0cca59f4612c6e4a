"""Resources of other versions in the shape of R4: one function a resource type, all versions in one place.

Sources: the "R2/R3/R5 diff" sections of each resource's page in FHIR R4 and R5. What R4 has no place for is
left out; nothing that decides about use (status, verification, whose it is) is ever filled in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from fhir_adapters.versions.detect import FhirVersion, version_of

Json = dict[str, Any]
_Upgrade = Callable[[Json], None]

_TYPES = {"MedicationOrder": "MedicationRequest"}  # DSTU2


def r4_type(kind: str) -> str:
    """The R4 name of a resource type."""
    return _TYPES.get(kind, kind)


def in_r4(resources: Iterable[Json], version: FhirVersion | None = None) -> list[Json]:
    """The resources in the shape of R4; those that need no change are the same objects.

    Args:
        resources: Of one server.
        version: Its version where that is known; else the shape of the resources tells.
    """
    listed = list(resources)
    version = version or version_of(listed)
    return listed if version in ("R4", "R4B") else [_upgraded(resource) for resource in listed]


def _upgraded(resource: Json) -> Json:
    kind = resource.get("resourceType") if isinstance(resource, dict) else None
    upgrade = _UPGRADES.get(kind) if isinstance(kind, str) else None
    if upgrade is None:
        return resource
    changed = dict(resource)
    changed["resourceType"] = _TYPES.get(str(kind), kind)
    upgrade(changed)
    return changed


def _move(resource: Json, old: str, new: str) -> None:
    """Renames an element, unless the new one is there."""
    if old in resource and new not in resource:
        resource[new] = resource.pop(old)


def _patient(resource: Json) -> None:
    names = resource.get("name")
    if isinstance(names, list):
        resource["name"] = [_named(name) for name in names]


def _named(name: Any) -> Any:
    family = name.get("family") if isinstance(name, dict) else None
    if not isinstance(family, list):
        return name
    return {**name, "family": " ".join(part for part in family if isinstance(part, str))}


def _condition(resource: Json) -> None:
    _move(resource, "dateRecorded", "recordedDate")
    _move(resource, "assertedDate", "recordedDate")
    _move(resource, "context", "encounter")
    if _codes(resource.get("category")) == {"problem"}:  # Argonaut, DSTU2
        resource["category"] = _coded("problem-list-item")
    elif _codes(resource.get("category")) == {"diagnosis"}:
        resource["category"] = _coded("encounter-diagnosis")


def _medication_request(resource: Json) -> None:
    _move(resource, "dateWritten", "authoredOn")
    _move(resource, "context", "encounter")
    _medication(resource)


def _medication_statement(resource: Json) -> None:
    _medication(resource)
    if resource.get("wasNotTaken") is True or resource.get("taken") == "n":
        resource["status"] = "not-taken"
    adherence = resource.get("adherence")
    taking = _codes(adherence.get("code")) if isinstance(adherence, dict) else set()
    if resource.get("status") == "recorded":  # R5 says how it is taken elsewhere
        resource["status"] = _taken(taking)


def _taken(adherence: set[str]) -> str:
    """The R4 status of an R5 statement, which asserts that a drug is taken unless its adherence denies it."""
    if adherence & {"not-taking", "never-taking"}:
        return "not-taken"
    if adherence & {"stopped", "stopped-taking"}:
        return "stopped"
    if adherence & {"on-hold"}:
        return "on-hold"
    return "active" if not adherence or adherence & {"taking", "taking-as-directed"} else "unknown"


def _medication(resource: Json) -> None:
    """R5 has a CodeableReference where others have a concept or a reference."""
    held = resource.pop("medication", None)
    if not isinstance(held, dict):
        return
    if isinstance(held.get("concept"), dict):
        resource["medicationCodeableConcept"] = held["concept"]
    if isinstance(held.get("reference"), dict):
        resource["medicationReference"] = held["reference"]


def _allergy(resource: Json) -> None:
    _move(resource, "substance", "code")
    _move(resource, "assertedDate", "recordedDate")
    _move(resource, "dateRecorded", "recordedDate")
    status = resource.pop("status", None)  # DSTU2: one code for both
    if status in ("refuted", "entered-in-error", "confirmed", "unconfirmed"):
        resource.setdefault("verificationStatus", status)
    elif status in ("active", "inactive", "resolved"):
        resource.setdefault("clinicalStatus", status)
    severity = {"CRITL": "low", "CRITH": "high", "CRITU": "unable-to-assess"}
    criticality = resource.get("criticality")
    if isinstance(criticality, str):
        resource["criticality"] = severity.get(criticality, criticality)


def _procedure(resource: Json) -> None:
    _move(resource, "occurrenceDateTime", "performedDateTime")
    _move(resource, "occurrencePeriod", "performedPeriod")
    _move(resource, "context", "encounter")
    if resource.get("notPerformed") is True or resource.get("notDone") is True:
        resource["status"] = "not-done"


def _encounter(resource: Json) -> None:
    _move(resource, "actualPeriod", "period")
    _move(resource, "admission", "hospitalization")
    if resource.get("status") in ("completed", "discharged"):
        resource["status"] = "finished"


def _family_history(resource: Json) -> None:
    conditions = resource.get("condition")
    if isinstance(conditions, list):
        resource["condition"] = [_with_age(item) for item in conditions]


def _with_age(condition: Any) -> Any:
    if isinstance(condition, dict) and "onsetQuantity" in condition and "onsetAge" not in condition:
        return {**condition, "onsetAge": condition["onsetQuantity"]}
    return condition


def _observation(resource: Json) -> None:
    _move(resource, "context", "encounter")
    _move(resource, "comments", "comment")
    comment = resource.pop("comment", None)
    if isinstance(comment, str) and "note" not in resource:
        resource["note"] = [{"text": comment}]
    _listed(resource, "interpretation")
    components = resource.get("component")
    if isinstance(components, list):
        resource["component"] = [_component(part) for part in components]


def _component(part: Any) -> Any:
    if not isinstance(part, dict) or not isinstance(part.get("interpretation"), dict):
        return part
    return {**part, "interpretation": [part["interpretation"]]}


def _document(resource: Json) -> None:
    for older in ("created", "indexed"):
        _move(resource, older, "date")
    status = resource.get("docStatus")
    if isinstance(status, dict):
        resource["docStatus"] = next(iter(sorted(_codes(status))), "")
    context = resource.get("context")
    if isinstance(context, list):  # R5
        resource["context"] = {"encounter": context, "period": resource.get("period")}
    elif isinstance(context, dict):
        resource["context"] = dict(context)
        _listed(resource["context"], "encounter")


def _report(resource: Json) -> None:
    _move(resource, "context", "encounter")
    performers = resource.get("performer")
    if isinstance(performers, list):  # STU3 wraps who did it
        resource["performer"] = [
            each["actor"] if isinstance(each, dict) and isinstance(each.get("actor"), dict) else each
            for each in performers
        ]


def _listed(resource: Json, name: str) -> None:
    """Makes a single object a list of one."""
    if isinstance(resource.get(name), dict):
        resource[name] = [resource[name]]


def _coded(code: str) -> list[Json]:
    return [{"coding": [{"code": code}]}]


def _codes(value: object) -> set[str]:
    """The codes of a CodeableConcept or of several."""
    if isinstance(value, list):
        return {code for each in value for code in _codes(each)}
    codings = value.get("coding") if isinstance(value, dict) else None
    if not isinstance(codings, list):
        return set()
    return {str(coding["code"]) for coding in codings if isinstance(coding, dict) and "code" in coding}


_UPGRADES: dict[str, _Upgrade] = {
    "AllergyIntolerance": _allergy,
    "Condition": _condition,
    "DiagnosticReport": _report,
    "DocumentReference": _document,
    "Encounter": _encounter,
    "FamilyMemberHistory": _family_history,
    "MedicationOrder": _medication_request,
    "MedicationRequest": _medication_request,
    "MedicationStatement": _medication_statement,
    "Observation": _observation,
    "Patient": _patient,
    "Procedure": _procedure,
}
