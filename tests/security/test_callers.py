"""Who may call: every call carries a token of a known client, and no other token is good enough."""

from __future__ import annotations

import json
import logging
import re
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.ledger.verification import verify
from cds_hooks.platform import Platform
from tests.cds_hooks.ledger.test_audit import events
from tests.cds_hooks.platforms import ORIGIN, browser, call_body, limiter, platform
from tests.security import ehr
from tests.security.conftest import FHIR, guarded
from tests.security.ehr import DISCOVERY, FEEDBACK, ISSUER, PUBLIC, SERVICE, After, Key, bearer

URL = "/cds-services/chart-review"
NOT_A_NUMBER = b'{"exp": NaN}'


def call(client: FlaskClient, token: str, **changes: Any) -> TestResponse:
    return client.post(URL, json=call_body(**changes), headers=bearer(token))


def refused(answer: TestResponse) -> None:
    """The same bare 401 for every reason."""
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    (issue,) = answer.json["issue"]
    correlation = issue.pop("diagnostics").removeprefix("correlation id ")
    assert correlation == answer.headers["X-Correlation-ID"]
    assert issue == {
        "severity": "error",
        "code": "login",
        "details": {"text": "the caller is not known to this service"},
    }


def test_discovery_a_call_and_feedback_each_take_a_token_of_their_own(client: FlaskClient, key: Key) -> None:
    assert client.get("/cds-services", headers=bearer(ehr.token(key, DISCOVERY))).json["services"]
    answer = call(client, ehr.token(key))
    assert answer.status_code == 200
    entry = {
        "card": answer.json["cards"][0]["uuid"],
        "outcome": "overridden",
        "outcomeTimestamp": "2026-01-02T03:04:05Z",
    }
    feedback = {"feedback": [entry]}
    assert (
        client.post(f"{URL}/feedback", json=feedback, headers=bearer(ehr.token(key, FEEDBACK))).status_code
        == 200
    )


@pytest.mark.parametrize("path", ["/cds-services", URL, f"{URL}/feedback", "/cds-services/none"])
@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Basic dTpw", "Bearer x", "x.y.z"])
def test_nothing_is_answered_without_a_token(
    client: FlaskClient, path: str, authorization: str | None
) -> None:
    headers = {} if authorization is None else {"Authorization": authorization}
    refused(
        client.get(path, headers=headers) if path == "/cds-services" else client.post(path, headers=headers)
    )


def test_a_flood_of_bad_tokens_is_told_to_stop_and_fills_no_audit(tmp_path: Path, key: Key) -> None:
    built = guarded(tmp_path, key)
    client = browser(replace(built, refusals=limiter(built, 0.5, 3)))
    answers = [call(client, "x.y.z") for _ in range(20)]
    assert [answer.status_code for answer in answers] == [401] * 3 + [429] * 17
    assert answers[-1].headers["Retry-After"] == "2"
    assert call(client, ehr.token(key)).status_code == 200  # the same address, but known
    assert call(client, "x.y.z").status_code == 429
    assert [event["kind"] for event in events(built.ledger._database)] == ["refusal"] * 3 + ["call"]
    built.ledger.close()
    built.client.close()


def test_a_flood_from_many_addresses_of_one_ipv6_network_is_one_flood(tmp_path: Path, key: Key) -> None:
    built = guarded(tmp_path, key)
    client = browser(replace(built, refusals=limiter(built, 0.5, 3)))

    def tried(address: str) -> int:
        base, said = {"REMOTE_ADDR": address}, {"Authorization": "Bearer x.y.z"}
        return client.post(URL, json=call_body(), headers=said, environ_base=base).status_code

    assert [tried(f"2001:db8::{number:x}") for number in range(20)] == [401] * 3 + [429] * 17
    assert tried("2001:db8:0:1::1") == 401
    built.ledger.close()
    built.client.close()


