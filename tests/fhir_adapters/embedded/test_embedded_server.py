"""Reading, writing and refusing: the embedded server without a search."""

from __future__ import annotations

import base64
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from fhir_adapters.embedded import EmbeddedServer, Reply

BASE = "http://127.0.0.1:8000/fhir"
FHIR = {"Content-Type": "application/fhir+json"}
CONDITION = {"resourceType": "Condition", "subject": {"reference": "Patient/p1"}, "code": {"text": "Gout"}}


@pytest.fixture
def server() -> EmbeddedServer:
    server = EmbeddedServer(BASE, clock=lambda: datetime(2026, 5, 1, 12, tzinfo=UTC))
    server.load_bundle({"resourceType": "Patient", "id": "p1", "name": [{"family": "Secretname"}]})
    return server


def send(server: EmbeddedServer, method: str, path: str, content: Any = None, **headers: str) -> Reply:
    body = b"" if content is None else orjson.dumps(content)
    sent = {**FHIR, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return server.handle(method, path, "", body, sent)


def test_a_read_has_the_resource_with_its_version(server: EmbeddedServer) -> None:
    reply = send(server, "GET", "/Patient/p1")
    assert reply.status == 200
    assert reply.header("etag") == 'W/"1"'
    assert reply.header("last-modified") == "Fri, 01 May 2026 12:00:00 GMT"
    assert orjson.loads(reply.body)["meta"] == {
        "versionId": "1",
        "lastUpdated": "2026-05-01T12:00:00.000+00:00",
    }


def test_a_known_version_is_not_sent_again(server: EmbeddedServer) -> None:
    reply = send(server, "GET", "/Patient/p1", If_None_Match='W/"1"')
    assert (reply.status, reply.body) == (304, b"")


def test_a_created_resource_gets_an_id_of_the_server(server: EmbeddedServer) -> None:
    reply = send(server, "POST", "/Condition", {**CONDITION, "id": "mine"})
    assert reply.status == 201
    created = orjson.loads(reply.body)
    assert created["id"] != "mine"
    assert reply.header("Location") == f"{BASE}/Condition/{created['id']}"
    assert send(server, "GET", f"/Condition/{created['id']}").status == 200


def test_a_conditional_create_finds_what_is_there(server: EmbeddedServer) -> None:
    condition = {**CONDITION, "identifier": [{"system": "urn:x", "value": "1"}]}
    first = send(server, "POST", "/Condition", condition, If_None_Exist="identifier=urn:x|1")
    second = send(server, "POST", "/Condition", condition, If_None_Exist="identifier=urn:x|1")
    assert (first.status, second.status) == (201, 200)
    assert orjson.loads(first.body)["id"] == orjson.loads(second.body)["id"]


def test_an_update_makes_the_next_version(server: EmbeddedServer) -> None:
    reply = send(server, "PUT", "/Patient/p1", {"resourceType": "Patient", "id": "p1", "gender": "female"})
    assert reply.status == 200
    assert reply.header("ETag") == 'W/"2"'
    assert orjson.loads(send(server, "GET", "/Patient/p1").body)["gender"] == "female"


def test_an_update_of_an_unknown_id_creates_it(server: EmbeddedServer) -> None:
    assert send(server, "PUT", "/Condition/c1", {**CONDITION, "id": "c1"}).status == 201


def test_an_update_of_an_outdated_version_is_refused(server: EmbeddedServer) -> None:
    patient = {"resourceType": "Patient", "id": "p1"}
    assert send(server, "PUT", "/Patient/p1", patient, If_Match='W/"1"').status == 200
    assert send(server, "PUT", "/Patient/p1", patient, If_Match='W/"1"').status == 412


def test_a_deleted_resource_is_gone_until_it_is_written_again(server: EmbeddedServer) -> None:
    assert send(server, "DELETE", "/Patient/p1").status == 204
    assert send(server, "GET", "/Patient/p1").status == 410
    assert send(server, "DELETE", "/Patient/p1").status == 204
    again = send(server, "PUT", "/Patient/p1", {"resourceType": "Patient", "id": "p1"})
    assert again.header("ETag") == 'W/"2"'
    assert send(server, "GET", "/Patient/p1").status == 200


@pytest.mark.parametrize(
    ("method", "path", "content", "status"),
    [
        ("GET", "/Patient/nobody", None, 404),
        ("GET", "/Pizza/1", None, 404),
        ("GET", "/Pizza", None, 404),
        ("GET", "/Patient/p1/_history/1", None, 404),
        ("GET", "/", None, 405),
        ("POST", "/metadata", None, 405),
        ("DELETE", "/Patient", None, 405),
        ("PATCH", "/Patient/p1", {}, 405),
        ("GET", "/Patient/_search", None, 405),
        ("POST", "/Condition", CONDITION["code"], 400),
        ("POST", "/Condition", [CONDITION], 400),
        ("POST", "/Observation", CONDITION, 400),
        ("POST", "/Condition", {"resourceType": "Condition"}, 422),
        ("POST", "/Condition", {**CONDITION, "subject": "p1"}, 422),
        ("POST", "/Condition", {**CONDITION, "meta": 7}, 422),
        ("POST", "/Observation", {"resourceType": "Observation", "status": "final"}, 422),
        ("PUT", "/Condition/c1", {**CONDITION, "id": "c2"}, 400),
        ("PUT", "/Condition/c1", CONDITION, 400),
        ("PUT", "/Condition/c_1", {**CONDITION, "id": "c_1"}, 400),
        ("POST", "/", {"resourceType": "Bundle", "type": "collection"}, 400),
        ("POST", "/", {"resourceType": "Bundle", "type": "batch", "entry": 7}, 400),
    ],
)
def test_a_bad_request_is_refused(
    server: EmbeddedServer, method: str, path: str, content: Any, status: int
) -> None:
    reply = send(server, method, path, content)
    assert reply.status == status
    outcome = orjson.loads(reply.body)
    get_fhir_model_class("OperationOutcome").model_validate(outcome)
    assert bool(reply.header("Allow")) == (status == 405)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"a": NaN}', b"\xff\xfe", b"[" * 5000, b'{"a":' * 600 + b"1" + b"}" * 600, b'"Condition"'],
)
def test_a_body_that_is_not_a_json_object_is_refused(server: EmbeddedServer, body: bytes) -> None:
    assert server.handle("POST", "/Condition", "", body, FHIR).status == 400


