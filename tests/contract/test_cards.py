"""What the shipped services answer on the sample charts, against the tables of the specification.

Elements and rules are written down here once more, from CDS Hooks 2.0.1 and 3.0 and not from our own types: a
mistake in those must not hide itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid4

import pytest
from fhir.resources.R4B import get_fhir_model_class
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from fhir_adapters.embedded import sample_bundles
from tests.cds_hooks.platforms import call_body, shipped
from tests.contract.test_discovery import empty_values
from tests.contract.test_orders import PREFETCH, call, dose, order

REVERSE_DOMAIN = re.compile(r"[a-z]{2,}(\.[a-z0-9-]+)+")
SERVICE = {"hook", "id", "description", "title", "prefetch", "usageRequirements", "version", "extension"}
CARD = {"uuid", "summary", "detail", "indicator", "source", "suggestions", "selectionBehavior"}
CARD |= {"overrideReasons", "links"}

Json = dict[str, Any]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    with shipped(tmp_path_factory.mktemp("ledger")) as app:
        yield app.test_client()


@pytest.fixture(scope="module")
def services(client: FlaskClient) -> list[Json]:
    return list(client.get("/cds-services").json["services"])


@pytest.fixture(scope="module")
def answers(client: FlaskClient, services: list[Json]) -> list[Json]:
    """Every sample chart shown to the review and the summary, and some orders to medication safety."""
    said = []
    for bundle in sample_bundles(datetime.now(UTC)):
        resources = [entry["resource"] for entry in bundle["entry"]]
        (patient,) = [each["id"] for each in resources if each["resourceType"] == "Patient"]
        for offered in services:
            if offered["hook"] == "patient-view":
                prefetch = {
                    key: _searchset(resources, re.split(r"[/?]", template)[0])
                    for key, template in offered["prefetch"].items()
                }
                context = {"userId": "Practitioner/u1", "patientId": patient}
                body = call_body(context=context, prefetch=prefetch)
                said.append(_answered(client.post(f"/cds-services/{offered['id']}", json=body)))
    drafts = (order(1, "metformin"), order(2, "apixaban 5 MG Oral Tablet", dosageInstruction=dose(5, 2)))
    said.append(_answered(client.post("/cds-services/medication-safety", json=call(*drafts))))
    return said


def _searchset(resources: list[Json], kind: str) -> Json:
    found = [{"resource": each} for each in resources if each["resourceType"] == kind]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(found), "entry": found}


def _answered(answer: TestResponse) -> Json:
    assert answer.status_code == 200, answer.text
    return dict(answer.json)


@pytest.fixture(scope="module")
def cards(answers: list[Json]) -> list[Json]:
    return [card for answer in answers for card in answer["cards"]]


@pytest.fixture(scope="module")
def actions(cards: list[Json]) -> list[Json]:
    return [action for card in cards for each in card.get("suggestions", ()) for action in each["actions"]]


def test_the_samples_make_cards(cards: list[Json], actions: list[Json]) -> None:
    assert len(cards) >= 40
    assert {"info", "warning"} <= {card["indicator"] for card in cards}
    assert {"create", "update", "delete"} == {action["type"] for action in actions}
    assert any("links" in card for card in cards)
    assert any("overrideReasons" in card for card in cards)


def test_discovery_has_what_the_specification_names_and_nothing_else(services: list[Json]) -> None:
    assert services
    for offered in services:
        assert {"hook", "id", "description"} <= offered.keys() <= SERVICE
        texts = offered.keys() - {"prefetch", "extension"}
        assert all(isinstance(offered[name], str) and offered[name].strip() for name in texts)
        assert "title" in offered
        assert re.fullmatch(r"\d+\.\d+\.\d+", offered["version"])
        assert re.fullmatch(r"[a-z0-9-]+", offered["id"])
        assert all(isinstance(template, str) for template in offered["prefetch"].values())
        assert "://" not in str(offered)


def test_a_card_has_what_the_specification_names_and_nothing_else(cards: list[Json]) -> None:
    for card in cards:
        assert {"uuid", "summary", "indicator", "source"} <= card.keys() <= CARD
        assert UUID(card["uuid"])
        assert card["summary"].strip()
        assert len(card["summary"].encode("utf-16-le")) // 2 < 140
        assert "\n" not in card["summary"]
        assert isinstance(card["detail"], str)
        assert card["indicator"] in ("info", "warning", "critical")
        _check_source(card["source"])
        _check_suggestions(card)
        for reason in card.get("overrideReasons", ()):
            assert reason.keys() == {"code", "system", "display"}
        for link in card.get("links", ()):
            assert {"label", "url", "type"} <= link.keys() <= {"label", "url", "type", "appContext"}
            assert link["type"] in ("absolute", "smart")
            assert _is_absolute(link["url"])
    uuids = [card["uuid"] for card in cards]
    assert len(set(uuids)) == len(uuids)


def _check_source(source: Json) -> None:
    assert {"label"} <= source.keys() <= {"label", "url", "icon", "topic"}
    assert source["label"].strip()
    assert all(_is_absolute(source[name]) for name in ("url", "icon") if name in source)
    assert {"code", "system"} <= source["topic"].keys() <= {"code", "system", "display"}


def _check_suggestions(card: Json) -> None:
    suggestions = card.get("suggestions", [])
    assert bool(suggestions) == ("selectionBehavior" in card)
    assert card.get("selectionBehavior", "any") in ("at-most-one", "any")
    if card.get("selectionBehavior") == "at-most-one":
        assert sum(each.get("isRecommended", False) for each in suggestions) <= 1
    for each in suggestions:
        assert {"label", "uuid", "actions"} <= each.keys()
        assert each.keys() <= {"label", "uuid", "actions", "isRecommended"}
        assert UUID(each["uuid"])
        assert each["actions"]
        for action in each["actions"]:
            assert action.keys() <= {"type", "description", "resource", "resourceId"}
            assert action["type"] in ("create", "update", "delete")
            assert action["description"].strip()
            assert ("resource" in action) == (action["type"] != "delete") == ("resourceId" not in action)


def _is_absolute(address: str) -> bool:
    return urlsplit(address).scheme == "https" and bool(urlsplit(address).hostname)


def test_resources_of_suggestions_are_fhir(actions: list[Json]) -> None:
    for action in actions:
        if "resource" in action:
            resource = action["resource"]
            get_fhir_model_class(resource["resourceType"]).model_validate(resource)
            assert ("id" in resource) == (action["type"] == "update")


def test_nothing_sent_is_null_or_empty(services: list[Json], cards: list[Json]) -> None:
    assert not empty_values(services)
    assert not empty_values(cards)


def test_an_answer_has_no_system_actions(answers: list[Json]) -> None:
    assert all("systemActions" not in answer for answer in answers)


def test_answers_have_no_extension_unless_a_setting_asks_for_it(answers: list[Json]) -> None:
    assert all(answer.keys() == {"cards"} for answer in answers)


def test_extensions_are_objects_under_a_reverse_domain_name(tmp_path: Path, services: list[Json]) -> None:
    ledger = {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"}
    built = build_platform(settings_of({"ledger": ledger, "sandbox": {"data_quality": True}}))
    answer = app_of(built).test_client().post("/cds-services/chart-review", json=call_body(prefetch=PREFETCH))
    built.ledger.close()
    found = [each["extension"] for each in (*services, answer.json) if "extension" in each]
    assert len(found) == 2
    for extension in found:
        assert isinstance(extension, dict)
        assert all(REVERSE_DOMAIN.fullmatch(name) for name in extension)


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/cds-services/chart-review", {}, 400),
        ("/cds-services/chart-review", call_body(prefetch={}), 412),
        ("/cds-services/medication-safety", call_body(prefetch=PREFETCH), 400),
        ("/cds-services/chart-review/feedback", {}, 400),
        ("/cds-services/absent", {}, 404),
        ("/cds-services", {}, 405),
        ("/elsewhere", {}, 404),
        ("/cds-services/chart-review/feedback", {"feedback": [{"card": str(uuid4()), "outcome": "overridden",
          "outcomeTimestamp": "2026-01-02T03:04:05Z"}]}, 404),
    ],
)  # fmt: skip
def test_no_error_has_anything_null_or_empty(client: FlaskClient, path: str, body: Json, status: int) -> None:
    answer = client.post(path, json=body)
    assert answer.status_code == status
    assert answer.json["resourceType"] == "OperationOutcome"
    assert not empty_values(answer.json)