def test_health_and_preflight_need_none(client: FlaskClient) -> None:
    assert client.get("/health/live").status_code == 200
    assert client.get("/health/ready").json["callers"] == "known clients"
    answer = client.options(URL, headers={"Origin": ORIGIN, "Access-Control-Request-Method": "POST"})
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN
    assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]


def test_a_page_can_read_that_it_was_refused(client: FlaskClient) -> None:
    answer = client.post(URL, json=call_body(), headers={"Origin": ORIGIN})
    refused(answer)
    assert answer.headers["Access-Control-Allow-Origin"] == ORIGIN


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"aud": [SERVICE]},
        {"aud": ["https://other.example.org", SERVICE]},
        {"iat": After(20), "exp": After(200)},
        {"nbf": After(-5)},
        {"iat": After(-100), "exp": After(-5)},
        {"exp": After(120.5)},
        {"extra": {"a": [1]}},
    ],
)
def test_legal_claims_are_taken(client: FlaskClient, key: Key, changes: dict[str, Any]) -> None:
    assert call(client, ehr.token(key, **changes)).status_code == 200


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"iss": None}, "unknown-client"),
        ({"iss": 3}, "unknown-client"),
        ({"iss": "https://ehr.example.org/"}, "unknown-client"),
        ({"iss": "https://ehr.example.org.evil.example"}, "unknown-client"),
        ({"tenant": "north"}, "unknown-client"),
        ({"tenant": 1}, "unknown-client"),
        ({"aud": None}, "audience"),
        ({"aud": 1}, "audience"),
        ({"aud": [1]}, "audience"),
        ({"aud": []}, "audience"),
        ({"aud": PUBLIC}, "audience"),
        ({"aud": DISCOVERY}, "audience"),
        ({"aud": FEEDBACK}, "audience"),
        ({"aud": SERVICE[:-1]}, "audience"),
        ({"aud": SERVICE + "/"}, "audience"),
        ({"aud": SERVICE + "?x"}, "audience"),
        ({"aud": f"{DISCOVERY}/other"}, "audience"),
        ({"aud": f"http://localhost{URL}"}, "audience"),
        ({"exp": None}, "times"),
        ({"exp": "soon"}, "times"),
        ({"exp": True}, "times"),
        ({"exp": 1e300}, "times"),
        ({"iat": None}, "times"),
        ({"iat": -1}, "times"),
        ({"nbf": "x"}, "times"),
        ({"iat": After(-400), "exp": After(-200)}, "expired"),
        ({"exp": After(3600)}, "lifetime"),
        ({"exp": 32_000_000_000}, "lifetime"),
        ({"iat": After(0), "exp": After(0)}, "lifetime"),
        ({"iat": After(500), "exp": After(600)}, "not-yet-valid"),
        ({"nbf": After(500)}, "not-yet-valid"),
        ({"jti": None}, "no-token-id"),
        ({"jti": ""}, "no-token-id"),
        ({"jti": 7}, "no-token-id"),
        ({"jti": "x" * 256}, "no-token-id"),
    ],
)
def test_a_claim_that_is_missing_or_wrong_is_refused_and_only_our_log_says_why(
    client: FlaskClient,
    key: Key,
    changes: dict[str, Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.WARNING):
        answer = call(client, ehr.signed(key, ehr.claims(**changes)))
    refused(answer)
    assert [record.__dict__["reason"] for record in caplog.records] == [reason]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"kid": None}, "no-key-id"),
        ({"kid": ""}, "no-key-id"),
        ({"kid": 1}, "no-key-id"),
        ({"kid": "k2"}, "unknown-key"),
        ({"kid": "r1"}, "unknown-key"),
        ({"typ": None}, "type"),
        ({"typ": "JOSE"}, "type"),
        ({"crit": ["exp"]}, "critical-header"),
        ({"crit": []}, "critical-header"),
        ({"b64": False}, "critical-header"),
        ({"jku": 3}, "foreign-key-url"),
    ],
)
def test_a_header_that_is_missing_or_wrong_is_refused(
    client: FlaskClient,
    key: Key,
    changes: dict[str, Any],
    reason: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    true = ehr.signed(key, ehr.claims())
    head = ehr.part(ehr.header(key, **changes))
    with caplog.at_level(logging.WARNING):
        refused(call(client, ".".join([head, *true.split(".")[1:]])))
    assert [record.__dict__["reason"] for record in caplog.records] == [reason]


def test_headers_without_meaning_here_are_ignored(client: FlaskClient, key: Key) -> None:
    head = ehr.header(key, jku="https://evil.example/jwks.json", x5t="abc", vendor={"a": 1})
    assert call(client, ehr.signed(key, ehr.claims(), head)).status_code == 200


def _forged(key: Key, rsa: Key) -> dict[str, str]:
    said, stranger = ehr.claims(), ehr.ec_key()
    true = ehr.signed(key, said)
    head, body, signature = true.split(".")
    return {
        "none": ehr.unsigned(ehr.header(key, alg="none"), said),
        "None": ehr.unsigned(ehr.header(key, alg="None"), said),
        "no algorithm": ehr.unsigned(ehr.header(key, alg=None), said),  # type: ignore[arg-type]
        "HMAC with the public key": ehr.with_public_key_as_secret(key, said),
        "HMAC with the public RSA key": ehr.with_public_key_as_secret(rsa, said),
        "another key": ehr.signed(stranger, said),
        "another curve": ehr.signed(ehr.ec_key("P-256"), said, ehr.header(key, alg="ES256")),
        "a key in the header": ehr.signed(
            stranger, said, ehr.header(key, jwk=stranger.as_dict(private=False))
        ),
        "an algorithm that is not allowed": ehr.signed(rsa, said, ehr.header(rsa, alg="RS256")),
        "EC key, RSA algorithm": ehr.unsigned(ehr.header(key, alg="RS384"), said, b"x" * 256),
        "signature cut": f"{head}.{body}.{signature[:-4]}",
        "signature empty": f"{head}.{body}.",
        "signature of another body": f"{head}.{ehr.part(ehr.claims())}.{signature}",
        "all zeros": ehr.unsigned(ehr.header(key), said, bytes(96)),
        "two parts": f"{head}.{body}",
        "five parts": f"{true}.{head}.{body}",
        "no base64": f"{head}.!!!.{signature}",
        "claims are no JSON": f"{head}.{ehr.part(b'x')}.{signature}",
        "claims are a list": f"{head}.{ehr.part([1])}.{signature}",
        "header is null": f"{ehr.part(None)}.{body}.{signature}",
        "a claim twice": f"{head}.{ehr.part(_twice(said))}.{signature}",
        "not a number": f"{head}.{ehr.part(NOT_A_NUMBER)}.{signature}",
        "deep": f"{head}.{ehr.part(b'[' * 3000 + b']' * 3000)}.{signature}",
        "1 MB": ehr.signed(key, said | {"x": "y" * 100_000}) * 10,
    }


def _twice(said: dict[str, Any]) -> bytes:
    return json.dumps(said)[:-1].encode() + b', "iss": "https://evil.example"}'


def test_no_forged_token_is_taken(client: FlaskClient, key: Key, rsa: Key) -> None:
    for name, token in _forged(key, rsa).items():
        answer = call(client, token)
        assert answer.status_code == 401, name
        refused(answer)


def test_two_authorization_headers_are_no_token(client: FlaskClient, key: Key) -> None:
    pair = [("Authorization", f"Bearer {ehr.token(key)}"), ("Authorization", f"Bearer {ehr.token(key)}")]
    refused(client.post(URL, json=call_body(), headers=pair))


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_both_recommended_algorithms_are_taken(
    client: FlaskClient, key: Key, rsa: Key, algorithm: str
) -> None:
    signer = key if algorithm == "ES384" else rsa
    token = ehr.signed(signer, ehr.claims(), ehr.header(signer, alg=algorithm))
    assert call(client, token).status_code == 200


def test_the_other_algorithms_are_taken_where_the_settings_allow_them(tmp_path: Path, rsa: Key) -> None:
    small, large = ehr.ec_key("P-256", "k256"), ehr.ec_key("P-521", "k521")
    built = guarded(tmp_path, small, large, rsa, algorithms=["ES256", "ES512", "RS256", "RS512"])
    client = browser(built)
    for signer, algorithm in ((small, "ES256"), (large, "ES512"), (rsa, "RS256"), (rsa, "RS512")):
        token = ehr.signed(signer, ehr.claims(), ehr.header(signer, alg=algorithm))
        assert call(client, token).status_code == 200, algorithm
    refused(call(client, ehr.signed(rsa, ehr.claims(), ehr.header(rsa, alg="RS384"))))
    refused(call(client, ehr.signed(small, ehr.claims(), ehr.header(large, alg="ES256"))))
    built.ledger.close()


def test_the_host_header_decides_nothing(client: FlaskClient, key: Key) -> None:
    forged = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https"}
    token = ehr.token(key, "https://evil.example/cds-services/chart-review")
    refused(client.post(URL, json=call_body(), headers={**bearer(token), **forged}))
    answer = client.post(URL, json=call_body(), headers={**bearer(ehr.token(key)), **forged})
    assert answer.status_code == 200


def test_a_token_is_taken_once(client: FlaskClient, key: Key, caplog: pytest.LogCaptureFixture) -> None:
    token = ehr.token(key)
    assert call(client, token).status_code == 200
    refused(call(client, token))
    assert caplog.records[-1].__dict__["reason"] == "replayed"
    # The same jti in another token of the same issuer is the same nonce.
    jti = str(uuid4())
    assert call(client, ehr.token(key, jti=jti)).status_code == 200
    refused(client.get("/cds-services", headers=bearer(ehr.token(key, DISCOVERY, jti=jti))))


def test_a_token_with_a_wrong_signature_uses_no_jti_up(client: FlaskClient, key: Key) -> None:
    said = ehr.claims()
    refused(call(client, ehr.signed(ehr.ec_key(), said)))
    assert call(client, ehr.signed(key, said)).status_code == 200


def test_a_token_is_refused_after_a_restart_and_by_another_process(tmp_path: Path, key: Key) -> None:
    token = ehr.token(key)
    for status in (200, 401, 401):
        built = guarded(tmp_path, key)
        assert call(browser(built), token).status_code == status
        built.ledger.close()


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (f"{FHIR}/a", 200),
        (f"{FHIR}/a/", 200),
        (f"{FHIR}/a/deeper", 200),
        (None, 200),
        (FHIR, 403),
        (f"{FHIR}/b", 403),
        (f"{FHIR}/ab", 403),
        ("https://ehr.example.org.evil.example/fhir/a", 403),
        ("https://ehr.example.org:8443/fhir/a", 403),
        ("https://other.example.org/fhir/a", 403),
    ],
)
def test_a_call_names_a_fhir_server_of_its_own_client(
    client: FlaskClient, edge: Platform, key: Key, server: str | None, status: int
) -> None:
    authorization = {
        "access_token": "s3cr3t",
        "token_type": "Bearer",
        "expires_in": 300,
        "scope": "patient/*.rs",
        "subject": "cuecard",
    }
    named = {"fhirServer": server, "fhirAuthorization": authorization} if server else {}
    answer = call(client, ehr.token(key), **named)
    assert answer.status_code == status
    if status == 403:
        assert answer.json["issue"][0]["code"] == "forbidden"
        assert answer.json["issue"][0]["expression"] == ["fhirServer"]
        event = events(edge.ledger._database)[-1]
        assert (event["kind"], event["status"], event["issuer"]) == ("refusal", 403, ISSUER)


