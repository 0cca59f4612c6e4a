"""OpenTelemetry traces: one span for a request, one for each stage of a call, without patient data.

Stages follow one another and are timed anyway, so spans are made of those times when the request has ended.
Where they go, how many are kept and the service's name are OpenTelemetry's own variables
(OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_TRACES_SAMPLER, OTEL_SERVICE_NAME...).
"""

from __future__ import annotations

import os
from importlib.metadata import version

from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode, Tracer, set_span_in_context

from cds_hooks.telemetry.call import Refusal, RequestAccount

_NS_PER_MS = 1_000_000


class Tracing:
    """Sends a trace of each request.

    Args:
        processor: Takes the spans; by default they go out in batches from a thread of the worker.
    """

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        self._processor = processor
        self._opened: tuple[int, Tracer] | None = None

    def finished(self, account: RequestAccount) -> None:
        """Makes the spans of an answered request."""
        tracer = self._tracer()
        end = account.began + round(account.elapsed_ms * _NS_PER_MS)
        attributes: dict[str, str | int] = {
            "http.request.method": account.method,
            "http.route": account.route,
            "http.response.status_code": account.status,
            "cuecard.correlation_id": account.correlation_id,
        }
        if account.is_call:
            attributes |= {"cuecard.service": account.service, "cuecard.cards": len(account.indicators)}
        name = f"{account.method} {account.route}"
        span = tracer.start_span(name, kind=SpanKind.SERVER, attributes=attributes, start_time=account.began)
        if account.status >= 500:
            span.set_status(Status(StatusCode.ERROR))
        context = set_span_in_context(span)
        at = account.began + round(account.waited_ms * _NS_PER_MS)
        for stage, elapsed_ms in account.watch.stages.items():
            inner = tracer.start_span(stage, context=context, start_time=at)
            at += round(elapsed_ms * _NS_PER_MS)
            inner.end(at)
        span.end(max(at, end))

    def refused(self, why: Refusal) -> None:
        """What was refused unseen has no trace; the metrics count it."""

    def queue(self, in_flight: int, waiting: int) -> None:
        """Is a matter of the metrics."""

    def _tracer(self) -> Tracer:
        # The thread that sends does not survive a fork: each worker makes its own.
        if self._opened is None or self._opened[0] != os.getpid():
            provider = TracerProvider(resource=Resource.create({"service.name": "cuecard"}))
            provider.add_span_processor(self._processor or BatchSpanProcessor(OTLPSpanExporter()))
            self._opened = (os.getpid(), provider.get_tracer("cuecard", version("cuecard")))
        return self._opened[1]
