"""The description of the service: it is legal OpenAPI, and says what the code does."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import orjson
import pytest
import schemathesis
from schemathesis.schemas import BaseSchema

from cds_hooks.app import app_of
from cds_hooks.ledger import Database
from cds_hooks.ledger.verification import verify
from cds_hooks.openapi import DOCUMENT, PAGE, describe, html_page
from cds_hooks.openapi.requests import call_name
from cds_hooks.platform import Platform, service_registry
from cds_hooks.protocol.card import Action, Card, Link, OverrideReason, Source, Suggestion
from cds_hooks.settings import Settings
from fhir_adapters.record import Coding
from tests.cds_hooks.ledger.test_audit import events
from tests.cds_hooks.platforms import browser, call_body, platform
from tests.security.conftest import FHIR, guarded
from tests.security.ehr import PUBLIC, bearer, ec_key, token

CHARTS = Path(__file__).resolve().parents[3] / "shared" / "data" / "fhir_synthea_google"
UUID = "0f0e0d0c-0b0a-4000-8000-000000000001"


@pytest.fixture
def shipped(tmp_path: Path) -> Platform:
    return platform(tmp_path, *service_registry(Settings()), service={"deadline_s": 30})


def described(built: Platform) -> BaseSchema:
    return schemathesis.openapi.from_wsgi(DOCUMENT, app_of(built))


def test_the_description_is_legal(shipped: Platform) -> None:
    described(shipped).validate()


def test_it_has_each_service_of_discovery_with_its_hooks_and_prefetch_keys(shipped: Platform) -> None:
    client = browser(shipped)
    document = client.get(DOCUMENT).json
    schemas = document["components"]["schemas"]
    for offered in client.get("/cds-services").json["services"]:
        post = document["paths"][f"/cds-services/{offered['id']}"]["post"]
        body = post["requestBody"]["content"]["application/json"]["schema"]
        names = [each["$ref"].rpartition("/")[2] for each in body.get("oneOf", [body])]
        (call,) = [
            schemas[name]["properties"]
            for name in names
            if schemas[name]["properties"]["hook"]["const"] == offered["hook"]
        ]
        (prefetch, _) = call["prefetch"]["anyOf"]
        told = {key: shape["description"] for key, shape in prefetch["properties"].items()}
        assert told == offered["prefetch"]
        assert f"/cds-services/{offered['id']}/feedback" in document["paths"]


def test_its_examples_are_answered(shipped: Platform) -> None:
    client, schema = browser(shipped), described(shipped)
    examples = client.get(DOCUMENT).json["components"]["examples"]
    assert len(examples) == len(list(shipped.services))
    for service in shipped.services:
        path = f"/cds-services/{service.declared.id}"
        example = examples[call_name(service)]["value"]
        answer = client.post(path, json=example)
        assert answer.status_code == 200, answer.text
        schema[path]["POST"].validate_response(answer)


def test_a_card_has_the_elements_that_are_described(edge: Platform) -> None:
    coding = Coding(system="http://loinc.org", code="1-8", display="A")
    full = Card(
        uuid=UUID,
        summary="S",
        indicator="info",
        source=Source(label="L", topic=coding, url="https://a.example/", icon="https://a.example/i.png"),
        detail="D",
        suggestions=(
            Suggestion(
                label="L",
                uuid=UUID,
                is_recommended=True,
                actions=(
                    Action(type="create", description="D", resource={"resourceType": "Condition"}),
                    Action(type="delete", description="D", resource_id="Condition/1"),
                ),
            ),
        ),
        selection_behavior="any",
        override_reasons=(OverrideReason(system="S", code="later", display="D"),),
        links=(Link(label="L", url="https://a.example/", type="smart", app_context="C"),),
    ).to_json()
    schemas = describe(edge)["components"]["schemas"]
    parts = {
        "Card": [full],
        "Source": [full["source"]],
        "Coding": [full["source"]["topic"]],
        "Suggestion": full["suggestions"],
        "Action": full["suggestions"][0]["actions"],
        "OverrideReason": full["overrideReasons"],
        "Link": full["links"],
    }
    for name, made in parts.items():
        assert set(schemas[name]["properties"]) == {element for each in made for element in each}
    sparse = Card(uuid=UUID, summary="S", indicator="info", source=Source(label="L")).to_json()
    assert set(schemas["Card"]["required"]) == set(sparse)
    assert set(schemas["Link"]["required"]) == set(Link(label="L", url="https://a.example/").to_json())


@pytest.mark.data
def test_the_answers_on_a_real_chart_are_as_described(shipped: Platform) -> None:
    paths = sorted(CHARTS.glob("*.json.gz"), key=lambda path: path.stat().st_size)
    if not paths:
        pytest.skip("the public charts are not beside the checkout")
    resources = [each["resource"] for each in orjson.loads(gzip.decompress(paths[-1].read_bytes()))["entry"]]
    client, schema = browser(shipped), described(shipped)
    (review,) = [each for each in shipped.services if each.declared.id == "chart-summary"]
    patient = next(each for each in resources if each["resourceType"] == "Patient")
    prefetch = {query.key: _found(resources, query.resource) for query in review.queries}
    body = call_body(context={"userId": "Practitioner/u1", "patientId": patient["id"]}, prefetch=prefetch)
    answer = client.post("/cds-services/chart-summary", json=body)
    assert answer.json["cards"], answer.text
    schema["/cds-services/chart-summary"]["POST"].validate_response(answer)


def _found(resources: list[dict[str, Any]], kind: str) -> dict[str, Any]:
    matching = [{"resource": each} for each in resources if each["resourceType"] == kind]
    return {"resourceType": "Bundle", "type": "searchset", "total": len(matching), "entry": matching}


def test_the_page_shows_all_of_it_and_runs_nothing(shipped: Platform) -> None:
    answer = browser(shipped).get(PAGE)
    assert answer.mimetype == "text/html"
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert not re.search(r"<script|\son\w+=|javascript:|(?:src|href)=[\"']?https?:", answer.text)
    for service in shipped.services:
        assert f"/cds-services/{service.declared.id}" in answer.text
        assert all(f"<code>{query.key}</code>" in answer.text for query in service.queries)
    assert "no clients are set up" in answer.text


def test_known_clients_only_read_it_and_a_refusal_is_in_the_audit(tmp_path: Path) -> None:
    key = ec_key()
    built = guarded(tmp_path, key)
    client = browser(built)
    for path in (DOCUMENT, PAGE):
        assert client.get(path).status_code == 401
        assert client.get(path, headers=bearer(token(key, f"{PUBLIC}/cds-services"))).status_code == 401
        answer = client.get(path, headers=bearer(token(key, PUBLIC + path)))
        assert answer.status_code == 200
        assert FHIR not in answer.text
    assert len(refusals(tmp_path)) == 4


def refusals(folder: Path) -> list[dict[str, Any]]:
    database = Database(f"sqlite:///{folder / 'ledger.sqlite3'}", connections=1)
    try:
        assert verify(database).intact
        return [event for event in events(database) if event["outcome"] == "login"]
    finally:
        database.close()


def test_where_clients_are_known_their_tokens_are_described(tmp_path: Path) -> None:
    built = guarded(tmp_path, ec_key())
    document = describe(built)
    (scheme,) = document["components"]["securitySchemes"].values()
    assert (scheme["type"], scheme["scheme"], scheme["bearerFormat"]) == ("http", "bearer", "JWT")
    assert document["servers"] == [{"url": PUBLIC}]
    health = document["paths"]["/health/live"]["get"]
    assert (health["security"], "401" in health["responses"]) == ([], False)
    discovery = document["paths"]["/cds-services"]["get"]
    assert (discovery["security"], "401" in discovery["responses"]) == ([{"client": []}], True)
    assert "Authorization: Bearer" in html_page(document, built)
