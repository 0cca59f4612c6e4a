"""`cuecard store`, `audit` and `purge`, as they are typed."""

from __future__ import annotations

import json
import sqlite3
import stat
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fhir.resources.R4B.auditevent import AuditEvent
from sqlalchemy import delete

from cds_hooks.cli import main
from cds_hooks.errors import DataUnavailable
from cds_hooks.ledger import Database, Ledger
from cds_hooks.ledger.chain import append
from cds_hooks.ledger.events import refusal_event
from cds_hooks.ledger.schema import audit
from cds_hooks.security.caller import ANYONE, Caller
from tests.cds_hooks.ledger.test_ledger import card, hook_call, override

V1 = Path(__file__).parent / "ledger" / "version_1.sql"
EHR = Caller(issuer="https://ehr.example.org", tenant="north")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "cuecard.toml"
    path.write_text(f'[ledger]\nurl = "sqlite:///{tmp_path / "ledger.sqlite3"}"\n')
    return path


@pytest.fixture
def database(config: Path) -> Database:
    """Six events: an old call, a call, its feedback, a failed call, a refusal and a resumption."""
    opened = Database(f"sqlite:///{config.parent / 'ledger.sqlite3'}", connections=1)
    ledger, built = Ledger(opened), card()
    long_ago = datetime.now(UTC) - timedelta(days=3000)
    with opened.transaction() as connection:
        old = {
            "at": f"{long_ago:%Y-%m-%dT%H:%M:%S.%fZ}",
            "kind": "call",
            "patient": "p0",
            "user": "Practitioner/u0",
        }
        append(connection, [old | {"outcome": "answered"}])
    with ledger.account("chart-review", hook_call(), "c1", EHR) as entry:
        entry.cards, entry.models = (built,), built.models
        entry.references = ("Patient/p1", "Observation/o1", "Observation/o2")
    ledger.add_feedback("chart-review", [override(built, comment="canary")], "f1", EHR)
    with pytest.raises(DataUnavailable), ledger.account("chart-review", hook_call(patient="p2"), "c2", EHR):
        raise DataUnavailable("no patient")
    ledger.record(
        refusal_event("r1", "call", "chart-review", ANYONE, status=401, outcome="login", reason="expired")
    )
    ledger.record({"kind": "resumed"})
    ledger.close()
    return opened


def exported(config: Path, *more: str) -> list[AuditEvent]:
    out = config.parent / "audit.ndjson"
    assert main(["audit", "export", "--config", str(config), "--out", str(out), *more]) == 0
    assert stat.S_IMODE(out.stat().st_mode) == 0o600
    return [AuditEvent.model_validate_json(line) for line in out.read_bytes().splitlines()]


