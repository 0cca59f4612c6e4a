"""One real worker on loopback, started as in production."""

from __future__ import annotations

import http.client
import json
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cds_hooks.platforms import PATIENT, call_body

URL = "/cds-services/chart-review"
JSON = {"Content-Type": "application/json"}
_PATIENCE_S = 60


@dataclass(frozen=True)
class Service:
    port: int
    operations: int
    process: subprocess.Popen[bytes]
    log: Path

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        headers: dict[str, str] | None = None,
        *,
        port: int | None = None,
    ) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=_PATIENCE_S)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            text = answer.read()
            assert answer.headers.get_content_type() == "application/json"
            return answer.status, json.loads(text)
        finally:
            connection.close()

    def call(self) -> bytes:
        """A call for a chart that the client says holds nothing but the patient."""
        status, said = 503, {}
        while status == 503:  # soon after refusals it takes one call at a time
            status, said = self.ask("GET", "/cds-services")
        offered = next(each for each in said["services"] if each["id"] == "chart-review")
        prefetch = dict.fromkeys(offered["prefetch"]) | {"patient": PATIENT}
        return json.dumps(call_body(prefetch=prefetch)).encode()

    def begin(self, body: bytes) -> socket.socket:
        """A connection on which a call is sent but for its last byte."""
        connection = socket.create_connection(("127.0.0.1", self.port), timeout=_PATIENCE_S)
        head = f"POST {URL} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/json\r\n"
        connection.sendall(f"{head}Content-Length: {len(body)}\r\n\r\n".encode() + body[:-1])
        return connection

    def metric(self, name: str) -> float:
        """The value of a series, by its name and labels as the page shows them."""
        page = urllib.request.urlopen(
            f"http://127.0.0.1:{self.operations}/metrics", timeout=_PATIENCE_S
        ).read()
        values = (line.rpartition(" ") for line in page.decode().splitlines())
        return next((float(value) for series, _, value in values if series == name), 0.0)

    def workers(self) -> list[int]:
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


@contextmanager
def serving(folder: Path, sections: str, service: str = "") -> Iterator[Service]:
    """Runs one worker; `sections` is added to its settings, `service` to their [service].

    A call has 30 seconds unless `service` says otherwise, for machines that are busy with other things.
    """
    port, operations = free_port(), free_port()
    config, log = folder / "cuecard.toml", folder / "log"
    deadline = "" if "deadline_s" in service else "deadline_s = 30\n"
    config.write_text(
        f'[service]\nbind = "127.0.0.1:{port}"\nworkers = 1\n{deadline}{service}'
        f'[operations]\nbind = "127.0.0.1:{operations}"\n'
        f'[ledger]\nurl = "sqlite:///{folder / "ledger.sqlite3"}"\n{sections}'
    )
    command = [sys.executable, "-m", "cds_hooks.cli", "serve", "--config", str(config)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=Path(__file__).parents[2])
        running = Service(port, operations, process, log)
        try:
            until(lambda: process.poll() is not None or is_ready(running))
            yield running
        finally:
            process.send_signal(signal.SIGTERM)
            assert process.wait(_PATIENCE_S) == 0
            # A worker that is asked to end does so by itself.
            assert "SIGABRT" not in log.read_text()


def is_ready(service: Service) -> bool:
    try:
        return service.ask("GET", "/health/ready", port=service.operations)[0] == 200
    except OSError:
        return False


def until(true: Callable[[], bool]) -> None:
    """Waits for what must come; fails only when a machine is slower than any."""
    give_up = time.monotonic() + _PATIENCE_S
    while not true():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
