"""What became of the cards, counted in a ledger that real calls and real feedback have filled."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from cds_hooks.cards.override_reasons import SYSTEM
from cds_hooks.cli import main
from cds_hooks.ledger import Database
from cds_hooks.usage.counts import Usage, usage_of
from cds_hooks.usage.demo_page import add_usage_page
from cds_hooks.usage.output import html_page
from tests.cds_hooks.platforms import browser, call_body, platform

URL = "/cds-services/chart-review"
AT = "2026-01-05T10:00:00Z"


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    built = platform(tmp_path)
    add_usage_page(
        (made := browser(built)).application,
        Database(f"sqlite:///{tmp_path / 'ledger.sqlite3'}", connections=1),
    )
    yield made
    built.ledger.close()
    built.client.close()


def _card(client: FlaskClient, **changes: Any) -> str:
    (card,) = client.post(URL, json=call_body(**changes)).get_json()["cards"]
    return str(card["uuid"])


def _tell(client: FlaskClient, card: str, outcome: str, **more: Any) -> None:
    entry = {"card": card, "outcome": outcome, "outcomeTimestamp": AT} | more
    if outcome == "accepted":
        entry["acceptedSuggestions"] = [{"id": "7a3c1b7e-4b25-4b0c-9a5c-2f6f3a7f0d11"}]
    assert client.post(f"{URL}/feedback", json={"feedback": [entry]}).status_code == 200


def _overridden(client: FlaskClient, code: str, system: str = SYSTEM) -> None:
    reason = {"reason": {"code": code, "system": system, "display": "Jane Roe"}}
    # Another user each time: who has declined a card is not shown it again.
    context = {"userId": f"Practitioner/{code}", "patientId": "p1"}
    _tell(client, _card(client, context=context), "overridden", overrideReason=reason)


def _fill(client: FlaskClient) -> None:
    _card(client)
    _tell(client, _card(client), "accepted")
    _overridden(client, "later")
    _overridden(client, "JaneRoe")
    _overridden(client, "data-wrong", "https://ehr.example.org/reasons")


def _usage(folder: Path) -> Usage:
    database = Database(f"sqlite:///{folder / 'ledger.sqlite3'}", connections=1)
    try:
        return usage_of(database)
    finally:
        database.close()


def test_cards_are_counted_by_what_became_of_them(client: FlaskClient, tmp_path: Path) -> None:
    _fill(client)
    usage = _usage(tmp_path)
    total = usage.total
    assert (total.shown, total.accepted, total.overridden, total.unanswered) == (5, 1, 3, 1)
    assert total.reasons == {"later": 1, "other": 2}
    assert total.override_rate == 0.75
    assert list(usage.services) == ["chart-review"]
    (row,) = usage.rows
    assert (row.model, row.tally) == ("sure.v1 1", total)
    assert row.month == f"{usage.made:%Y-%m}"


def test_a_repeated_call_shows_its_card_once_and_the_last_answer_counts(
    client: FlaskClient, tmp_path: Path
) -> None:
    again = {"hookInstance": "6bc883b2-b795-4dcb-b661-34884a31d472"}
    card = _card(client, **again)
    assert _card(client, **again) == card
    _tell(client, card, "overridden")
    _tell(client, card, "accepted")
    total = _usage(tmp_path).total
    assert (total.shown, total.accepted, total.overridden) == (1, 1, 0)


def test_nothing_that_a_client_wrote_is_on_the_page(client: FlaskClient, tmp_path: Path) -> None:
    _fill(client)
    answer = client.get("/usage")
    page = answer.get_data(as_text=True)
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
    assert "<script" not in page
    for word in ("Roe", "p1", "Practitioner", "ehr.example.org"):
        assert word not in page
    assert "Will address later" in page
    assert 'class="bar overridden"' in page
    assert "75%" in page
    assert page.count("<rect") == 3


def test_an_empty_ledger_is_not_taken_for_accepted_cards(client: FlaskClient, tmp_path: Path) -> None:
    client.get("/health/ready")
    usage = _usage(tmp_path)
    assert usage.total.override_rate is None
    assert "No card has been shown yet." in html_page(usage)


def test_the_command_prints_tables_json_and_a_page(
    client: FlaskClient, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _fill(client)
    config, page = tmp_path / "cuecard.toml", tmp_path / "report.html"
    config.write_text(f'[ledger]\nurl = "sqlite:///{tmp_path / "ledger.sqlite3"}"\n')
    assert main(["report", "--config", str(config), "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["services"]["chart-review"]["override_rate"] == 0.75
    assert told["rows"][0]["reasons"] == {"other": 2, "later": 1}
    assert main(["report", "--config", str(config), "--html", str(page)]) == 0
    assert "What became of the cards" in page.read_text()
    capsys.readouterr()
    assert main(["report", "--config", str(config)]) == 0
    out = capsys.readouterr().out
    assert "sure.v1 1" in out
    assert "Will address later" in out
    assert "75%" in out