def test_the_tables_are_looked_at_and_made(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for what, code in (("check", 1), ("migrate", 0), ("check", 0), ("migrate", 0)):
        assert main(["store", what, "--config", str(config)]) == code
    assert capsys.readouterr().out.splitlines() == [
        "sqlite: revision none; this program reads 0003: cuecard store migrate",
        "sqlite: from revision none to 0003",
        "sqlite: revision 0003, up to date",
        "sqlite: revision 0003, up to date",
    ]


def test_an_old_ledger_is_only_looked_at_by_check(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = config.parent / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(V1.read_text(encoding="utf-8"))
    before = path.read_bytes()
    assert main(["store", "check", "--config", str(config)]) == 1
    assert path.read_bytes() == before
    assert main(["store", "migrate", "--config", str(config)]) == 0
    assert main(["audit", "verify", "--config", str(config)]) == 0
    assert "events 1 to 2\n" in capsys.readouterr().out


def test_feedback_is_joined_to_its_card_models_and_evidence_without_patient_or_comment(
    config: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["store", "feedback", "--config", str(config), "--since", "2024-01-01"]) == 0
    (line,) = capsys.readouterr().out.splitlines()
    said = json.loads(line)
    assert (said["outcome"], said["call"], said["service"]) == ("overridden", "c1", "chart-review")
    assert (said["finding_keys"], said["evidence"]) == (["ckd"], ["Observation/o1"])
    assert said["models"] == [{"name": "kidney.v1", "version": "1", "digest": "abc"}]
    assert (said["issuer"], said["tenant"]) == (EHR.issuer, EHR.tenant)
    for word in ("canary", "p1", "u1", "patient"):
        assert word not in line.replace("Observation/o1", "")
    assert main(["store", "feedback", "--config", str(config), "--since", "2199-01-01"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "command", [["audit", "verify"], ["audit", "export"], ["purge"], ["store", "feedback"]]
)
def test_a_ledger_that_is_not_there_is_not_called_whole(
    config: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, "--config", str(config)]) == 1
    assert "there is no ledger" in capsys.readouterr().err
    assert not (config.parent / "ledger.sqlite3").exists()


def test_a_whole_chain_is_verified_against_its_own_head(
    config: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "verify", "--config", str(config)]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert (lines[0], lines[-1]) == ("events 1 to 6", "the chain is whole")
    head = lines[1].removeprefix("head ")
    assert main(["audit", "verify", "--config", str(config), "--head", head]) == 0
    other = f"6:{'0' * 64}"
    assert main(["audit", "verify", "--config", str(config), "--head", other]) == 1
    assert "FAULT event 6 differs from the head that was noted" in capsys.readouterr().out


def test_a_chain_with_a_row_removed_is_not_whole(
    config: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    with database.transaction() as connection:
        connection.execute(delete(audit).where(audit.c.n == 3))
    database.close()
    assert main(["audit", "verify", "--config", str(config)]) == 1
    assert capsys.readouterr().out.splitlines()[2:] == [
        "FAULT events 3 to 3 are missing",
        "the chain is NOT whole",
    ]


def test_every_kind_of_event_is_a_valid_audit_event(config: Path, database: Database) -> None:
    found = exported(config)
    assert [event.outcome for event in found] == ["0", "0", "0", "4", "4", "0"]
    assert [event.action for event in found] == ["E", "E", "C", "E", "E", "E"]
    call = found[1]
    client, ourselves, user = call.agent
    assert client.who.identifier.value == "https://ehr.example.org"
    assert client.who.display == "https://ehr.example.org (tenant north)"
    assert ourselves.who.display == "Cuecard"
    assert (user.who.reference, user.requestor) == ("Practitioner/u1", True)
    assert call.entity[0].what.reference == "Patient/p1"
    details = {
        entity.name: {detail.type: detail.valueString for detail in entity.detail}
        for entity in call.entity
        if entity.detail and entity.name != "resources read"
    }
    assert details["models"] == {"kidney.v1": "1 abc"}
    assert list(details["cards"].values()) == ["ckd"]
    assert details["place in the chain"]["number"] == "2"
    read = [entity.detail[0] for entity in call.entity if entity.name == "resources read"]
    assert [(each.type, each.valueString) for each in read] == [("Observation", "o1 o2"), ("Patient", "p1")]
    assert found[4].outcomeDesc == "401 login expired"
    assert "canary" not in (config.parent / "audit.ndjson").read_text()


def test_an_export_is_of_days_and_of_one_patient(config: Path, database: Database) -> None:
    tomorrow = (datetime.now(UTC) + timedelta(days=1)).date().isoformat()
    assert len(exported(config, "--since", "2024-01-01")) == 5
    assert len(exported(config, "--until", "2024-01-01")) == 1
    assert len(exported(config, "--since", "2024-01-01", "--until", tomorrow)) == 5
    assert exported(config, "--since", "2020-01-01", "--until", "2020-01-02") == []
    assert [event.entity[0].what.reference for event in exported(config, "--patient", "p1")] == [
        "Patient/p1"
    ] * 2
    assert exported(config, "--patient", "p") == []


def test_a_purge_says_what_went_and_what_is_left_verifies_and_exports(
    config: Path, database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["purge", "--config", str(config)]) == 0
    assert (
        capsys.readouterr().out
        == "removed: audit 1, calls 0, cards 0, feedback 0, comments 0, tokens 0, rates 0\n"
    )
    assert main(["audit", "verify", "--config", str(config)]) == 0
    assert "events 2 to 7\n" in capsys.readouterr().out
    purged = exported(config)[-1]
    assert (purged.action, purged.subtype[1].display) == ("D", "purge of the ledger")
    assert main(["purge", "--config", str(config)]) == 0
    assert capsys.readouterr().out.startswith("removed: audit 0,")
    assert len(exported(config)) == 6


@pytest.mark.parametrize("wrong", [["--head", "5"], ["--head", "x:" + "a" * 64], ["--head", "5:" + "g" * 64]])
def test_a_head_that_is_none_is_refused(config: Path, wrong: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["audit", "verify", "--config", str(config), *wrong])
    assert caught.value.code == 2
