"""Clocks that jump and zones that change: the audit stays whole, and what was refused is taken after it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cds_hooks.errors import Unauthorized
from cds_hooks.ledger import ledger as accounts
from cds_hooks.ledger.verification import verify
from cds_hooks.platform import Platform
from cds_hooks.security.client import Client
from cds_hooks.security.gate import Gate, GateRules
from cds_hooks.security.keys import KeyRing, parse_key_set
from tests.cds_hooks.ledger.test_audit import events
from tests.cds_hooks.platforms import browser, call_body, platform
from tests.security.ehr import ISSUER, PUBLIC, ec_key, key_set, token

URL = "/cds-services/chart-review"


@pytest.fixture
def built(tmp_path: Path) -> Iterator[Platform]:
    made = platform(tmp_path)
    yield made
    made.ledger.close()
    made.client.close()


class Jumping(datetime):
    """The wall clock, so many hours off."""

    off = timedelta(0)

    @classmethod
    def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
        return datetime.now(UTC) + cls.off


def test_a_clock_that_jumps_back_leaves_a_whole_audit(
    built: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(accounts, "datetime", Jumping)
    client = browser(built)
    for hours in (0, -5, 72, 0):
        monkeypatch.setattr(Jumping, "off", timedelta(hours=hours))
        assert client.post(URL, json=call_body()).status_code == 200
    times = [event["at"] for event in events(built.ledger._database)]
    assert times != sorted(times)  # so that the jump is seen
    assert verify(built.ledger._database).intact


def test_a_token_refused_while_our_clock_was_wrong_is_taken_when_it_is_right(built: Platform) -> None:
    key, off = ec_key(), [3600.0]
    client = Client(issuer=ISSUER)
    ring = KeyRing(lambda: parse_key_set(key_set(key)), keep_s=600, cooldown_s=0)
    gate = Gate({client: ring}, GateRules(public_url=PUBLIC), built.ledger, lambda: time.time() + off[0])
    said = f"Bearer {token(key)}"
    for hours in (3600.0, -3600.0):
        off[0] = hours
        with pytest.raises(Unauthorized):
            gate.admit(said, URL)
    off[0] = 0.0
    assert gate.admit(said, URL).issuer == client.issuer


@pytest.mark.parametrize("zone", ["America/New_York", "Pacific/Kiritimati", "UTC"])
def test_the_zone_of_the_machine_changes_nothing(
    built: Platform, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        before = datetime.now(UTC)
        assert browser(built).post(URL, json=call_body()).status_code == 200
        after = datetime.now(UTC)
        (event,) = events(built.ledger._database)
        written = datetime.fromisoformat(event["at"])
        assert written.utcoffset() == timedelta(0)
        assert before - timedelta(seconds=1) <= written <= after + timedelta(seconds=1)
    finally:
        monkeypatch.undo()
        time.tzset()
