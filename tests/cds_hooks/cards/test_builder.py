"""Findings become cards that say what, how sure, on what evidence, and what was not assessed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import orjson
import pytest

from cds_hooks.cards import AlertPolicy, BuiltCard, Decline, build_cards
from cds_hooks.cards.sections import percent
from fhir_adapters.record import SNOMED, Coding, DataQualityNote, PatientRecord
from models.finding import Abstention, Assessment, Citation, Finding
from tests.cds_hooks.cards.factories import (
    HOOK_INSTANCE,
    abstention,
    add_problem,
    ckd,
    diabetes,
    finding,
    hyperkalemia,
    kidney_failure_risk,
    order,
)
from tests.records import NOW, person, record


def built(
    *said: Finding | Abstention, chart: PatientRecord | None = None, **options: Any
) -> tuple[BuiltCard, ...]:
    assessment = Assessment(
        tuple(each for each in said if isinstance(each, Finding)),
        tuple(each for each in said if isinstance(each, Abstention)),
    )
    settings = {"policy": AlertPolicy(), "declined": (), "hook_instance": HOOK_INSTANCE, "now": NOW}
    return build_cards(assessment, chart or record(), **{**settings, **options})


def only(*said: Finding | Abstention, **options: Any) -> BuiltCard:
    (card,) = built(*said, **options)
    return card


def gap(problem: Any, source: str) -> DataQualityNote:
    return DataQualityNote(problem, source, "because")


def test_nothing_to_say_is_no_card() -> None:
    assert built(abstention("missing-input"), abstention("not-indicated"), abstention("out-of-range")) == ()


def test_the_summary_is_the_statement_of_the_finding() -> None:
    assert only(ckd()).card.summary == ckd().statement


def test_findings_of_a_group_make_one_card_that_counts_them() -> None:
    card = only(kidney_failure_risk(), ckd())
    assert card.card.summary == ckd().statement + " (+ 1 related finding)"
    assert card.finding_keys == ("ckd_g3b", "kfre")
    assert [stamp.name for stamp in card.models] == ["kidney.v1", "kfre.v1"]
    assert kidney_failure_risk().statement in card.card.detail


def test_a_long_statement_is_cut_in_the_summary_and_whole_in_the_detail() -> None:
    statement = "word " * 40 + "end"
    card = only(finding(statement=statement), finding(key="other")).card
    assert len(card.summary) <= 139
    assert card.summary.endswith("…")
    assert statement in card.detail


def test_a_finding_without_a_statement_is_named_by_its_topic() -> None:
    assert only(finding(statement="\u200b")).card.summary == "Hyperlipidemia"


def test_a_finding_without_a_coded_topic_gets_its_group_as_topic() -> None:
    topic = only(finding(topic=Coding("", "", ""))).card.source.topic
    assert topic is not None
    assert topic.code == "lipids"


def test_more_than_three_related_findings_are_named_in_a_line() -> None:
    detail = only(*(finding(key=str(n), statement=f"Statement {n}") for n in range(6))).card.detail
    assert "**Also:** Statement 4; Statement 5." in detail


def test_evidence_beyond_the_table_is_still_said() -> None:
    detail = only(kidney_failure_risk(), ckd()).card.detail
    assert "Also used: Urine ACR 88 mg/g 2026-05-03." in detail


def test_what_is_too_long_to_list_is_counted() -> None:
    pieces = tuple(replace(ckd().evidence[0], label=f"Input {n}", value=str(n)) for n in range(20))
    assert "; 4 more." in only(finding(evidence=pieces)).card.detail
    several = [finding(group=str(n), statement=f"Statement {n}") for n in range(9)]
    assert "Statement 6; 2 more." in only(*several, policy=AlertPolicy(max_cards=1)).card.detail


def test_a_tiny_probability_is_not_shown_as_zero() -> None:
    assert "2-year risk of kidney failure &lt;0.1%" in only(kidney_failure_risk()).card.detail


def test_a_chart_as_of_another_day_says_so() -> None:
    said = ckd()
    assert "Assessed as of" not in only(said).card.detail
    assert "**Assessed as of 2026-06-01**" in only(said, now=NOW + timedelta(days=400)).card.detail


def test_suggestions_carry_the_drafts_and_recommend_the_problem_when_the_criterion_is_met() -> None:
    card = only(diabetes()).card
    assert [s.is_recommended for s in card.suggestions] == [True, False]
    assert [s.actions[0].resource["resourceType"] for s in card.suggestions if s.actions[0].resource] == [
        "Condition",
        "ServiceRequest",
    ]
    assert card.selection_behavior == "any"


def test_the_confirming_order_is_recommended_when_the_criterion_is_met_in_part() -> None:
    card = only(replace(diabetes(), confidence="B")).card
    assert [s.is_recommended for s in card.suggestions] == [False, True]


@pytest.mark.parametrize(
    ("coverage", "why"),
    [
        ("partial", "which was read only in part"),
        ("unavailable", "which could not be read"),
        ("not-asked", "which was not read"),
    ],
)
def test_nothing_is_added_to_a_problem_list_that_was_not_read_whole(coverage: Any, why: str) -> None:
    chart = replace(record(), coverage={**record().coverage, "Condition": coverage})
    card = only(ckd(), chart=chart).card
    assert card.summary == ckd().statement
    (suggestion,) = card.suggestions
    assert suggestion.label == "Order urine albumin/creatinine ratio"
    assert not suggestion.is_recommended
    line = f"**Not offered:** adding it to the problem list, {why}; it may stand there already."
    assert line in card.detail
    assert "Not offered" not in only(kidney_failure_risk(), chart=chart).card.detail
    assert "Not offered" not in only(ckd()).card.detail


def test_a_single_suggestion_needs_no_recommendation() -> None:
    assert not only(hyperkalemia()).card.suggestions[0].is_recommended


def test_the_same_proposal_of_two_findings_is_offered_once() -> None:
    assert len(only(ckd(), kidney_failure_risk()).card.suggestions) == 2


def test_a_proposal_that_makes_no_valid_resource_costs_only_itself(caplog: pytest.LogCaptureFixture) -> None:
    good = add_problem("x", Coding(SNOMED, "55822004"))
    card = only(finding(proposals=(order("bad"), good))).card
    assert [s.label for s in card.suggestions] == [good.label]
    assert [r.message for r in caplog.records] == ["proposal left out"]


def test_links_are_https_and_listed_and_each_once() -> None:
    other = finding(key="x", guideline=Citation(label="Elsewhere", url="https://evil.example/"))
    card = only(finding(), finding(key="y"), other).card
    assert [link.url for link in card.links] == ["https://doi.org/10.1161/CIR.0000000000000625"]
    assert "evil.example" not in card.detail


def test_a_repeated_call_has_the_same_uuids_and_another_has_others() -> None:
    said = (diabetes(), ckd())
    assert [orjson.dumps(b.card.to_json()) for b in built(*said)] == [
        orjson.dumps(b.card.to_json()) for b in built(*reversed(said))
    ]
    other = {b.card.uuid for b in built(*said, hook_instance="other")}
    assert not other & {b.card.uuid for b in built(*said)}


def test_what_found_no_room_is_named_on_the_last_card_only() -> None:
    several = [finding(group=str(n), statement=f"Statement {n}") for n in range(5)]
    first, last = built(*several, policy=AlertPolicy(max_cards=2))
    expected = "3 further findings of low urgency are not shown: Statement 2; Statement 3; Statement 4."
    assert last.card.detail.endswith(expected)
    assert "not shown" not in first.card.detail


def test_an_urgent_finding_without_room_is_not_called_low() -> None:
    said = (finding(group="a", urgency="urgent"), finding(group="b", urgency="urgent"))
    assert "1 further finding is not shown:" in only(*said, policy=AlertPolicy(max_cards=1)).card.detail


def test_a_declined_group_makes_no_card() -> None:
    assert built(finding(), declined=(Decline(group="lipids", urgency="routine"),)) == ()


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        ("model-error", "the model failed on this chart"),
        ("out-of-time", "the time for this call was used up"),
        ("data-unavailable", "needed data could not be obtained"),
    ],
)
def test_a_model_that_failed_is_named_beside_the_findings_of_the_others(cause: str, words: str) -> None:
    first, last = built(finding(), diabetes(), abstention(cause))
    assert f"**Not assessed:** cardiovascular risk (PREVENT): {words}." in last.card.detail
    assert "Not assessed" not in first.card.detail


def test_a_failure_without_findings_is_a_card_of_its_own() -> None:
    card = only(abstention("model-error"), abstention("model-error", "site_model.v2"))
    assert card.card.summary == "Chart not fully assessed: cardiovascular risk (PREVENT), site model"
    assert card.card.indicator == "info"
    assert card.finding_keys == ()
    assert "not the same as a normal chart" in card.card.detail


def test_an_ordinary_abstention_is_not_called_a_failure() -> None:
    assert "Not assessed" not in only(finding(), abstention("missing-input")).card.detail


def test_an_unavailable_medication_list_is_said_on_a_card_but_makes_none() -> None:
    chart = record(medications=None)
    assert "**Not available:** medication list." in only(finding(), chart=chart).card.detail
    assert built(chart=chart) == ()


def test_one_of_two_medication_sources_is_enough() -> None:
    chart = record(gaps=(gap("unavailable", "medicationStatements"),))
    assert "Not available" not in only(finding(), chart=chart).card.detail


@pytest.mark.parametrize("problem", ["unavailable", "incomplete"])
def test_missing_results_are_never_an_empty_answer(problem: str) -> None:
    chart = record(gaps=(gap(problem, "observations"),))
    assert only(chart=chart).card.summary == "Chart not fully assessed: results and vital signs"


def test_unreadable_notes_are_counted() -> None:
    chart = record(gaps=(gap("unreadable", "DocumentReference/1"), gap("unavailable", "Binary/2")))
    assert "**Not read:** 2 notes." in only(finding(), chart=chart).card.detail


def test_entries_of_another_patient_are_reported() -> None:
    chart = record(gaps=(gap("wrong-patient", "Observation/1"),))
    assert "**Set aside:** 1 entry of another patient." in only(chart=chart).card.detail


def test_a_deceased_patient_gets_no_card() -> None:
    chart = record(patient=person(deceased=True), gaps=(gap("unavailable", "observations"),))
    assert built(finding(), chart=chart) == ()


def test_the_card_of_a_failure_cannot_be_declined_away() -> None:
    declined = (Decline(group="not-fully-assessed", urgency="emergency"),)
    assert built(abstention("model-error"), declined=declined)


@pytest.mark.parametrize(
    ("probability", "shown"),
    [(0.0, "0.0%"), (0.0004, "<0.1%"), (0.0418, "4.2%"), (0.9996, ">99.9%"), (1.0, "100.0%")],
)
def test_a_probability_is_never_rounded_to_certainty(probability: float, shown: str) -> None:
    assert percent(probability) == shown
