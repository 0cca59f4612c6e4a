"""One real worker on loopback, started as in production."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cds_hooks.served import JSON, URL, Service, serving

MEGABYTE = 1024 * 1024


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with serving(tmp_path_factory.mktemp("service"), "[limits]\ndrain_s = 0\nrate_per_s = 0\n") as running:
        yield running


def _memory(pid: int) -> int:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_the_service_starts_without_torch(service: Service) -> None:
    (worker,) = service.workers()
    assert "torch" not in Path(f"/proc/{worker}/maps").read_text()


def test_no_process_of_the_service_may_dump_its_memory(service: Service) -> None:
    for pid in (service.process.pid, *service.workers()):
        limits = Path(f"/proc/{pid}/limits").read_text().splitlines()
        (core,) = [line.split()[4:6] for line in limits if line.startswith("Max core file size")]
        assert core == ["0", "0"]


# Allows itself a core file of any length before it is forbidden one.
_CRASH = """
import os, resource
from cds_hooks.server import forbid_core_dumps
most = resource.getrlimit(resource.RLIMIT_CORE)[1]
resource.setrlimit(resource.RLIMIT_CORE, (most, most))
forbid_core_dumps()
assert resource.getrlimit(resource.RLIMIT_CORE) == (0, 0)
os.abort()
"""


def test_a_crash_leaves_no_core_file(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen([sys.executable, "-c", _CRASH], cwd=tmp_path, env=environment) as crashing:
        _, status = os.waitpid(crashing.pid, 0)
        crashing.returncode = os.waitstatus_to_exitcode(status)
    assert crashing.returncode == -signal.SIGABRT
    assert not os.WCOREDUMP(status)
    assert not list(tmp_path.iterdir())


def test_a_call_is_answered(service: Service) -> None:
    status, answer = service.ask("POST", URL, service.call(), JSON)
    assert status == 200
    assert "cards" in answer


@pytest.mark.parametrize("chunked", [False, True])
def test_fifty_megabytes_are_refused_and_memory_stays_flat(service: Service, chunked: bool) -> None:
    (worker,) = service.workers()
    service.ask("POST", URL, b" " * (15 * MEGABYTE), JSON)  # the largest body that is read
    before = _memory(worker)
    pieces = iter([b" " * MEGABYTE] * 50)
    headers = JSON if chunked else JSON | {"Content-Length": str(50 * MEGABYTE)}
    try:
        status, answer = service.ask("POST", URL, pieces, headers)
    except (BrokenPipeError, ConnectionResetError):  # it need not listen to the end
        pass
    else:
        assert status == 413
        assert answer["issue"][0]["code"] == "too-long"
    assert _memory(worker) - before < 24 * MEGABYTE
    assert service.ask("GET", "/health/live")[0] == 200


@pytest.mark.parametrize(
    "body",
    [b"{", b'{"a":NaN}', b'{"a":1,"a":2}', b"[" * 1000 + b"]" * 1000, '{"hook":1}'.encode("utf-16"), b""],
)
def test_malformed_bodies_are_400(service: Service, body: bytes) -> None:
    status, answer = service.ask("POST", URL, body, JSON)
    assert status == 400
    assert answer["resourceType"] == "OperationOutcome"


def test_a_chunked_body_is_read(service: Service) -> None:
    pieces = iter([service.call()])
    assert service.ask("POST", URL, pieces, JSON)[0] == 200


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"SECRET\r\n\r\n", b"400"),
        (b"GET /" + b"SECRET" * 2000 + b" HTTP/1.1\r\n\r\n", b"414"),
        (b"GET / HTTP/1.1\r\nX: " + b"SECRET" * 20_000 + b"\r\n\r\n", b"431"),
        (b"POST " + URL.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
         b"Transfer-Encoding: chunked\r\n\r\nSECRET\r\n", b"400"),
        (b"POST " + URL.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked"
         b"\r\n\r\n0\r\n\r\n", b"400"),
    ],
)  # fmt: skip
def test_what_is_not_http_is_refused_in_json_and_logged_without_its_text(
    service: Service, request_bytes: bytes, status: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
        connection.sendall(request_bytes)
        connection.shutdown(socket.SHUT_WR)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 " + status), answer[:200]
    assert b"OperationOutcome" in answer
    assert b"<html" not in answer
    assert b"SECRET" not in answer + service.log.read_bytes()


def test_a_body_that_ends_early_costs_nothing(service: Service) -> None:
    head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", service.port), timeout=60) as connection:
            connection.sendall(head.encode() + b"{")
    assert service.ask("POST", URL, service.call(), JSON)[0] == 200


def test_every_log_line_is_json(service: Service) -> None:
    lines = service.log.read_text().splitlines()
    assert lines
    for line in lines:
        assert {"at", "level", "message"} <= json.loads(line).keys()


@pytest.mark.parametrize(
    ("text", "fault"),
    [("[service]\nworkers = 0\n[oops]\n", "service.workers"), ('[service]\nmodels = ["no.v1"]\n', "no.v1")],
)
def test_wrong_settings_stop_the_start_with_their_key(tmp_path: Path, text: str, fault: str) -> None:
    config = tmp_path / "cuecard.toml"
    config.write_text(text)
    command = [sys.executable, "-m", "cds_hooks.cli", "serve", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=os.environ, timeout=60)
    assert done.returncode == 2
    assert fault in done.stderr
    assert "Traceback" not in done.stderr


def test_a_ledger_that_can_not_be_opened_stops_the_start(tmp_path: Path) -> None:
    config = tmp_path / "cuecard.toml"
    config.write_text(f'[ledger]\nurl = "sqlite:///{tmp_path}/absent/l.sqlite3"\n')
    command = [sys.executable, "-m", "cds_hooks.cli", "serve", "--config", str(config)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("cuecard: the ledger")
