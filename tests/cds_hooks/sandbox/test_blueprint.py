"""The pages carry the addresses, and a policy under which chart text can't become code."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient

from cds_hooks.sandbox import SandboxConfig, create_blueprint


def client_of(config: SandboxConfig) -> FlaskClient:
    app = Flask(__name__)
    app.register_blueprint(create_blueprint(config))
    return app.test_client()


@pytest.fixture
def client() -> FlaskClient:
    return client_of(SandboxConfig(fhir_base="https://fhir.example.org/r4"))


def test_the_patient_list_is_the_front_page(client: FlaskClient) -> None:
    assert "<h1>Patients</h1>" in client.get("/").text


def test_a_chart_names_its_patient(client: FlaskClient) -> None:
    assert 'data-patient-id="abc-1.2"' in client.get("/chart/abc-1.2").text


@pytest.mark.parametrize("identity", ["a b", "%22onload", "x" * 65, "ä", "a%0A"])
def test_what_is_no_fhir_id_has_no_chart(client: FlaskClient, identity: str) -> None:
    assert client.get(f"/chart/{identity}").status_code == 404


def test_the_page_tells_the_browser_where_the_fhir_server_is(client: FlaskClient) -> None:
    assert '<meta name="ehr-fhir-base" content="https://fhir.example.org/r4">' in client.get("/").text


def test_an_address_in_the_page_is_escaped() -> None:
    page = client_of(SandboxConfig(fhir_base='/fhir"><script>')).get("/").text
    assert '"><script>' not in page


def test_scripts_and_styles_come_from_files_of_the_own_origin(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "default-src 'self';" in policy
    assert "unsafe" not in policy
    assert "script-src" not in policy


def test_the_page_may_connect_to_the_fhir_servers_origin_and_no_other(client: FlaskClient) -> None:
    policy = client.get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self' https://fhir.example.org;" in policy


def test_a_server_on_the_own_origin_adds_nothing_to_the_policy() -> None:
    policy = client_of(SandboxConfig(fhir_base="/fhir")).get("/").headers["Content-Security-Policy"]
    assert "connect-src 'self';" in policy


def test_strings_can_not_become_markup_in_the_browser(client: FlaskClient) -> None:
    assert "require-trusted-types-for 'script'" in client.get("/").headers["Content-Security-Policy"]


@pytest.mark.parametrize("path", ["/", "/chart/1"])
def test_pages_hold_no_inline_script_style_or_foreign_address(client: FlaskClient, path: str) -> None:
    page = client.get(path).text
    assert "<style" not in page
    assert " style=" not in page
    assert not re.search(r"\son\w+=", page)
    assert "<script>" not in page
    assert page.count("http") == page.count("https://fhir.example.org/r4")


def test_pages_are_not_stored(client: FlaskClient) -> None:
    assert client.get("/chart/1").headers["Cache-Control"] == "no-store"


def test_the_files_that_the_pages_name_are_served(client: FlaskClient) -> None:
    page = client.get("/chart/1").text
    names = [part.split('"')[0] for part in page.split('="/ehr/static/')[1:]]
    assert len(names) == 9
    for name in names:
        with client.get(f"/ehr/static/{name}") as response:
            assert response.status_code == 200


def test_the_demonstration_says_that_it_is_one() -> None:
    assert "Not for clinical use" in client_of(SandboxConfig(fhir_base="/fhir")).get("/").text


def test_the_notice_is_absent_outside_the_demonstration() -> None:
    assert "Fictitious" not in client_of(SandboxConfig(fhir_base="/fhir", demo=False)).get("/").text


@pytest.mark.parametrize(
    "address",
    [
        "",
        "//evil.example",
        "ftp://a.example",
        "https://user:pw@a.example/",
        "https://a.example; script-src *",
        "javascript:1",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="fhir_base"):
        SandboxConfig(fhir_base=address)


def test_a_cds_service_elsewhere_may_be_reached() -> None:
    config = SandboxConfig(fhir_base="/fhir", cds_base="https://cds.example.org/base")
    assert config.other_origins == ("https://cds.example.org",)


def test_an_origin_used_twice_is_named_once() -> None:
    config = SandboxConfig(fhir_base="https://a.example/fhir", cds_base="https://a.example/cds")
    assert config.other_origins == ("https://a.example",)
