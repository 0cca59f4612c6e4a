"""What one worker takes on, on a real server: its one thread is held by a call that lacks its last byte."""

from __future__ import annotations

import json
import signal
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cds_hooks.platforms import call_body
from tests.cds_hooks.served import JSON, URL, Service, is_ready, serving, until
from tests.patience import with_more_time

ONE_THREAD = "threads = 1\n"
IN_FLIGHT, WAITING = "cuecard_calls_in_flight", "cuecard_calls_waiting"
REFUSED = 'cuecard_refused_total{reason="overload"}'


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    limits = "[limits]\nmax_waiting = 1\nread_s = 300\ndrain_s = 0\n"
    with serving(tmp_path_factory.mktemp("limits"), limits, ONE_THREAD) as running:
        yield running


def _hold(service: Service, body: bytes) -> tuple[socket.socket, socket.socket]:
    """Two calls that lack their last byte: one has the thread, the other waits for it."""
    until(lambda: service.metric(IN_FLIGHT) == 0)
    first = service.begin(body)
    until(lambda: service.metric(IN_FLIGHT) == 1)
    time.sleep(0.2)  # now it counts as waiting for its client, and refusals of earlier tests keep nobody out
    second = service.begin(body)
    until(lambda: service.metric(IN_FLIGHT) == 1 and service.metric(WAITING) == 1)
    return first, second


def _answer(connection: socket.socket) -> tuple[bytes, bytes]:
    with connection:
        head, _, body = b"".join(iter(lambda: connection.recv(65536), b"")).partition(b"\r\n\r\n")
    return head, body


def test_beyond_the_queue_a_call_is_refused_at_once_and_the_accepted_one_is_answered(
    service: Service,
) -> None:
    body, refused = service.call(), service.metric(REFUSED)
    accepted = _hold(service, body)
    # A megabyte is more than the sockets hold: the refusal must reach a client that is still sending.
    other = service.begin(b" " * 1024 * 1024)
    head, outcome = _answer(other)
    assert head.startswith(b"HTTP/1.1 503 ")
    assert b"\r\nRetry-After: 1\r\n" in head
    assert json.loads(outcome)["issue"][0]["code"] == "throttled"
    assert service.metric(REFUSED) == refused + 1
    for connection in accepted:
        connection.sendall(body[-1:])
        head, answer = _answer(connection)
        assert head.startswith(b"HTTP/1.1 200 ")
        assert "cards" in json.loads(answer)
    until(lambda: service.ask("POST", URL, body, JSON)[0] == 200)


def test_a_busy_process_still_tells_that_it_lives(service: Service) -> None:
    body = service.call()
    accepted = _hold(service, body)
    assert service.ask("GET", "/health/live", port=service.operations)[0] == 200
    assert service.ask("GET", "/health/live")[0] == 503  # at the first address it is a request like others
    for connection in accepted:
        connection.sendall(body[-1:])
        assert _answer(connection)[0].startswith(b"HTTP/1.1 200 ")


def test_idle_connections_take_no_thread(service: Service) -> None:
    body = service.call()
    idle = [socket.create_connection(("127.0.0.1", service.port), timeout=60) for _ in range(20)]
    until(lambda: service.ask("POST", URL, body, JSON)[0] == 200)  # soon after refusals one call at a time
    for each in idle:
        each.close()


def test_the_operations_address_serves_nothing_else(service: Service) -> None:
    for path in (URL, "/cds-services", "/", "/metrics/"):
        assert service.ask("GET", path, port=service.operations)[0] == 404
    assert service.ask("POST", "/metrics", b"{}", port=service.operations)[0] == 405
    assert service.ask("GET", "/metrics")[0] == 404


def test_the_workers_count_is_on_the_page(service: Service) -> None:
    series = 'cuecard_calls_total{service="chart-review",status="200"}'
    body, before = service.call(), service.metric(series)
    until(lambda: service.ask("POST", URL, body, JSON)[0] == 200)
    until(lambda: service.metric(series) == before + 1)


def _status(service: Service) -> int:
    """Of a call; 0 when the door is closed."""
    try:
        status, _ = service.ask("POST", URL, json.dumps(call_body()).encode(), JSON)
    except OSError:
        return 0
    return status


def test_clients_that_stall_do_not_keep_their_thread(tmp_path: Path) -> None:
    begun = (b"P", b"POST / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nContent-Length: 9\r\n\r\n{")
    with serving(tmp_path, "[limits]\nmax_waiting = 9\nread_s = 1.5\ndrain_s = 0\n", ONE_THREAD) as service:
        body = service.call()
        slow = [socket.create_connection(("127.0.0.1", service.port), timeout=60) for _ in begun]
        for connection, sent in zip(slow, begun, strict=True):
            connection.sendall(sent)
        assert service.ask("POST", URL, body, JSON)[0] == 200  # it waited for its turn, and had one
        assert service.metric('cuecard_refused_total{reason="slow"}') == len(begun)
        for connection in slow:
            connection.close()


def test_sigterm_ends_readiness_first_and_loses_no_call(tmp_path: Path) -> None:
    with_more_time(lambda drain_s: _ends_in_order(tmp_path, drain_s), 3, 30)


def _ends_in_order(folder: Path, drain_s: float) -> None:
    own = folder / f"{drain_s}"
    own.mkdir()
    with serving(own, f"[limits]\ndrain_s = {drain_s}\n", "threads = 2\n") as service:
        body = service.call()
        under_way = service.begin(body)
        until(lambda: service.metric(IN_FLIGHT) == 1)
        service.process.send_signal(signal.SIGTERM)
        until(lambda: not is_ready(service))
        assert service.process.poll() is None
        assert _status(service) in (200, 412)
        under_way.sendall(body[-1:])
        assert _answer(under_way)[0].startswith(b"HTTP/1.1 200 ")
        assert service.process.wait(60) == 0
        with pytest.raises(ConnectionRefusedError):
            service.ask("GET", "/health/live")
