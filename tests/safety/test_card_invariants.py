"""Whatever models say, the cards keep the specification and the policy."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, get_args
from uuid import UUID

import orjson
from fhir.resources.R4B.condition import Condition
from fhir.resources.R4B.servicerequest import ServiceRequest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cds_hooks.cards import AlertPolicy, BuiltCard, build_cards
from cds_hooks.cards.alert_policy import CRITICAL_KEYS, SHARED_CARDS
from fhir_adapters.record import LOINC, SNOMED, Coding
from models.explanation import Change, Contribution, Explanation, MissingInput, Unit
from models.finding import (
    Abstention,
    AbstentionCause,
    Assessment,
    Citation,
    Estimate,
    Evidence,
    Finding,
    FindingKind,
    ModelStamp,
    Proposal,
    Urgency,
)
from tests.records import NOW, record

GROUPS = ("kidney", "diabetes", "blood-pressure", "lipids", "potassium", "anemia", "liver", "deterioration")
KEYS = ("hyperkalaemia", "aki", "t2dm", "kfre", "news2", "ckd_g3b")

texts = st.text(max_size=220)
stamps = st.builds(
    ModelStamp, name=st.sampled_from(("a.v1", "b.v1")), version=st.just("1"), digest=st.just("x")
)
codings = st.builds(
    Coding, st.sampled_from(("", SNOMED, LOINC)), st.sampled_from(("", "1", "2", " 3")), texts
)
citations = st.builds(
    Citation, label=texts, url=st.one_of(texts, st.just("https://doi.org/10.1000/182"), st.just(""))
)
evidence = st.builds(
    Evidence,
    source=st.one_of(st.sampled_from(("", "Observation/1", "Observation/2#x", "MedicationRequest/3")), texts),
    label=texts,
    value=texts,
    unit=texts,
    at=st.sampled_from((None, NOW)),
    remark=texts,
    quote=texts,
)
estimates = st.builds(
    Estimate, name=texts, value=st.floats(0, 1), unit=st.sampled_from(("probability", "points")), band=texts
)
amounts = st.floats(-80, 80)
contributions = st.builds(
    Contribution,
    source=st.sampled_from(("", "Observation/1")),
    label=texts,
    value=texts,
    at=st.sampled_from((None, NOW)),
    amount=amounts,
)
# Short lists: a clinician is shown three contributions, and every text is drawn anew.
explanations = st.builds(
    Explanation,
    of=st.just("risk"),
    unit=st.sampled_from(get_args(Unit)),
    start=st.floats(0, 100),
    start_words=texts,
    contributions=st.lists(contributions, max_size=4).map(tuple),
    missing=st.lists(
        st.builds(MissingInput, label=texts, low=amounts, high=amounts, within=texts), max_size=1
    ).map(tuple),
    changes=st.lists(
        st.builds(Change, label=texts, value=texts, target=texts, estimate=amounts), max_size=1
    ).map(tuple),
)
proposals = st.builds(
    Proposal,
    kind=st.sampled_from(("add-problem", "order")),
    label=texts,
    codings=st.lists(codings, max_size=3).map(tuple),
    text=texts,
)
findings = st.builds(
    Finding,
    kind=st.sampled_from(get_args(FindingKind)),
    key=st.sampled_from(KEYS),
    group=st.sampled_from(GROUPS),
    statement=texts,
    rationale=texts,
    urgency=st.sampled_from(get_args(Urgency)),
    topic=codings,
    guideline=citations,
    model=stamps,
    confidence=st.sampled_from((None, "A", "B", "C")),
    estimate=st.one_of(st.none(), estimates),
    further_estimates=st.lists(estimates, max_size=2).map(tuple),
    evidence=st.lists(evidence, max_size=8).map(tuple),
    missing=st.lists(texts, max_size=2).map(tuple),
    proposals=st.lists(proposals, max_size=3).map(tuple),
    explanation=st.sampled_from((None, None, 1)).flatmap(lambda some: explanations if some else st.none()),
)
abstentions = st.builds(
    Abstention, key=texts, cause=st.sampled_from(get_args(AbstentionCause)), reason=texts, model=stamps
)
CRITICAL = st.builds(
    lambda f, k: replace(f, key=k, urgency="emergency"), findings, st.sampled_from(("aki", "news2"))
)


def cards_of(
    said: Iterable[Finding], abstained: Iterable[Abstention] = (), max_cards: int = 5
) -> tuple[BuiltCard, ...]:
    return build_cards(
        Assessment(tuple(said), tuple(abstained)),
        record(),
        policy=AlertPolicy(max_cards=max_cards),
        declined=(),
        hook_instance="d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
        now=NOW,
    )


def assert_nothing_null_or_empty(value: Any) -> None:
    assert value is not None
    if isinstance(value, (str, list, dict)):
        assert value
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        assert_nothing_null_or_empty(item)


def assert_card_is_valid(card: dict[str, Any]) -> None:
    assert_nothing_null_or_empty(card)
    UUID(card["uuid"])
    assert 0 < len(card["summary"]) < 140
    assert card["indicator"] in ("info", "warning", "critical")
    assert card["source"]["label"]
    assert card["source"]["topic"]["code"]
    assert card["source"]["topic"]["system"]
    assert ("suggestions" in card) == ("selectionBehavior" in card)
    for reason in card.get("overrideReasons", ()):
        assert reason.keys() == {"code", "system", "display"}
    for link in card.get("links", ()):
        assert link["type"] == "absolute"
        assert link["url"].startswith("https://")
    for suggestion in card.get("suggestions", ()):
        assert_suggestion_is_valid(suggestion)


def assert_suggestion_is_valid(suggestion: dict[str, Any]) -> None:
    UUID(suggestion["uuid"])
    assert suggestion["label"]
    for action in suggestion["actions"]:
        assert action["type"] == "create"
        assert action["description"]
        resource = action["resource"]
        model = {"Condition": Condition, "ServiceRequest": ServiceRequest}[resource["resourceType"]]
        model.model_validate(resource)
        assert resource["subject"] == {"reference": "Patient/p"}


@settings(
    max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(findings, min_size=4, max_size=8), st.lists(abstentions, max_size=2))
def test_a_thousand_generated_findings_make_only_valid_cards(
    said: list[Finding], abstained: list[Abstention]
) -> None:
    built = cards_of(said, abstained, max_cards=4)
    sent = [each.card.to_json() for each in built]
    assert 1 <= len(sent) <= 4
    for card in sent:
        assert_card_is_valid(card)
    uuids = [c["uuid"] for c in sent] + [s["uuid"] for c in sent for s in c.get("suggestions", ())]
    assert len(set(uuids)) == len(uuids)
    orjson.dumps(sent)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(findings, max_size=6), st.randoms(use_true_random=False))
def test_the_order_of_findings_does_not_change_a_byte(said: list[Finding], shuffler: Any) -> None:
    unique = list({(f.group, f.key): f for f in said}.values())
    before = [each.card.to_json() for each in cards_of(unique)]
    shuffler.shuffle(unique)
    assert orjson.dumps(before) == orjson.dumps([each.card.to_json() for each in cards_of(unique)])


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(findings, max_size=8), CRITICAL, CRITICAL)
def test_a_more_urgent_finding_never_removes_a_critical_card(
    said: list[Finding], first: Finding, added: Finding
) -> None:
    several = [replace(f, urgency="routine") for f in said] + [first]
    before = {b.group for b in cards_of(several) if b.card.indicator == "critical"}
    after = {b.group for b in cards_of([*several, added]) if b.card.indicator == "critical"}
    assert before
    assert before <= after


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)
@given(st.lists(findings, min_size=1, max_size=6))
def test_critical_comes_only_from_the_named_list(said: list[Finding]) -> None:
    for built in cards_of(said):
        listed = any(
            SHARED_CARDS.get(f.group, f.group) == built.group
            and f.key in CRITICAL_KEYS
            and f.urgency == "emergency"
            for f in said
        )
        assert (built.card.indicator == "critical") == listed
