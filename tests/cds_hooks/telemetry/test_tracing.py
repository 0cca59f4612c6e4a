"""Traces, with OpenTelemetry's own exporter into memory."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from cds_hooks.telemetry import Recorders
from tests.cds_hooks.platforms import browser, call_body, platform

pytest.importorskip("opentelemetry.sdk", reason="cuecard[otel] is not installed")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http", reason="cuecard[otel] is not installed")

from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from cds_hooks.telemetry.tracing import Tracing


def test_a_call_is_one_span_with_a_span_for_each_stage_and_no_patient_data(tmp_path: Path) -> None:
    kept = InMemorySpanExporter()
    built = replace(
        platform(tmp_path, models=None), recorders=Recorders((Tracing(SimpleSpanProcessor(kept)),))
    )
    answer = browser(built).post("/cds-services/chart-review?canary", json=call_body())
    built.ledger.close()
    built.client.close()
    spans = {span.name: span for span in kept.get_finished_spans()}
    whole = spans.pop("POST /cds-services/<service_id>")
    assert {"parse", "gather", "assess", "cards", "ledger"} <= spans.keys()
    for span in spans.values():
        assert span.parent is not None
        assert span.parent.span_id == whole.context.span_id
        assert whole.start_time <= span.start_time <= span.end_time <= whole.end_time
    assert whole.attributes["cuecard.correlation_id"] == answer.headers["X-Correlation-ID"]
    assert whole.attributes["http.response.status_code"] == 200
    said = "".join(span.to_json() for span in kept.get_finished_spans())
    for word in ("canary", "p1", "Practitioner", "eGFR"):
        assert word not in said.replace(answer.headers["X-Correlation-ID"], "")


def test_a_failure_is_marked_on_its_span(tmp_path: Path) -> None:
    kept = InMemorySpanExporter()
    built = replace(platform(tmp_path), recorders=Recorders((Tracing(SimpleSpanProcessor(kept)),)))
    browser(built).post(
        "/cds-services/chart-review", json=call_body(), environ_base={"cuecard.arrived": -9.0}
    )
    built.ledger.close()
    built.client.close()
    (whole,) = (span for span in kept.get_finished_spans() if span.parent is None)
    assert not whole.status.is_ok
