"""The WSGI server: gunicorn with threads, everything loaded once and then forked."""

from __future__ import annotations

import gc
import logging
import os
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from uuid import uuid4

import orjson
from flask import Flask
from gunicorn import util
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger
from gunicorn.http.errors import LimitRequestHeaders, LimitRequestLine, ParseException
from gunicorn.workers.gthread import ThreadWorker

from cds_hooks.cards import warm
from cds_hooks.errors import HttpError, LedgerUnavailable
from cds_hooks.logs import JsonLines
from cds_hooks.platform import Platform
from cds_hooks.protocol.response import operation_outcome
from cds_hooks.reading import why_off

log = logging.getLogger(__name__)

# A proxy in front keeps connections open for longer than gunicorn's 2 seconds.
_KEEP_ALIVE_S = 30
_GRACE_S = 30
# A chart is some 20,000 objects without a cycle: at Python's threshold of 700 the collector looks at them
# thirty times while the body is parsed, for nothing.
GC_THRESHOLDS = (50_000, 20, 50)


class JsonLogger(Logger):  # type: ignore[misc]
    """Gunicorn's own lines in the format of ours."""

    def setup(self, cfg: Any) -> None:
        """Sets gunicorn's logs up, then replaces their format."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(JsonLines())


class Worker(ThreadWorker):  # type: ignore[misc]
    """A worker that answers what is no HTTP with an OperationOutcome, and logs none of it."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: BaseException) -> None:
        """Answers a request that gunicorn itself refuses; `exc` repeats parts of it and stays unsaid."""
        status = _status_of(exc)
        correlation_id = str(uuid4())
        extra = {"status": int(status), "error": type(exc).__name__, "correlation_id": correlation_id}
        log.warning("refused before routing", extra=extra)
        error = HttpError(int(status), "invalid", f"the request is not HTTP as expected: {status.phrase}")
        body = orjson.dumps(operation_outcome(error, correlation_id))
        head = (
            f"HTTP/1.1 {int(status)} {status.phrase}\r\nConnection: close\r\nCache-Control: no-store\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        try:
            util.write_nonblock(client, head.encode("ascii") + body)
        except OSError:
            log.info("the client was gone before it could be answered", extra=extra)


def _status_of(error: BaseException) -> HTTPStatus:
    if isinstance(error, LimitRequestLine):
        return HTTPStatus.REQUEST_URI_TOO_LONG
    if isinstance(error, LimitRequestHeaders):
        return HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
    known = isinstance(error, ParseException)
    return HTTPStatus.BAD_REQUEST if known else HTTPStatus.INTERNAL_SERVER_ERROR


class _Server(BaseApplication):  # type: ignore[misc]
    def __init__(self, app: Flask, options: dict[str, Any]) -> None:
        self._app = app
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
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
        platform: Its client is started in each worker.
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
        if platform.gate.is_open:
            log.warning("calls are open to anyone: there are no [[clients]]; never serve real patients so")
        on_ready()

    def started(_worker: Any) -> None:
        platform.client.warm_up()
        with suppress(LedgerUnavailable):  # readiness says so, and heals when the ledger does
            platform.ledger.check()

    def ended(_server: Any, _worker: Any) -> None:
        platform.client.close()
        platform.ledger.close()

    options = {
        "bind": bind,
        "workers": workers,
        "threads": threads,
        "worker_class": Worker,
        "logger_class": JsonLogger,
        "preload_app": True,
        "keepalive": _KEEP_ALIVE_S,
        "graceful_timeout": _GRACE_S,
        "when_ready": fork_soon,
        "post_worker_init": started,
        "worker_exit": ended,
        "loglevel": "warning",
        "control_socket_disable": True,  # a way in that nobody asked for
        "worker_tmp_dir": "/dev/shm" if os.access("/dev/shm", os.W_OK) else None,  # noqa: S108 - heartbeat only
    }
    _Server(app, options).run()
