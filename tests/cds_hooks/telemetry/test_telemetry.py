"""Metrics, the log of answers and rates, through the whole app; none may repeat what a request holds."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from werkzeug.test import Client

from cds_hooks.logs import JsonLines
from cds_hooks.platform import Platform
from cds_hooks.security.caller import Caller
from cds_hooks.security.rates import counted_address
from cds_hooks.services.registry import BoundService
from cds_hooks.telemetry import Recorders
from cds_hooks.telemetry.metrics import Metrics
from cds_hooks.telemetry.operations import operations_app
from models.finding import Abstention, Assessment, ModelStamp
from tests.cds_hooks.platforms import SERVICE, SmallModel, browser, call_body, limiter, platform, sure

ROOT = Path(__file__).resolve().parents[3]
URL = "/cds-services/chart-review"
CANARY = "zzcanary"


def _abstains(_record: object) -> Assessment:
    stamp = ModelStamp(name="shy.v1", version="1", digest="0" * 64)
    return Assessment((), (Abstention(key="shy", cause="missing-input", reason=f"no {CANARY}", model=stamp),))


@pytest.fixture
def metrics() -> Metrics:
    return Metrics()


@pytest.fixture
def watched(tmp_path: Path, metrics: Metrics) -> Iterator[Platform]:
    models = (SmallModel("sure.v1", sure), SmallModel("shy.v1", _abstains))
    built = platform(tmp_path, BoundService(SERVICE, models))
    built = replace(built, metrics=metrics, recorders=Recorders((metrics,)))
    yield built
    built.ledger.close()
    built.client.close()


def _value(metrics: Metrics, series: str) -> float:
    lines = (line.rpartition(" ") for line in metrics.text().decode().splitlines())
    return next((float(value) for name, _, value in lines if name == series), 0.0)


def test_a_call_is_counted_with_its_cards_abstentions_and_stages(watched: Platform, metrics: Metrics) -> None:
    assert browser(watched).post(URL, json=call_body()).status_code == 200
    assert _value(metrics, 'cuecard_calls_total{service="chart-review",status="200"}') == 1
    assert _value(metrics, 'cuecard_cards_total{indicator="warning",service="chart-review"}') == 1
    assert _value(metrics, 'cuecard_abstentions_total{cause="missing-input",model="shy.v1"}') == 1
    for stage in ("parse", "gather", "assess", "cards", "ledger"):
        assert _value(metrics, f'cuecard_stage_seconds_count{{stage="{stage}"}}') == 1


def test_a_chart_that_can_not_be_had_is_counted_by_its_code(watched: Platform, metrics: Metrics) -> None:
    assert browser(watched).post(URL, json=call_body(prefetch={"patient": None})).status_code == 412
    assert _value(metrics, 'cuecard_fhir_errors_total{code="FHIR-4120"}') == 1
    assert _value(metrics, 'cuecard_calls_total{service="chart-review",status="412"}') == 1


def test_no_part_of_a_request_becomes_a_label_or_a_log_field(
    watched: Platform, metrics: Metrics, caplog: pytest.LogCaptureFixture
) -> None:
    client = browser(watched)
    patient = {"resourceType": "Patient", "id": CANARY, "birthDate": "1960-01-01"}
    context = {"userId": f"Practitioner/{CANARY}", "patientId": CANARY}
    caplog.set_level(logging.INFO)
    for number in range(30):
        word = f"{CANARY}{number}"
        client.post(f"/cds-services/{word}", json=call_body())
        client.get(f"/{word}?{word}={word}", headers={"X-Request-ID": word, "User-Agent": word})
        client.open("/cds-services", method=word.upper())
        client.post(URL, json=call_body(hook=word))
        client.post(f"{URL}/feedback", json={"feedback": [{"card": word, "outcome": word}]})
        client.post(URL, json=call_body(prefetch={word: {"resourceType": word}}, context=context))
    assert client.post(URL, json=call_body(prefetch={"patient": patient, "conditions": None}, context=context)
                       ).status_code == 200  # fmt: skip
    page = metrics.text().decode()
    assert CANARY not in page.lower()
    assert len(page.splitlines()) < 200  # what grows with requests would be beyond it
    formatter = JsonLines()
    lines = [formatter.format(record) for record in caplog.records if record.name.startswith("cds_hooks")]
    assert len(lines) > 150
    assert not [line for line in lines if CANARY in line.lower()]


def test_the_log_of_an_answer_has_its_stages_and_counts(
    watched: Platform, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    answer = browser(watched).post(URL, json=call_body())
    (line,) = (json.loads(JsonLines().format(each)) for each in caplog.records if each.message == "answered")
    assert line["correlation_id"] == answer.headers["X-Correlation-ID"]
    assert {"parse", "gather", "assess", "cards", "ledger"} <= line["stages_ms"].keys()
    assert (line["service"], line["cards"], line["abstentions"]) == ("chart-review", 1, 1)


def test_a_client_that_calls_too_often_is_told_when_to_come_back(watched: Platform, metrics: Metrics) -> None:
    client = browser(replace(watched, rates=limiter(watched, 0.5, 3)))
    body = call_body()
    assert [client.post(URL, json=body).status_code for _ in range(4)] == [200, 200, 200, 429]
    refused = client.post(URL, json=body)
    assert refused.headers["Retry-After"] == "2"
    assert refused.get_json()["issue"][0]["code"] == "throttled"
    assert client.get("/health/live").status_code == 200
    other = client.post(URL, json=body, environ_base={"REMOTE_ADDR": "192.0.2.7"})
    assert other.status_code == 200
    assert _value(metrics, 'cuecard_refused_total{reason="rate"}') == 2


class _Gate:
    """Takes a caller at its word."""

    is_open = False

    def admit(self, authorization: str | None, _path: str) -> Caller:
        return Caller(issuer=authorization or "")

    def check_server(self, _caller: Caller, _server: str | None) -> None:
        return


def test_clients_behind_one_address_are_counted_by_their_issuers(watched: Platform) -> None:
    rates = limiter(watched, 1, 1)
    client = browser(replace(watched, rates=rates, gate=_Gate()))  # type: ignore[arg-type]
    issuers = ("https://a.example.org", "https://b.example.org", "https://a.example.org")
    statuses = [
        client.post(URL, json=call_body(), headers={"Authorization": issuer}).status_code
        for issuer in issuers
    ]
    assert statuses == [200, 200, 429]


@pytest.mark.parametrize(("proxies", "expected"), [(0, [200, 429, 429]), (1, [200, 200, 429])])
def test_a_forwarded_address_counts_only_behind_a_proxy_of_the_settings(
    tmp_path: Path, proxies: int, expected: list[int]
) -> None:
    built = platform(tmp_path, limits={"proxies": proxies})
    client = browser(replace(built, rates=limiter(built, 1, 1)))
    said = ("192.0.2.1", "192.0.2.2", "192.0.2.9, 192.0.2.2")  # the proxy adds the last one
    statuses = [
        client.post(URL, json=call_body(), headers={"X-Forwarded-For": address}).status_code
        for address in said
    ]
    assert statuses == expected
    built.ledger.close()
    built.client.close()


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("192.0.2.7:51312", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("[::ffff:c000:207]:443", "192.0.2.7"),
        ("2001:db8:1:2::1", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("[2001:db8:1:2::9]:443", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        (None, ""),
        ("unknown", "unknown"),
        ("[]:80", "[]:80"),
        ("300.0.2.7:80", "300.0.2.7:80"),
    ],
)
def test_an_address_is_counted_as_what_one_client_has(address: str | None, counted: str) -> None:
    assert counted_address(address) == counted


def test_a_host_with_many_ipv6_addresses_is_one_client(watched: Platform) -> None:
    client = browser(replace(watched, rates=limiter(watched, 1, 2)))
    asked = {
        "2001:db8:1:2::1": 200,
        "2001:db8:1:2:a:b:c:d": 200,
        "2001:db8:1:2::ffff": 429,
        "2001:db8:1:3::1": 200,
        "192.0.2.8": 200,
        "::ffff:192.0.2.8": 200,
        "::ffff:c000:208": 429,
        "::ffff:192.0.2.9": 200,
    }
    statuses = {
        address: client.post(URL, json=call_body(), environ_base={"REMOTE_ADDR": address}).status_code
        for address in asked
    }
    assert statuses == asked


def test_time_that_a_call_waited_for_its_turn_counts_against_its_deadline(watched: Platform) -> None:
    answer = browser(watched).post(URL, json=call_body(), environ_base={"cuecard.arrived": -1000.0})
    assert answer.status_code == 503
    assert answer.headers["Retry-After"] == "1"
    assert answer.get_json()["issue"][0]["code"] == "timeout"


def test_the_file_of_a_process_that_has_just_begun_fails_no_page(tmp_path: Path) -> None:
    script = """
import sys
from pathlib import Path
from cds_hooks.telemetry.metrics import Metrics
from cds_hooks.telemetry.operations import operations_app
metrics = Metrics()
metrics.refused("rate")
(Path(sys.argv[1]) / "counter_999999.db").touch()
sys.stdout.buffer.write(metrics.text())
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path)],
        env=os.environ | {"PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert 'cuecard_refused_total{reason="rate"} 1.0' in done.stdout


def test_a_page_that_fails_is_500_and_said_in_the_log_without_its_words(
    watched: Platform, metrics: Metrics, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> bytes:
        raise ValueError("Jane Roe of Elm Street")

    monkeypatch.setattr(metrics, "text", fail)
    with caplog.at_level(logging.ERROR):
        answer = Client(operations_app(watched, metrics)).get("/metrics")
    assert answer.status_code == 500
    (entry,) = caplog.records
    assert entry.__dict__["error"] == "ValueError"
    assert "Roe" not in answer.text + str(entry.__dict__)
