"""Starts the production server for a benchmark, sends it requests and looks at its workers. Loopback only."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Server:
    """A running server: its ports on loopback, its first process and its log."""

    port: int
    operations: int
    process: subprocess.Popen[bytes]
    log: Path

    def workers(self) -> list[int]:
        """Process ids of the workers."""
        pid = self.process.pid
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def metrics(self) -> str:
        """The page /metrics."""
        url = f"http://127.0.0.1:{self.operations}/metrics"
        return str(urllib.request.urlopen(url, timeout=30).read().decode())

    def usage(self) -> tuple[float, int, int]:
        """Resident MiB, threads and open files of all workers together."""
        memory, threads, files = 0, 0, 0
        for pid in self.workers():
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            memory += int(status["VmRSS"].split()[0])
            threads += int(status["Threads"])
            files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return round(memory / 1024, 1), threads, files


@contextmanager
def serving(folder: Path, sections: str, *, port: int = 8766, threads: int = 8) -> Iterator[Server]:
    """Runs one worker until the block ends. `sections` is added to its settings file."""
    config, log = folder / "cuecard.toml", folder / "log"
    config.write_text(
        f'[service]\nbind = "127.0.0.1:{port}"\nworkers = 1\nthreads = {threads}\n'
        f'[operations]\nbind = "127.0.0.1:{port + 1}"\n'
        f'[ledger]\nurl = "sqlite:///{folder / "ledger.sqlite3"}"\n{sections}',
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "cds_hooks.cli", "serve", "--config", str(config)]
    with log.open("wb") as output:
        process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        try:
            _until_ready(port + 1, process)
            yield Server(port, port + 1, process, log)
        finally:
            process.terminate()
            process.wait(60)


def _until_ready(port: int, process: subprocess.Popen[bytes]) -> None:
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5).read()
            return
        except OSError:
            if process.poll() is not None:
                raise SystemExit("the server did not start; see its log") from None
            time.sleep(0.05)


@dataclass
class Outcomes:
    """How requests ended: how often by status (0: no answer), and milliseconds of those with 200."""

    statuses: Counter[int] = field(default_factory=Counter)
    accepted_ms: list[float] = field(default_factory=list)
    refused_ms: list[float] = field(default_factory=list)

    def quantile(self, share: float) -> float:
        """Of the accepted requests."""
        times = sorted(self.accepted_ms)
        return round(times[min(len(times) - 1, int(share * len(times)))], 1) if times else float("nan")


async def post(port: int, path: str, body: bytes, timeout_s: float = 60) -> tuple[int, bytes]:
    """One request on a connection of its own; status 0 when no answer came."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n"
    ).encode()
    try:
        async with asyncio.timeout(timeout_s):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                writer.write(head + body)
                answer = await reader.read()
            finally:
                writer.close()
                with suppress(OSError):
                    await writer.wait_closed()
    except (OSError, TimeoutError):
        return 0, b""
    top, _, content = answer.partition(b"\r\n\r\n")
    return (int(top.split()[1]), content) if top else (0, b"")


async def timed(port: int, path: str, body: bytes, outcomes: Outcomes) -> None:
    """Sends one request and notes how it ended."""
    began = time.perf_counter()
    status, _ = await post(port, path, body)
    elapsed = (time.perf_counter() - began) * 1000
    outcomes.statuses[status] += 1
    (outcomes.accepted_ms if status == 200 else outcomes.refused_ms).append(elapsed)
