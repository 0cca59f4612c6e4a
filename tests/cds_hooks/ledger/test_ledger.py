from __future__ import annotations

import json
import multiprocessing
import os
import signal
import stat
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from cds_hooks.cards.builder import BuiltCard
from cds_hooks.errors import DataUnavailable, LedgerUnavailable
from cds_hooks.ledger import Database, Ledger
from cds_hooks.ledger.schema import audit, calls, cards, comments, feedback
from cds_hooks.ledger.verification import verify
from cds_hooks.protocol.card import Action, Card, Source, Suggestion
from cds_hooks.protocol.feedback import CardFeedback
from cds_hooks.protocol.request import HookCall, parse_call
from fhir_adapters.record import Coding
from models.finding import ModelStamp
from tests.cds_hooks.platforms import call_body
from tests.endurance.lengths import length

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=365)
SERVER = "https://ehr.example.org/fhir"
KILLS = length(full=200, short=5)  # of the writing process
MODEL = ModelStamp(name="kidney.v1", version="1", digest="abc")


def opened(folder: Path) -> Ledger:
    return Ledger(_database(folder))


def _database(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'ledger.sqlite3'}", connections=4)


def hook_call(user: str = "u1", patient: str = "p1") -> HookCall:
    context = {"userId": f"Practitioner/{user}", "patientId": patient}
    body = call_body(context=context, fhirServer=SERVER)
    return parse_call(body, prefetch_keys=(), allow_loopback=False)


def card(group: str = "kidney", uuid: str = "") -> BuiltCard:
    action = Action(type="create", description="Add", resource={"resourceType": "Condition"})
    return BuiltCard(
        card=Card(
            uuid=uuid or str(uuid4()),
            summary="Jane has kidney disease.",
            indicator="warning",
            source=Source(label="Cuecard"),
            suggestions=(Suggestion(label="Add", uuid=str(uuid4()), actions=(action,)),),
            selection_behavior="any",
        ),
        group=group,
        finding_keys=("ckd",),
        models=(MODEL,),
        urgency="soon",
        evidence=("Observation/o1",),
    )


def said(ledger: Ledger, call: HookCall, *built: BuiltCard) -> str:
    call_id = str(uuid4())
    with ledger.account("chart-review", call, call_id) as entry:
        entry.cards = built
        entry.references = ("Observation/o1",)
        entry.models = (MODEL,)
        entry.timings = {"gather": 1.5}
    return call_id


def override(built: BuiltCard, at: datetime = NOW, **more: Any) -> CardFeedback:
    return CardFeedback(card=built.card.uuid, outcome="overridden", at=at, **more)


def rows(folder: Path, table: Any) -> list[dict[str, Any]]:
    database = _database(folder)
    with database.transaction() as connection:
        found = [dict(row) for row in connection.execute(select(table)).mappings()]
    database.close()
    return found


def test_a_call_leaves_what_was_read_and_said_and_no_words_of_it(tmp_path: Path) -> None:
    call = hook_call()
    call_id = said(opened(tmp_path), call, card())
    (row,) = rows(tmp_path, calls)
    assert (row["id"], row["patient_id"], row["user_id"]) == (call_id, "p1", "Practitioner/u1")
    assert (row["hook_instance"], row["fhir_server"], row["outcome"]) == (
        call.hook_instance,
        SERVER,
        "answered",
    )
    (row,) = rows(tmp_path, audit)
    event = json.loads(row["event"])
    assert (event["kind"], event["call"], event["patient"], event["user"]) == (
        "call",
        call_id,
        "p1",
        "Practitioner/u1",
    )
    assert event["resources"] == {"Observation": ["o1"]}
    assert event["models"] == [{"name": "kidney.v1", "version": "1", "digest": "abc"}]
    (row,) = rows(tmp_path, cards)
    assert event["cards"] == [{"uuid": row["uuid"], "keys": ["ckd"]}]
    assert row["evidence"] == '["Observation/o1"]'
    assert row["finding_keys"] == '["ckd"]'
    assert row["models"] == '[{"name":"kidney.v1","version":"1","digest":"abc"}]'
    assert "Jane" not in str(rows(tmp_path, calls) + rows(tmp_path, cards) + rows(tmp_path, audit))


