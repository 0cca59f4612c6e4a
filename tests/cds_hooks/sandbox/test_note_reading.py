"""The address that reads a note for the page: its own pages only, a bounded text, and nothing of it kept."""

import logging
from collections.abc import Mapping
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.sandbox import ReadNote, SandboxConfig, create_blueprint
from cds_hooks.sandbox.note_reading import MAX_BODY_BYTES
from tests.cds_hooks.sandbox.fake_reader import fake_reader, reading

ADDRESS = "/ehr/read-note"
TEXT = "Denies chest pain."


def client_of(read_note: ReadNote | None, *, demo: bool = True) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="/fhir", demo=demo), read_note=read_note))
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    return client_of(fake_reader({"chest pain": {"presence": "absent"}}))


def problem(response: TestResponse) -> str:
    (issue,) = response.get_json()["issue"]
    return str(issue["details"]["text"])


def test_a_text_is_answered_with_its_mentions(client: FlaskClient) -> None:
    response = client.post(ADDRESS, json={"text": TEXT})
    assert response.status_code == 200
    (mention,) = response.get_json()["mentions"]
    assert TEXT[mention["start"] : mention["end"]] == "chest pain"
    assert mention["assertion"]["presence"] == "absent"


def test_the_reader_gets_exactly_the_text() -> None:
    given: list[str] = []

    def read_note(text: str) -> Mapping[str, Any]:
        given.append(text)
        return reading()

    text = "a\r\n  b\u00a0\U0001f642e\u0301 \x0b\n"
    assert client_of(read_note).post(ADDRESS, json={"text": text}).status_code == 200
    assert given == [text]


def test_an_answer_is_not_stored(client: FlaskClient) -> None:
    assert client.post(ADDRESS, json={"text": TEXT}).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[]", b'"text"', b'{"text": "a", "text": "b"}', b'{"text": "\xff"}']
)
def test_what_is_no_json_object_is_refused(client: FlaskClient, body: bytes) -> None:
    assert client.post(ADDRESS, data=body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("text", [None, "", 7, ["a"]])
def test_a_body_without_a_text_is_refused(client: FlaskClient, text: object) -> None:
    response = client.post(ADDRESS, json={"text": text})
    assert response.status_code == 400
    assert problem(response).startswith("text: ")


def test_another_media_type_is_refused(client: FlaskClient) -> None:
    assert client.post(ADDRESS, data=TEXT, content_type="text/plain").status_code == 415


def test_a_text_that_is_too_large_is_refused(client: FlaskClient) -> None:
    assert client.post(ADDRESS, json={"text": "a" * MAX_BODY_BYTES}).status_code == 413


def test_a_reader_that_is_off_says_so() -> None:
    response = client_of(None).post(ADDRESS, json={"text": TEXT})
    assert response.status_code == 503
    assert "the note reader is off" in problem(response)


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "http://localhost:9999"},
        {"Origin": "null"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
def test_a_page_of_another_origin_is_refused(client: FlaskClient, headers: dict[str, str]) -> None:
    assert client.post(ADDRESS, json={"text": TEXT}, headers=headers).status_code == 403


def test_the_own_page_is_answered(client: FlaskClient) -> None:
    headers = {"Origin": "http://localhost", "Sec-Fetch-Site": "same-origin"}
    assert client.post(ADDRESS, json={"text": TEXT}, headers=headers).status_code == 200


def test_outside_the_demonstration_there_is_no_such_address() -> None:
    client = client_of(fake_reader({}), demo=False)
    assert client.post(ADDRESS, json={"text": TEXT}).status_code == 404
    assert ADDRESS not in client.get("/chart/1").text


def test_a_page_learns_that_there_is_a_reader(client: FlaskClient) -> None:
    assert f'<meta name="ehr-read-note-url" content="{ADDRESS}">' in client.get("/chart/1").text


def test_a_page_learns_that_there_is_none() -> None:
    assert '<meta name="ehr-read-note-url" content="">' in client_of(None).get("/chart/1").text


def test_the_text_reaches_no_log(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        client.post(ADDRESS, json={"text": TEXT})
        client.post(ADDRESS, json={"text": [TEXT]})
    assert "chest" not in caplog.text
