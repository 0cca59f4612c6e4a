"""One person's chart as servers of five versions send it, each in its own shape."""

from __future__ import annotations

import base64
from typing import Any

Json = dict[str, Any]
PID = "p1"
WHO = {"reference": f"Patient/{PID}"}
VISIT = {"reference": "Encounter/e1"}
NOTE = base64.b64encode(b"PLAN: rest").decode()
WHEN = "2026-05-01T08:00:00Z"


def coded(code: str, system: str = "http://snomed.info/sct", text: str = "") -> Json:
    return {"coding": [{"system": system, "code": code}], "text": text or code}


def bare(code: str) -> Json:
    return {"coding": [{"code": code}]}


LOINC = "http://loinc.org"
RXNORM = "http://www.nlm.nih.gov/research/umls/rxnorm"
METFORMIN = coded("860975", RXNORM, "metformin 500 MG")
FILE = [{"attachment": {"contentType": "text/plain", "data": NOTE, "title": "Visit"}}]
VALUE = {"value": 1.4, "unit": "mg/dL", "system": "http://unitsofmeasure.org", "code": "mg/dL"}


def _of(kind: str, identity: str, **more: Any) -> Json:
    return {"resourceType": kind, "id": identity, **more}


def _shared(family: Any, who: str) -> list[Json]:
    return [
        _of(
            "Patient", PID, gender="female", birthDate="1960-02-29", name=[{"family": family, "given": ["A"]}]
        ),
        _of(
            "FamilyMemberHistory",
            "f1",
            status="completed",
            patient=WHO,
            relationship=bare("MTH"),
            condition=[{"code": coded("73211009"), "onsetAge": {"value": 50, "code": "a"}}],
        ),
    ]


def r4() -> list[Json]:
    return [
        *_shared("Canary", "subject"),
        _of(
            "Condition",
            "c1",
            subject=WHO,
            code=coded("44054006"),
            clinicalStatus=bare("active"),
            verificationStatus=bare("confirmed"),
            category=[bare("problem-list-item")],
            recordedDate="2020-01-02",
            encounter=VISIT,
        ),
        _of(
            "MedicationRequest",
            "m1",
            subject=WHO,
            status="active",
            intent="order",
            medicationCodeableConcept=METFORMIN,
            authoredOn="2021-03-04",
            encounter=VISIT,
        ),
        _of(
            "MedicationStatement",
            "s1",
            subject=WHO,
            status="active",
            medicationCodeableConcept=coded("1191", RXNORM),
            effectiveDateTime="2022-01-01",
        ),
        _of(
            "MedicationStatement",
            "s2",
            subject=WHO,
            status="not-taken",
            medicationCodeableConcept=coded("11289", RXNORM),
        ),
        _of(
            "AllergyIntolerance",
            "a1",
            patient=WHO,
            type="allergy",
            code=coded("91936005"),
            clinicalStatus=bare("active"),
            verificationStatus=bare("confirmed"),
            criticality="high",
            recordedDate="2019-01-01",
        ),
        _of(
            "Procedure",
            "x1",
            subject=WHO,
            status="completed",
            code=coded("80146002"),
            performedDateTime="2018-06-01",
        ),
        _of("Procedure", "x2", subject=WHO, status="not-done", code=coded("18286008")),
        _of(
            "Encounter",
            "e1",
            subject=WHO,
            status="finished",
            **{"class": {"code": "IMP"}},
            period={"start": "2026-04-30", "end": "2026-05-02"},
        ),
        _of(
            "Observation",
            "o1",
            subject=WHO,
            status="final",
            code=coded("2160-0", LOINC),
            effectiveDateTime=WHEN,
            valueQuantity=VALUE,
            encounter=VISIT,
            interpretation=[bare("H")],
            note=[{"text": "hemolyzed specimen"}],
        ),
        _of(
            "DocumentReference",
            "d1",
            subject=WHO,
            status="current",
            docStatus="final",
            type=coded("11506-3", LOINC, "Progress note"),
            date=WHEN,
            content=FILE,
            context={"encounter": [VISIT]},
        ),
        _of(
            "DiagnosticReport",
            "r1",
            subject=WHO,
            status="final",
            code=coded("24627-2", LOINC, "CT chest"),
            effectiveDateTime=WHEN,
            performer=[{"display": "Dr. Example"}],
            conclusion="No pneumonia.",
            encounter=VISIT,
        ),
    ]


