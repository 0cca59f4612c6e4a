from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from cds_hooks.ledger import Database
from cds_hooks.ledger.schema import audit, readings
from cds_hooks.platform import Platform, build_platform
from cds_hooks.reading import (
    KeptReadings,
    NoteService,
    ReadingLimits,
    note_service,
    weights_folder,
    why_off,
)
from cds_hooks.reading import service as service_module
from cds_hooks.services.registry import BoundService
from cds_hooks.settings import NoteSettings, SettingsError, settings_of
from fhir_adapters.record import Need, PatientRecord, Requires
from models.finding import Assessment, ModelStamp
from models.side_by_side import ALONE
from tests.cds_hooks.platforms import PATIENT, SERVICE, SmallModel, browser, call_body, finding, platform
from tests.cds_hooks.reading.readings import SmallReader

URL = "/cds-services/chart-review"
NEED = Requires((Need(resource="Patient", required=True), Need(resource="DocumentReference")))
STAMP = ModelStamp(name="notes", version="test 1", digest="1" * 64)


def document(name: str, text: str) -> dict[str, Any]:
    data = base64.b64encode(text.encode()).decode()
    return {
        "resourceType": "DocumentReference",
        "id": name,
        "status": "current",
        "subject": {"reference": "Patient/p1"},
        "date": "2026-01-01T00:00:00Z",
        "content": [{"attachment": {"contentType": "text/plain", "data": data}}],
    }


class Seen:
    """A model that notes what it is given."""

    def __init__(self) -> None:
        self.records: list[PatientRecord] = []
        self.model = SmallModel("sure.v1", self._say)
        self.model.requires = NEED

    def _say(self, record: PatientRecord) -> Assessment:
        self.records.append(record)
        return Assessment((finding(),))


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def reader() -> SmallReader:
    return SmallReader()


@pytest.fixture
def reading_edge(tmp_path: Path, seen: Seen, reader: SmallReader) -> Iterator[Platform]:
    plain = platform(tmp_path, BoundService(SERVICE, (seen.model,)))
    limits = ReadingLimits(max_notes=2, lookback_days=36500)
    notes = NoteService(
        reader=reader,
        kept=KeptReadings(plain.ledger.readings),
        limits=limits,
        threads=ALONE,
        stamp=STAMP,
    )
    yield replace(plain, notes=notes)
    plain.ledger.close()
    plain.client.close()


def body(*texts: str) -> dict[str, Any]:
    entries = [{"resource": document(f"n{number}", text)} for number, text in enumerate(texts)]
    notes = {"resourceType": "Bundle", "type": "searchset", "entry": entries}
    return call_body(prefetch={"patient": PATIENT, "notes": notes})


def rows(folder: Path, table: Any) -> list[dict[str, Any]]:
    with Database(f"sqlite:///{folder / 'ledger.sqlite3'}", connections=1).transaction() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def test_models_see_the_readings_of_the_notes(reading_edge: Platform, seen: Seen) -> None:
    answer = browser(reading_edge).post(URL, json=body("She has a cough.", "She has a fever."))
    assert answer.status_code == 200
    (record,) = seen.records
    assert {reading.source for reading in record.readings} == {"DocumentReference/n0", "DocumentReference/n1"}
    assert "read;dur=" in answer.headers["Server-Timing"]


def test_a_call_keeps_its_readings_and_the_next_one_uses_them(
    reading_edge: Platform, reader: SmallReader, tmp_path: Path
) -> None:
    client = browser(reading_edge)
    client.post(URL, json=body("She has a cough."))
    assert len(rows(tmp_path, readings)) == 1
    assert reading_edge.notes is not None
    fresh = KeptReadings(reading_edge.ledger.readings)  # as in another process
    client = browser(replace(reading_edge, notes=replace(reading_edge.notes, kept=fresh)))
    client.post(URL, json=body("She has a cough."))
    assert len(reader.read_notes) == 1


def test_the_ledger_says_which_reader_read(reading_edge: Platform, tmp_path: Path) -> None:
    browser(reading_edge).post(URL, json=body("She has a cough."))
    (row,) = rows(tmp_path, audit)
    assert [model["name"] for model in json.loads(row["event"])["models"]] == ["notes", "sure.v1"]


def test_the_card_says_how_many_notes_were_not_read(reading_edge: Platform) -> None:
    answer = browser(reading_edge).post(URL, json=body("one cough", "two coughs", "three coughs"))
    assert answer.json is not None
    assert "**Not read:** 1 note (2026-01-01)." in answer.json["cards"][-1]["detail"]


def test_a_failing_reader_fails_no_call(reading_edge: Platform, reader: SmallReader) -> None:
    def fail(_source: str) -> None:
        raise RuntimeError("Jane Roe")

    reader._before = fail
    assert browser(reading_edge).post(URL, json=body("She has a cough.")).status_code == 200


