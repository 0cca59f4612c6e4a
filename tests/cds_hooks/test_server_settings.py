"""Accounts at FHIR servers are checked at start, with their secrets from where the settings say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from cds_hooks.settings import SettingsError, settings_of

SERVER = {"server": "https://ehr.example.org/fhir"}
TOKEN = {"token_url": "https://ehr.example.org/token", "client_id": "cue"}


def of(*tables: dict[str, Any]) -> Any:
    return settings_of({"fhir": {"servers": list(tables)}}).fhir.transport().servers


def test_an_account_takes_its_key_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    path.write_text("PRIVATE")
    (account,) = of({**SERVER, **TOKEN, "method": "backend-services", "key_file": str(path)})
    assert (account.key, account.algorithm, account.scope) == ("PRIVATE", "ES384", "system/*.read")


def test_an_account_takes_its_secret_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("A_SECRET", "s3")
    (account,) = of({**SERVER, "method": "basic", "client_id": "u", "secret_env": "A_SECRET"})
    assert account.secret == "s3"


def test_headers_and_trust_of_one_server_need_no_account() -> None:
    (server,) = of({**SERVER, "headers": {"X-Client": "1"}, "ca_file": "ca.pem"})
    assert (server.method, server.headers, server.ca_file) == ("none", {"X-Client": "1"}, "ca.pem")


def test_a_server_is_searched_as_its_table_says() -> None:
    (server,) = of({**SERVER, "vendor": "epic", "search": "post"})
    assert (server.vendor, server.search) == ("epic", "post")
    (server,) = of(SERVER)
    assert (server.vendor, server.search) == ("", "auto")


@pytest.mark.parametrize(
    ("table", "fault"),
    [
        ({}, "needs a server"),
        ({"server": 5}, "needs a server"),
        ({**SERVER, "secret": "in the file"}, "unknown setting 'secret'"),
        ({**SERVER, "method": "magic"}, "must be one of"),
        ({**SERVER, "client_id": 5}, "must be a text"),
        ({**SERVER, "vendor": "epik"}, "vendor must be one of .*epic"),
        ({**SERVER, "search": "put"}, "search must be one of auto, post"),
        ({**SERVER, "vendor": "google_healthcare", "search": "post"}, "reads no search forms"),
        (
            {"server": "https://fhir.epic.com/r4", "method": "basic", "client_id": "u", "secret_env": "HOME"},
            "wants the header Epic-Client-ID",
        ),
        ({**SERVER, "headers": {"a": 1}}, "table of texts"),
        ({"server": "ftp://x"}, "not an http"),
        ({**SERVER, **TOKEN, "method": "backend-services"}, "lacks key"),
        ({**SERVER, **TOKEN, "method": "backend-services", "key_file": "/nowhere/key"}, "key file"),
        (
            {**SERVER, "method": "basic", "client_id": "u", "secret_env": "NOT_SET_ANYWHERE"},
            "NOT_SET_ANYWHERE",
        ),
    ],
)
def test_what_is_wrong_with_an_account_stops_the_start(table: dict[str, Any], fault: str) -> None:
    with pytest.raises(SettingsError, match=fault):
        of(table)
