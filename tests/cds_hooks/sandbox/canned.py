"""A chart and cards that show every element the mock EHR has to draw, hostile text among them."""

import base64
import uuid
from typing import Any

CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
HOSTILE = '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>'
NOTE = "Subjective:\nTired for weeks. No chest pain, no dyspnoea – “feels cold”.\n\nPlan:\nRepeat TSH."
HTML_NOTE = (
    '<div style="color:red"><h1>Discharge</h1><p>Stable.<br>Home.</p><script>window.pwned=1</script>'
    "<img src=x onerror='window.pwned=1'><ul><li>Metformin</li><li>Lisinopril</li></ul>"
    "style=plain stays</div>"
)
DETAIL = f"""**Criteria met.** Two results in the diabetic range.

| Evidence | Value | Date |
|:--|--:|:--|
| HbA1c | **7.4 %** | 2 Apr 2024 |
| HbA1c | 7.1 % | 2 Apr 2023 |

- Missing: _fasting glucose_

> “Tired for weeks” &lt;note&gt;

[Guideline](https://example.org/g) and [bad](javascript:alert(1))

{HOSTILE}"""
CARD = "6f6d5a58-7d1f-4c5e-9a58-0f3f6f1c1a01"
SUGGESTION = "0b3e0a3e-2c7e-4f0f-8a43-1f3c51d7a001"
OTHER_CARD = "6f6d5a58-7d1f-4c5e-9a58-0f3f6f1c1a02"


def people() -> list[dict[str, Any]]:
    named = [
        ("rich", "Miriam", "Castellanos"),
        ("quiet", "Owen", "Quiet"),
        ("cds-down", "Petra", "Down"),
        ("half", "Hal", "Half"),
        ("slow", "Sloane", "Slow"),
        ("hostile", "Bobby", HOSTILE),
    ]
    named += [(f"p{number}", "Person", f"Number {number:02}") for number in range(40)]
    return [
        {
            "resourceType": "Patient",
            "id": identity,
            "name": [{"use": "official", "given": [given], "family": family}],
            "gender": ("female", "male")[index % 2],
            "birthDate": f"19{40 + index}-03-1{index % 9}",
            "identifier": [{"type": {"coding": [{"code": "MR"}]}, "value": f"MRN-{20400 + index}"}],
        }
        for index, (identity, given, family) in enumerate(named)
    ]


def chart(patient: str) -> list[dict[str, Any]]:
    subject = {"reference": f"Patient/{patient}"}
    return [*_results(subject), *_lists(subject), *_notes(subject)]


def _results(subject: dict[str, str]) -> list[dict[str, Any]]:
    labs = [
        (_test("2160-0", "Creatinine", "mg/dL", low=0.6, high=1.1), (0.9, 1.1, 1.2, 1.5, 1.7)),
        (_test("4548-4", "Hemoglobin A1c", "%", low=4.0, high=5.6), (5.9, 6.2, 6.6, 7.1, 7.4)),
        (_test("2823-3", "Potassium", "mmol/L", low=3.5, high=5.1), (4.4, 4.6, 4.9, 5.1, 6.1)),
        (_test("718-7", "Hemoglobin", "g/dL", low=12.0, high=15.5), (13.1, 12.9, 12.2)),
        (_test("13457-7", "LDL cholesterol", "mg/dL", low=0, high=100), (141, 128)),
        (_test("3016-3", "TSH", "m[IU]/L", low=0.4, high=4.5), (2.1,)),
    ]
    pressures = [((128, 80), "2021-05-02"), ((136, 84), "2022-05-02"), ((148, 92), "2023-05-02")]
    return [
        *(
            _lab(test, value=value, when=f"{2020 + index}-04-02T08:30:00Z", subject=subject)
            for test, values in labs
            for index, value in enumerate(values)
        ),
        *(_pressure(high=high, low=low, when=when, subject=subject) for (high, low), when in pressures),
    ]


def _lists(subject: dict[str, str]) -> list[dict[str, Any]]:
    return [
        {"id": "c1", **_condition("38341003", "Hypertension", since="2015-03-01", subject=subject)},
        {
            "id": "c2",
            **_condition("444814009", "Viral sinusitis", since="2019-01-05", subject=subject),
            "clinicalStatus": {"coding": [{"code": "resolved"}]},
        },
        {
            "resourceType": "MedicationRequest",
            "id": "m1",
            "status": "active",
            "intent": "order",
            "subject": subject,
            "authoredOn": "2021-03-02",
            "medicationCodeableConcept": {"text": "Lisinopril 20 MG Oral Tablet"},
            "dosageInstruction": [{"text": "1 tablet daily"}],
        },
        {
            "resourceType": "AllergyIntolerance",
            "id": "a1",
            "patient": subject,
            "criticality": "high",
            "code": {"text": "Penicillin"},
            "reaction": [{"manifestation": [{"text": "Hives"}]}],
        },
        {
            "resourceType": "Encounter",
            "id": "e1",
            "status": "finished",
            "subject": subject,
            "class": {"code": "AMB"},
            "type": [{"text": "Office visit"}],
            "period": {"start": "2024-04-02T08:00:00Z"},
        },
    ]