def test_without_a_reader_the_chart_is_assessed_all_the_same(tmp_path: Path, seen: Seen) -> None:
    plain = platform(tmp_path, BoundService(SERVICE, (seen.model,)))
    assert browser(plain).post(URL, json=body("She has a cough.")).status_code == 200
    assert seen.records[0].readings == ()


def test_health_says_whether_notes_are_read(reading_edge: Platform) -> None:
    assert browser(reading_edge).get("/health/ready").json["notes"] == "read"
    without = replace(reading_edge, notes=None)
    assert browser(without).get("/health/ready").json["notes"] == "not read"


def test_switched_off_no_note_is_read(tmp_path: Path) -> None:
    assert note_service(NoteSettings(enabled=False, weights=str(tmp_path)), None) is None
    assert why_off(NoteSettings(enabled=False)) == "switched off in the settings"


def test_an_installation_without_weights_reads_no_notes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service_module, "SHIPPED", tmp_path)
    assert note_service(NoteSettings(), None) is None
    assert why_off(NoteSettings()) == "this installation has no weights for it"


def test_weights_that_are_there_are_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(service_module, "SHIPPED", tmp_path)
    (tmp_path / "manifest.json").write_text("{}")
    assert weights_folder(NoteSettings()) == tmp_path
    with pytest.raises(SettingsError, match=r"notes\.weights: manifest\.json"):
        note_service(NoteSettings(), None)


@pytest.mark.parametrize("engine", ["onnx", "torch"])
def test_a_configured_folder_that_is_wrong_stops_the_start(tmp_path: Path, engine: str) -> None:
    section = {"weights": str(tmp_path / "absent"), "engine": engine}
    ledger = {"url": f"sqlite:///{tmp_path / 'l.sqlite3'}"}
    with pytest.raises(SettingsError, match=r"notes\.weights: "):
        build_platform(settings_of({"notes": section, "ledger": ledger}))


def test_weights_that_were_exchanged_stop_the_start(tmp_path: Path) -> None:
    names = ("model.int8.onnx", "tokenizer.json")
    manifest = {
        "name": "notes.v1",
        "version": "1",
        "files": dict.fromkeys(names, "0" * 64),
        "heads": {"clinical": ["O", "B-problem", "I-problem"]},
        "max_positions": 16,
        "word_shapes": True,
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    for name in names:
        (tmp_path / name).write_bytes(b"something else")
    with pytest.raises(SettingsError, match="is not the file that the manifest names"):
        note_service(NoteSettings(weights=str(tmp_path)), None)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("enabled", "yes"),
        ("weights", 3),
        ("engine", "tensorflow"),
        ("max_notes", 0),
        ("lookback_days", 1.5),
        ("budget_share", 1),
        ("keep_days", 0),
        ("keep_most", -1),
        ("model", "x"),
    ],
)
def test_a_wrong_setting_is_a_fault_of_its_key(key: str, value: Any) -> None:
    with pytest.raises(SettingsError) as caught:
        settings_of({"notes": {key: value}})
    (fault,) = caught.value.faults
    assert fault.startswith(f"notes.{key}: ")


def _said_at_the_start(folder: Path, notes: str, before: str = "") -> list[str]:
    config = folder / "cuecard.toml"
    config.write_text(
        f'[service]\nbind = "127.0.0.1:0"\nworkers = 1\n[notes]\n{notes}\n'
        f'[ledger]\nurl = "sqlite:///{folder / "l.sqlite3"}"\n'
    )
    program = (
        f"{before}\nimport cds_hooks.server as server, sys, os, signal\n"
        "from cds_hooks.cli import main\n"
        "run = server.run\n"
        "def once(*a, **k):\n"
        "    run(*a, **(k | {'on_ready': lambda: os.kill(os.getpid(), signal.SIGTERM)}))\n"
        "server.run = once\n"
        "sys.exit(main(['serve', '--config', sys.argv[1]]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(config)], capture_output=True, text=True, check=False, timeout=60
    )
    return [json.loads(line)["message"] for line in done.stderr.splitlines()]


def test_the_start_says_that_notes_are_not_read(tmp_path: Path) -> None:
    said = _said_at_the_start(tmp_path, "enabled = false")
    assert said.count("notes are not read: switched off in the settings") == 1


@pytest.mark.parametrize("without", [True, False])
def test_the_start_says_that_the_processor_is_slow_at_notes(tmp_path: Path, without: bool) -> None:
    patched = f"import models.inference.runtime as r; r.adds_in_16_bits = lambda: {without}"
    said = _said_at_the_start(tmp_path, "enabled = true", patched)
    assert any("has no VNNI" in line for line in said) is without