def _replaced(chart: list[Json], changes: dict[str, Json], *, without: dict[str, set[str]]) -> list[Json]:
    out = []
    for resource in chart:
        identity = resource["id"]
        kept = {k: v for k, v in resource.items() if k not in without.get(identity, set())}
        out.append({**kept, **changes.get(identity, {})})
    return out


def r5() -> list[Json]:
    return _replaced(
        r4(),
        {
            "c1": {"participant": [{"actor": {"display": "Dr. Example"}}]},
            "m1": {"medication": {"concept": METFORMIN}},
            "s1": {"status": "recorded", "medication": {"concept": coded("1191", RXNORM)}},
            "s2": {
                "status": "recorded",
                "medication": {"concept": coded("11289", RXNORM)},
                "adherence": {"code": bare("not-taking")},
            },
            "a1": {"type": bare("allergy"), "participant": []},
            "x1": {"occurrenceDateTime": "2018-06-01"},
            "e1": {
                "class": [bare("IMP")],
                "status": "completed",
                "actualPeriod": {"start": "2026-04-30", "end": "2026-05-02"},
            },
            "d1": {"context": [VISIT]},
        },
        without={
            "m1": {"medicationCodeableConcept"},
            "s1": {"medicationCodeableConcept"},
            "s2": {"medicationCodeableConcept"},
            "x1": {"performedDateTime"},
            "e1": {"period"},
        },
    )


def stu3() -> list[Json]:
    return _replaced(
        r4(),
        {
            "c1": {
                "clinicalStatus": "active",
                "verificationStatus": "confirmed",
                "assertedDate": "2020-01-02",
                "context": VISIT,
            },
            "m1": {"context": VISIT},
            "s1": {"taken": "y"},
            "s2": {"status": "active", "taken": "n"},
            "a1": {
                "clinicalStatus": "active",
                "verificationStatus": "confirmed",
                "assertedDate": "2019-01-01",
            },
            "x2": {"status": "suspended", "notDone": True},
            "o1": {"context": VISIT, "interpretation": bare("H"), "comment": "hemolyzed specimen"},
            "d1": {"indexed": WHEN, "context": {"encounter": VISIT}},
            "r1": {"context": VISIT, "performer": [{"actor": {"display": "Dr. Example"}}]},
        },
        without={
            "c1": {"recordedDate", "encounter"},
            "m1": {"encounter"},
            "a1": {"recordedDate"},
            "o1": {"encounter", "note"},
            "d1": {"date"},
            "r1": {"encounter"},
        },
    )


def dstu2() -> list[Json]:
    return _replaced(
        r4(),
        {
            PID: {"name": [{"family": ["Canary"], "given": ["A"]}]},
            "c1": {
                "patient": WHO,
                "clinicalStatus": "active",
                "verificationStatus": "confirmed",
                "category": bare("problem"),
                "dateRecorded": "2020-01-02",
            },
            "m1": {"resourceType": "MedicationOrder", "patient": WHO, "dateWritten": "2021-03-04"},
            "s1": {"patient": WHO, "wasNotTaken": False},
            "s2": {"patient": WHO, "status": "completed", "wasNotTaken": True},
            "a1": {"substance": coded("91936005"), "status": "active", "criticality": "CRITH"},
            "x2": {"status": "completed", "notPerformed": True},
            "e1": {"patient": WHO, "class": "inpatient"},
            "f1": {"condition": [{"code": coded("73211009"), "onsetQuantity": {"value": 50, "code": "a"}}]},
            "o1": {"interpretation": bare("H"), "comments": "hemolyzed specimen"},
            "d1": {"docStatus": bare("final"), "indexed": WHEN, "context": {"encounter": VISIT}},
            "r1": {"performer": {"display": "Dr. Example"}},
        },
        without={
            "c1": {"subject", "recordedDate"},
            "m1": {"subject", "authoredOn", "intent"},
            "s1": {"subject"},
            "s2": {"subject"},
            "a1": {"code", "clinicalStatus", "verificationStatus"},
            "e1": {"subject"},
            "o1": {"note"},
            "d1": {"date"},
        },
    )
