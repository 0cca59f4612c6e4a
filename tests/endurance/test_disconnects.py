"""Clients that go away at every moment, by the thousand: each thread and each connection comes back."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.cds_hooks.served import URL, Service, serving, until
from tests.endurance.lengths import length
from tests.endurance.worker_state import Usage, all_threads_answer

CLIENTS = length(full=10_000, short=400)
ANSWERED = 'cuecard_calls_total{service="chart-review",status="200"}'
_LONGEST_WAIT_S = 0.2
# What is sent before the client goes; the last ones go while, or after, they are answered.
MOMENTS = ("nothing", "half the head", "half the body", "all", "all, first byte read")


def _hang_up(
    service: Service, head: bytes, body: bytes, moment: str, *, reset: bool, leaves_after_s: float
) -> None:
    with socket.create_connection(("127.0.0.1", service.port), timeout=60) as client:
        sent = {
            "nothing": b"",
            "half the head": head[: len(head) // 2],
            "half the body": head + body[: len(body) // 2],
        }.get(moment, head + body)
        client.sendall(sent)
        if moment == "all":
            time.sleep(leaves_after_s)
        if moment == "all, first byte read":
            assert client.recv(1)
        if reset:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _hang_up_all(service: Service, head: bytes, body: bytes, plan: Sequence[tuple[str, bool, float]]) -> None:
    with ThreadPoolExecutor(8) as clients:
        gone = [
            clients.submit(_hang_up, service, head, body, moment, reset=reset, leaves_after_s=seconds)
            for moment, reset, seconds in plan
        ]
    for client in gone:
        client.result()


@pytest.mark.long
@pytest.mark.timeout(120 + CLIENTS // 10)
def test_clients_that_hang_up_leave_nothing_behind(tmp_path: Path) -> None:
    chance = random.Random(7)  # noqa: S311 - moments, no secret
    with serving(tmp_path, "[limits]\nrate_per_s = 0\nmax_waiting = 256\n") as service:
        body = service.call()
        head = (
            f"POST {URL} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        ).encode()
        _hang_up_all(service, head, body, [("all", False, 0.0)] * 64)  # what is started when needed is there
        before = Usage.of(service)
        answered = service.metric(ANSWERED)
        plan = [
            (chance.choice(MOMENTS), chance.random() < 0.5, chance.uniform(0, _LONGEST_WAIT_S))
            for _ in range(CLIENTS)
        ]
        _hang_up_all(service, head, body, plan)
        until(lambda: service.metric("cuecard_calls_in_flight") == 0)
        assert service.metric("cuecard_calls_waiting") == 0
        # Most of those that sent all of their call were at work, not refused.
        assert service.metric(ANSWERED) - answered > CLIENTS / len(MOMENTS)
        all_threads_answer(service)
        until(lambda: Usage.of(service).files <= before.files + 8)
        Usage.of(service).must_not_exceed(before)
        assert '"status": 500' not in service.log.read_text()
