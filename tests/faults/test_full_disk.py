"""A disk on which nothing more can be written: calls are refused, readiness is false, and it heals by itself.

The running worker is forbidden to write to files at all, which is what a full disk is to it, for its log too.
"""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cds_hooks.served import JSON, URL, Service, serving, until

_, HARDEST = resource.getrlimit(resource.RLIMIT_FSIZE)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with serving(tmp_path, "[limits]\ndrain_s = 0\nrate_per_s = 0\n") as running:
        yield running


def allow(service: Service, most_bytes: int) -> None:
    (worker,) = service.workers()
    resource.prlimit(worker, resource.RLIMIT_FSIZE, (most_bytes, HARDEST))


def test_a_full_disk_refuses_calls_and_heals_without_a_restart(service: Service) -> None:
    call = service.call()
    assert service.ask("POST", URL, call, JSON)[0] == 200
    worker = service.workers()
    allow(service, 0)
    for _ in range(3):
        status, said = service.ask("POST", URL, call, JSON)
        assert status == 503
        assert "cards" not in said
        assert said["issue"][0]["code"] == "transient"
    status, said = service.ask("GET", "/health/ready")
    assert status == 503
    assert "ledger" in said["issue"][0]["details"]["text"]
    assert service.ask("GET", "/health/live")[0] == 200
    allow(service, HARDEST)
    until(lambda: service.ask("GET", "/health/ready")[0] == 200)
    assert service.ask("POST", URL, call, JSON)[0] == 200
    assert service.workers() == worker
