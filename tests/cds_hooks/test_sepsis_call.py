"""A call about somebody in intensive care who gets worse: one card with NEWS2 and the learned warning."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cds_hooks.services.registry import BoundService, HookService
from models.complications.sepsis import Sepsis
from models.risk_scores.news2 import News2
from tests.cds_hooks.platforms import browser, call_body, platform

SERVICE = HookService(
    id="chart-review",
    hook="patient-view",
    title="Chart review",
    description="Reads.",
    models=("news2.v1", "sepsis.v3"),
)
# LOINC code, UCUM unit, values a few hours apart, oldest first.
COURSE = {
    "8867-4": ("/min", (84, 96, 118, 131)),
    "9279-1": ("/min", (16, 20, 26, 32)),
    "8480-6": ("mm[Hg]", (128, 110, 96, 86)),
    "8462-4": ("mm[Hg]", (70, 60, 50, 44)),
    "2708-6": ("%", (97, 95, 92, 89)),
    "8310-5": ("[degF]", (98.6, 100.4, 102.2, 103.1)),
    "2524-7": ("mg/dL", (12, 18, 36, 45)),
    "14682-9": ("umol/L", (80, 95, 140, 190)),
    "6690-2": ("10*3/uL", (9, 12, 18, 22)),
}


def _bundle(*resources: dict[str, Any]) -> dict[str, Any]:
    return {
        "resourceType": "Bundle",
        "type": "searchset",
        "entry": [{"resource": resource} for resource in resources],
    }


def _observation(code: str, unit: str, value: float, at: datetime) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{code}-{at:%d%H%M}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "effectiveDateTime": at.isoformat(),
        "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": unit, "unit": unit},
    }


def _prefetch(*conditions: dict[str, Any]) -> dict[str, Any]:
    now = datetime.now(UTC).replace(microsecond=0)
    stay = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "in-progress",
        "class": {"code": "IMP"},
        "type": [{"coding": [{"system": "http://snomed.info/sct", "code": "305351004"}]}],
        "subject": {"reference": "Patient/p1"},
        "period": {"start": (now - timedelta(hours=40)).isoformat()},
    }
    observations = [
        _observation(code, unit, value, now - timedelta(minutes=10 + 240 * (len(values) - 1 - number)))
        for code, (unit, values) in COURSE.items()
        for number, value in enumerate(values)
    ]
    return {
        "patient": {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1958-03-02"},
        "conditions": _bundle(*conditions),
        "encounters": _bundle(stay),
        "observations": _bundle(*observations),
        "notes": _bundle(),
    }


def _cards(folder: Path, *conditions: dict[str, Any]) -> list[dict[str, Any]]:
    client = browser(platform(folder, BoundService(SERVICE, (News2(), Sepsis()))))
    answer = client.post("/cds-services/chart-review", json=call_body(prefetch=_prefetch(*conditions)))
    assert answer.status_code == 200
    assert answer.json is not None
    cards: list[dict[str, Any]] = answer.json["cards"]
    return cards


def test_the_warning_joins_the_card_of_deterioration(tmp_path: Path) -> None:
    (card,) = _cards(tmp_path)
    assert card["indicator"] == "critical"  # by NEWS2; a learned risk alone never is
    assert "NEWS2" in card["summary"]
    assert "Sepsis early warning: risk" in card["detail"]
    assert "learned from intensive care stays of two US hospital systems" in card["detail"]


def test_a_documented_sepsis_silences_the_warning_but_not_news2(tmp_path: Path) -> None:
    sepsis = {
        "resourceType": "Condition",
        "id": "c1",
        "clinicalStatus": {"coding": [{"code": "active"}]},
        "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "A41.9"}]},
        "subject": {"reference": "Patient/p1"},
        "recordedDate": datetime.now(UTC).date().isoformat(),
    }
    (card,) = _cards(tmp_path, sepsis)
    assert "NEWS2" in card["summary"]
    assert "early warning" not in card["detail"]
