from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import select, update

from cds_hooks.ledger import Database, Ledger, ReadingStore, Retention
from cds_hooks.ledger.database import timestamp
from cds_hooks.ledger.reading_codec import decode, encode
from cds_hooks.ledger.schema import calls, reading_key, readings
from cds_hooks.protocol.request import parse_call
from cds_hooks.reading import KeptReadings
from fhir_adapters.record import NoteReading
from models.notes.digest import digest_of
from tests.cds_hooks.platforms import call_body
from tests.cds_hooks.reading.readings import MODEL, mention, reading, rich_mentions

TEXT = "Denies chest pain. A1c 7.0. Smokes. Jane Roe of Elm Street."
RICH = reading(
    TEXT, rich_mentions(), outcome="partly-read", reason="a part of it is not in English", coverage=1 / 3
)


def database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'ledger.sqlite3'}", connections=4)


def ledger(folder: Path, retention: Retention = Retention()) -> Ledger:  # noqa: B008 - frozen
    return Ledger(database(folder), retention)


def keep(kept_in: Ledger, *made: NoteReading) -> None:
    """As a call does: looked for, then made, then committed with the call's account."""
    kept_in.readings.find({each.digest for each in made}, MODEL)
    call = parse_call(call_body(), prefetch_keys=(), allow_loopback=False)
    with kept_in.account("chart-review", call, str(uuid4())) as entry:
        entry.readings = made


def found(folder: Path, text: str = TEXT, model: str = MODEL) -> NoteReading | None:
    """Looked up by another process."""
    digest = digest_of(text)
    return ReadingStore(database(folder), Retention()).find({digest}, model).get(digest)


def stored(folder: Path) -> str:
    """The whole database as text, and the contents of its readings."""
    with closing(sqlite3.connect(folder / "ledger.sqlite3")) as connection:
        contents = [row[0] for row in connection.execute("select content from note_readings")]
        return "\n".join((*connection.iterdump(), *(zlib.decompress(each).decode() for each in contents)))


def test_a_reading_comes_back_exactly() -> None:
    assert decode(encode(RICH), digest=RICH.digest, model=RICH.model) == RICH


def test_a_kept_reading_comes_back_exactly_in_another_process(tmp_path: Path) -> None:
    keep(ledger(tmp_path), replace(RICH, source="DocumentReference/7"))
    assert found(tmp_path) == RICH


def test_another_text_or_model_is_another_reading(tmp_path: Path) -> None:
    keep(ledger(tmp_path), RICH)
    assert found(tmp_path, TEXT + " ") is None
    assert found(tmp_path, model="test 2 abc") is None


def test_nothing_of_the_note_and_nothing_that_names_it_is_kept(tmp_path: Path) -> None:
    one = ledger(tmp_path)
    one.readings.find({RICH.digest}, MODEL)
    with database(tmp_path).transaction() as connection:
        one.readings.put(connection, [replace(RICH, source="DocumentReference/secret-7")])
    content = stored(tmp_path)
    assert "essential hypertension" in content  # the dump does hold the reading
    for words in ("Denies", "chest", "Jane", "Smokes", "Elm", "secret-7", "DocumentReference", RICH.digest):
        assert words not in content


def test_the_key_of_a_reading_is_no_hash_that_could_be_guessed(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    keys = []
    for folder in folders:
        folder.mkdir()
        keep(ledger(folder), RICH)
        with database(folder).transaction() as connection:
            keys.append(connection.execute(select(readings.c.key)).scalar_one())
    assert keys[0] != keys[1]
    assert RICH.digest not in keys


def test_all_processes_share_the_key(tmp_path: Path) -> None:
    first, second = ledger(tmp_path), ledger(tmp_path)
    first.readings.find({"0" * 64}, MODEL)
    second.readings.find({"0" * 64}, MODEL)
    keep(first, RICH)
    assert second.readings.find({RICH.digest}, MODEL) == {RICH.digest: RICH}
    with database(tmp_path).transaction() as connection:
        assert len(connection.execute(select(reading_key)).all()) == 1


def test_a_reading_that_is_kept_twice_is_kept_once(tmp_path: Path) -> None:
    one = ledger(tmp_path)
    keep(one, RICH)
    keep(one, RICH, RICH)
    with database(tmp_path).transaction() as connection:
        assert len(connection.execute(select(readings)).all()) == 1


def test_a_damaged_or_older_row_counts_as_not_kept(tmp_path: Path) -> None:
    keep(ledger(tmp_path), RICH)
    rows = (b"[", b"[0,1]", b'["x",1,2,3,[]]', b'[1,"read","",1.0,[[1,2]]]', b"{}")
    for content in (b"", b"damaged", *map(zlib.compress, rows)):
        with database(tmp_path).transaction() as connection:
            connection.execute(update(readings).values(content=content))
        assert found(tmp_path) is None


def test_old_readings_are_purged(tmp_path: Path) -> None:
    keep(ledger(tmp_path), RICH)
    with database(tmp_path).transaction() as connection:
        long_ago = timestamp(datetime.now(UTC) - timedelta(days=366))
        connection.execute(update(readings).values(at=long_ago))
    keep(ledger(tmp_path, Retention(days=365)), reading("another"))
    assert found(tmp_path) is None
    assert found(tmp_path, "another") is not None


def test_of_too_many_readings_the_newest_stay(tmp_path: Path) -> None:
    for number in range(6):
        keep(ledger(tmp_path, Retention(most=3)), reading(f"note {number}"))
    assert [found(tmp_path, f"note {n}") is not None for n in range(6)] == [
        False,
        False,
        False,
        True,
        True,
        True,
    ]


def test_readings_that_can_not_be_kept_fail_no_call(tmp_path: Path) -> None:
    one = ledger(tmp_path)
    one.check()
    with database(tmp_path).transaction() as connection:
        readings.drop(connection)
    keep(one, RICH)
    with database(tmp_path).transaction() as connection:
        assert len(connection.execute(select(calls)).all()) == 1


def test_readings_of_a_database_that_can_not_be_opened_are_not_had(tmp_path: Path) -> None:
    store = ReadingStore(database(tmp_path / "absent"), Retention())
    assert store.find({RICH.digest}, MODEL) == {}


def test_a_reading_in_memory_needs_no_database() -> None:
    kept = KeptReadings(None)
    assert kept.find({RICH.digest}, MODEL) == {}
    kept.remember([RICH])
    assert kept.find({RICH.digest}, MODEL) == {RICH.digest: RICH}
    assert kept.find({RICH.digest}, "test 2 abc") == {}


def test_what_the_database_has_is_asked_for_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = ledger(tmp_path)
    keep(one, RICH)
    kept = KeptReadings(one.readings)
    assert kept.find({RICH.digest}, MODEL) == {RICH.digest: RICH}
    monkeypatch.setattr(one.readings, "find", lambda *_: pytest.fail("asked again"))
    assert kept.find({RICH.digest}, MODEL) == {RICH.digest: RICH}


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    kept = KeptReadings(None)
    many = (mention(),) * 1000
    kept.remember([reading("used", many)])
    for number in range(30):
        kept.remember([reading(f"note {number}", many)])
        assert kept.find({digest_of("used")}, MODEL)
    assert not kept.find({digest_of("note 0")}, MODEL)
    assert kept.find({digest_of("note 29")}, MODEL)
