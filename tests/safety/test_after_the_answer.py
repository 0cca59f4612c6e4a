"""What is left of a call when it has been answered: its account in the ledger, and nothing else."""

from __future__ import annotations

import gc
import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.protocol.request import HookCall
from cds_hooks.settings import settings_of
from fhir_adapters.authorization import FhirAuthorization
from fhir_adapters.record import PatientRecord
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import Connection, FaultyServer, Request, answer, bundle
from tests.fakes.fhir_server import honest

URL = "/cds-services/chart-review"
Json = dict[str, Any]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    yield from _edge(tmp_path, deadline_s=30)


@pytest.fixture
def hasty(tmp_path: Path) -> Iterator[FlaskClient]:
    """Waits a second for a chart."""
    yield from _edge(tmp_path, deadline_s=1)


def _edge(folder: Path, deadline_s: float) -> Iterator[FlaskClient]:
    document = {
        "service": {"deadline_s": deadline_s},
        "notes": {"enabled": False},
        # A busy machine may look at a connection late.
        "fhir": {"allow_loopback": True, "connect_timeout_s": 20},
        "ledger": {"url": f"sqlite:///{folder / 'ledger.sqlite3'}"},
    }
    built = build_platform(settings_of(document))
    yield app_of(built).test_client()
    built.ledger.close()
    built.client.close()


def chart(identity: str, name: str) -> list[Json]:
    result = {
        "resourceType": "Observation",
        "id": f"o-{identity}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}], "text": name},
        "subject": {"reference": f"Patient/{identity}"},
        "effectiveDateTime": "2026-01-02T03:04:05Z",
        "valueQuantity": {"value": 7.4, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }
    names = [{"family": name}]
    return [
        {
            "resourceType": "Patient",
            "id": identity,
            "name": names,
            "gender": "male",
            "birthDate": "1960-01-01",
        },
        result,
    ]


def ask(client: FlaskClient, server: FaultyServer, identity: str, token: str = "") -> TestResponse:
    authorization = {
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "cuecard",
    }
    context = {"userId": "Practitioner/u1", "patientId": identity}
    said = call_body(context=context, prefetch=None, fhirServer=server.base)
    return client.post(URL, json=said | ({"fhirAuthorization": authorization} if token else {}))


def holders(secret: str) -> list[str]:
    """The types of everything in this process that holds a text with the secret, but for frames that run."""
    gc.collect()
    raw = secret.encode()
    found = []  # in loops: a comprehension would hold the secret in a cell of its own
    for holder in gc.get_objects():
        for held in gc.get_referents(holder):
            # By type: isinstance asks an object for its class, and some of torch warn when they are asked.
            kind = type(held)
            if (issubclass(kind, str) and secret in held) or (issubclass(kind, bytes) and raw in held):
                found.append(type(holder).__name__)
    return found


def parts_of_calls() -> list[object]:
    """The calls, permissions and records that are in this process."""
    kinds = (HookCall, FhirAuthorization, PatientRecord)
    return [each for each in gc.get_objects() if issubclass(type(each), kinds)]


def _call_with_secrets(client: FlaskClient, token: str, name: str) -> None:
    with FaultyServer(otherwise=honest(chart("p1", name))) as server:
        answered = ask(client, server, "p1", token)
        assert answered.status_code == 200, answered.text
        assert answered.json["cards"]
        assert any(token in request.headers.get("authorization", "") for request in server.requests)
        assert holders(token)  # the fake server still has it: what looks for it can find it
        answered.close()


def test_neither_token_nor_chart_outlives_its_call(client: FlaskClient) -> None:
    token, name = (f"{word}{uuid4().hex}" for word in ("t", "n"))
    others = {id(each): each for each in parts_of_calls()}  # of other tests in this process
    _call_with_secrets(client, token, name)
    assert holders(token) == []
    assert holders(name) == []
    assert [each for each in parts_of_calls() if id(each) not in others] == []


def test_the_next_call_has_nothing_of_the_one_before(client: FlaskClient) -> None:
    both = chart("p1", "Canaryone") + chart("p2", "Canarytwo")
    with FaultyServer(otherwise=honest(both)) as server:
        first = ask(client, server, "p1", "token-one")
        begun = len(server.requests)
        second = ask(client, server, "p2", "token-two")
        ended = len(server.requests)
        third = ask(client, server, "p1")
        assert (first.status_code, second.status_code, third.status_code) == (200, 200, 200)
        sent = [request.headers.get("authorization") for request in server.requests]
    assert set(sent[:begun]) == {"Bearer token-one"}
    assert set(sent[begun:ended]) == {"Bearer token-two"}
    assert set(sent[ended:]) == {None}
    assert "p1" not in str([request.target for request in server.requests[begun:ended]])
    assert "Canaryone" not in second.text


def test_nothing_is_asked_after_the_answer(hasty: FlaskClient) -> None:
    late = threading.Event()

    def waits(connection: Connection, request: Request) -> None:
        if request.headers.get("authorization") == "Bearer first":
            while not late.is_set() and not connection.stopped.is_set():
                late.wait(0.05)
            answer(bundle(link="Observation?patient=p1&page=2"))(connection, request)
        else:
            answer(bundle())(connection, request)

    others = honest(chart("p1", "Roe"))
    with FaultyServer({"Observation": waits}, otherwise=others) as server:
        assert ask(hasty, server, "p1", "first").status_code in (200, 412)
        asked = sum(request.headers.get("authorization") == "Bearer first" for request in server.requests)
        assert asked
        late.set()
        for _ in range(3):
            ask(hasty, server, "p1", "next")
        again = sum(request.headers.get("authorization") == "Bearer first" for request in server.requests)
    assert again == asked


def test_a_comment_is_in_no_log_and_no_answer(client: FlaskClient, caplog: pytest.LogCaptureFixture) -> None:
    with FaultyServer(otherwise=honest(chart("p1", "Roe"))) as server:
        (card, *_) = ask(client, server, "p1").json["cards"]
    comment = "canary-comment"
    entry = {
        "card": card["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-01-02T03:04:05Z",
        "overrideReason": {"userComment": comment},
    }
    wrong = {**entry, "outcome": comment}
    of_nobody = {**entry, "card": str(uuid4())}
    with caplog.at_level(logging.DEBUG):
        for entries, status in (([entry], 200), ([entry, wrong], 400), ([of_nobody], 404)):
            answered = client.post(f"{URL}/feedback", json={"feedback": entries})
            assert answered.status_code == status
            assert comment not in answered.text + str(answered.headers)
    assert comment not in " ".join(str(record.__dict__) for record in caplog.records)
