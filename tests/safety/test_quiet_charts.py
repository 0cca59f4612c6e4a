"""Normal results and low scores make no card, whatever the combination."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from cds_hooks.cards import AlertPolicy, build_cards
from cds_hooks.services.chart_review import SERVICE as CHART_REVIEW
from fhir_adapters.record import PatientRecord
from models.contract import ClinicalSettings
from models.registry import load_models
from models.run import assess
from tests.models.risk_scores.charts import coded
from tests.records import NOW, condition, drug, measurement, person, record

SETTINGS = ClinicalSettings()
MODELS = load_models().select(CHART_REVIEW.models)

# Within the reference ranges of both sexes; ALT and AST so that no FIB-4 of these ages is high.
NORMAL = {
    "albumin": (3.8, 4.8), "alt": (14, 24), "ast": (10, 30), "bicarbonate": (23, 28),
    "bilirubin_total": (0.3, 1.0), "bmi": (20, 24.5), "bun": (8, 18), "calcium": (8.9, 10.1),
    "creatinine": (0.65, 0.85), "ferritin": (60, 140),
    "glucose_fasting": (74, 96), "hba1c": (4.9, 5.5), "hdl": (52, 75), "hemoglobin": (13.6, 15.4),
    "inr": (0.9, 1.1), "ldl": (70, 115), "mcv": (84, 94), "phosphate": (2.8, 4.2), "platelets": (180, 330),
    "potassium": (3.8, 4.8), "sodium": (137, 143), "total_cholesterol": (140, 185),
    "triglycerides": (60, 140),
    "tsh": (0.8, 3.5), "uacr": (2, 20), "wbc": (4.5, 9.5),
}  # fmt: skip
VITAL_SIGNS = {
    "dbp": (64, 76), "gcs": (15, 15), "heart_rate": (60, 88), "resp_rate": (12, 18), "sbp": (108, 117),
    "spo2": (96, 99), "temperature": (36.4, 37.4),
}  # fmt: skip
# Known and treated or at no risk: each makes a score be computed, and come out low.
SITUATIONS: tuple[dict[str, Any], ...] = (
    {},
    {"conditions": [condition("I48.91")]},
    {"conditions": [condition("I48.91")], "medications": [drug("apixaban 5 MG tablet")]},
    {"conditions": [condition("J18.9", days=1)]},
    {"conditions": [condition("K74.60")]},
    {"conditions": [condition("C50.911")], "medications": [drug("paclitaxel")]},
)


@st.composite
def quiet_charts(draw: st.DrawFn) -> PatientRecord:
    def points(table: dict[str, tuple[float, float]], days: tuple[float, ...], setting: str) -> list[Any]:
        return [
            measurement(name, round(draw(st.floats(*limits)), 2), each, setting=setting)
            for name, limits in table.items()
            for each in days
        ]

    acute = draw(st.booleans())
    laboratory = points(NORMAL, (200, 20), "ambulatory")
    bedside = points(VITAL_SIGNS, (0.1,) if acute else (90, 20), "inpatient" if acute else "ambulatory")
    return record(
        *laboratory,
        *bedside,
        patient=person(draw(st.integers(30, 58)), "male"),
        coded_observations=(coded("smoking_status", "266919005"),),
        **draw(st.sampled_from(SITUATIONS)),
    )


@settings(max_examples=60, deadline=None)
@given(chart=quiet_charts())
def test_a_chart_of_normal_results_and_low_scores_makes_no_card(chart: PatientRecord) -> None:
    said = assess(chart, MODELS, SETTINGS)
    assert not [each for each in said.abstentions if each.cause == "model-error"]
    cards = build_cards(said, chart, policy=AlertPolicy(), declined=(), hook_instance="x", now=NOW)
    assert [each.card.summary for each in cards] == []
