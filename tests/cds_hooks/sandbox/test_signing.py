"""The mock EHR signs calls for its own pages and for no other purpose."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc import jwt
from joserfc.jwk import ECKey

from cds_hooks.sandbox import SandboxConfig, Signer, create_blueprint

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def client() -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="/fhir"), signer=Signer(BASE, BASE)))
    return app.test_client()


def test_a_token_verifies_with_the_published_key_and_names_its_endpoint(client: FlaskClient) -> None:
    (public,) = client.get("/ehr/jwks.json").get_json()["keys"]
    assert "d" not in public
    url = "http://localhost:8000/cds-services/chart-review"
    token = client.post("/ehr/token", json={"url": url}).get_json()["token"]
    verified = jwt.decode(token, ECKey.import_key(public), algorithms=["ES384"])
    assert verified.header["kid"] == public["kid"]
    assert (verified.claims["iss"], verified.claims["aud"]) == (BASE, f"{BASE}/cds-services/chart-review")
    assert verified.claims["exp"] - verified.claims["iat"] == 60


def test_no_two_tokens_are_the_same_call(client: FlaskClient) -> None:
    body = {"url": f"{BASE}/cds-services"}
    tokens = {client.post("/ehr/token", json=body).get_json()["token"] for _ in range(3)}
    assert len(tokens) == 3


@pytest.mark.parametrize(
    "url",
    [None, 3, "", "x", f"{BASE}/", f"{BASE}/fhir/Patient", f"{BASE}/cds-services-of-others", "http://["],
)
def test_nothing_else_is_signed(client: FlaskClient, url: Any) -> None:
    answer = client.post("/ehr/token", data=json.dumps({"url": url}), content_type="application/json")
    assert answer.status_code == 400
    assert "token" not in answer.get_json()


@pytest.mark.parametrize("headers", [{"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_pages_of_others_get_no_token(client: FlaskClient, headers: dict[str, str]) -> None:
    answer = client.post("/ehr/token", json={"url": f"{BASE}/cds-services"}, headers=headers)
    assert answer.status_code == 403


def test_without_a_signer_there_is_no_key_and_no_token() -> None:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(SandboxConfig(fhir_base="/fhir")))
    client = app.test_client()
    assert client.get("/ehr/jwks.json").status_code == 404
    assert client.post("/ehr/token", json={"url": f"{BASE}/cds-services"}).status_code == 404
    assert b"anyone on this machine may call" in client.get("/").data
