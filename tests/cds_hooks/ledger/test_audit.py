"""The audit's chain: one for all writers, and whatever was done to it is found."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, text, update

from cds_hooks.errors import DataUnavailable, LedgerUnavailable
from cds_hooks.ledger import Database, Ledger
from cds_hooks.ledger.chain import GENESIS, append, canonical, link
from cds_hooks.ledger.events import refusal_event
from cds_hooks.ledger.purging import Periods, purge
from cds_hooks.ledger.schema import audit, audit_head, calls, cards, comments, feedback, seen_tokens
from cds_hooks.ledger.tokens import SeenToken
from cds_hooks.ledger.verification import Head, verify
from cds_hooks.security.caller import Caller
from tests.cds_hooks.ledger.processes import together
from tests.cds_hooks.ledger.read_only import read_only
from tests.cds_hooks.ledger.test_ledger import NOW, card, hook_call, override, said

TEN_YEARS = Periods(audit=3650, calls=3650, feedback=3650, comments=3650)


@pytest.fixture
def ledger(database: Database) -> Ledger:
    """A ledger with five events: three calls, a feedback and a refusal."""
    kept, built = Ledger(database), card()
    said(kept, hook_call(), built)
    kept.add_feedback("chart-review", [override(built, comment="seen on Monday")], "f1")
    with pytest.raises(DataUnavailable), kept.account("chart-review", hook_call(), "c2"):
        raise DataUnavailable("no patient")
    refusal = refusal_event(
        "r1", "call", "chart-review", Caller(), status=401, outcome="login", reason="expired"
    )
    kept.record(refusal)
    said(kept, hook_call(patient="p9"))
    return kept


def events(database: Database) -> list[dict[str, Any]]:
    with database.transaction() as connection:
        return [
            json.loads(row) for row in connection.execute(select(audit.c.event).order_by(audit.c.n)).scalars()
        ]


def test_the_chain_is_as_it_is_documented(ledger: Ledger, database: Database) -> None:
    with database.transaction() as connection:
        rows = connection.execute(select(audit).order_by(audit.c.n)).all()
        head = connection.execute(select(audit_head.c.n, audit_head.c.hash)).one()
    previous = GENESIS
    for n, row in enumerate(rows, 1):
        assert row.event == canonical(json.loads(row.event))
        previous = link(previous, n, row.event)
        assert (row.n, row.hash) == (n, previous)
    assert tuple(head) == (5, previous)
    verdict = verify(database)
    assert (verdict.intact, verdict.first, verdict.last, verdict.head) == (True, 1, 5, Head(5, previous))


def test_each_outcome_leaves_an_event_without_words(ledger: Ledger, database: Database) -> None:
    found = events(database)
    assert [(event["kind"], event.get("outcome")) for event in found] == [
        ("call", "answered"),
        ("feedback", None),
        ("call", "incomplete"),
        ("refusal", "login"),
        ("call", "answered"),
    ]
    (entry,) = found[1]["entries"]
    assert (entry["patient"], entry["user"], entry["outcome"]) == ("p1", "Practitioner/u1", "overridden")
    assert "Monday" not in str(found)
    assert "Jane" not in str(found)


def _changed(n: int) -> Any:
    changed = func.replace(audit.c.event, "chart-review", "chart-rewiew")
    return update(audit).where(audit.c.n == n).values(event=changed)


def _swap(connection: Any) -> None:
    rows = {row.n: row for row in connection.execute(select(audit).where(audit.c.n.in_((2, 3))))}
    for n, other in ((2, 3), (3, 2)):
        row = rows[other]
        moved = update(audit).where(audit.c.n == n)
        connection.execute(moved.values(event=row.event, at=row.at, hash=row.hash))


@pytest.mark.parametrize(
    ("tamper", "fault"),
    [
        (lambda c: c.execute(_changed(3)), "event 3 is not the one that was written"),
        (lambda c: c.execute(update(audit).where(audit.c.n == 2).values(hash="0" * 64)), "event 2 is not"),
        (lambda c: c.execute(update(audit).where(audit.c.n == 2).values(at="2020")), "event 2 has another"),
        (lambda c: c.execute(delete(audit).where(audit.c.n == 3)), "events 3 to 3 are missing"),
        (lambda c: c.execute(delete(audit).where(audit.c.n == 1)), "events 1 to 1 are missing, and no purge"),
        (lambda c: c.execute(delete(audit).where(audit.c.n >= 4)), "events 4 to 5 are missing at the end"),
        (lambda c: c.execute(delete(audit)), "events 1 to 5 are missing at the end"),
        (_swap, "event 2 is not the one that was written"),
        (lambda c: c.execute(update(audit_head).values(hash="f" * 64)), "the head of the chain is not"),
    ],
)  # fmt: skip
def test_whatever_is_done_to_a_row_is_found(
    ledger: Ledger, database: Database, tamper: Any, fault: str
) -> None:
    with database.transaction() as connection:
        tamper(connection)
    verdict = verify(database)
    assert not verdict.intact
    assert verdict.faults[0].startswith(fault)


def test_a_chain_that_was_computed_anew_differs_from_a_head_that_was_noted(
    ledger: Ledger, database: Database
) -> None:
    noted = verify(database).head
    forged = [event | {"at": event["at"]} for event in events(database)]
    forged[2]["patient"] = "p7"
    with database.transaction() as connection:
        connection.execute(delete(audit))
        connection.execute(update(audit_head).values(n=0, hash=GENESIS))
        append(connection, forged)
    assert verify(database).intact
    assert verify(database, noted).faults == ("event 5 differs from the head that was noted",)
    assert verify(database, Head(9, noted.hash)).faults == ("event 9, the head that was noted, is not there",)


def _write_many(url: str, ready: Any) -> None:
    database = Database(url, connections=2)
    ledger = Ledger(database)
    ready.wait()
    for _ in range(40):
        said(ledger, hook_call(), card())
    ledger.close()


def test_two_processes_keep_one_chain(url: str, database: Database) -> None:
    database.check()
    together(_write_many, url)
    verdict = verify(database)
    assert (verdict.faults, verdict.last) == ((), 80)


def test_a_purge_leaves_a_chain_that_verifies_and_says_what_went(ledger: Ledger, database: Database) -> None:
    before = verify(database).head
    later = datetime.now(UTC) + timedelta(days=400)
    periods = Periods(audit=365, calls=365, feedback=365, comments=365)
    removed = purge(database, periods, later)
    assert (removed.audit, removed.calls, removed.cards, removed.feedback, removed.comments) == (
        5,
        3,
        1,
        1,
        1,
    )
    (event,) = events(database)
    assert (event["kind"], event["removedTo"], event["hash"]) == ("purge", 5, before.hash)
    said(ledger, hook_call())
    verdict = verify(database)
    assert (verdict.intact, verdict.first, verdict.last) == (True, 6, 7)
    with database.transaction() as connection:
        assert connection.execute(select(func.count()).select_from(feedback)).scalar() == 0
        connection.execute(delete(audit).where(audit.c.n == 6))
    assert not verify(database).intact


def test_a_purge_goes_in_steps_and_each_is_on_record(
    ledger: Ledger, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_hooks.ledger.purging._AT_ONCE", 2)
    later = datetime.now(UTC) + timedelta(days=400)
    removed = purge(database, Periods(audit=365, calls=365, feedback=365, comments=365), later)
    assert (removed.audit, removed.calls, removed.cards, removed.feedback, removed.comments) == (
        5,
        3,
        1,
        1,
        1,
    )
    assert [event["removedTo"] for event in events(database)] == [2, 4, 5]
    assert verify(database).intact


def test_what_is_within_its_period_stays(ledger: Ledger, database: Database) -> None:
    removed = purge(database, TEN_YEARS, datetime.now(UTC))
    assert not any((removed.audit, removed.calls, removed.cards, removed.feedback, removed.comments))
    assert verify(database).last == 5


def test_each_kind_has_its_own_period(ledger: Ledger, database: Database) -> None:
    later = datetime.now(UTC) + timedelta(days=100)
    removed = purge(database, Periods(audit=3650, calls=200, feedback=150, comments=90), later)
    assert (removed.comments, removed.feedback, removed.cards, removed.calls, removed.audit) == (
        1,
        0,
        0,
        0,
        0,
    )
    removed = purge(database, Periods(audit=3650, calls=200, feedback=90, comments=90), later)
    assert (removed.feedback, removed.cards, removed.calls, removed.audit) == (1, 0, 0, 0)
    removed = purge(database, Periods(audit=3650, calls=90, feedback=90, comments=90), later)
    assert (removed.cards, removed.calls, removed.audit) == (1, 3, 0)
    assert verify(database).intact


def test_only_the_oldest_events_in_a_row_are_purged(database: Database) -> None:
    # A clock that was set back leaves an old time behind a new one: what follows a kept event is kept.
    times = (NOW - timedelta(days=900), NOW, NOW - timedelta(days=900), NOW)
    with database.transaction() as connection:
        append(connection, [{"at": f"{at:%Y-%m-%dT%H:%M:%S.%fZ}", "kind": "test"} for at in times])
    assert purge(database, Periods(audit=365, calls=1, feedback=1, comments=1), NOW).audit == 1
    assert (verify(database).intact, verify(database).first) == (True, 2)


def test_expired_tokens_are_forgotten_and_others_are_not(database: Database) -> None:
    ledger, now = Ledger(database), datetime.now(UTC)
    old = SeenToken.of("https://ehr", "old", now - timedelta(seconds=1))
    fresh = SeenToken.of("https://ehr", "fresh", now + timedelta(minutes=5))
    assert (ledger.first_use(old), ledger.first_use(fresh)) == (True, True)
    assert purge(database, TEN_YEARS, now).tokens == 1
    assert ledger.first_use(fresh) is False
    with database.transaction() as connection:
        assert connection.execute(select(seen_tokens.c.digest)).scalars().all() == [fresh.digest]


def test_a_token_is_taken_once_and_issuers_do_not_share_theirs(database: Database) -> None:
    ledger, until = Ledger(database), datetime.now(UTC) + timedelta(minutes=5)
    assert ledger.first_use(SeenToken.of("https://a", "1", until))
    assert not ledger.first_use(SeenToken.of("https://a", "1", until))
    assert ledger.first_use(SeenToken.of("https://b", "1", until))


def _use(url: str, ready: Any) -> list[bool]:
    ledger = Ledger(Database(url, connections=2))
    ready.wait()
    until = datetime.now(UTC) + timedelta(minutes=5)
    given = [ledger.first_use(SeenToken.of("https://ehr", str(n), until)) for n in range(30)]
    ledger.close()
    return given


def test_two_processes_share_what_was_seen(url: str, database: Database) -> None:
    database.check()
    first, second = together(_use, url)
    assert [a + b for a, b in zip(first, second, strict=True)] == [1] * 30


def test_an_audit_that_can_not_be_written_takes_the_whole_call_with_it(
    ledger: Ledger, database: Database
) -> None:
    with database.transaction() as connection:
        connection.execute(text("ALTER TABLE audit RENAME TO audit_lost"))
    with pytest.raises(LedgerUnavailable):
        said(ledger, hook_call(), card())
    with database.transaction() as connection:
        assert connection.execute(select(func.count()).select_from(calls)).scalar() == 3
        assert connection.execute(select(func.count()).select_from(cards)).scalar() == 1


def test_a_database_that_lets_nothing_be_written_says_why(database: Database) -> None:
    ledger = Ledger(database)
    ledger.check()
    with read_only(database):
        with pytest.raises(LedgerUnavailable, match="read-only"):
            ledger.check()
        with pytest.raises(LedgerUnavailable, match="read-only"):
            ledger.require_writable()
    ledger.require_writable()


def test_a_full_disk_stops_calls_and_the_audit_shows_that_it_did(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", connections=1)
    ledger = Ledger(database)
    said(ledger, hook_call())

    def limit(pages: str) -> None:
        with database.transaction() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")

    limit("1")  # SQLite raises it to what there is: from now on no page can be added
    with (
        pytest.raises(LedgerUnavailable, match="the disk is full"),
        ledger.account("chart-review", hook_call(), "large") as entry,
    ):
        entry.references = tuple(f"Observation/{n}" for n in range(20_000))
    limit("1000000")
    ledger.require_writable()
    said(ledger, hook_call())
    assert [event["kind"] for event in events(database)] == ["call", "resumed", "call"]
    assert verify(database).intact
    ledger.close()


def test_repeated_feedback_is_stored_once_and_heard_each_time(database: Database) -> None:
    ledger, built = Ledger(database), card()
    said(ledger, hook_call(), built)
    for _ in range(3):
        assert ledger.add_feedback("chart-review", [override(built, comment="seen")]) == ()
    with database.transaction() as connection:
        assert connection.execute(select(func.count()).select_from(feedback)).scalar() == 1
        assert connection.execute(select(comments.c.text)).scalars().all() == ["seen"]
    assert verify(database).last == 4


def test_a_card_is_known_to_the_caller_that_it_was_given_to(database: Database) -> None:
    ledger, built, ehr = Ledger(database), card(), Caller(issuer="https://ehr", tenant="north")
    with ledger.account("chart-review", hook_call(), "c1", ehr) as entry:
        entry.cards = (built,)
    for stranger in (Caller(), Caller(issuer="https://ehr"), Caller(issuer="https://other", tenant="north")):
        assert ledger.add_feedback("chart-review", [override(built)], "f", stranger) == (built.card.uuid,)
    assert ledger.add_feedback("chart-review", [override(built)], "f", ehr) == ()
    since = NOW - timedelta(days=1)
    assert [each.group for each in ledger.declines(hook_call(), since, ehr)] == ["kidney"]
    assert ledger.declines(hook_call(), since, Caller(issuer="https://ehr")) == ()
