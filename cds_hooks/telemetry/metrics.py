"""Metrics for Prometheus: counts and times by names of our own, never by anything that a request holds.

prometheus-client decides when it is imported whether the processes of a server share their numbers: whoever
wants that sets PROMETHEUS_MULTIPROC_DIR before this module is imported.
"""

from __future__ import annotations

import os
from importlib.metadata import version
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from cds_hooks.telemetry.call import Refusal, RequestAccount

SHARED_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class _AllProcesses(MultiProcessCollector):
    """The files of all processes, but for those that are just being made and hold nothing yet."""

    def collect(self) -> Any:
        files = [str(each) for each in Path(self._path).glob("*.db") if _size(each)]
        return self.merge(files)  # type: ignore[no-untyped-call]


def _size(file: Path) -> int:
    try:
        return file.stat().st_size
    except FileNotFoundError:  # of a process that has ended meanwhile
        return 0


class Metrics:
    """The metrics of a process; `text` gives those of all processes that share a folder."""

    def __init__(self) -> None:
        registry = self._registry = CollectorRegistry()
        self._requests = Counter(
            "cuecard_requests", "Requests answered.", ("route", "status"), registry=registry
        )
        self._calls = Counter(
            "cuecard_calls", "Hook calls answered.", ("service", "status"), registry=registry
        )
        self._call_seconds = Histogram(
            "cuecard_call_seconds",
            "Time of a hook call, from its arrival to its answer.",
            ("service",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._stage_seconds = Histogram(
            "cuecard_stage_seconds",
            "Time of a stage of hook calls.",
            ("stage",),
            buckets=_SECONDS,
            registry=registry,
        )
        self._cards = Counter(
            "cuecard_cards", "Cards given, by severity.", ("service", "indicator"), registry=registry
        )
        self._abstentions = Counter(
            "cuecard_abstentions", "Models that did not answer.", ("model", "cause"), registry=registry
        )
        self._fhir_errors = Counter(
            "cuecard_fhir_errors", "Queries and charts that failed, by code.", ("code",), registry=registry
        )
        self._refused = Counter(
            "cuecard_refused", "Requests refused or given up unseen.", ("reason",), registry=registry
        )
        self._in_flight = Gauge(
            "cuecard_calls_in_flight",
            "Calls that have a thread.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        self._waiting = Gauge(
            "cuecard_calls_waiting",
            "Calls that wait for a thread.",
            multiprocess_mode="livesum",
            registry=registry,
        )
        build = Gauge(
            "cuecard_build_info", "The program.", ("version",), multiprocess_mode="max", registry=registry
        )
        build.labels(version("cuecard")).set(1)
        for reason in ("overload", "rate", "slow"):
            self._refused.labels(reason)  # a series that is there before it is needed can be alerted on

    def finished(self, account: RequestAccount) -> None:
        """Counts an answered request."""
        self._requests.labels(account.route, account.status).inc()
        if not account.is_call:
            return
        self._calls.labels(account.service, account.status).inc()
        self._call_seconds.labels(account.service).observe(account.elapsed_ms / 1000)
        for stage, elapsed_ms in account.watch.stages.items():
            self._stage_seconds.labels(stage).observe(elapsed_ms / 1000)
        for indicator in account.indicators:
            self._cards.labels(account.service, indicator).inc()
        for (model, cause), count in account.abstentions.items():
            self._abstentions.labels(model, cause).inc(count)
        for code in account.fhir_errors:
            self._fhir_errors.labels(code).inc()

    def refused(self, why: Refusal) -> None:
        """Counts a refused request."""
        self._refused.labels(why).inc()

    def queue(self, in_flight: int, waiting: int) -> None:
        """Sets the length of the queue."""
        self._in_flight.set(in_flight)
        self._waiting.set(waiting)

    def text(self) -> bytes:
        """All of it in Prometheus' text format."""
        if SHARED_FOLDER not in os.environ:
            return generate_latest(self._registry)
        shared = CollectorRegistry()
        _AllProcesses(shared)  # type: ignore[no-untyped-call]
        return generate_latest(shared)

    @staticmethod
    def process_ended(pid: int) -> None:
        """Forgets the gauges of a process that is no more."""
        if SHARED_FOLDER in os.environ:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
