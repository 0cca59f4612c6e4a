"""The tables are made, upgraded and refused as the migrations say, on both databases."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import select, text

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger import Database, Ledger, LedgerVersionError
from cds_hooks.ledger.migrating import HEAD
from cds_hooks.ledger.schema import audit, calls, cards, comments, feedback, metadata
from cds_hooks.ledger.verification import verify
from models.notes.digest import digest_of
from tests.cds_hooks.ledger.processes import together
from tests.cds_hooks.ledger.test_ledger import LONG_AGO, card, hook_call, override, said
from tests.cds_hooks.reading.test_kept import MODEL, TEXT

HERE = Path(__file__).parent


def test_the_migrations_end_where_the_program_reads() -> None:
    config = Config()
    config.set_main_option("script_location", "cds_hooks.ledger:migrations")
    assert ScriptDirectory.from_config(config).get_heads() == [HEAD]


def test_the_migrated_tables_are_those_of_the_program(database: Database) -> None:
    assert database.revision() == ""
    database.check()
    assert database.up_to_date
    with database.transaction() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []


@pytest.fixture
def old(tmp_path: Path) -> Iterator[Database]:
    """A ledger as the program wrote it before there were migrations."""
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript((HERE / "version_1.sql").read_text(encoding="utf-8"))
    opened = Database(f"sqlite:///{path}", connections=2)
    yield opened
    opened.close()


def test_a_ledger_from_before_the_migrations_is_upgraded_without_loss(old: Database) -> None:
    assert old.revision() == "0001"
    ledger = Ledger(old)
    ledger.check()
    with old.transaction() as connection:
        events = [
            json.loads(row) for row in connection.execute(select(audit.c.event).order_by(audit.c.n)).scalars()
        ]
        asked = connection.execute(select(calls).order_by(calls.c.at)).mappings().all()
        given = connection.execute(select(cards).order_by(cards.c.finding_group)).mappings().all()
        (declined,) = connection.execute(select(feedback)).mappings().all()
        (comment,) = connection.execute(select(comments.c.text)).scalars()
    assert [(row["patient_id"], row["outcome"], row["issuer"]) for row in asked] == [
        ("p1", "answered", ""),
        ("p2", "incomplete", ""),
    ]
    assert [event["call"] for event in events] == [row["id"] for row in asked]
    assert events[0]["resources"] == {"Patient": ["p1"], "Observation": ["o1", "o2"]}
    assert events[0]["models"] == [{"name": "kidney.v1", "version": "1", "digest": "abc"}]
    assert {said["uuid"] for said in events[0]["cards"]} == {row["uuid"] for row in given}
    assert [row["finding_group"] for row in given] == ["kidney", "lipids"]
    assert (declined["reason_code"], comment) == ("known", "Already discussed")
    assert [each.group for each in ledger.declines(hook_call(), LONG_AGO)] == ["kidney"]
    digest = digest_of(TEXT)
    assert digest in ledger.readings.find({digest}, MODEL)
    assert verify(old).intact
    ledger.close()


def test_an_upgraded_ledger_goes_on(old: Database) -> None:
    ledger, built = Ledger(old), card("thyroid")
    said(ledger, hook_call(), built)
    assert ledger.add_feedback("chart-review", [override(built)]) == ()
    ledger.close()
    verdict = verify(old)
    assert (verdict.intact, verdict.last) == (True, 4)


def test_a_ledger_of_a_newer_program_is_refused_and_stays_as_it_is(database: Database) -> None:
    with database.transaction() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    with pytest.raises(LedgerVersionError, match="9999"):
        database.check()
    assert database.revision() == "9999"


def test_an_unversioned_ledger_of_another_version_is_refused(old: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection:
        connection.execute("UPDATE ledger SET schema_version = 7")
        connection.commit()
    with pytest.raises(LedgerVersionError, match="version 7"):
        old.check()


def test_a_step_that_fails_leaves_the_ledger_as_it_was(old: Database, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection:
        connection.execute("UPDATE calls SET resources = 'no JSON' WHERE patient_id = 'p2'")
        connection.commit()
    with pytest.raises(ValueError, match="invalid literal"):
        old.check()
    assert old.revision() == "0001"
    with closing(sqlite3.connect(tmp_path / "ledger.sqlite3")) as connection:
        assert connection.execute("SELECT count(*) FROM calls WHERE resources <> ''").fetchone() == (2,)


def _open(url: str, ready: object) -> None:
    ready.wait()  # type: ignore[attr-defined]
    ledger = Ledger(Database(url, connections=1))
    said(ledger, hook_call(), card())
    ledger.close()


def test_processes_that_start_together_migrate_once(url: str, database: Database) -> None:
    together(_open, url, 3)
    verdict = verify(database)
    assert (verdict.intact, verdict.last) == (True, 3)


def test_a_database_that_does_not_answer_is_unavailable(tmp_path: Path) -> None:
    database = Database(f"postgresql://nobody@/none?host={tmp_path}", connections=1)
    with pytest.raises(LedgerUnavailable, match="can't be reached"):
        database.check()


def test_a_new_file_that_another_process_holds_for_a_moment_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "ledger.sqlite3"
    with closing(sqlite3.connect(path, check_same_thread=False)) as other:
        # A reader that is about to write: SQLite refuses the switch to WAL beside it without any patience.
        other.execute("CREATE TABLE held (x)")
        other.execute("BEGIN IMMEDIATE")
        release = threading.Timer(0.3, other.rollback)
        release.start()
        database = Database(f"sqlite:///{path}", connections=1)
        database.check()
        release.join()
    database.close()
