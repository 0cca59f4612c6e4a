"""The operations address: metrics and health, and nothing else.

GET  /metrics                            Prometheus' text format, of all processes together
GET  /health/live, /health/ready         as at the first address, also when all its threads are busy
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from uuid import uuid4

import orjson
from werkzeug.wrappers import Request, Response

from cds_hooks import health
from cds_hooks.errors import HttpError, InternalError, as_call_error
from cds_hooks.logs import where
from cds_hooks.platform import Platform
from cds_hooks.protocol.response import operation_outcome
from cds_hooks.telemetry.metrics import CONTENT_TYPE, Metrics

log = logging.getLogger(__name__)

Application = Callable[..., object]


def operations_app(platform: Platform, metrics: Metrics) -> Application:
    """The WSGI application of the operations address."""
    pages: Mapping[str, Callable[[], Response]] = {
        "/metrics": lambda: Response(metrics.text(), content_type=CONTENT_TYPE),
        "/health/live": lambda: _json(health.live()),
        "/health/ready": lambda: _json(health.ready(platform)),
    }

    @Request.application
    def answer(request: Request) -> Response:
        try:
            response = _page(pages, request)
        except Exception as error:  # each is answered, none may end the thread
            response = _refusal(error)
        response.headers["Cache-Control"] = "no-store"
        return response

    return answer


def by_address(first: Application, operations: Application, port: int) -> Application:
    """Answers by the port that a connection came to, which no header can change."""

    def answer(environ: dict[str, str], start_response: object) -> object:
        chosen = operations if environ["SERVER_PORT"] == str(port) else first
        return chosen(environ, start_response)

    return answer


def _page(pages: Mapping[str, Callable[[], Response]], request: Request) -> Response:
    page = pages.get(request.path)
    if page is None:
        raise HttpError(404, "not-found", "there is nothing at this address")
    if request.method not in ("GET", "HEAD"):
        raise HttpError(405, "not-supported", "this address does not answer this method")
    return page()


def _json(content: Mapping[str, str], status: int = 200) -> Response:
    return Response(orjson.dumps(content), status, mimetype="application/json")


def _refusal(error: Exception) -> Response:
    refusal, correlation_id = as_call_error(error), str(uuid4())
    if isinstance(refusal, InternalError):
        extra = {"error": type(error).__name__, "where": where(error), "correlation_id": correlation_id}
        log.error("the operations address failed", extra=extra)
    body = orjson.dumps(operation_outcome(refusal, correlation_id))
    response = Response(body, refusal.status, mimetype="application/json")
    if refusal.retry_after_s:
        response.headers["Retry-After"] = str(refusal.retry_after_s)
    return response
