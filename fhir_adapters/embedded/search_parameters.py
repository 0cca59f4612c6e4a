"""The search parameters of the embedded server: one table, read by the search and by `metadata`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

ParameterKind = Literal["token", "code", "date", "string", "reference"]


@dataclass(frozen=True, slots=True)
class SearchParameter:
    """One search parameter of one resource type.

    Attributes:
        name: As in the query.
        kind: How values compare; "code" is a token on a plain code element.
        paths: Dotted element paths whose values count.
        target: For a reference, the only resource type that it may point to; "" for any.
    """

    name: str
    kind: ParameterKind
    paths: tuple[str, ...]
    target: str = ""


def _token(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "token", paths or (name,))


def _code(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "code", paths or (name,))


def _date(name: str, *paths: str) -> SearchParameter:
    return SearchParameter(name, "date", paths or (name,))


_IDENTIFIER = _token("identifier")
_STATUS = _code("status")
_CATEGORY = _token("category")
_CODE = _token("code")
_PATIENT = SearchParameter("patient", "reference", ("subject", "patient"), "Patient")
_SUBJECT = SearchParameter("subject", "reference", ("subject", "patient"))
_ENCOUNTER = SearchParameter("encounter", "reference", ("encounter", "context.encounter"), "Encounter")
_DRUG = _token("code", "medicationCodeableConcept")
_OF_PATIENT = (_PATIENT, _SUBJECT, _IDENTIFIER)

_CHART: dict[str, tuple[SearchParameter, ...]] = {
    "Patient": (
        _IDENTIFIER,
        SearchParameter("name", "string", ("name.family", "name.given", "name.text", "name.prefix")),
        SearchParameter("family", "string", ("name.family",)),
        SearchParameter("given", "string", ("name.given",)),
        _date("birthdate", "birthDate"),
        _code("gender"),
    ),
    "Condition": (
        *_OF_PATIENT,
        _CODE,
        _CATEGORY,
        _token("clinical-status", "clinicalStatus"),
        _token("verification-status", "verificationStatus"),
        _ENCOUNTER,
        _date("onset-date", "onsetDateTime", "onsetPeriod"),
        _date("recorded-date", "recordedDate"),
    ),
    "Observation": (
        *_OF_PATIENT,
        _CODE,
        _token("component-code", "component.code"),
        _token("combo-code", "code", "component.code"),
        _CATEGORY,
        _STATUS,
        _ENCOUNTER,
        _date("date", "effectiveDateTime", "effectivePeriod", "effectiveInstant"),
    ),
    "MedicationRequest": (
        *_OF_PATIENT,
        _DRUG,
        _STATUS,
        _code("intent"),
        _ENCOUNTER,
        _date("authoredon", "authoredOn"),
    ),
    "MedicationStatement": (
        *_OF_PATIENT,
        _DRUG,
        _STATUS,
        _CATEGORY,
        _date("effective", "effectiveDateTime", "effectivePeriod"),
    ),
    "AllergyIntolerance": (
        *_OF_PATIENT,
        _CODE,
        _code("category"),
        _code("criticality"),
        _token("clinical-status", "clinicalStatus"),
        _token("verification-status", "verificationStatus"),
        _date("date", "recordedDate"),
    ),
    "Procedure": (
        *_OF_PATIENT,
        _CODE,
        _STATUS,
        _CATEGORY,
        _ENCOUNTER,
        _date("date", "performedDateTime", "performedPeriod"),
    ),
    "Encounter": (*_OF_PATIENT, _STATUS, _token("class"), _token("type"), _date("date", "period")),
    "FamilyMemberHistory": (
        *_OF_PATIENT,
        _STATUS,
        _token("relationship"),
        _token("code", "condition.code"),
        _date("date"),
    ),
    "DocumentReference": (
        *_OF_PATIENT,
        _STATUS,
        _token("type"),
        _CATEGORY,
        _ENCOUNTER,
        _date("date"),
        _date("period", "context.period"),
    ),
    "DiagnosticReport": (
        *_OF_PATIENT,
        _CODE,
        _STATUS,
        _CATEGORY,
        _ENCOUNTER,
        _date("date", "effectiveDateTime", "effectivePeriod"),
        _date("issued"),
    ),
    "ServiceRequest": (
        *_OF_PATIENT,
        _CODE,
        _STATUS,
        _code("intent"),
        _CATEGORY,
        _ENCOUNTER,
        _date("authored", "authoredOn"),
    ),
    "Immunization": (
        *_OF_PATIENT,
        _STATUS,
        _token("vaccine-code", "vaccineCode"),
        _date("date", "occurrenceDateTime"),
    ),
}

# Stored, read and found by patient; the chart's readers ask no more of them.
_OTHERS = (
    "Account",
    "Appointment",
    "AuditEvent",
    "Basic",
    "Binary",
    "CarePlan",
    "CareTeam",
    "Claim",
    "ClaimResponse",
    "ClinicalImpression",
    "Communication",
    "CommunicationRequest",
    "Composition",
    "Consent",
    "Coverage",
    "Device",
    "DeviceRequest",
    "DeviceUseStatement",
    "Endpoint",
    "EpisodeOfCare",
    "ExplanationOfBenefit",
    "Flag",
    "Goal",
    "Group",
    "GuidanceResponse",
    "HealthcareService",
    "ImagingStudy",
    "List",
    "Location",
    "Media",
    "Medication",
    "MedicationAdministration",
    "MedicationDispense",
    "NutritionOrder",
    "Organization",
    "Person",
    "Practitioner",
    "PractitionerRole",
    "Provenance",
    "Questionnaire",
    "QuestionnaireResponse",
    "RelatedPerson",
    "RiskAssessment",
    "Schedule",
    "Slot",
    "Specimen",
    "SupplyDelivery",
    "SupplyRequest",
    "Task",
)


_EVERY = (_token("_id", "id"), _date("_lastUpdated", "meta.lastUpdated"))

PARAMETERS: dict[str, dict[str, SearchParameter]] = {
    resource_type: {parameter.name: parameter for parameter in (*_EVERY, *parameters)}
    for resource_type, parameters in (*_CHART.items(), *((name, _OF_PATIENT) for name in _OTHERS))
}
SERVED_TYPES = frozenset(PARAMETERS)

# Elements without which a write of the type is refused; an alternative is written with "|".
REQUIRED_ELEMENTS: dict[str, tuple[str, ...]] = {
    "Condition": ("subject",),
    "Observation": ("status", "code"),
    "MedicationRequest": ("status", "intent", "subject", "medicationCodeableConcept|medicationReference"),
    "MedicationStatement": ("status", "subject", "medicationCodeableConcept|medicationReference"),
    "AllergyIntolerance": ("patient",),
    "Procedure": ("status", "subject"),
    "Encounter": ("status", "class"),
    "FamilyMemberHistory": ("status", "patient", "relationship"),
    "DocumentReference": ("status", "content"),
    "DiagnosticReport": ("status", "code"),
    "ServiceRequest": ("status", "intent", "subject"),
    "Binary": ("contentType",),
}
