"""During acute care a question of prevention is an abstention; what is acute, and other visits, stay."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.cards.summary import summary_card
from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.encounter import map_encounter
from fhir_adapters.record import Encounter, PatientRecord
from models.contract import ClinicalSettings
from models.finding import Assessment
from models.prevention import PREVENTION
from models.registry import load_models
from models.run import assess
from tests.models.risk_scores.charts import prevention
from tests.records import NOW, ago, measurement

SETTINGS = ClinicalSettings()
MODELS_FOLDER = Path(__file__).resolve().parents[2] / "models"
MODELS = load_models().select(("prevent.v1", "potassium.v1", "diabetes.v1"))


def visit(
    setting: Any = "emergency", status: str = "in-progress", days: float = 0.1, **more: Any
) -> Encounter:
    return Encounter(source="Encounter/1", setting=setting, status=status, start=ago(days), **more)


def chart(*encounters: Encounter) -> PatientRecord:
    points = (
        measurement("potassium", 6.2, 0.05),
        measurement("hba1c", 5.9, 90),
        measurement("hba1c", 6.0, 30),
    )
    return prevention(*points, encounters=encounters)


def said(*encounters: Encounter) -> Assessment:
    return assess(chart(*encounters), MODELS, SETTINGS)


def keys(assessment: Assessment) -> set[str]:
    return {finding.key for finding in assessment.findings}


def test_without_a_visit_prevention_is_asked() -> None:
    assert keys(said()) == {"prevent", "prediabetes", "hyperkalaemia"}


@pytest.mark.parametrize("setting", ["emergency", "inpatient"])
@pytest.mark.parametrize("status", ["arrived", "triaged", "in-progress", "onleave"])
def test_in_acute_care_only_what_is_acute_stays(setting: str, status: str) -> None:
    found = said(visit(setting, status))
    assert keys(found) == {"hyperkalaemia"}
    waiting = {each.key: each for each in found.abstentions if each.key in PREVENTION}
    assert set(waiting) == {"prevent", "prediabetes"}
    assert {each.cause for each in waiting.values()} == {"not-indicated"}


@pytest.mark.parametrize("setting", ["ambulatory", "home", "unknown"])
def test_other_visits_change_nothing(setting: str) -> None:
    assert "prevent" in keys(said(visit(setting)))


def test_a_visit_that_ended_changes_nothing() -> None:
    assert "prevent" in keys(said(visit(status="finished", end=ago(0.01))))
    assert "prevent" in keys(said(visit(status="finished")))
    assert "prevent" not in keys(said(visit(status="finished", end=NOW)))


@pytest.mark.parametrize("end", [None, ago(-20)])
def test_a_planned_stay_changes_nothing(end: datetime | None) -> None:
    assert "prevent" in keys(said(visit("inpatient", "planned", days=-14, end=end)))


@pytest.mark.parametrize(("days", "asked"), [(29.9, False), (30.1, True)])
def test_a_visit_that_nobody_ended_is_no_visit_for_ever(days: float, asked: bool) -> None:
    assert ("prevent" in keys(said(visit(days=days)))) is asked


def test_an_emergency_beside_an_ambulatory_visit_counts() -> None:
    assert "prevent" not in keys(said(visit("ambulatory"), visit()))


@pytest.mark.parametrize("code", ["EMER", "IMP", "ACUTE"])
def test_the_classes_of_acute_care_are_read(code: str) -> None:
    resource = {"status": "in-progress", "class": {"code": code}, "period": {"start": ago(0.1).isoformat()}}
    assert "prevent" not in keys(said(map_encounter(resource, "Encounter/1", ChartContext("p", NOW))))


def test_the_summary_says_so() -> None:
    during = chart(visit())
    card = summary_card(assess(during, MODELS, SETTINGS), during, MODELS, SETTINGS, "hook").card
    line = next(line for line in card.detail.splitlines() if "prevention is not raised" in line)
    assert "cardiovascular risk" in line
    assert "prediabetes" in line


def test_every_key_of_prevention_is_one_of_a_model() -> None:
    sources = "".join(
        path.read_text(encoding="utf-8")
        for folder in ("risk_scores", "diagnosis/criteria", "complications")
        for path in (MODELS_FOLDER / folder).glob("*.py")
    )
    assert {key for key in PREVENTION if f'"{key}"' not in sources} == set()
