from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient

from tests.cds_hooks.platforms import call_body
from tests.contract.test_call import outcome

URL = "/cds-services/chart-review"
AT = "2026-01-02T03:04:05Z"
REASON = {"code": "known", "system": "https://example.org/reasons", "display": "Known"}


@pytest.fixture
def card(client: FlaskClient) -> dict[str, Any]:
    """A card that was given."""
    return dict(client.post(URL, json=call_body()).json["cards"][0])


def entry(given: dict[str, Any], /, **changes: Any) -> dict[str, Any]:
    said = {"card": given["uuid"], "outcome": "overridden", "outcomeTimestamp": AT} | changes
    return {name: value for name, value in said.items() if value is not None}


def send(client: FlaskClient, *entries: Any) -> Any:
    return client.post(f"{URL}/feedback", json={"feedback": list(entries)})


def test_feedback_is_acknowledged_with_an_empty_200(client: FlaskClient, card: dict[str, Any]) -> None:
    answer = send(client, entry(card))
    assert (answer.status_code, answer.data) == (200, b"")
    assert "Content-Type" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "changes",
    [
        {"overrideReason": {"reason": REASON}},
        {"overrideReason": {"reason": {"code": "known", "system": "urn:x"}}},
        {"overrideReason": {"userComment": "Seen on Monday"}},
        {"overrideReason": {"reason": REASON, "userComment": ""}},
        {"overrideReason": REASON},
        {"outcomeTimestamp": "2026-01-02T03:04:05.678+02:00"},
        {"extension": {"x": 1}, "unknown": []},
    ],
)
def test_every_shape_of_an_override_is_read(
    client: FlaskClient, card: dict[str, Any], changes: dict[str, Any]
) -> None:
    assert send(client, entry(card, **changes)).status_code == 200


@pytest.mark.parametrize("wrap", [lambda uuid: {"id": uuid}, lambda uuid: uuid])
def test_accepted_suggestions_are_read_as_objects_and_as_strings(
    client: FlaskClient, card: dict[str, Any], wrap: Any
) -> None:
    uuid = card["suggestions"][0]["uuid"]
    accepted = entry(card, outcome="accepted", acceptedSuggestions=[wrap(uuid)])
    assert send(client, accepted).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"card": None}, "card"),
        ({"card": "x"}, "card"),
        ({"outcome": None}, "outcome"),
        ({"outcome": "ignored"}, "outcome"),
        ({"outcome": "accepted"}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": []}, "acceptedSuggestions"),
        ({"outcome": "accepted", "acceptedSuggestions": [{}]}, "acceptedSuggestions[0].id"),
        ({"outcome": "accepted", "acceptedSuggestions": [3]}, "acceptedSuggestions[0]"),
        ({"overrideReason": {}}, "overrideReason"),
        ({"overrideReason": {"userComment": 3}}, "overrideReason.userComment"),
        ({"overrideReason": {"reason": {"code": "x"}}}, "overrideReason.reason.system"),
        ({"outcomeTimestamp": None}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "yesterday"}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-01-02"}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "2026-01-02T03:04:05"}, "outcomeTimestamp"),
        ({"outcomeTimestamp": "0001-01-01T00:00:00+14:00"}, "outcomeTimestamp"),
    ],
)
def test_an_entry_against_the_specification_is_named(
    client: FlaskClient, card: dict[str, Any], changes: dict[str, Any], field: str
) -> None:
    issue = outcome(send(client, entry(card), entry(card, **changes)), 400)
    assert issue["expression"] == [f"feedback[1].{field}"]


@pytest.mark.parametrize("body", [{}, {"feedback": None}, {"feedback": {}}, {"feedback": [3]}])
def test_a_body_without_a_list_of_entries_is_400(client: FlaskClient, body: dict[str, Any]) -> None:
    outcome(client.post(f"{URL}/feedback", json=body), 400)


def test_an_empty_list_says_nothing_and_is_fine(client: FlaskClient) -> None:
    assert send(client).status_code == 200


def test_feedback_on_an_unknown_card_is_404_and_the_rest_is_kept(
    client: FlaskClient, card: dict[str, Any]
) -> None:
    issue = outcome(send(client, entry(card, outcomeTimestamp=_now()), entry({"uuid": str(uuid4())})), 404)
    assert issue["expression"] == ["feedback[1].card"]
    assert client.post(URL, json=call_body()).json == {"cards": []}


def test_a_declined_card_is_not_given_again(client: FlaskClient, card: dict[str, Any]) -> None:
    assert send(client, entry(card, outcomeTimestamp=_now())).status_code == 200
    assert client.post(URL, json=call_body()).json == {"cards": []}


def test_another_user_still_gets_the_card(client: FlaskClient, card: dict[str, Any]) -> None:
    assert send(client, entry(card, outcomeTimestamp=_now())).status_code == 200
    body = call_body(context={"userId": "Practitioner/u2", "patientId": "p1"})
    assert len(client.post(URL, json=body).json["cards"]) == 1


def _now() -> str:
    return datetime.now(UTC).isoformat()
