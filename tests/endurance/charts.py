"""A thousand patients whose charts hold a word of their own: where it turns up, that patient's data went."""

from __future__ import annotations

import base64
import random
import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

Resource = dict[str, Any]

PATIENTS = 1000
# Patients whose data a server or a client mixes into somebody else's chart.
STRANGERS = 50_000
CANARY = re.compile(r"zq[a-j]{5}qz")
_LABORATORY = {
    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/observation-category", "code": "laboratory"}]
}


def canary(number: int) -> str:
    """The word that stands for one patient; letters only, so that nothing takes it for a number."""
    letters = "".join(chr(ord("a") + int(digit)) for digit in f"{number:05}")
    return f"zq{letters}qz"


def number_of(word: str) -> int:
    """The patient that a word stands for."""
    return int("".join(str(ord(letter) - ord("a")) for letter in word[2:-2]))


def chart(number: int) -> list[Resource]:
    """A chart that makes cards which quote it: kidney results of the patient's own, and a note."""
    chance, word = random.Random(number), canary(number)  # noqa: S311 - charts, no secret
    subject, now = {"reference": f"Patient/{word}"}, datetime.now(UTC).replace(microsecond=0)
    text = f"{word} was seen. Long-standing type 2 diabetes mellitus, {word} takes metformin."
    creatinine = [
        {
            "resourceType": "Observation",
            "id": f"{word}-{n}",
            "status": "final",
            "category": [_LABORATORY],
            "code": {"coding": [{"system": "http://loinc.org", "code": "2160-0"}]},
            "subject": subject,
            "effectiveDateTime": (now - timedelta(days=120 * n + 3)).isoformat(),
            "valueQuantity": {
                "value": round(chance.uniform(1.6, 3.2), 2),
                "unit": "mg/dL",
                "system": "http://unitsofmeasure.org",
                "code": "mg/dL",
            },
        }
        for n in range(3)
    ]
    return [
        {
            "resourceType": "Patient",
            "id": word,
            "name": [{"family": word}],
            "gender": chance.choice(("female", "male")),
            "birthDate": f"{now.year - chance.randrange(40, 80)}-02-11",
        },
        *creatinine,
        {
            "resourceType": "DocumentReference",
            "id": f"{word}-note",
            "status": "current",
            "type": {"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
            "subject": subject,
            "date": now.isoformat(),
            "content": [
                {
                    "attachment": {
                        "contentType": "text/plain",
                        "data": base64.b64encode(text.encode()).decode(),
                    }
                }
            ],
        },
    ]


def call(number: int) -> Resource:
    """A call for one patient without a chart."""
    return {
        "hook": "patient-view",
        "hookInstance": str(uuid.uuid4()),
        "context": {"userId": "Practitioner/soak", "patientId": canary(number)},
    }


def prefetched(number: int) -> Resource:
    """The chart as the client sends it along."""
    patient, *rest = chart(number)
    of_kind = {
        kind: [each for each in rest if each["resourceType"] == kind]
        for kind in ("Observation", "DocumentReference")
    }
    return {
        "patient": patient,
        "conditions": None,
        "observations": searchset(of_kind["Observation"]),
        "notes": searchset(of_kind["DocumentReference"]),
    }


def searchset(resources: list[Resource]) -> Resource:
    """A Bundle of resources."""
    return {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in resources]}
