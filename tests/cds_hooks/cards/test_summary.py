"""The chart summary: everything on one card, and nothing on it that is not so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cds_hooks.cards.summary import summary_card
from cds_hooks.protocol.card import Card
from cds_hooks.services.chart_review import SERVICE as CHART_REVIEW
from cds_hooks.services.chart_summary import SERVICE
from fhir_adapters.record import PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention, Assessment, ModelStamp
from models.registry import load_models
from models.run import assess
from models.scoring import ReportingScore
from tests.cds_hooks.cards.factories import HOOK_INSTANCE, finding
from tests.models.risk_scores.charts import bedside, failing_kidneys, fibrillating, prevention, stiff_liver
from tests.records import condition, drug, measurement, person, record

SETTINGS = ClinicalSettings()


@pytest.fixture(scope="module")
def models() -> tuple[ClinicalModel, ...]:
    return load_models().select(SERVICE.models)


def _card(chart: PatientRecord, models: tuple[ClinicalModel, ...]) -> Card:
    return summary_card(assess(chart, models, SETTINGS), chart, models, SETTINGS, HOOK_INSTANCE).card


def test_the_summary_asks_every_model_of_the_review_and_every_score_once() -> None:
    registry = load_models()
    scores = {name for name in registry.names() if isinstance(registry.get(name), ReportingScore)}
    assert set(CHART_REVIEW.models) | scores <= set(SERVICE.models)
    assert len(set(SERVICE.models)) == len(SERVICE.models)


def test_findings_scores_and_reasons_stand_in_this_order(models: tuple[ClinicalModel, ...]) -> None:
    card = _card(failing_kidneys(), models)
    places = [card.detail.index(f"**{title}**") for title in ("Findings", "Scores", "Not computed")]
    assert places == sorted(places)
    assert "| eGFR on the KDIGO grid (kdigo\\_grid.v1) | 20" in card.detail
    assert "(G4 A3, very high risk) |" in card.detail
    assert card.indicator == "info"
    assert not card.suggestions


def test_a_score_is_listed_although_it_is_worth_no_card(models: tuple[ClinicalModel, ...]) -> None:
    drugs = [drug("atorvastatin"), drug("lisinopril")]
    treated = prevention(medications=drugs, conditions=[condition("E78.5")])
    card = _card(treated, models)
    assert "10-year risk of cardiovascular disease" in card.detail
    assert card.summary.startswith("Chart summary: 0 findings")
    assert "**Findings:** none." in card.detail


def test_the_day_of_the_newest_value_stands_beside_a_score(models: tuple[ClinicalModel, ...]) -> None:
    (row,) = [
        line
        for line in _card(stiff_liver(), models).detail.splitlines()
        if "FIB-4 index" in line and "|" in line
    ]
    assert row == "| FIB-4 index (fib4.v1) | 6.34 (high) | 2026-05-12 |"


def test_what_counts_most_in_a_score_is_one_line(models: tuple[ClinicalModel, ...]) -> None:
    (line,) = [each for each in _card(stiff_liver(), models).detail.splitlines() if "- FIB-4 index (" in each]
    assert line == (
        "- FIB-4 index (fib4.v1): from 1.20 (a person of this age with AST and ALT of 25 U/L and platelets "
        "of 250): AST: 90 U/L (2026-05-12) adds 4.0; Platelets: 110 ×10³/µL (2026-05-12) adds 2.5; "
        "ALT: 60 U/L (2026-05-12) takes off 1.4"
    )


def test_one_reason_is_stated_once_for_all_that_it_holds_for(models: tuple[ClinicalModel, ...]) -> None:
    detail = _card(record(), models).detail
    assert "- early warning of sepsis, qSOFA, SIRS, SOFA: not in hospital or emergency care" in detail


def test_of_somebody_who_has_died_nothing_is_computed(models: tuple[ClinicalModel, ...]) -> None:
    card = _card(replace(failing_kidneys(), patient=person(70, deceased=True)), models)
    assert "The patient has died" in card.detail
    assert "**Scores**" not in card.detail


def test_text_of_a_chart_or_a_plug_in_is_shown_and_not_obeyed() -> None:
    stamp = ModelStamp(name="x.v1", version="1", digest="0")
    hostile = "<script>alert(1)</script> [click](https://evil.example)"
    said = Assessment(
        (finding(statement=hostile),),
        (Abstention(key="x", cause="missing-input", reason=hostile, model=stamp),),
    )
    detail = summary_card(said, record(), (), SETTINGS, HOOK_INSTANCE).card.detail
    assert "<script" not in detail
    assert "](https://evil" not in detail


def test_every_score_that_a_chart_allows_gives_numbers_with_names(models: tuple[ClinicalModel, ...]) -> None:
    charts = (
        failing_kidneys(), prevention(), stiff_liver(), fibrillating("I10"), bedside(),
        record(conditions=[condition("E11.9")]),
    )  # fmt: skip
    named = set()
    for chart in charts:
        for model in models:
            if not isinstance(model, ReportingScore):
                continue
            result = model.compute(chart, SETTINGS)  # type: ignore[attr-defined]
            if isinstance(result, Abstention):
                continue
            estimates = model.estimates(result, SETTINGS)
            assert estimates
            assert all(each.name and each.unit for each in estimates)
            named.add(model.calculator_name)
    assert {"prevent", "kfre", "ckdepi", "fib4", "cha2ds2_vasc", "news2", "charlson", "kdigo_grid"} <= named


def test_a_finding_too_common_for_a_card_stands_in_the_summary(models: tuple[ClinicalModel, ...]) -> None:
    heavy = record(*(measurement("bmi", 32, days) for days in (90, 5)))
    assert "Obesity class 1" in _card(heavy, models).detail
