"""Makes the reference request: one patient-view call with a full chart prefetched (about 360 KiB).

50 Conditions, 300 Observations and 5 notes of one invented patient, dated back from today, so that the
models have recent data to work on. Deterministic apart from the dates.

    python benchmarks/reference_request.py > request.json
"""

from __future__ import annotations

import base64
import json
import random
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

PATIENT_ID = "reference"
BASE = "https://ehr.example.org/r4"
UCUM = "http://unitsofmeasure.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"

CONDITIONS = (
    ("38341003", "I10", "Hypertension"),
    ("55822004", "E78.5", "Hyperlipidemia"),
    ("49436004", "I48.91", "Atrial fibrillation"),
    ("195967001", "J45.909", "Asthma"),
    ("414916001", "E66.9", "Obesity"),
    ("35489007", "F32.A", "Depressive disorder"),
    ("239873007", "M17.9", "Osteoarthritis of knee"),
    ("40055000", "J32.9", "Chronic sinusitis"),
)
LABS = (
    ("4548-4", "Hemoglobin A1c", "%", 6.6, 8.4),
    ("2160-0", "Creatinine", "mg/dL", 1.4, 1.9),
    ("14959-1", "Albumin/Creatinine [Mass Ratio] in Urine", "mg/g", 40, 400),
    ("718-7", "Hemoglobin", "g/dL", 10, 15),
    ("777-3", "Platelets", "10*3/uL", 150, 400),
    ("2823-3", "Potassium", "mmol/L", 3.6, 5.2),
    ("2951-2", "Sodium", "mmol/L", 134, 145),
    ("2093-3", "Cholesterol", "mg/dL", 160, 260),
    ("2085-9", "HDL Cholesterol", "mg/dL", 35, 60),
    ("18262-6", "LDL Cholesterol", "mg/dL", 90, 180),
    ("1742-6", "ALT", "U/L", 12, 45),
    ("1920-8", "AST", "U/L", 12, 45),
    ("3016-3", "TSH", "m[IU]/L", 0.8, 4.0),
    ("39156-5", "BMI", "kg/m2", 26, 34),
)
SENTENCES = (
    "Seen for routine follow-up of blood pressure and cholesterol.",
    "Denies chest pain, palpitations and shortness of breath.",
    "Reports good adherence to lisinopril and walks most days of the week.",
    "Kidney function discussed; advised to avoid over-the-counter anti-inflammatory drugs.",
    "Lungs clear, no peripheral edema, heart irregularly irregular.",
    "Mother had type 2 diabetes; father died of a stroke at 71.",
    "Plan: repeat basic metabolic panel in three months, return sooner if unwell.",
)


def build(conditions: int = 50, observations: int = 300, notes: int = 5, seed: int = 11) -> dict[str, Any]:
    """Returns the request as parsed JSON."""
    rng = random.Random(seed)
    now = datetime.now(UTC).replace(microsecond=0)
    subject = {"reference": f"Patient/{PATIENT_ID}"}
    patient = {
        "resourceType": "Patient",
        "id": PATIENT_ID,
        "meta": {"versionId": "3", "lastUpdated": _iso(now)},
        "identifier": [{"system": f"{BASE}/mrn", "value": "0042137"}],
        "name": [{"use": "official", "family": "Reference", "given": ["Robin"]}],
        "gender": "female",
        "birthDate": f"{now.year - 64}-02-11",
        "address": [{"line": ["12 Mill Lane"], "city": "Easton", "postalCode": "00000"}],
    }
    return {
        "hook": "patient-view",
        "hookInstance": "6bc883b2-b795-4dcb-b661-34884a31d472",
        "context": {"userId": "Practitioner/77", "patientId": PATIENT_ID, "encounterId": "e1"},
        "prefetch": {
            "patient": patient,
            "conditions": _bundle([_condition(i, subject, now, rng) for i in range(conditions)]),
            "observations": _bundle([_observation(i, subject, now, rng) for i in range(observations)]),
            "medications": _bundle([_medication(subject, now)]),
            "notes": _bundle([_note(i, subject, now, rng) for i in range(notes)]),
        },
    }


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _coded(*codings: tuple[str, str], text: str) -> dict[str, Any]:
    return {"coding": [{"system": s, "code": c, "display": text} for s, c in codings], "text": text}


