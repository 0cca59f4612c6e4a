"""A running service gets words and tokens of a patient in every way that can go wrong, and tells none."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.cds_hooks.platforms import call_body
from tests.cds_hooks.served import JSON, URL, Service, serving
from tests.fakes.faulty_server import FaultyServer, answer, bundle, raw, status
from tests.fakes.fhir_server import honest

NAME, NUMBER, BORN, STREET, NOTE = (
    "Canaryname",
    "canary-mrn-4711",
    "1951-09-23",
    "Canary Street",
    "canarynote",
)
TOKEN, JWT = "canary-access-token", "canaryheader.canaryclaims.canarysignature"
SECRETS = (NAME, NUMBER, BORN, STREET, NOTE, TOKEN, *JWT.split("."))
Json = dict[str, Any]

PATIENT: Json = {
    "resourceType": "Patient",
    "id": "p1",
    "gender": "female",
    "birthDate": BORN,
    "name": [{"family": NAME}],
    "identifier": [{"value": NUMBER}],
    "address": [{"line": [STREET]}],
}
RESULT: Json = {
    "resourceType": "Observation",
    "id": "o1",
    "status": "final",
    "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
    "subject": {"reference": "Patient/p1"},
    "effectiveDateTime": "2026-10-01",
    "valueQuantity": {"value": 7.7, "unit": NOTE},
    "note": [{"text": NOTE}],
}
REPORT: Json = {
    "resourceType": "DocumentReference",
    "id": "d1",
    "status": "current",
    "subject": {"reference": "Patient/p1"},
    "description": NOTE,
    "content": [{"attachment": {"contentType": "text/plain", "data": "Y2FuYXJ5bm90ZQ=="}}],
}
HEADERS = {**JSON, "Authorization": f"Bearer {JWT}"}
CHART = [PATIENT, RESULT, REPORT]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("service")


@pytest.fixture(scope="module")
def service(folder: Path) -> Iterator[Service]:
    (folder / "temporary").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TMPDIR", str(folder / "temporary"))
        sections = (
            "[limits]\ndrain_s = 0\nrate_per_s = 0\n[fhir]\nallow_loopback = true\nconnect_timeout_s = 30\n"
        )
        with serving(folder, sections, "deadline_s = 30\nmax_body_bytes = 100000\n") as running:
            yield running


def over(server: FaultyServer, **changes: Any) -> Json:
    authorization = {
        "access_token": TOKEN,
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "cuecard",
        "patient": NUMBER,
    }
    return call_body(fhirServer=server.base, fhirAuthorization=authorization, prefetch=None) | changes


def prefetched(*resources: Json) -> Json:
    return {"patient": PATIENT, "observations": bundle(*resources), "conditions": None}


def _calls() -> Iterator[tuple[Any, int]]:
    """Bodies of calls, and what each is answered with."""
    context = {"userId": "Practitioner/u1", "patientId": "p1"}
    yield call_body(prefetch=prefetched(RESULT)), 200
    yield call_body(prefetch=prefetched({"resourceType": NAME, "id": NUMBER})), 200
    yield call_body(hook=NAME), 400
    yield call_body(hookInstance=NUMBER), 400
    yield call_body(context={**context, "patientId": f"{NAME} {BORN}"}), 400
    yield call_body(context={**context, "userId": NAME}), 400
    yield call_body(fhirServer=f"https://{NAME}:x"), 400
    yield call_body(fhirAuthorization={"access_token": TOKEN}), 400
    yield call_body(prefetch={"patient": NAME}), 400
    yield (
        call_body(prefetch={"patient": PATIENT | {"id": "p2"}, "observations": None, "conditions": None}),
        412,
    )
    yield call_body(prefetch={"patient": None}), 412
    yield call_body(fhirServer="https://other.example.org/fhir", prefetch=None), 412
    yield {"hook": NAME * 20_000}, 413


@pytest.mark.parametrize(("body", "expected"), list(_calls()))
def test_a_call_that_goes_wrong_tells_nothing(service: Service, body: Any, expected: int) -> None:
    _ask(service, URL, json.dumps(body).encode(), expected)


@pytest.mark.parametrize(
    "body",
    [f'{{"{NAME}'.encode(), f'["{NOTE}"]'.encode(), f'{{"{NAME}":1,"{NAME}":2}}'.encode(), NOTE.encode()],
)
def test_a_body_that_is_no_call_tells_nothing(service: Service, body: bytes) -> None:
    _ask(service, URL, body, 400)


def _ask(service: Service, path: str, body: bytes, expected: int, method: str = "POST") -> None:
    try:
        got, said = service.ask(method, path, body, HEADERS)
    except (BrokenPipeError, ConnectionResetError):  # a body that is too large need not be listened to
        assert expected == 413
        return
    assert got == expected
    if expected != 200:
        assert not [secret for secret in SECRETS if secret in json.dumps(said)]


@pytest.mark.parametrize(
    ("behaviour", "expected"),
    [
        (honest(CHART), 200),
        (
            answer(
                {"resourceType": "OperationOutcome", "issue": [{"diagnostics": NAME, "severity": "error"}]}
            ),
            412,
        ),
        (raw(f"<html>{NAME}".encode(), media_type="text/html"), 412),
        (raw(f'{{"{NAME}'.encode()), 412),
        (raw(NAME.encode(), status=500), 412),
        (status(302, {"Location": f"http://{NAME}/{TOKEN}"}), 412),
        (answer(PATIENT | {"id": NUMBER}), 412),
        (answer(bundle(PATIENT, link=f"http://{NAME}.example/{TOKEN}")), 412),
    ],
)
def test_a_server_that_goes_wrong_makes_nothing_told(service: Service, behaviour: Any, expected: int) -> None:
    with FaultyServer(otherwise=behaviour) as server:
        _ask(service, URL, json.dumps(over(server)).encode(), expected)
        assert server.requests


def test_addresses_methods_and_feedback_tell_nothing(service: Service) -> None:
    _ask(service, f"/cds-services/nothing/{NUMBER}", b"{}", 404)
    _ask(service, "/cds-services/nothing", json.dumps({NAME: NOTE}).encode(), 404)
    _ask(service, f"/{NAME}?patient={NUMBER}", b"", 404, "GET")
    _ask(service, f"{URL}?{NAME}={NUMBER}", b"", 405, "DELETE")
    entry = {"card": str(uuid4()), "outcome": "overridden", "outcomeTimestamp": "2026-01-02T03:04:05Z"}
    for said, expected in (({"userComment": NOTE}, 404), ({"reason": NOTE}, 400)):
        body = json.dumps({"feedback": [{**entry, "overrideReason": said}]}).encode()
        _ask(service, f"{URL}/feedback", body, expected)
    _ask(service, f"{URL}/feedback", json.dumps({"feedback": NOTE}).encode(), 400)


def test_log_metrics_ledger_and_temporary_files_have_none_of_it(service: Service, folder: Path) -> None:
    body = json.dumps(call_body(prefetch=prefetched(RESULT))).encode()
    _ask(service, URL, body, 200)
    metrics = urllib.request.urlopen(f"http://127.0.0.1:{service.operations}/metrics", timeout=20).read()
    assert b"cuecard_" in metrics
    told = {"metrics": metrics} | {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()
    }
    assert {"log", "ledger.sqlite3"} <= told.keys()
    assert b"answered" in told["log"]
    for place, text in told.items():
        assert not [secret for secret in SECRETS if secret.encode() in text], place
