"""Batch and transaction Bundles posted to the embedded server."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_adapters.embedded import EmbeddedServer, Reply

BASE = "http://127.0.0.1:8000/fhir"
PATIENT_URN = "urn:uuid:6c1c6b0e-6f0a-4d0a-9d51-0d2a4b7e7a10"
Entry = dict[str, Any]


@pytest.fixture
def server() -> EmbeddedServer:
    return EmbeddedServer(BASE)


def post(server: EmbeddedServer, kind: str, *entries: Entry) -> tuple[Reply, dict[str, Any]]:
    bundle = {"resourceType": "Bundle", "type": kind, "entry": list(entries)}
    reply = server.handle(
        "POST", "", "", orjson.dumps(bundle), {"Content-Type": "application/fhir+json; charset=utf-8"}
    )
    return reply, orjson.loads(reply.body)


def entry(method: str, url: str, resource: Entry | None = None, **more: Any) -> Entry:
    request = {"method": method, "url": url, **more.pop("request", {})}
    return {"request": request, **({"resource": resource} if resource else {}), **more}


def patient(**more: Any) -> Entry:
    return {"resourceType": "Patient", "gender": "female", **more}


def condition(subject: str) -> Entry:
    return {"resourceType": "Condition", "subject": {"reference": subject}}


def total(server: EmbeddedServer, resource_type: str) -> int:
    found = orjson.loads(server.handle("GET", resource_type, "_summary=count", b"", {}).body)["total"]
    assert isinstance(found, int)
    return found


def test_references_inside_a_transaction_follow_the_new_ids(server: EmbeddedServer) -> None:
    reply, response = post(
        server,
        "transaction",
        entry("POST", "Condition", condition(PATIENT_URN)),
        entry("POST", "Patient", patient(id="theirs"), fullUrl=PATIENT_URN),
    )
    assert reply.status == 200
    get_fhir_model_class("Bundle").model_validate(response)
    assert response["type"] == "transaction-response"
    made, person = response["entry"]
    assert made["response"]["status"] == person["response"]["status"] == "201"
    person_id = person["resource"]["id"]
    assert person_id != "theirs"
    assert made["resource"]["subject"]["reference"] == f"Patient/{person_id}"
    assert person["response"]["location"] == f"{BASE}/Patient/{person_id}"


def test_a_transaction_with_one_bad_entry_changes_nothing(server: EmbeddedServer) -> None:
    reply, outcome = post(
        server,
        "transaction",
        entry("POST", "Patient", patient()),
        entry("POST", "Condition", {"resourceType": "Condition"}),
    )
    assert reply.status == 422
    assert outcome["issue"][0]["diagnostics"].startswith("entry 1:")
    assert total(server, "Patient") == 0


def test_a_batch_carries_out_what_it_can(server: EmbeddedServer) -> None:
    reply, response = post(
        server,
        "batch",
        entry("POST", "Patient", patient()),
        entry("POST", "Condition", {"resourceType": "Condition"}),
        entry("GET", "Patient?gender=female"),
        entry("GET", "Patient/nobody"),
        {"resource": patient()},
    )
    assert reply.status == 200
    get_fhir_model_class("Bundle").model_validate(response)
    assert [item["response"]["status"] for item in response["entry"]] == ["201", "422", "200", "404", "400"]
    assert response["entry"][1]["response"]["outcome"]["resourceType"] == "OperationOutcome"
    assert response["entry"][2]["resource"]["total"] == 1


def test_a_transaction_deletes_first_and_reads_last(server: EmbeddedServer) -> None:
    server.load_bundle(patient(id="old"))
    _, response = post(
        server,
        "transaction",
        entry("GET", f"{BASE}/Patient?gender=female"),
        entry("PUT", "Patient/new", patient(id="new")),
        entry("DELETE", "Patient/old"),
    )
    found = response["entry"][0]["resource"]
    assert [item["resource"]["id"] for item in found["entry"]] == ["new"]


def test_a_conditional_create_in_a_transaction_is_the_existing_resource(server: EmbeddedServer) -> None:
    server.load_bundle(patient(id="known", identifier=[{"value": "77"}]))
    _, response = post(
        server,
        "transaction",
        entry("POST", "Patient", patient(), fullUrl=PATIENT_URN, request={"ifNoneExist": "identifier=77"}),
        entry("POST", "Condition", condition(PATIENT_URN)),
    )
    assert response["entry"][0]["response"]["status"] == "200"
    assert response["entry"][1]["resource"]["subject"]["reference"] == "Patient/known"
    assert total(server, "Patient") == 1


def test_an_outdated_version_refuses_the_whole_transaction(server: EmbeddedServer) -> None:
    server.load_bundle(patient(id="p1"))
    reply, _ = post(
        server,
        "transaction",
        entry("POST", "Patient", patient()),
        entry("PUT", "Patient/p1", patient(id="p1"), request={"ifMatch": 'W/"7"'}),
    )
    assert reply.status == 412
    assert total(server, "Patient") == 1


@pytest.mark.parametrize(
    "bad",
    [
        entry("PATCH", "Patient/1", patient()),
        entry("POST", "Patient/1", patient()),
        entry("PUT", "Patient", patient(id="1")),
        entry("POST", "Bundle", {"resourceType": "Bundle", "type": "collection"}),
        entry("PUT", "Bundle/1", {"resourceType": "Bundle", "id": "1", "type": "collection"}),
        {"request": {"method": "POST"}, "resource": patient()},
        {"request": 7},
        {},
    ],
)
@pytest.mark.parametrize("kind", ["transaction", "batch"])
def test_a_bad_entry_is_refused(server: EmbeddedServer, kind: str, bad: Entry) -> None:
    reply, response = post(server, kind, bad)
    status = reply.status if kind == "transaction" else int(response["entry"][0]["response"]["status"])
    assert status in (400, 404)
    assert total(server, "Patient") == 0


def test_an_empty_bundle_gets_an_empty_answer(server: EmbeddedServer) -> None:
    reply = server.handle(
        "POST", "/", "", b'{"resourceType":"Bundle","type":"batch"}', {"Content-Type": "application/json"}
    )
    assert orjson.loads(reply.body) == {"resourceType": "Bundle", "type": "batch-response"}