def test_each_tenant_has_its_own_servers_and_cards(tmp_path: Path, key: Key) -> None:
    built = guarded(tmp_path, key, tenants=["north", "south"])
    client = browser(built)
    refused(call(client, ehr.token(key)))
    refused(call(client, ehr.token(key, tenant="east")))
    body = call_body()
    uuids = set()
    for tenant in ("north", "south"):
        answer = client.post(URL, json=body, headers=bearer(ehr.token(key, tenant=tenant)))
        uuids.add(answer.json["cards"][0]["uuid"])
    assert len(uuids) == 2
    built.ledger.close()


def test_the_audit_says_who_called_and_who_was_refused(tmp_path: Path, key: Key) -> None:
    built = guarded(tmp_path, key, tenants=["north"])
    client = browser(built)
    call(client, ehr.token(key, tenant="north"))
    call(client, ehr.token(key, tenant="secret-tenant"))
    call(client, ehr.token(key, tenant="north"), hook=None)
    client.post(
        "/cds-services/jane-doe",
        json={},
        headers=bearer(ehr.token(key, f"{DISCOVERY}/jane-doe", tenant="north")),
    )
    assert client.get("/cds-services/x/y/z").status_code == 404  # an address that is not there is no event
    database = built.ledger._database
    answered, unknown, malformed, absent = events(database)
    assert (answered["kind"], answered["issuer"], answered["tenant"]) == ("call", ISSUER, "north")
    assert (unknown["status"], unknown["reason"], unknown["service"]) == (
        401,
        "unknown-client",
        "chart-review",
    )
    assert "issuer" not in unknown
    assert (malformed["status"], malformed["outcome"], malformed["issuer"]) == (400, "required", ISSUER)
    assert (absent["status"], absent["service"]) == (404, "unknown")
    assert not {"secret-tenant", "jane-doe"} & set(re.findall(r"[\w-]+", str(events(database))))
    assert verify(database).intact
    built.ledger.close()


