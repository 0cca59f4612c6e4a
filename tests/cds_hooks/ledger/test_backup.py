"""Backup, wipe, restore: the audit's head is the same afterwards, and nothing is overwritten."""

from __future__ import annotations

import shutil
import sqlite3
import stat
import subprocess
import threading
from contextlib import closing
from pathlib import Path

import pytest
from sqlalchemy import make_url

from cds_hooks.cli import main
from cds_hooks.ledger import Database, Ledger
from cds_hooks.ledger.backup import BackupError, back_up, restore
from cds_hooks.ledger.schema import calls
from cds_hooks.ledger.verification import Head, verify
from cds_hooks.security.caller import Caller
from tests.cds_hooks.ledger.test_ledger import card, hook_call
from tests.fakes import postgres

EHR = Caller(issuer="https://ehr.example.org", tenant="north")
BESIDE = ("", "-wal", "-shm")
WRITTEN_MEANWHILE = 60


def ledger_of(url: str, count: int) -> Database:
    database = Database(url, connections=4)
    write(Ledger(database), count)
    return database


def write(ledger: Ledger, count: int, first: int = 0) -> None:
    for number in range(first, first + count):
        with ledger.account("chart-review", hook_call(), f"c{number}", EHR) as entry:
            entry.cards = (card(),)


def wipe(path: Path) -> None:
    for each in BESIDE:
        Path(f"{path}{each}").unlink(missing_ok=True)


def test_after_backup_wipe_and_restore_the_head_is_the_same(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, copy, config = tmp_path / "ledger.sqlite3", tmp_path / "copy.sqlite3", tmp_path / "cuecard.toml"
    config.write_text(f'[ledger]\nurl = "sqlite:///{path}"\n')
    database = ledger_of(f"sqlite:///{path}", 5)
    head = verify(database).head
    assert Path(f"{path}-wal").exists()  # a copy of the file alone would lack it
    assert main(["store", "backup", str(copy), "--config", str(config)]) == 0
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    database.close()
    wipe(path)
    assert main(["store", "restore", str(copy), "--config", str(config)]) == 0
    told = capsys.readouterr().out
    assert told.count(f"head {head}") == 2
    assert "p1" not in told
    assert main(["audit", "verify", "--head", str(head), "--config", str(config)]) == 0
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    again = Database(f"sqlite:///{path}", connections=1)
    write(Ledger(again), 1, first=5)  # the chain goes on from there
    assert verify(again, head).intact
    assert verify(again).head.n == head.n + 1
    again.close()
    assert not list(tmp_path.glob("*.part*"))


def test_a_backup_taken_while_calls_are_written_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    database = ledger_of(f"sqlite:///{path}", 1)
    ledger = Ledger(database)
    done = threading.Event()

    def keep_writing() -> None:
        number = 1
        while not done.is_set() or number < WRITTEN_MEANWHILE:
            write(ledger, 1, number)
            number += 1

    writer = threading.Thread(target=keep_writing)
    writer.start()
    try:
        verdicts = [back_up(f"sqlite:///{path}", tmp_path / f"copy{n}.sqlite3") for n in range(5)]
    finally:
        done.set()
        writer.join()
    final = verify(database)
    database.close()
    assert final.last >= WRITTEN_MEANWHILE
    assert [each.last for each in verdicts] == sorted(each.last for each in verdicts)
    for number, verdict in enumerate(verdicts):
        assert verdict.intact
        assert verdict.head.n == verdict.last
        opened = Database(f"sqlite:///{tmp_path / f'copy{number}.sqlite3'}", connections=1)
        with opened.transaction() as connection:  # a call and its event are one
            assert len(connection.execute(calls.select()).all()) == verdict.last
        opened.close()


@pytest.mark.parametrize("beside", BESIDE)
def test_nothing_is_overwritten(tmp_path: Path, beside: str) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ledger_of(url, 2).close()
    copy, there = tmp_path / "copy.sqlite3", Path(f"{tmp_path / 'new.sqlite3'}{beside}")
    back_up(url, copy)
    there.write_text("kept")
    for attempt in (
        lambda: back_up(url, tmp_path / "new.sqlite3"),
        lambda: restore(f"sqlite:///{tmp_path / 'new.sqlite3'}", copy),
    ):
        with pytest.raises(BackupError, match="nothing is overwritten"):
            attempt()
    assert there.read_text() == "kept"


def test_what_is_no_whole_ledger_is_not_restored(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite3'}"
    ledger_of(url, 3).close()
    copy, place = tmp_path / "copy.sqlite3", f"sqlite:///{tmp_path / 'place.sqlite3'}"
    back_up(url, copy)
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("DELETE FROM audit WHERE n = 2")
    with pytest.raises(BackupError, match="its audit is not whole"):
        restore(place, copy)
    text = tmp_path / "text"
    text.write_text("no database, but long enough to be read as one " * 100)
    with pytest.raises(BackupError, match="SQLITE_NOTADB"):
        restore(place, text)
    with pytest.raises(BackupError, match="there is no such file"):
        restore(place, tmp_path / "absent")
    empty = tmp_path / "empty"
    empty.touch()
    with pytest.raises(BackupError, match="holds no ledger"):
        restore(place, empty)
    assert sorted(each.name for each in tmp_path.glob("place*")) == []


def test_a_ledger_in_postgresql_is_left_to_pg_dump() -> None:
    for copy in (back_up, restore):
        with pytest.raises(BackupError, match="pg_dump"):
            copy("postgresql+psycopg://test@/ledger", Path("copy"))


def test_a_dump_of_postgresql_restores_the_same_head(
    postgres_server: postgres.Server, tmp_path: Path
) -> None:
    folder = postgres.programs()
    if folder is None or not (folder / "pg_dump").exists():
        pytest.skip("pg_dump is not installed")
    before, after = postgres_server.database(), postgres_server.database()
    database = ledger_of(before, 4)
    head = verify(database).head
    database.close()
    dump = tmp_path / "ledger.dump"
    _run(folder / "pg_dump", before, "--format=custom", f"--file={dump}")
    _run(folder / "pg_restore", after, "--exit-on-error", str(dump))
    restored = Database(after, connections=1)
    verdict = verify(restored, Head(*head))
    restored.close()
    assert verdict.intact
    assert verdict.head == head


def _run(program: Path, url: str, *arguments: str) -> None:
    place = make_url(url)
    options = ["-h", str(place.query["host"]), "-U", "test", "-d", str(place.database)]
    assert shutil.which(program)
    subprocess.run([str(program), *options, *arguments], check=True)
