"""The cards of the sample patients: few, short, and every number on them taken apart."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, datetime

import orjson
import pytest

from cds_hooks.cards import AlertPolicy, BuiltCard, build_cards
from cds_hooks.chart_files import chart_of
from cds_hooks.platform import service_registry
from cds_hooks.settings import Settings
from fhir_adapters.embedded import sample_bundles
from fhir_adapters.record import Coverage, PatientRecord
from models.finding import Finding
from models.run import assess
from tests.models.risk_scores.charts import failing_kidneys, prevention
from tests.records import measurement, person

SETTINGS = Settings()
MEAN_CARDS, MOST_CARDS = 1.5, 5
# Characters of the card of somebody in hospital who deteriorates: four findings; most are a third as long.
LONGEST_DETAIL = 3200
_NOT_LISTED = re.compile(
    r"on the problem list|not recorded(?! in the last)|undocumented|without a recorded|diagnosis is recorded"
)


def _answer(chart: PatientRecord) -> tuple[tuple[Finding, ...], tuple[BuiltCard, ...]]:
    service = service_registry(SETTINGS).hooks_of("chart-review")["patient-view"]
    said = assess(chart, service.models, SETTINGS.for_models())
    cards = build_cards(said, chart, policy=AlertPolicy(), declined=(), hook_instance="x", now=chart.as_of)
    return said.findings, cards


@pytest.fixture(scope="module")
def answers() -> list[tuple[tuple[Finding, ...], tuple[BuiltCard, ...]]]:
    needs = service_registry(SETTINGS).hooks_of("chart-review")["patient-view"].needs
    bundles = [orjson.dumps(bundle) for bundle in sample_bundles(datetime.now(UTC))]
    return [_answer(chart_of(text, needs, patient_id="", as_of="now").record) for text in bundles]


def test_cards_are_few_and_short(answers: list[tuple[tuple[Finding, ...], tuple[BuiltCard, ...]]]) -> None:
    numbers = [len(cards) for _, cards in answers]
    assert len(numbers) >= 20
    assert 0 < sum(numbers) / len(numbers) <= MEAN_CARDS
    assert max(numbers) <= MOST_CARDS
    details = [built.card.detail for _, cards in answers for built in cards]
    assert max(map(len, details)) <= LONGEST_DETAIL


def test_every_number_of_a_finding_is_taken_apart(
    answers: list[tuple[tuple[Finding, ...], tuple[BuiltCard, ...]]],
) -> None:
    scored = [found for findings, _ in answers for found in findings if found.estimate]
    assert {"prevent", "kfre", "fib4", "stroke_af", "news2", "curb65"} <= {found.key for found in scored}
    for found in scored:
        assert found.estimate is not None
        assert found.explanation is not None, found.key
        scale = 100 if found.estimate.unit == "probability" else 1
        assert found.explanation.total == pytest.approx(scale * found.estimate.value)


def test_one_clinical_question_is_one_card() -> None:
    _, (kidney,) = _answer(failing_kidneys())
    assert (kidney.group, set(kidney.finding_keys)) == ("kidney", {"ckd_g4", "kfre"})
    ldl = [measurement("ldl", 212, days) for days in (90, 20)]
    _, cards = _answer(prevention(*ldl, patient=person(60, "male")))
    (shared,) = [built for built in cards if built.group == "cardiovascular-risk"]
    assert {"prevent"} < set(shared.finding_keys)
    assert not [built for built in cards if built.group == "lipids"]


def test_what_is_asked_of_glucose_is_one_question() -> None:
    chart = prevention(
        *(measurement("hba1c", 8.1, days) for days in (100, 10)),
        measurement("glucose", 48, 1),
        patient=person(50, "male"),
    )
    findings, _ = _answer(chart)
    groups = {found.key: found.group for found in findings}
    assert groups["t2dm"] == groups["hypoglycaemia"] == "diabetes"


def _claims(charts: list[PatientRecord], coverage: Coverage) -> list[str]:
    """Each text of a finding that says that something is not on the problem list, from there on."""
    service = service_registry(SETTINGS).hooks_of("chart-summary")["patient-view"]
    texts = []
    for chart in charts:
        known = replace(chart, coverage={**chart.coverage, "Condition": coverage})
        for found in assess(known, service.models, SETTINGS.for_models()).findings:
            texts += [found.statement, found.rationale, *(piece.remark for piece in found.evidence)]
    return [text[match.start() :] for text in texts if (match := _NOT_LISTED.search(text))]


def test_what_is_not_on_a_list_that_was_read_in_part_is_said_with_that() -> None:
    needs = service_registry(SETTINGS).hooks_of("chart-summary")["patient-view"].needs
    bundles = [orjson.dumps(bundle) for bundle in sample_bundles(datetime.now(UTC))]
    charts = [chart_of(text, needs, patient_id="", as_of="now").record for text in bundles]
    bare = [replace(chart, conditions=()) for chart in charts]
    assert len(_claims(bare, "complete")) > len(charts)
    assert not [said for said in _claims(bare, "complete") if "read in part" in said]
    assert not [said for said in _claims(bare, "partial") if "read in part)" not in said]
