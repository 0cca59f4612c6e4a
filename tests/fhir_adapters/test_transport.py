"""The loop thread: started late, once per process, gone when closed; and what never leaves it."""

from __future__ import annotations

import logging
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest

from fhir_adapters.client import Access, FhirClient
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline, RetryPolicy, retry_after_s
from fhir_adapters.transport import Transport, TransportSettings
from tests.cds_hooks.served import until
from tests.fakes.faulty_server import (
    Connection,
    FaultyServer,
    Request,
    answer,
    bundle,
    raw,
    stall,
    status,
)
from tests.patience import AMPLE_S

PATIENT_ID = "canary-patient-4711"
TOKEN = "canary-token-7f3a"
QUERY = Query(key="conditions", resource="Condition")
SETTINGS = TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S)


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(SETTINGS)
    yield made
    made.close()


def ask(client: FhirClient, base: str, seconds: float = AMPLE_S) -> bool:
    access = Access(server=base, patient_id=PATIENT_ID, token=TOKEN)
    return client.fetch_all([QUERY], access, Deadline.after(seconds))["conditions"].complete


def transport_threads() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "fhir-transport"]


def test_nothing_is_started_before_it_is_needed() -> None:
    transport = Transport(SETTINGS)
    FhirClient(SETTINGS, transport)
    assert not transport.is_running
    assert transport_threads() == []


def test_the_http_stack_is_not_imported_before_it_is_needed() -> None:
    code = "import sys, fhir_adapters.client; sys.exit('httpx' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_all_threads_share_one_loop(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        results: list[bool] = []
        threads = [
            threading.Thread(target=lambda: results.append(ask(client, server.base))) for _ in range(16)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert results == [True] * 16
        assert len(transport_threads()) == 1


def test_closing_ends_the_thread_and_a_later_call_starts_anew(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        assert ask(client, server.base)
        client.close()
        assert transport_threads() == []
        assert ask(client, server.base)


def test_closing_twice_does_nothing(client: FhirClient) -> None:
    client.warm_up()
    client.close()
    client.close()


def test_closing_ends_a_call_under_way(client: FhirClient) -> None:
    with FaultyServer(otherwise=stall()) as server:
        client.warm_up()
        timer = threading.Timer(0.1, client.close)
        timer.start()
        assert not ask(client, server.base, seconds=3600)
        timer.join()


def test_queries_run_side_by_side(client: FhirClient) -> None:
    together = threading.Barrier(10)

    def when_all_have_asked(connection: Connection, request: Request) -> None:
        together.wait(AMPLE_S)
        answer(bundle())(connection, request)

    with FaultyServer(otherwise=when_all_have_asked) as server:
        client.warm_up()
        access = Access(server=server.base, patient_id=PATIENT_ID)
        asked = [Query(key=f"k{i}", resource="Condition") for i in range(10)]
        results = client.fetch_all(asked, access, Deadline.after(AMPLE_S))
    assert all(result.complete for result in results.values())


def test_a_connection_is_used_again(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        for _ in range(3):
            assert ask(client, server.base)
        assert len(server._threads) == 2  # the listener's, and one connection's


def test_a_process_forked_from_a_used_one_has_its_own_loop(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        assert ask(client, server.base)
        child = multiprocessing.get_context("fork").Process(
            target=lambda: os._exit(0 if ask(client, server.base) else 1)
        )
        child.start()
        child.join(60)
        assert child.exitcode == 0
        assert ask(client, server.base)


def test_a_fork_while_another_thread_starts_the_loop_does_not_lock_the_child() -> None:
    transport = Transport(SETTINGS)
    client = FhirClient(SETTINGS, transport)
    with FaultyServer(otherwise=answer(bundle())) as server:
        with transport._lock:
            child = multiprocessing.get_context("fork").Process(
                target=lambda: os._exit(0 if ask(client, server.base) else 1), daemon=True
            )
            child.start()
            child.join(60)
        if child.exitcode is None:
            child.kill()
        assert child.exitcode == 0


def test_neither_token_nor_patient_reaches_a_log(
    client: FhirClient, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    for behaviour in (answer(bundle()), raw(b"{"), stall(), raw(b"", headers={"Content-Length": "9"})):
        with FaultyServer(otherwise=behaviour) as server:
            ask(client, server.base, seconds=0.3)
    written = caplog.text + "".join(capfd.readouterr())
    assert PATIENT_ID not in written
    assert TOKEN not in written


def test_neither_token_nor_patient_is_shown_by_repr() -> None:
    shown = repr(Access(server="https://x/fhir", patient_id=PATIENT_ID, token=TOKEN))
    assert PATIENT_ID not in shown
    assert TOKEN not in shown


def test_a_cookie_of_one_call_does_not_travel_with_the_next(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle(), headers={"Set-Cookie": "session=someone"})) as server:
        ask(client, server.base)
        ask(client, server.base)
        assert not any("cookie" in request.headers for request in server.requests)


def test_no_proxy_is_taken_from_the_environment(client: FhirClient, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server, FaultyServer() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.origin)
        monkeypatch.setenv("ALL_PROXY", proxy.origin)
        assert ask(client, server.base)
        assert proxy.requests == []


def test_a_call_says_what_it_accepts(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        ask(client, server.base)
        (request,) = server.requests
    assert request.headers["accept"] == "application/fhir+json"
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["user-agent"] == "cuecard"
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def test_no_token_means_no_authorization_header(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        client.fetch_all([QUERY], Access(server=server.base, patient_id="p"), Deadline.after(AMPLE_S))
        assert "authorization" not in server.requests[0].headers


def test_sockets_are_not_left_open_by_timeouts(client: FhirClient) -> None:
    with FaultyServer(otherwise=stall()) as server:
        ask(client, server.base, seconds=0.2)
        before = _open_sockets()
        for _ in range(5):
            ask(client, server.base, seconds=0.1)
        until(lambda: _open_sockets() <= before + 5)  # the server's own ends


def _open_sockets() -> int:
    count = 0
    for name in os.listdir("/proc/self/fd"):
        try:
            count += os.readlink(f"/proc/self/fd/{name}").startswith("socket:")
        except OSError:
            continue
    return count


@pytest.mark.parametrize(
    "faulty",
    [{"trusted_servers": ("http://ehr.example.org",)}, {"pool_size": 0}, {"max_response_bytes": -1}],
)
def test_a_faulty_setting_is_named_at_start(faulty: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(faulty))):
        TransportSettings(**faulty)


def test_retry_after_reads_seconds_and_dates() -> None:
    from datetime import UTC, datetime

    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after_s("12", now) == 12
    assert retry_after_s("Thu, 01 Jan 2026 00:00:30 GMT", now) == 30
    assert retry_after_s("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0
    assert retry_after_s("later", now) is None
    assert retry_after_s(None, now) is None


def test_an_expired_deadline_has_nothing_left() -> None:
    deadline = Deadline.after(-1)
    assert deadline.remaining() == 0
    assert deadline.expired


def test_an_expired_deadline_sends_nothing(client: FhirClient) -> None:
    with FaultyServer(otherwise=answer(bundle())) as server:
        client.warm_up()
        assert not ask(client, server.base, seconds=0)
        assert server.requests == []


def test_the_retry_policy_is_a_setting() -> None:
    client = FhirClient(
        TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, retries=RetryPolicy(busy_retries=0))
    )
    try:
        with FaultyServer(otherwise=status(503, {"Retry-After": "0"})) as server:
            assert not ask(client, server.base)
            assert len(server.requests) == 1
    finally:
        client.close()
