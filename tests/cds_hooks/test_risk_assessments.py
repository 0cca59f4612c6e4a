"""Scores as FHIR RiskAssessment resources."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fhir.resources.R4B.riskassessment import RiskAssessment

from cds_hooks.risk_assessments import RiskAssessmentError, risk_assessments
from models.contract import ClinicalSettings
from models.registry import load_models
from models.run import results_of
from tests.models.risk_scores.charts import failing_kidneys, prevention, stiff_liver
from tests.records import person, record

SETTINGS = ClinicalSettings()


def _bundle(chart, *names: str):  # type: ignore[no-untyped-def]
    return risk_assessments(chart, results_of(chart, load_models().select(names), SETTINGS))


def test_a_probability_has_its_horizon_and_what_it_rests_on() -> None:
    (entry,) = _bundle(failing_kidneys(), "kfre.v1")["entry"]
    resource = entry["resource"]
    RiskAssessment.model_validate(resource)
    five, two = resource["prediction"]
    assert 0 < two["probabilityDecimal"] < five["probabilityDecimal"] < 1
    assert five["whenRange"]["high"] == {
        "value": 5, "unit": "years", "system": "http://unitsofmeasure.org", "code": "a",
    }  # fmt: skip
    assert {"reference": "Observation/uacr-40"} in resource["basis"]
    assert "not validated at this site" in resource["note"][0]["text"]


def test_a_prediction_says_why_and_the_note_what_if() -> None:
    (entry,) = _bundle(failing_kidneys(), "kfre.v1")["entry"]
    five, two = entry["resource"]["prediction"]
    assert five["rationale"].startswith("From 7.6% (the average patient of the derivation")
    assert "Urine albumin-creatinine ratio: 900 mg/g (2026-04-22) adds" in five["rationale"]
    assert "rationale" not in two
    assert "630 mg/g (30% lower) in place of 900 mg/g gives" in entry["resource"]["note"][1]["text"]


def test_a_missing_input_is_named_with_its_range() -> None:
    (entry,) = _bundle(prevention(), "prevent.v1")["entry"]
    rationale = entry["resource"]["prediction"][0]["rationale"]
    assert "Missing: HbA1c in the last 12 months (4.8 to 6.4% would give " in rationale


def test_a_score_without_probability_is_stated_in_words() -> None:
    (entry,) = _bundle(stiff_liver(), "fib4.v1")["entry"]
    (prediction,) = entry["resource"]["prediction"]
    assert "probabilityDecimal" not in prediction
    assert prediction["qualitativeRisk"]["text"].endswith(", high")


def test_without_results_the_bundle_is_empty_and_legal() -> None:
    assert "entry" not in _bundle(record(), "kfre.v1")
    dead = replace(failing_kidneys(), patient=person(70, deceased=True))
    assert "entry" not in _bundle(dead, "kfre.v1")


def test_a_patient_without_a_legal_id_is_refused_and_not_named() -> None:
    chart = failing_kidneys()
    strange = replace(chart, patient=replace(chart.patient, patient_id="Jane Roe / 1960\n"))
    with pytest.raises(RiskAssessmentError, match="not a FHIR id") as refused:
        _bundle(strange, "kfre.v1")
    assert "Jane" not in str(refused.value)
