"""Clients and callers in the settings: every fault is found before the service starts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_hooks.settings import SettingsError, settings_of
from tests.security import ehr

FHIR = "https://ehr.example.org/fhir"
URL = {"issuer": "https://ehr.example.org", "jwks_url": "https://ehr.example.org/jwks.json"}


def document(*clients: Any, **sections: Any) -> dict[str, Any]:
    return {
        "callers": {"public_url": "https://cds.example.org"},
        "fhir": {"trusted_servers": [FHIR]},
        "clients": list(clients),
        **sections,
    }


def fault(given: dict[str, Any]) -> str:
    with pytest.raises(SettingsError) as caught:
        settings_of(given)
    (found,) = caught.value.faults
    return found


def test_a_client_has_safe_defaults() -> None:
    (client,) = settings_of(document(URL)).clients
    assert (client.algorithms, client.tenants, client.fhir_servers) == (("ES384", "RS384"), (), ())
    assert not client.has_server(FHIR)
    assert client.has_tenant("")
    assert not client.has_tenant("x")


def test_an_issuer_may_be_there_once_for_each_tenant() -> None:
    north, south = {**URL, "tenants": ["north"]}, {**URL, "tenants": ["south"], "fhir_servers": [FHIR]}
    assert len(settings_of(document(north, south)).clients) == 2


def test_a_key_file_is_read_at_the_start(tmp_path: Path) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(ehr.key_set(ehr.ec_key()))
    assert settings_of(document({"issuer": "x", "jwks_file": str(path)})).clients
    path.write_bytes(b"{}")
    assert fault(document({"issuer": "x", "jwks_file": str(path)})).endswith("is not a JSON Web Key Set")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"issuer": ""}, "needs an issuer"),
        ({"issuer": 3}, "issuer must be a text"),
        ({"colour": "red"}, "unknown setting 'colour'"),
        ({"tenants": "north"}, "tenants must be a list of texts"),
        ({"tenants": [""]}, "tenants must be a list of texts"),
        ({"jwks_url": ""}, "needs either jwks_url or jwks_file"),
        ({"jwks_file": "/keys.json"}, "needs either jwks_url or jwks_file"),
        ({"algorithms": ["HS256"]}, "algorithms must be of"),
        ({"algorithms": ["none"]}, "algorithms must be of"),
        ({"algorithms": []}, "algorithms must be of"),
        ({"jwks_url": "http://ehr.example.org/jwks.json"}, "jwks_url: must be an https URL"),
        ({"jwks_url": "file:///etc/passwd"}, "jwks_url: must be an https URL"),
        ({"fhir_servers": ["https://other.example.org/fhir"]}, "must be among fhir.trusted_servers"),
        ({"fhir_servers": ["https://ehr.example.org/fhir2"]}, "must be among fhir.trusted_servers"),
    ],
)
def test_a_client_that_can_not_work_is_a_fault(changes: dict[str, Any], words: str) -> None:
    found = fault(document({**URL, **changes}))
    assert found.startswith("clients: entry 1: ")
    assert words in found


def test_clients_must_be_tables() -> None:
    assert fault({**document(), "clients": {"issuer": "x"}}) == "clients: must be tables [[clients]]"
    assert "there twice" in fault(document(URL, URL))
    assert "can't be read" in fault(document({"issuer": "x", "jwks_file": "/nowhere/keys.json"}))


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("", "is needed with [[clients]]"),
        ("http://cds.example.org", "must be an https URL"),
        ("https://cds.example.org/", "without a slash at the end"),
        ("https://cds.example.org?x", "without a query"),
    ],
)
def test_the_public_url_is_exact(url: str, words: str) -> None:
    found = fault(document(URL, callers={"public_url": url}))
    assert found.startswith("callers.public_url: ")
    assert words in found


@pytest.mark.parametrize("bind", ["0.0.0.0:8000", "10.0.0.1:80", "[::]:8000", "cds.example.org:443", "0:80"])
def test_other_machines_are_served_with_clients_or_a_word_that_says_so(bind: str) -> None:
    service = {"bind": bind}
    assert fault({"service": service}).startswith("service.bind: ")
    assert settings_of(document(URL, service=service)).service.bind == bind
    opened = {"service": service, "callers": {"open_beyond_loopback": True}}
    assert settings_of(opened).service.bind == bind


@pytest.mark.parametrize(
    "bind", ["127.0.0.1:8000", "localhost:1", "[::1]:8000", "127.8.8.8:80", "127.0.0.1:0"]
)
def test_this_machine_may_try_without_clients(bind: str) -> None:
    assert settings_of({"service": {"bind": bind}}).service.bind == bind


def test_periods_must_fit_each_other() -> None:
    assert fault({"retention": {"calls_days": 100}}).startswith("retention.feedback_days: must not exceed")
    assert fault({"retention": {"feedback_days": 10}}).startswith("retention.feedback_days: must reach")
