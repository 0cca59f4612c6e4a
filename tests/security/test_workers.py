"""A real service of two workers: a token is taken once by all of them, and by the service after a restart."""

from __future__ import annotations

import http.client
import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from cds_hooks.ledger import Database
from cds_hooks.ledger.verification import verify
from tests.cds_hooks.ledger.test_audit import events
from tests.security import ehr
from tests.security.ehr import DISCOVERY, ISSUER, PUBLIC, SERVICE, Key

ROOT = Path(__file__).parents[2]


@pytest.fixture
def config(tmp_path: Path, key: Key) -> Path:
    (tmp_path / "keys.json").write_bytes(ehr.key_set(key))
    path = tmp_path / "cuecard.toml"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    path.write_text(
        f"""
        [service]
        bind = "127.0.0.1:{port}"
        workers = 2
        models = []
        [limits]
        drain_s = 0
        [operations]
        bind = ""
        [callers]
        public_url = "{PUBLIC}"
        [[clients]]
        issuer = "{ISSUER}"
        jwks_file = "{tmp_path / "keys.json"}"
        [ledger]
        url = "sqlite:///{tmp_path / "ledger.sqlite3"}"
        [notes]
        enabled = false
        """
    )
    return path


@contextmanager
def serving(config: Path) -> Iterator[int]:
    """Runs the service; gives its port."""
    port = int(config.read_text().partition("127.0.0.1:")[2].partition('"')[0])
    command = [sys.executable, "-m", "cds_hooks.cli", "serve", "--config", str(config)]
    with (config.parent / "log").open("ab") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=log)
    try:
        while ask(port, "GET", "/health/ready") != 200:
            assert process.poll() is None, (config.parent / "log").read_text()
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        assert process.wait(30) == 0


def ask(port: int, method: str, path: str, token: str = "", body: bytes | None = None) -> int:
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        return connection.getresponse().status
    except OSError:
        return 0
    finally:
        connection.close()


def test_two_workers_and_the_next_start_take_a_token_once(config: Path, key: Key) -> None:
    tokens = [ehr.token(key, DISCOVERY) for _ in range(12)]
    with serving(config) as port, ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda token: ask(port, "GET", "/cds-services", token), tokens * 4))
        by_token = [sorted(answers[n :: len(tokens)]) for n in range(len(tokens))]
        assert by_token == [[200, 401, 401, 401]] * len(tokens)
        body = json.dumps(
            {
                "hook": "patient-view",
                "hookInstance": "d1577c69-dfbe-44ad-ba6d-3e05e953b2ea",
                "context": {"userId": "Practitioner/u1", "patientId": "p1"},
            }
        ).encode()
        calls = [ehr.token(key, SERVICE) for _ in range(8)]
        path = "/cds-services/chart-review"
        assert list(pool.map(lambda token: ask(port, "POST", path, token, body), calls)) == [200] * 8
    with serving(config) as port:
        assert [ask(port, "GET", "/cds-services", token) for token in tokens[:3]] == [401] * 3
    database = Database(f"sqlite:///{config.parent / 'ledger.sqlite3'}", connections=1)
    assert verify(database).intact
    found = events(database)
    assert sum(event["kind"] == "call" for event in found) == 8
    assert sum(event.get("reason") == "replayed" for event in found) == 39
    database.close()


def test_a_service_that_is_open_says_so_in_its_log(config: Path) -> None:
    text = config.read_text()
    start, _, rest = text.partition("[callers]")
    config.write_text(start + rest[rest.index("[ledger]") :])
    with serving(config) as port:
        assert ask(port, "GET", "/cds-services") == 200
    lines = [json.loads(line) for line in (config.parent / "log").read_text().splitlines()]
    assert [line["level"] for line in lines if line["message"].startswith("calls are open to anyone")] == [
        "WARNING"
    ]
