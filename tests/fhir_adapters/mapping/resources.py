"""Small FHIR resources of one patient, as servers send them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import Any

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Measurement, PatientRecord

Json = dict[str, Any]

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
PID = "p1"
SUBJECT = {"reference": f"Patient/{PID}"}
UCUM = "http://unitsofmeasure.org"


def patient(**more: Any) -> Json:
    return {
        "resourceType": "Patient",
        "id": PID,
        "gender": "female",
        "birthDate": "1960-02-29",
        "name": [{"use": "official", "family": "Canary", "given": ["Ada", "B"]}],
        **more,
    }


def quantity(value: Any, unit: str) -> Json:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def concept(code: str, system: str = "http://loinc.org", text: str = "") -> Json:
    return {"coding": [{"system": system, "code": code}]} | ({"text": text} if text else {})


def observation(
    loinc: str = "2160-0", value: Any = 1.0, unit: str = "mg/dL", identity: str = "o1", **more: Any
) -> Json:
    base = {
        "resourceType": "Observation",
        "id": identity,
        "status": "final",
        "code": concept(loinc),
        "subject": SUBJECT,
        "effectiveDateTime": "2026-05-01T08:00:00Z",
    }
    if value is not None:
        base["valueQuantity"] = quantity(value, unit)
    return base | more


def blood_pressure(systolic: Any, diastolic: Any, identity: str = "bp1", **more: Any) -> Json:
    parts = [
        {"code": concept(code), "valueQuantity": quantity(value, "mm[Hg]")}
        for code, value in (("8480-6", systolic), ("8462-4", diastolic))
    ]
    return observation("85354-9", None, identity=identity, component=parts, **more)


def condition(code: str = "E11.9", identity: str = "c1", **more: Any) -> Json:
    return {
        "resourceType": "Condition",
        "id": identity,
        "clinicalStatus": concept("active", "http://terminology.hl7.org/CodeSystem/condition-clinical"),
        "verificationStatus": concept(
            "confirmed", "http://terminology.hl7.org/CodeSystem/condition-ver-status"
        ),
        "category": [
            concept("problem-list-item", "http://terminology.hl7.org/CodeSystem/condition-category")
        ],
        "code": concept(code, "http://hl7.org/fhir/sid/icd-10-cm"),
        "subject": SUBJECT,
        "recordedDate": "2020-01-01",
        **more,
    }


def medication(identity: str = "m1", **more: Any) -> Json:
    return {
        "resourceType": "MedicationRequest",
        "id": identity,
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "metformin 500 MG Oral Tablet"},
        "subject": SUBJECT,
        "authoredOn": "2025-01-01",
        **more,
    }


def inline(text: str | bytes, content_type: str = "text/plain") -> Json:
    data = text if isinstance(text, bytes) else text.encode()
    return {"contentType": content_type, "data": base64.b64encode(data).decode()}


def document(*attachments: Json, identity: str = "d1", **more: Any) -> Json:
    return {
        "resourceType": "DocumentReference",
        "id": identity,
        "status": "current",
        "type": concept("11506-3", text="Progress note"),
        "subject": SUBJECT,
        "date": "2026-04-01T10:00:00Z",
        "author": [{"display": "Dr. Example"}],
        "content": [{"attachment": attachment} for attachment in attachments],
        **more,
    }


def report(*attachments: Json, identity: str = "r1", **more: Any) -> Json:
    return {
        "resourceType": "DiagnosticReport",
        "id": identity,
        "status": "final",
        "code": concept("24627-2", text="CT chest"),
        "subject": SUBJECT,
        "effectiveDateTime": "2026-04-01T10:00:00Z",
        "presentedForm": list(attachments),
        **more,
    }


def chart(*resources: Any, **options: Any) -> PatientRecord:
    return map_chart(PID, [patient(), *resources], **{"now": NOW, **options})


def only(record: PatientRecord, analyte: str) -> Measurement:
    (point,) = record.series(analyte)
    return point


def problems(record: PatientRecord) -> list[str]:
    return [note.problem for note in record.gaps]