@pytest.mark.parametrize("path", ["/Condition", "/", "/Condition/_search"])
def test_another_media_type_is_refused(server: EmbeddedServer, path: str) -> None:
    assert server.handle("POST", path, "", b"<a/>", {"content-type": "text/xml"}).status == 415


def test_an_answer_in_xml_is_not_offered(server: EmbeddedServer) -> None:
    assert server.handle("GET", "/Patient/p1", "", b"", {"Accept": "application/fhir+xml"}).status == 406


def test_a_refusal_holds_nothing_of_the_request(server: EmbeddedServer) -> None:
    content = {"resourceType": "Condition", "note": [{"text": "Secretnote"}]}
    assert b"Secret" not in send(server, "POST", "/Condition", content).body


def test_head_answers_as_get_without_a_body(server: EmbeddedServer) -> None:
    reply = send(server, "HEAD", "/Patient/p1")
    assert (reply.status, reply.header("ETag"), reply.body) == (200, 'W/"1"', b"")


def test_a_binary_is_read_raw_or_as_a_resource(server: EmbeddedServer) -> None:
    data = base64.b64encode(b"A note").decode()
    binary = {"resourceType": "Binary", "id": "b1", "contentType": "text/plain", "data": data}
    send(server, "PUT", "/Binary/b1", binary)
    raw = server.handle("GET", "/Binary/b1", "", b"", {"Accept": "text/plain"})
    assert (raw.status, raw.header("Content-Type"), raw.body) == (200, "text/plain", b"A note")
    whole = server.handle("GET", "/Binary/b1", "", b"", {"Accept": "application/fhir+json"})
    assert orjson.loads(whole.body)["data"] == data


def test_the_capability_statement_is_valid_and_true(server: EmbeddedServer) -> None:
    statement = orjson.loads(server.handle("GET", "/metadata", "", b"", {}).body)
    get_fhir_model_class("CapabilityStatement").model_validate(statement)
    for resource in statement["rest"][0]["resource"]:
        for parameter in resource["searchParam"]:
            value = "2026-01-01" if parameter["type"] == "date" else "x"
            reply = server.handle(
                "GET", resource["type"], f"{parameter['name']}={value}", b"", {"Prefer": "handling=strict"}
            )
            assert reply.status == 200, (resource["type"], parameter)


def test_loading_refuses_a_type_that_could_not_be_read_again(server: EmbeddedServer) -> None:
    with pytest.raises(ValueError, match="Pizza"):
        server.load_bundle({"resourceType": "Pizza", "id": "1"})


def test_loading_leaves_the_callers_bundle_as_it_was(server: EmbeddedServer) -> None:
    patient = {"resourceType": "Patient", "id": "p9"}
    server.load_bundle({"resourceType": "Bundle", "type": "collection", "entry": [{"resource": patient}]})
    assert patient == {"resourceType": "Patient", "id": "p9"}


def test_writers_and_readers_do_not_disturb_each_other(server: EmbeddedServer) -> None:
    def write(number: int) -> int:
        send(server, "POST", "/Condition", {**CONDITION, "code": {"text": str(number)}})
        return server.handle("GET", "Condition", "patient=p1&_count=1000", b"", {}).status

    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(write, range(200))) == {200}
    bundle = orjson.loads(server.handle("GET", "Condition", "patient=p1&_summary=count", b"", {}).body)
    assert bundle["total"] == 200
