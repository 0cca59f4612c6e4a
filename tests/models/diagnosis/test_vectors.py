"""The published cases of criteria, built into records."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.record import Measurement, Note, PatientRecord
from models.diagnosis.kdigo import aki_stage
from tests.models.diagnosis.helpers import keys
from tests.records import NOW, ago, condition, drug, measurement, person, record

VECTORS = Path(__file__).resolve().parents[3].parent / "shared" / "clinical" / "vectors"
pytestmark = pytest.mark.data
OURS = {
    "t2dm", "prediabetes", "hypothyroidism", "subclinical_hypothyroidism", "hyperkalaemia", "hypokalaemia",
    "familial_hypercholesterolaemia", "hyperlipidaemia", "ckd_g3a", "ckd_g3b", "ckd_g4", "ckd_g5",
    "ckd_g1_albuminuria", "ckd_g2_albuminuria", "albuminuria", "aki", "hypertension", "hypertension_stage1",
    "anaemia_unspecified", "iron_deficiency_anaemia", "iron_deficiency", "hyponatraemia", "hypercalcaemia",
    "osteoporosis", "osteopenia", "gestational_diabetes", "atrial_fibrillation",
}  # fmt: skip
_SETTINGS = {"EMER": "emergency", "IMP": "inpatient", "ACUTE": "inpatient", "AMB": "ambulatory"}


def _cases(stem: str) -> list[Any]:
    path = VECTORS / f"{stem}.json"
    if not path.exists():
        return [pytest.param(None, marks=pytest.mark.skip(reason="no shared vectors beside the checkout"))]
    cases = json.loads(path.read_text(encoding="utf-8"))["cases"]
    return [pytest.param(case, id=case["id"]) for case in cases]


def chart_of(inputs: dict[str, Any]) -> PatientRecord:
    """A record of one case of dx_rules."""
    points = [
        measurement(
            obs["analyte"],
            obs["value"],
            obs["days_ago"],
            setting=_SETTINGS.get(obs.get("setting", ""), "unknown"),
        )
        for obs in inputs["observations"]
    ]
    conditions = [condition(code) for code in inputs["conditions"]]
    if inputs.get("pregnant"):
        conditions.append(condition("77386006"))
    notes = ()
    if "note" in inputs:
        notes = (Note(source="DocumentReference/n", text=inputs["note"], at=ago(1)),)
    return record(
        *points,
        patient=person(inputs["age"], inputs["sex"]),
        conditions=conditions,
        medications=[drug(name) for name in inputs["medications"]],
        notes=notes,
    )


@pytest.mark.parametrize("case", _cases("dx_rules"))
def test_a_published_case_fires_what_it_should_and_nothing_it_should_not(case: dict[str, Any]) -> None:
    found = keys(chart_of(case["inputs"]))
    assert set(case["expected"]["fires"]) & OURS <= found
    assert not found & set(case["expected"]["must_not_fire"])


@pytest.mark.parametrize("case", _cases("dx_rules"))
def test_a_published_case_fires_nothing_beside_what_it_names(case: dict[str, Any]) -> None:
    # A glucose of 600 mg/dL rightly asks for an HbA1c, and an albumin of 2.2 g/dL for its cause.
    beside = {"hyponatraemia corrected away": {"t2dm"}, "corrected calcium": {"hypoalbuminaemia"}}.get(
        case["label"], set()
    )
    assert keys(chart_of(case["inputs"])) - beside <= set(case["expected"]["fires"])


@pytest.mark.parametrize("case", _cases("aki_kdigo"))
def test_a_published_case_of_acute_kidney_injury_has_its_stage(case: dict[str, Any]) -> None:
    inputs = case["inputs"]
    points = tuple(
        Measurement(
            source=f"Observation/{index}",
            analyte="creatinine",
            value=point["mg_dl"],
            unit="mg/dL",
            at=NOW + timedelta(hours=point["hours"]),
        )
        for index, point in enumerate(inputs["creatinine_series"])
    )
    judged = aki_stage(points, points[-1])
    assert judged.stage == case["expected"]["kdigo_stage"]
    if judged.stage and judged.baseline is not None:
        assert judged.baseline.value == inputs["reference_creatinine_mg_dl"]