def _notes(subject: dict[str, str]) -> list[dict[str, Any]]:
    common = {"resourceType": "DocumentReference", "status": "current", "subject": subject}
    return [
        {
            **common,
            "id": "n1",
            "date": "2024-04-02T09:00:00Z",
            "type": {"text": "Progress note"},
            "author": [{"display": "Dr. Imani Osei"}],
            "content": [{"attachment": _attachment("text/plain; charset=utf-8", NOTE)}],
        },
        {
            **common,
            "id": "n2",
            "date": "2022-01-02",
            "type": {"text": "Discharge summary"},
            "content": [{"attachment": _attachment("text/html", HTML_NOTE)}],
        },
    ]


def _attachment(media: str, text: str) -> dict[str, str]:
    return {"contentType": media, "data": base64.b64encode(text.encode()).decode()}


def _test(code: str, name: str, unit: str, *, low: float, high: float) -> dict[str, Any]:
    return {
        "code": {"text": name, "coding": [{"system": "http://loinc.org", "code": code}]},
        "valueQuantity": {"unit": unit, "code": unit},
        "referenceRange": [{"low": {"value": low, "unit": unit}, "high": {"value": high, "unit": unit}}],
    }


def _lab(test: dict[str, Any], *, value: float, when: str, subject: dict[str, str]) -> dict[str, Any]:
    return {
        **test,
        "resourceType": "Observation",
        "id": f"{test['code']['text']}-{when[:4]}".replace(" ", "-"),
        "status": "final",
        "subject": subject,
        "effectiveDateTime": when,
        "category": [{"coding": [{"system": CATEGORY, "code": "laboratory"}]}],
        "valueQuantity": {**test["valueQuantity"], "value": value},
    }


def _pressure(*, high: int, low: int, when: str, subject: dict[str, str]) -> dict[str, Any]:
    parts = [
        {
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "valueQuantity": {"value": value, "unit": "mmHg"},
        }
        for code, value in (("8480-6", high), ("8462-4", low))
    ]
    return {
        "resourceType": "Observation",
        "id": f"bp-{when}",
        "status": "final",
        "subject": subject,
        "effectiveDateTime": when,
        "category": [{"coding": [{"system": CATEGORY, "code": "vital-signs"}]}],
        "component": parts,
        "code": {"text": "Blood pressure", "coding": [{"system": "http://loinc.org", "code": "85354-9"}]},
    }


def _condition(code: str, name: str, *, since: str, subject: dict[str, str]) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "subject": subject,
        "onsetDateTime": since,
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "code": {"text": name, "coding": [{"system": "http://snomed.info/sct", "code": code}]},
    }


def cards(patient: str) -> list[dict[str, Any]]:
    subject = {"reference": f"Patient/{patient}"}
    source = {
        "label": "ADA Standards of Care",
        "url": "https://example.org/ada",
        "topic": {"code": "x", "system": "y", "display": "Diabetes"},
    }
    reasons = [
        {"code": "already-known", "system": "s", "display": "Already known or documented elsewhere"},
        {"code": "later", "system": "s", "display": "Will address later"},
    ]
    condition = _condition("44054006", "Type 2 diabetes mellitus", since="2024-04-02", subject=subject)
    diabetes = {
        "uuid": CARD,
        "indicator": "warning",
        "source": source,
        "overrideReasons": reasons,
        "selectionBehavior": "at-most-one",
        "summary": "Type 2 diabetes is likely: two HbA1c results at or above 6.5%; not on the problem list",
        "detail": DETAIL,
        "suggestions": [
            {
                "label": "Add type 2 diabetes to the problem list",
                "uuid": SUGGESTION,
                "isRecommended": True,
                "actions": [{"type": "create", "description": "Adds the condition", "resource": condition}],
            },
            {
                "label": "Order a confirming HbA1c",
                "uuid": str(uuid.uuid4()),
                "actions": [
                    {
                        "type": "create",
                        "description": "Orders the test",
                        "resource": {
                            "resourceType": "ServiceRequest",
                            "status": "draft",
                            "subject": subject,
                            "note": [{"text": "refused"}],
                        },
                    }
                ],
            },
        ],
        "links": [
            {"label": "Full guideline", "url": "https://example.org/g", "type": "absolute"},
            {"label": "Risk app", "url": "https://example.org/launch", "type": "smart"},
        ],
    }
    potassium = {
        "uuid": OTHER_CARD,
        "indicator": "critical",
        "summary": "Potassium 6.1 mmol/L: severe hyperkalemia",
        "overrideReasons": reasons,
        "source": {"label": "Cuecard"},
        "detail": "Repeat the sample now and record an ECG.",
    }
    risk = {
        "uuid": str(uuid.uuid4()),
        "indicator": "info",
        "summary": "10-year cardiovascular risk 17% (PREVENT)",
        "source": {"label": "PREVENT equations"},
        "selectionBehavior": "any",
        "suggestions": [
            {"label": "Discuss a statin", "uuid": str(uuid.uuid4())},
            {"label": "Discuss smoking", "uuid": str(uuid.uuid4())},
        ],
    }
    return [potassium, diabetes, risk]
