"""What a worker holds, and whether all of it still works."""

from __future__ import annotations

import select
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from tests.cds_hooks.served import JSON, URL, Service, until


@dataclass(frozen=True)
class Usage:
    """Resident MiB, threads and open files of all workers together."""

    mib: float
    threads: int
    files: int

    @classmethod
    def of(cls, service: Service) -> Self:
        """What they hold now."""
        mib, threads, files = 0.0, 0, 0
        for pid in service.workers():
            status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            mib += int(status["VmRSS"].split()[0]) / 1024
            threads += int(status["Threads"])
            files += len(list(Path(f"/proc/{pid}/fd").iterdir()))
        return cls(round(mib, 1), threads, files)

    def must_not_exceed(self, before: Usage) -> None:
        """Fails when they hold more, but for what is started when it is first needed."""
        assert self.mib <= before.mib + 24
        assert self.threads <= before.threads + 8
        assert self.files <= before.files + 8


def all_threads_answer(service: Service) -> None:
    """As many calls as the worker has threads, all under way at once: one stuck thread and they never are."""
    body = service.call()
    started = [_under_way(service, body, count) for count in range(1, 9)]
    for connection in started:
        with connection:
            connection.sendall(body[-1:])
            assert connection.recv(4096).startswith(b"HTTP/1.1 200")
    assert service.ask("POST", URL, body, JSON)[0] == 200


def _under_way(service: Service, body: bytes, count: int) -> socket.socket:
    """Begins a call; soon after many refusals only some are taken on at a time, so it tries again."""
    while True:
        connection = service.begin(body)
        if _is_taken_on(service, connection, count):
            return connection
        connection.close()


def _is_taken_on(service: Service, connection: socket.socket, count: int) -> bool:
    def is_answered() -> bool:
        return bool(select.select([connection], [], [], 0)[0])

    until(lambda: service.metric("cuecard_calls_in_flight") == count or is_answered())
    return not is_answered()