def test_a_token_is_in_no_log_and_not_in_the_ledger(
    tmp_path: Path, key: Key, caplog: pytest.LogCaptureFixture
) -> None:
    built = guarded(tmp_path, key)
    client = browser(built)
    good, late = ehr.token(key), ehr.token(key, iat=After(-400), exp=After(-300), jti="canary-jti")
    with caplog.at_level(logging.DEBUG):
        call(client, good)
        call(client, late)
        call(client, "canary.token.text")
    built.ledger.close()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("ledger*"))
    shown = " ".join(str(record.__dict__) for record in caplog.records)
    for secret in (*good.split("."), *late.split("."), "canary"):
        assert secret not in shown
        assert secret.encode() not in kept


def test_without_clients_anyone_may_call_and_health_says_so(tmp_path: Path) -> None:
    built = platform(tmp_path)
    client = browser(built)
    assert client.post(URL, json=call_body()).status_code == 200
    assert client.post(URL, json=call_body(), headers=bearer("whatever")).status_code == 200
    assert client.get("/health/ready").json["callers"] == "anyone"
    built.ledger.close()


def test_a_ledger_that_can_not_be_written_admits_nobody_and_heals(tmp_path: Path, key: Key) -> None:
    built = guarded(tmp_path, key)
    client = browser(built)
    assert call(client, ehr.token(key)).status_code == 200
    built.ledger.close()
    ledger = tmp_path / "ledger.sqlite3"
    ledger.rename(tmp_path / "away")
    ledger.mkdir()
    answer = call(client, ehr.token(key))
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    ready = client.get("/health/ready")
    assert ready.status_code == 503
    assert "can't be opened" in ready.json["issue"][0]["details"]["text"]
    refused_discovery = client.get("/cds-services", headers=bearer(ehr.token(key, DISCOVERY)))
    assert refused_discovery.status_code == 503
    ledger.rmdir()
    (tmp_path / "away").rename(ledger)
    assert client.get("/health/ready").status_code == 200
    assert call(client, ehr.token(key)).status_code == 200
    built.ledger.close()
