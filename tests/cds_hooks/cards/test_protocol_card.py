"""An invalid card can't be built, and nothing null or empty is sent."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from cds_hooks.protocol.card import Action, Card, CardError, Link, OverrideReason, Source, Suggestion
from fhir_adapters.record import SNOMED, Coding

PATIENT = {"resourceType": "Patient", "id": "1"}


def card(**changes: Any) -> Card:
    values: dict[str, Any] = {
        "uuid": str(uuid4()),
        "summary": "Something",
        "indicator": "info",
        "source": Source(label="Cuecard"),
    }
    return Card(**{**values, **changes})


def suggestion(**changes: Any) -> Suggestion:
    return Suggestion(**{"label": "Do it", "uuid": str(uuid4()), **changes})


def test_a_minimal_card_has_only_what_it_was_given() -> None:
    made = card()
    assert made.to_json() == {
        "uuid": made.uuid,
        "summary": "Something",
        "indicator": "info",
        "source": {"label": "Cuecard"},
    }


@pytest.mark.parametrize(
    "changes",
    [
        {"summary": "x" * 140},
        {"summary": "𝒳" * 70},  # 140 as JavaScript counts
        {"summary": " "},
        {"uuid": ""},
        {"uuid": "not-a-uuid"},
        {"uuid": "{" + str(uuid4()) + "}"},
        {"indicator": "hard-stop"},
        {"selection_behavior": "any"},
        {"suggestions": (suggestion(),)},
        {"suggestions": (suggestion(),), "selection_behavior": "all"},
        {
            "suggestions": (suggestion(is_recommended=True), suggestion(is_recommended=True)),
            "selection_behavior": "at-most-one",
        },
        {"suggestions": (suggestion(uuid=str(uuid4())),) * 2, "selection_behavior": "any"},
    ],
)
def test_a_card_that_breaks_the_specification_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CardError):
        card(**changes)


def test_a_summary_of_139_characters_is_allowed() -> None:
    assert len(card(summary="x" * 139).summary) == 139


def test_several_recommendations_are_allowed_when_any_may_be_chosen() -> None:
    both = (suggestion(is_recommended=True), suggestion(is_recommended=True))
    assert len(card(suggestions=both, selection_behavior="any").suggestions) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"type": "create"},
        {"type": "CREATE", "resource": PATIENT},
        {"type": "create", "resource": {"id": "1"}},
        {"type": "update", "resource": PATIENT, "resource_id": "Patient/1"},
        {"type": "delete", "resource": PATIENT},
        {"type": "delete", "resource_id": "1"},
        {"type": "create", "resource": PATIENT, "description": ""},
    ],
)
def test_an_action_that_breaks_the_specification_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(CardError):
        Action(**{"description": "does it", **changes})


def test_a_deletion_names_its_resource() -> None:
    made = Action(type="delete", description="removes it", resource_id="ServiceRequest/1")
    assert made.to_json() == {
        "type": "delete",
        "description": "removes it",
        "resourceId": "ServiceRequest/1",
    }


def test_nulls_and_empties_inside_a_resource_are_not_sent_but_false_and_zero_are() -> None:
    resource = {**PATIENT, "active": False, "name": [{"given": [""], "family": None}], "n": 0, "x": {"y": []}}
    sent = Action(type="create", description="adds it", resource=resource).to_json()["resource"]
    assert sent == {**PATIENT, "active": False, "n": 0}


@pytest.mark.parametrize(
    "url", ["", "guideline", "//host/path", "javascript:alert(1)", "https://", "http://["]
)
def test_a_link_needs_an_absolute_address(url: str) -> None:
    with pytest.raises(CardError):
        Link(label="Guideline", url=url)


def test_app_context_is_only_for_smart_links() -> None:
    with pytest.raises(CardError):
        Link(label="App", url="https://app.example/launch", app_context="{}")
    made = Link(label="App", url="https://app.example/launch", type="smart", app_context="{}")
    assert made.to_json()["appContext"] == "{}"


@pytest.mark.parametrize("missing", ["system", "code", "display"])
def test_an_override_reason_needs_system_code_and_display(missing: str) -> None:
    with pytest.raises(CardError):
        OverrideReason(**{"system": "urn:x", "code": "c", "display": "d", missing: ""})


def test_a_topic_needs_code_and_system() -> None:
    with pytest.raises(CardError):
        Source(label="Cuecard", topic=Coding("", "1", "x"))
    made = Source(label="Cuecard", topic=Coding(SNOMED, "1"))
    assert made.to_json()["topic"] == {"code": "1", "system": SNOMED}


def test_the_error_holds_no_content() -> None:
    with pytest.raises(CardError) as refused:
        card(summary="Jane Doe " * 20)
    assert "Jane" not in str(refused.value)
