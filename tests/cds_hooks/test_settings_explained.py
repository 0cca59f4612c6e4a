"""`cuecard settings`: one account of every setting, that agrees with the files and shows no secret."""

from __future__ import annotations

import json
import tomllib
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from cds_hooks import client_settings, server_settings
from cds_hooks.cli import main
from cds_hooks.client_settings import check_clients
from cds_hooks.server_settings import check_servers
from cds_hooks.settings import Settings, SettingsError, load_settings, settings_of
from cds_hooks.settings_explained import explain, explain_tables

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = """
[ledger]
url = "postgresql+psycopg://me:geheim@db/ledger?sslpassword=geheim"
[limits]
max_waiting = 3
[fhir]
trusted_servers = ["https://ehr.example.org/fhir"]
[[fhir.servers]]
server = "https://ehr.example.org/fhir"
method = "client-credentials"
client_id = "cuecard"
token_url = "https://ehr.example.org/token"
scope = "system/*.read"
secret_env = "SITE_SECRET"
headers = { "Vendor-Key" = "geheim" }
"""


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SITE_SECRET", "geheim")
    path = tmp_path / "cuecard.toml"
    path.write_text(ACCOUNT)
    return path


def test_every_setting_has_a_meaning_of_its_own() -> None:
    explained = explain(Settings(), {})
    settings = Settings()
    expected = {
        f"{section.name}.{item.name}"
        for section in fields(settings)
        if is_dataclass(getattr(settings, section.name))
        for item in fields(getattr(settings, section.name))
    }
    assert {each.key for each in explained} == expected
    assert [each.key for each in explained if len(each.meaning) < 5] == []
    assert all(each.source == "default" and each.value == each.default for each in explained)


def test_the_keys_of_tables_are_those_that_are_read_and_each_has_a_meaning() -> None:
    told: dict[str, dict[str, str]] = {"[[clients]]": {}, "[[fhir.servers]]": {}}
    for each in explain_tables():
        told[each.table][each.key] = each.meaning
    for key in told["[[clients]]"]:
        assert "unknown setting" not in check_clients([{"issuer": "i", key: "x"}])
    for key in told["[[fhir.servers]]"]:
        assert "unknown setting" not in check_servers([{"server": "s", key: "x"}])
    assert set(told["[[clients]]"]) == {*client_settings._TEXTS, *client_settings._LISTS}
    read = (*server_settings._TEXTS, *server_settings._MANNERS, *server_settings._ELSEWHERE, "headers")
    assert set(told["[[fhir.servers]]"]) == set(read)
    assert all(len(meaning) > 5 for keys in told.values() for meaning in keys.values())


def test_the_keys_of_tables_are_printed_with_explain_only(capsys: pytest.CaptureFixture[str]) -> None:
    main(["settings", "--explain"])
    said = capsys.readouterr().out
    assert "[[clients]]" in said
    assert "jwks_url   # default" in said
    assert "issuer   # is needed" in said
    assert "secret_env   # default" in said
    main(["settings"])
    assert "[[clients]]" not in capsys.readouterr().out
    main(["settings", "--explain", "--json"])
    tables = json.loads(capsys.readouterr().out)["tables"]
    assert {each["table"] for each in tables} == {"[[clients]]", "[[fhir.servers]]"}


@pytest.mark.parametrize("name", ["cuecard.toml", "docker/cuecard.toml"])
def test_the_files_name_every_setting_of_the_table_with_a_legal_value(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    document = tomllib.loads(text)
    settings = load_settings(ROOT / name)
    absent = {f"{each.key}" for each in explain(settings, document) if each.source == "default"}
    # Those that have no value to show are there as a comment.
    assert absent == {"service.models", "fhir.servers"}
    assert '# models = ["' in text


@pytest.mark.parametrize(
    ("name", "differs"),
    [
        ("cuecard.toml", set()),
        (
            "docker/cuecard.toml",
            {
                "service.bind",
                "callers.open_beyond_loopback",
                "limits.proxies",
                "limits.drain_s",
                "operations.bind",
                "ledger.url",
            },
        ),
    ],
)
def test_the_files_differ_from_the_defaults_only_where_they_must(name: str, differs: set[str]) -> None:
    explained = explain(load_settings(ROOT / name), {})
    assert {each.key for each in explained if each.value != each.default} == differs


def test_value_and_source_are_told_and_no_secret_is(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings", "--explain", "--json", "--config", str(config)]) == 0
    text = capsys.readouterr().out
    told = json.loads(text)
    rows = {row["key"]: row for row in told["settings"]}
    assert (rows["limits.max_waiting"]["value"], rows["limits.max_waiting"]["source"]) == (3, "file")
    assert rows["limits.max_waiting"]["default"] == 8
    assert rows["limits.rate_burst"]["source"] == "default"
    assert rows["ledger.url"]["value"] == "postgresql+psycopg://me:***@db/ledger?***"
    assert told["environment"] == [
        {"key": "fhir.servers[0].secret_env", "variable": "SITE_SECRET", "is_set": True}
    ]
    assert "geheim" not in text
    assert main(["settings", "--explain", "--config", str(config)]) == 0
    text = capsys.readouterr().out
    assert "geheim" not in text
    assert "limits.max_waiting = 3   # file; default: 8\n    Calls that may wait" in text
    assert "fhir.servers[0].secret_env = $SITE_SECRET   # environment: set, never shown" in text


def test_without_a_file_the_defaults_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["settings"]) == 0
    assert "service.workers = 2   # default\n" in capsys.readouterr().out


def test_variables_that_are_not_set_are_faults_beside_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    account = {"server": "https://ehr.example.org/fhir", "method": "basic", "client_id": "c"}
    names = [f"CUECARD_TEST_{number}" for number in range(2)]
    for name in names:
        monkeypatch.delenv(name, raising=False)
    servers = [account | {"secret_env": name} for name in names]
    with pytest.raises(SettingsError) as caught:
        settings_of({"fhir": {"servers": servers}, "limits": {"max_waiting": -1}})
    assert caught.value.faults == (
        "limits.max_waiting: must be a whole number from 0 to 10000",
        "fhir.servers[0].secret_env: the variable CUECARD_TEST_0 is not set",
        "fhir.servers[1].secret_env: the variable CUECARD_TEST_1 is not set",
    )
