from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_hooks.app import app_of
from cds_hooks.commands.demo import demo_app, demo_settings
from cds_hooks.platform import build_platform
from cds_hooks.settings import Settings, SettingsError

BASE = "http://127.0.0.1:8000"


@pytest.fixture
def demo(tmp_path: Path) -> FlaskClient:
    return demo_app(app_of(build_platform(demo_settings(8000, "", tmp_path))), BASE, "").test_client()


def test_one_port_has_the_page_the_chart_and_the_service(demo: FlaskClient) -> None:
    assert demo.get("/").mimetype == "text/html"
    assert demo.get("/fhir/metadata").json["resourceType"] == "CapabilityStatement"
    assert demo.get("/cds-services").json["services"]


def test_the_embedded_server_is_served_with_every_method(demo: FlaskClient) -> None:
    content = {"resourceType": "Patient", "id": "new", "birthDate": datetime.now(UTC).date().isoformat()}
    headers = {"Content-Type": "application/fhir+json"}
    assert demo.put("/fhir/Patient/new", json=content, headers=headers).status_code == 201
    assert demo.get("/fhir/Patient/new").json["id"] == "new"
    assert demo.get("/fhir/Patient?_id=new&_count=1").json["total"] == 1
    assert demo.delete("/fhir/Patient/new").status_code == 204
    assert demo.get("/fhir/Patient/new").status_code == 410


def test_pages_of_this_machine_are_trusted(demo: FlaskClient) -> None:
    answer = demo.get("/cds-services", headers={"Origin": "http://localhost:5173"})
    assert answer.headers["Access-Control-Allow-Origin"] == "http://localhost:5173"


def test_another_server_takes_the_place_of_the_embedded_one(tmp_path: Path) -> None:
    other = "https://ehr.example.org/fhir"
    settings = demo_settings(8000, other, tmp_path)
    assert settings.fhir.trusted_servers == (other,)
    assert settings.sandbox.as_of == "last-entry"
    client = demo_app(app_of(build_platform(settings)), BASE, other).test_client()
    assert client.get("/fhir/metadata").status_code == 404
    assert "https://ehr.example.org" in client.get("/").headers["Content-Security-Policy"]


def test_only_the_demo_shows_models_trained_on_simulated_patients(tmp_path: Path) -> None:
    assert demo_settings(8000, "", tmp_path).for_models().demonstrations
    assert not Settings().for_models().demonstrations


def test_a_server_on_this_machine_may_be_plain_http(tmp_path: Path) -> None:
    assert demo_settings(8000, "http://localhost:9090/fhir", tmp_path).fhir.allow_loopback


def test_plain_http_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        demo_settings(8000, "http://ehr.example.org/fhir", tmp_path)
