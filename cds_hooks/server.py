"""The WSGI server: gunicorn with threads, everything loaded once and then forked."""

from __future__ import annotations

import gc
import logging
import os
import resource
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from cds_hooks.admission import Admission
from cds_hooks.cards import warm
from cds_hooks.errors import LedgerUnavailable
from cds_hooks.logs import JsonLines
from cds_hooks.platform import Platform
from cds_hooks.reading import why_off
from cds_hooks.worker import Worker, WorkerLimits

log = logging.getLogger(__name__)

# A proxy in front keeps connections open for longer than gunicorn's 2 seconds.
_KEEP_ALIVE_S = 30
# A call may take its deadline, and its client as long again to take the answer; `drain_s` comes on top.
_GRACE_S = 30
# Requests are given up after this time, whatever they wait for.
_ANSWER_SLACK_S = 30
# What clients and proxies send is far below; gunicorn's own bounds are 100 headers of 8 KiB.
_HEADERS, _HEADER_BYTES, _LINE_BYTES = 64, 8190, 4094
# A chart is some 20,000 objects without a cycle: at Python's threshold of 700 the collector looks at them
# thirty times while the body is parsed, for nothing.
GC_THRESHOLDS = (50_000, 20, 50)


def forbid_core_dumps() -> None:
    """Keeps the memory of this process and its children, charts and secrets, out of core files, for good."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


class JsonLogger(Logger):  # type: ignore[misc]
    """Gunicorn's own lines in the format of ours."""

    def setup(self, cfg: Any) -> None:
        """Sets gunicorn's logs up, then replaces their format."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Any, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._app


def run(
    app: Flask,
    platform: Platform,
    *,
    bind: str,
    workers: int,
    threads: int,
    on_ready: Callable[[], None] = lambda: None,
) -> None:
    """Serves until SIGTERM or SIGINT; calls under way are finished first.

    Args:
        app: Fully loaded: the workers are forked from this process.
        platform: Its client is started in each worker; when it keeps metrics, the operations address of its
            settings is served too.
        bind: host:port.
        on_ready: Called once when the socket listens.
    """

    def fork_soon(_server: Any) -> None:
        # What is loaded lives as long as the process: the collector need not look at it again. Without
        # this it walks over every module while a request body is parsed, which doubles the time of a call.
        warm()
        gc.collect()
        gc.freeze()
        gc.set_threshold(*GC_THRESHOLDS)
        if platform.notes is None:
            log.warning("notes are not read: %s", why_off(platform.settings.notes))
        elif platform.settings.notes.engine == "onnx":
            from models.inference.runtime import adds_in_16_bits  # noqa: PLC0415 - loaded where notes are read

            if adds_in_16_bits():
                log.info("this processor has no VNNI: new notes take about twice as long as with it")
        if platform.gate.is_open:
            log.warning("calls are open to anyone: there are no [[clients]]; never serve real patients so")
        on_ready()

    def forked(_server: Any, worker: Any) -> None:
        worker.limits, worker.state, worker.recorder = limits, platform.state, platform.recorders
        worker.admission = Admission(threads + platform.settings.limits.max_waiting)
        worker.fetching = platform.client.waiting

    def started(_worker: Any) -> None:
        platform.client.warm_up()
        with suppress(LedgerUnavailable):  # readiness says so, and heals when the ledger does
            platform.ledger.check()

    def ended(_server: Any, _worker: Any) -> None:
        platform.client.close()
        platform.ledger.close()

    def reaped(_server: Any, worker: Any) -> None:
        if platform.metrics is not None:
            platform.metrics.process_ended(worker.pid)

    address, application = _operations(app, platform)
    limits = _limits(platform, address)
    options = {
        "bind": [bind, address] if address else bind,
        "limit_request_line": _LINE_BYTES,
        "limit_request_fields": _HEADERS,
        "limit_request_field_size": _HEADER_BYTES,
        "workers": workers,
        "threads": threads,
        "worker_class": Worker,
        "logger_class": JsonLogger,
        "preload_app": True,
        "keepalive": _KEEP_ALIVE_S,
        "graceful_timeout": _GRACE_S + int(limits.drain_s),
        "post_fork": forked,
        "child_exit": reaped,
        "when_ready": fork_soon,
        "post_worker_init": started,
        "worker_exit": ended,
        "loglevel": "warning",
        "control_socket_disable": True,  # a way in that nobody asked for
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - heartbeat only
    }
    _Server(application, options).run()


def _operations(app: Flask, platform: Platform) -> tuple[str, Any]:
    """The operations address, "" for none, and the application that answers at all addresses."""
    address = platform.settings.operations.bind
    if platform.metrics is None or not address:
        return "", app
    from cds_hooks.telemetry.operations import by_address, operations_app  # noqa: PLC0415 - as in the platform

    return address, by_address(app, operations_app(platform, platform.metrics), _port(address))


def _limits(platform: Platform, operations: str) -> WorkerLimits:
    limits = platform.settings.limits
    return WorkerLimits(
        read_s=limits.read_s,
        answer_s=platform.settings.service.deadline_s + _ANSWER_SLACK_S,
        drain_s=limits.drain_s,
        operations_port=_port(operations) if operations else 0,
    )


def _port(address: str) -> int:
    return int(address.rpartition(":")[2])
