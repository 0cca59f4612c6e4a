"""Callers that hang up and fetches that are given up, by the hundred: no slot of the pool is lost."""

from __future__ import annotations

import json
import random
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from cds_hooks.app import app_of
from cds_hooks.platform import Platform
from fhir_adapters.client import Access, FhirClient
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.cds_hooks.platforms import SmallModel, call_body, platform, silent
from tests.fakes.faulty_server import Connection, FaultyServer, Request, answer, bundle, chunked
from tests.fakes.fhir_server import honest

CONDITIONS = Query(key="conditions", resource="Condition")
PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-04-02"}
HANG_UPS = 200
GIVEN_UP = 300


@pytest.mark.parametrize("pool_size", [1, 3])
def test_fetches_given_up_at_any_moment_leave_the_pool_whole(pool_size: int) -> None:
    chance = random.Random(20261126)  # noqa: S311 - moments, no secret

    def slow(connection: Connection, request: Request) -> None:
        connection.wait(chance.random() * 0.004)
        chance.choice((answer(bundle()), chunked(json.dumps(bundle()).encode())))(connection, request)

    with (
        FaultyServer(otherwise=slow) as server,
        closing(
            FhirClient(TransportSettings(allow_loopback=True, pool_size=pool_size, connect_timeout_s=30))
        ) as client,
    ):
        client.warm_up()
        access = Access(server=server.base, patient_id="p1")
        given_up = 0
        for _ in range(GIVEN_UP):
            deadline = Deadline.after(chance.random() * 0.012)
            given_up += not client.fetch_all([CONDITIONS], access, deadline)["conditions"].complete
        assert given_up > GIVEN_UP // 10
        asked = [Query(key=f"k{n}", resource="Condition") for n in range(2 * pool_size)]
        results = client.fetch_all(asked, access, Deadline.after(60)).values()
        assert [result.error for result in results] == [None] * len(asked)


@pytest.fixture
def edge(tmp_path: Path) -> Iterator[Platform]:
    built = platform(
        tmp_path,
        models=(SmallModel("sure.v1", silent),),
        service={"deadline_s": 30},
        fhir={"allow_loopback": True, "connect_timeout_s": 20},
    )
    yield built
    built.ledger.close()
    built.client.close()


def _request(body: bytes) -> bytes:
    head = (
        "POST /cds-services/chart-review HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def _hang_up(port: int, sent: bytes, until: Callable[[], bool]) -> None:
    """Sends a call, or a part of one, and resets the connection once something has happened."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as caller:
        caller.sendall(sent)
        end = time.monotonic() + 60
        while not until() and time.monotonic() < end:
            time.sleep(0.001)
        caller.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def _has_more(server: FaultyServer, than: int) -> bool:
    return len(server.requests) > than


def _answered(port: int, sent: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=60) as caller:
        caller.sendall(sent)
        return b"".join(iter(lambda: caller.recv(65536), b""))


def test_after_hundreds_of_callers_that_hang_up_a_good_call_is_answered(edge: Platform) -> None:
    with FaultyServer(otherwise=honest([PATIENT])) as fhir:
        service = make_server("127.0.0.1", 0, app_of(edge), threaded=True)
        # Closing it waits for the calls whose callers hung up: they still use the client.
        service.daemon_threads = False  # type: ignore[attr-defined]
        serving = threading.Thread(target=service.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        try:
            call = _request(json.dumps(call_body(fhirServer=fhir.base, prefetch=None)).encode())
            for number in range(HANG_UPS):
                kind = ("at work", "at once", "cut off")[number % 3]
                seen = len(fhir.requests)
                is_at_work = partial(_has_more, fhir, seen if kind == "at work" else -1)
                _hang_up(
                    service.server_port, call[: len(call) // (2 if kind == "cut off" else 1)], is_at_work
                )
            answered = _answered(service.server_port, call)
        finally:
            service.shutdown()
            serving.join()
            service.server_close()
        assert len(fhir.requests) > HANG_UPS // 3  # a third of them were at work
    assert answered.startswith(b"HTTP/1.1 200") or answered.startswith(b"HTTP/1.0 200")
    assert answered.endswith(b'{"cards":[]}')