def _condition(i: int, subject: dict[str, str], now: datetime, rng: random.Random) -> dict[str, Any]:
    snomed, icd, text = CONDITIONS[i % len(CONDITIONS)]
    base = "http://terminology.hl7.org/CodeSystem/"
    active = "active" if i < len(CONDITIONS) else "resolved"
    when = _iso(now - timedelta(days=rng.randrange(30, 3000)))
    return {
        "resourceType": "Condition",
        "id": f"c{i}",
        "meta": {"versionId": "1", "lastUpdated": when},
        "clinicalStatus": {"coding": [{"system": base + "condition-clinical", "code": active}]},
        "verificationStatus": {"coding": [{"system": base + "condition-ver-status", "code": "confirmed"}]},
        "category": [{"coding": [{"system": base + "condition-category", "code": "problem-list-item"}]}],
        "code": _coded(
            ("http://snomed.info/sct", snomed), ("http://hl7.org/fhir/sid/icd-10-cm", icd), text=text
        ),
        "subject": subject,
        "encounter": {"reference": f"Encounter/e{i % 9}"},
        "onsetDateTime": when,
        "recordedDate": when,
    }


def _observation(i: int, subject: dict[str, str], now: datetime, rng: random.Random) -> dict[str, Any]:
    when = _iso(now - timedelta(days=2 * i + 3, minutes=rng.randrange(1440)))
    vital = i % (len(LABS) + 1) == len(LABS)
    resource: dict[str, Any] = {
        "resourceType": "Observation",
        "id": f"o{i}",
        "meta": {"versionId": "1", "lastUpdated": when},
        "status": "final",
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs" if vital else "laboratory"}]}],
        "subject": subject,
        "encounter": {"reference": f"Encounter/e{i % 9}"},
        "effectiveDateTime": when,
        "issued": when,
    }
    if vital:
        resource["code"] = _coded(("http://loinc.org", "85354-9"), text="Blood pressure panel")
        resource["component"] = [
            {
                "code": _coded(("http://loinc.org", code), text=text),
                "valueQuantity": _quantity(value, "mm[Hg]"),
            }
            for code, text, value in (
                ("8480-6", "Systolic blood pressure", rng.randrange(128, 158)),
                ("8462-4", "Diastolic blood pressure", rng.randrange(70, 92)),
            )
        ]
        return resource
    code, text, unit, low, high = LABS[i % (len(LABS) + 1)]
    resource["code"] = _coded(("http://loinc.org", code), text=text)
    resource["valueQuantity"] = _quantity(round(rng.uniform(low, high), 1), unit)
    resource["referenceRange"] = [{"low": _quantity(low, unit), "high": _quantity(high, unit)}]
    interpretation = "http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation"
    resource["interpretation"] = [{"coding": [{"system": interpretation, "code": rng.choice("NNHL")}]}]
    return resource


def _quantity(value: float, unit: str) -> dict[str, Any]:
    return {"value": value, "unit": unit, "system": UCUM, "code": unit}


def _medication(subject: dict[str, str], now: datetime) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "m0",
        "status": "active",
        "intent": "order",
        "medicationCodeableConcept": {"text": "Lisinopril 20 MG Oral Tablet"},
        "subject": subject,
        "authoredOn": _iso(now - timedelta(days=200)),
    }


def _note(i: int, subject: dict[str, str], now: datetime, rng: random.Random) -> dict[str, Any]:
    text = ""
    while len(text) < 3000:
        text += rng.choice(SENTENCES) + " "
    return {
        "resourceType": "DocumentReference",
        "id": f"d{i}",
        "status": "current",
        "type": _coded(("http://loinc.org", "11506-3"), text="Progress note"),
        "subject": subject,
        "date": _iso(now - timedelta(days=30 * i + 1)),
        "content": [
            {"attachment": {"contentType": "text/plain", "data": base64.b64encode(text.encode()).decode()}}
        ],
    }


def _bundle(resources: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(resources),
        "link": [{"relation": "self", "url": f"{BASE}/{resources[0]['resourceType']}?patient={PATIENT_ID}"}],
        "entry": [
            {
                "fullUrl": f"{BASE}/{resource['resourceType']}/{resource['id']}",
                "resource": resource,
                "search": {"mode": "match"},
            }
            for resource in resources
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(build(), separators=(",", ":")))