def test_a_call_that_fails_is_accounted_for_and_still_fails(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    with (
        pytest.raises(DataUnavailable),
        ledger.account("chart-review", hook_call(), str(uuid4())),
    ):
        raise DataUnavailable("no patient")
    assert [row["outcome"] for row in rows(tmp_path, calls)] == ["incomplete"]


def test_a_repeated_call_keeps_both_accounts_and_one_card(tmp_path: Path) -> None:
    ledger, call, built = opened(tmp_path), hook_call(), card()
    said(ledger, call, built)
    second = said(ledger, call, built)
    assert len(rows(tmp_path, calls)) == 2
    assert [row["call_id"] for row in rows(tmp_path, cards)] == [second]


def test_only_the_service_account_may_read_the_file(tmp_path: Path) -> None:
    ledger = opened(tmp_path)
    ledger.check()
    for path in tmp_path.iterdir():
        assert stat.S_IMODE(path.stat().st_mode) == 0o600, path.name
    ledger.close()


def test_feedback_is_stored_with_its_comment_apart(tmp_path: Path) -> None:
    ledger, built = opened(tmp_path), card()
    said(ledger, hook_call(), built)
    entry = override(built, reason=Coding("urn:x", "known", "Known"), comment="Saw her on Monday")
    assert ledger.add_feedback("chart-review", [entry]) == ()
    (row,) = rows(tmp_path, feedback)
    assert (row["outcome"], row["reason_code"], row["patient_id"]) == ("overridden", "known", "p1")
    assert "Monday" not in str(row)
    assert rows(tmp_path, comments) == [{"feedback_id": row["id"], "text": "Saw her on Monday"}]


def test_repeated_feedback_is_stored_once(tmp_path: Path) -> None:
    ledger, built = opened(tmp_path), card()
    said(ledger, hook_call(), built)
    for _ in range(3):
        assert ledger.add_feedback("chart-review", [override(built, comment="seen")]) == ()
    assert len(rows(tmp_path, feedback)) == len(rows(tmp_path, comments)) == 1


def test_feedback_on_a_card_of_nobody_or_of_another_service_is_reported(tmp_path: Path) -> None:
    ledger, built = opened(tmp_path), card()
    said(ledger, hook_call(), built)
    assert ledger.add_feedback("other", [override(built)]) == (built.card.uuid,)
    stranger = card()
    assert ledger.add_feedback("chart-review", [override(stranger), override(built)]) == (stranger.card.uuid,)
    assert [row["card_uuid"] for row in rows(tmp_path, feedback)] == [built.card.uuid]


def test_a_decline_is_found_for_the_same_user_and_patient_only(tmp_path: Path) -> None:
    ledger, built = opened(tmp_path), card("kidney")
    call = hook_call()
    said(ledger, call, built)
    ledger.add_feedback("chart-review", [override(built)])
    assert [(each.group, each.urgency) for each in ledger.declines(call, LONG_AGO)] == [("kidney", "soon")]
    assert ledger.declines(hook_call(user="u2"), LONG_AGO) == ()
    assert ledger.declines(hook_call(patient="p2"), LONG_AGO) == ()


def test_what_was_accepted_or_declined_before_is_no_decline(tmp_path: Path) -> None:
    ledger, old, taken = opened(tmp_path), card("lipids"), card("thyroid")
    call = hook_call()
    said(ledger, call, old, taken)
    suggestion = taken.card.suggestions[0].uuid
    accepted = CardFeedback(
        card=taken.card.uuid, outcome="accepted", at=NOW, accepted_suggestions=(suggestion,)
    )
    ledger.add_feedback("chart-review", [override(old, at=NOW - timedelta(days=40)), accepted])
    assert ledger.declines(call, NOW - timedelta(days=30)) == ()


def test_a_clients_clock_that_is_ahead_silences_nothing_for_longer(tmp_path: Path) -> None:
    ledger, built = opened(tmp_path), card()
    call = hook_call()
    said(ledger, call, built)
    ledger.add_feedback("chart-review", [override(built, at=NOW + timedelta(days=3000))])
    assert ledger.declines(call, datetime.now(UTC) + timedelta(seconds=1)) == ()


def test_a_ledger_that_can_not_be_written_stops_the_call(tmp_path: Path) -> None:
    ledger = Ledger(Database(f"sqlite:///{tmp_path / 'absent' / 'ledger.sqlite3'}", connections=1))
    with pytest.raises(LedgerUnavailable):
        said(ledger, hook_call(), card())
    with pytest.raises(LedgerUnavailable):
        ledger.check()


def test_the_ledger_heals_when_the_disk_does(tmp_path: Path) -> None:
    folder = tmp_path / "later"
    ledger = opened(folder)
    with pytest.raises(LedgerUnavailable):
        ledger.check()
    folder.mkdir()
    ledger.check()
    ledger.close()


def test_many_threads_write_at_once(tmp_path: Path) -> None:
    ledger = opened(tmp_path)

    def work() -> None:
        for _ in range(20):
            said(ledger, hook_call(), card())

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ledger.close()
    assert len(rows(tmp_path, calls)) == len(rows(tmp_path, cards)) == len(rows(tmp_path, audit)) == 160


def _keep_giving_feedback(folder: Path, acknowledged: Any) -> None:
    ledger = opened(folder)
    while True:
        built = card()
        said(ledger, hook_call(), built)
        ledger.add_feedback("chart-review", [override(built)])
        acknowledged.send(built.card.uuid)


@pytest.mark.long
@pytest.mark.timeout(60 + 15 * KILLS)
def test_what_was_acknowledged_survives_every_kill(tmp_path: Path) -> None:
    moments = Random(1)  # noqa: S311 - when to kill, the same in every run
    acknowledged: list[str] = []
    for killed in range(1, KILLS + 1):
        acknowledged += _acknowledged_until_killed(tmp_path, moments)
        database = _database(tmp_path)
        assert verify(database).intact
        database.close()
        given = {row["card_uuid"] for row in rows(tmp_path, feedback)}
        assert set(acknowledged) <= given <= {row["uuid"] for row in rows(tmp_path, cards)}
        kinds = Counter(json.loads(row["event"])["kind"] for row in rows(tmp_path, audit))
        # What was written and not yet acknowledged is there too, with its event: one a kill at most.
        assert len(given) <= len(acknowledged) + killed
        assert kinds["feedback"] == len(given)
        assert kinds["call"] == len(rows(tmp_path, calls)) == len(rows(tmp_path, cards))
    assert len(acknowledged) >= KILLS


def _acknowledged_until_killed(folder: Path, moments: Random) -> list[str]:
    """What one process said that it had written before it was killed somewhere in its work."""
    spawn = multiprocessing.get_context("spawn")
    reader, writer = spawn.Pipe(duplex=False)
    process = spawn.Process(target=_keep_giving_feedback, args=(folder, writer))
    process.start()
    writer.close()
    acknowledged = [reader.recv() for _ in range(moments.randint(1, 15))]
    time.sleep(moments.uniform(0, 0.02))  # where in its work the process is then is left to the machine
    assert process.pid is not None
    os.kill(process.pid, signal.SIGKILL)
    process.join()
    with suppress(EOFError):
        while True:
            acknowledged.append(reader.recv())
    reader.close()
    return acknowledged
