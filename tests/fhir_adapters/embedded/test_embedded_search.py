"""Searching the embedded server."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from fhir_adapters.embedded import EmbeddedServer

BASE = "http://127.0.0.1:8000/fhir"
LOINC = "http://loinc.org"


def observation(number: int, code: str, when: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": LOINC, "code": code}]},
        "subject": {"reference": "Patient/p1"},
        "effectiveDateTime": when,
        **more,
    }


@pytest.fixture
def server() -> EmbeddedServer:
    server = EmbeddedServer(BASE, clock=lambda: datetime(2026, 5, 1, tzinfo=UTC))
    patients = [
        {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1970-03-02"}
        | {"name": [{"family": "Müller", "given": ["Anne Marie"]}]}
        | {"identifier": [{"system": "urn:mrn", "value": "77"}]},
        {"resourceType": "Patient", "id": "p2", "gender": "male", "birthDate": "1980-01-01"}
        | {"name": [{"family": "Abbott", "given": ["Bo"]}]},
    ]
    observations = [
        observation(1, "4548-4", "2026-01-10T08:00:00Z", encounter={"reference": "Encounter/e1"}),
        observation(2, "4548-4", "2026-03-10T23:30:00-05:00"),
        observation(3, "2160-0", "2026-02-10", status="preliminary"),
        observation(4, "2160-0", "2026-04-10T08:00:00Z", category=[{"coding": [{"code": "laboratory"}]}]),
        observation(5, "4548-4", "2026-01-11T08:00:00Z", subject={"reference": "Patient/p2"}),
    ]
    for resource in (*patients, *observations):
        server.load_bundle(resource)
    return server


def ids(server: EmbeddedServer, path: str, query: str) -> list[str]:
    reply = server.handle("GET", path, query, b"", {})
    assert reply.status == 200, reply.body
    return [entry["resource"]["id"] for entry in orjson.loads(reply.body).get("entry", [])]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("patient=p1", ["o1", "o2", "o3", "o4"]),
        ("patient=Patient/p2", ["o5"]),
        ("subject=Patient/p1&code=4548-4", ["o1", "o2"]),
        ("patient=p1&code=http://loinc.org|4548-4,http://loinc.org|2160-0", ["o1", "o2", "o3", "o4"]),
        ("patient=p1&code=http://snomed.info/sct|4548-4", []),
        ("patient=p1&code=http://loinc.org|", ["o1", "o2", "o3", "o4"]),
        ("patient=p1&status=preliminary", ["o3"]),
        ("patient=p1&category=laboratory", ["o4"]),
        ("patient=p1&encounter=e1", ["o1"]),
        ("patient=p1&encounter=Encounter/e1", ["o1"]),
        ("patient=p1&_id=o1,o5", ["o1"]),
        ("patient=p1&date=2026-02-10", ["o3"]),
        ("patient=p1&date=ge2026-03-11", ["o2", "o4"]),
        ("patient=p1&date=gt2026-03-11", ["o4"]),
        ("patient=p1&date=lt2026-02-10", ["o1"]),
        ("patient=p1&date=le2026-02", ["o1", "o3"]),
        ("patient=p1&date=ge2026-01-01&date=lt2026-02-01", ["o1"]),
        ("patient=p1&_sort=-date", ["o4", "o2", "o3", "o1"]),
        ("patient=p1&_sort=date", ["o1", "o3", "o2", "o4"]),
        ("patient=p1&_lastUpdated=ge2026-05-01&code=4548-4", ["o1", "o2"]),
        ("patient=p1&_lastUpdated=lt2026-05-01", []),
        ("patient=nobody", []),
    ],
)
def test_observations_are_found_by(server: EmbeddedServer, query: str, expected: list[str]) -> None:
    assert ids(server, "Observation", query) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("name=mull", ["p1"]),
        ("name=MÜLLER", ["p1"]),
        ("name=marie", []),
        ("name:contains=marie", ["p1"]),
        ("family:exact=abbott", ["p2"]),
        ("given=bo,anne", ["p1", "p2"]),
        ("identifier=urn:mrn|77", ["p1"]),
        ("identifier=77", ["p1"]),
        ("birthdate=1970-03-02", ["p1"]),
        ("birthdate=1970", ["p1"]),
        ("gender=male", ["p2"]),
        ("_sort=name", ["p2", "p1"]),
        ("_sort=-name", ["p1", "p2"]),
        ("_id=p2", ["p2"]),
    ],
)
def test_patients_are_found_by(server: EmbeddedServer, query: str, expected: list[str]) -> None:
    assert ids(server, "Patient", query) == expected


def test_pages_hold_every_match_once_and_stay_on_the_same_origin(server: EmbeddedServer) -> None:
    url, seen = f"{BASE}/Observation?patient=p1&_sort=-date&_count=3", []
    pages = 0
    while url:
        path, _, query = url.removeprefix(BASE).partition("?")
        bundle = orjson.loads(server.handle("GET", path, query, b"", {}).body)
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        assert bundle["total"] == 4
        url = next((link["url"] for link in bundle["link"] if link["relation"] == "next"), "")
        assert not url or url.startswith(f"{BASE}/Observation?")
        pages += 1
    assert (pages, seen) == (2, ["o4", "o2", "o3", "o1"])


def test_a_search_by_post_answers_as_by_get(server: EmbeddedServer) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    reply = server.handle("POST", "/Observation/_search", "", b"patient=p1&code=4548-4", form)
    assert orjson.loads(reply.body) == orjson.loads(
        server.handle("GET", "/Observation", "patient=p1&code=4548-4", b"", {}).body
    )


def test_a_count_has_a_total_and_no_entries(server: EmbeddedServer) -> None:
    bundle = orjson.loads(server.handle("GET", "Observation", "patient=p1&_summary=count", b"", {}).body)
    assert bundle["total"] == 4
    assert "entry" not in bundle


def test_no_match_is_a_bundle_without_an_empty_array(server: EmbeddedServer) -> None:
    bundle = orjson.loads(server.handle("GET", "Condition", "patient=p1", b"", {}).body)
    assert bundle["total"] == 0
    assert "entry" not in bundle


def test_an_unknown_parameter_is_left_out_of_the_self_link(server: EmbeddedServer) -> None:
    reply = server.handle("GET", "Observation", "patient=p1&color=red&_include=Observation:x", b"", {})
    bundle = orjson.loads(reply.body)
    assert bundle["total"] == 4
    assert bundle["link"][0]["url"] == f"{BASE}/Observation?patient=p1&_count=100"


def test_strict_handling_refuses_an_unknown_parameter(server: EmbeddedServer) -> None:
    reply = server.handle("GET", "Observation", "patient=p1&color=red", b"", {"prefer": "handling=strict"})
    assert reply.status == 400
    assert "color" in orjson.loads(reply.body)["issue"][0]["diagnostics"]


@pytest.mark.parametrize(
    "query",
    [
        "date=yesterday",
        "date=2026-02-31",
        "date=zz2026-01-01",
        "_count=-1",
        "_count=many",
        "_sort=color",
        "_sort=patient",
        "code:in=http://x",
        "patient:missing=true",
        "&".join(f"a{n}=1" for n in range(501)),
    ],
)
def test_a_malformed_query_is_refused(server: EmbeddedServer, query: str) -> None:
    reply = server.handle("GET", "Observation", query, b"", {})
    assert reply.status == 400
    assert orjson.loads(reply.body)["resourceType"] == "OperationOutcome"


def test_a_refusal_does_not_repeat_the_value(server: EmbeddedServer) -> None:
    reply = server.handle("GET", "Patient", "birthdate=Jane-Secret", b"", {})
    assert reply.status == 400
    assert b"Secret" not in reply.body


def test_a_comma_in_a_value_can_be_escaped(server: EmbeddedServer) -> None:
    server.load_bundle({"resourceType": "Patient", "id": "p3", "name": [{"family": "Lee, Jr"}]})
    assert ids(server, "Patient", "family=Lee%5C, Jr") == ["p3"]


def test_a_sort_puts_resources_without_the_element_last(server: EmbeddedServer) -> None:
    undated = observation(6, "4548-4", "x")
    del undated["effectiveDateTime"]
    server.load_bundle(undated)
    assert ids(server, "Observation", "patient=p1&_sort=-date")[-1] == "o6"
    assert ids(server, "Observation", "patient=p1&_sort=date")[-1] == "o6"


def test_a_changed_resource_is_found_by_its_new_values_only(server: EmbeddedServer) -> None:
    assert ids(server, "Observation", "patient=p1&code=4548-4") == ["o1", "o2"]
    server.load_bundle(observation(2, "2160-0", "2026-03-10", subject={"reference": "Patient/p2"}))
    assert ids(server, "Observation", "patient=p1&code=4548-4") == ["o1"]
    assert ids(server, "Observation", "patient=p2") == ["o5", "o2"]


@pytest.mark.parametrize(
    "odd", [7, "x", [], [7], {}, {"coding": 7}, {"coding": [7]}, {"start": 7}, {"reference": 7}]
)
def test_an_element_of_a_wrong_type_is_searched_past(server: EmbeddedServer, odd: Any) -> None:
    names = ("code", "category", "status", "encounter", "effectivePeriod", "identifier", "meta")
    server.load_bundle({**observation(7, "1-8", "2026"), **dict.fromkeys(names, odd)})
    assert "o7" not in ids(
        server, "Observation", "patient=p1&code=4548-4&encounter=e1&date=ge2020&_sort=date"
    )
    assert "o7" in ids(server, "Observation", "patient=p1")
