"""A learned risk is taken apart from its result alone, as the chart summary asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from models.contract import ClinicalSettings
from models.finding import Evidence
from models.registry import load_models
from models.scoring import ExplainedScore, Gathered, ScoreResult

CALCULATORS = load_models().calculators()
STAY = {
    "age": 71,
    "sex": "female",
    "length_of_stay_days": 6,
    "inpatient_stays_12m": 2,
    "emergency_visits_12m": 1,
    "outpatient_visits_12m": 3,
    "diagnosis_count": 8,
    "diagnosis_groups": ["heart_failure"],
}
HOURS = {"age": 60, "heart_rate": [95, 112], "sbp": [104, 92], "spo2": 93, "lactate": 3.1}


@pytest.mark.parametrize(("key", "inputs"), [("readmission", STAY), ("sepsis", HOURS)])
def test_the_parts_add_up_to_the_risk(key: str, inputs: dict[str, Any]) -> None:
    score = CALCULATORS[key]
    assert isinstance(score, ExplainedScore)
    evidence = {"lactate": Evidence(source="Observation/l", label="Lactate", value="3.1", unit="mmol/L")}
    gathered = Gathered(inputs=inputs, evidence=evidence)
    result = ScoreResult(results=score.calculate(dict(inputs)), gathered=gathered)
    explanation = score.explanation(result, ClinicalSettings())
    estimate = score.estimates(result, ClinicalSettings())[0]
    assert explanation.of == estimate.name
    assert explanation.total == pytest.approx(100 * estimate.value)


def test_a_part_names_the_measurement_it_comes_from() -> None:
    score = CALCULATORS["sepsis"]
    assert isinstance(score, ExplainedScore)
    evidence = {"lactate": Evidence(source="Observation/l", label="Lactate", value="3.1", unit="mmol/L")}
    result = ScoreResult(
        results=score.calculate(dict(HOURS)), gathered=Gathered(inputs=HOURS, evidence=evidence)
    )
    parts = {part.label: part for part in score.explanation(result, ClinicalSettings()).contributions}
    assert (parts["Lactate"].source, parts["Lactate"].value) == ("Observation/l", "3.1 mmol/L")
    assert parts["Lactate"].amount > 0
