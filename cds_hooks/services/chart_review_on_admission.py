"""chart-review when an encounter begins: the same review as when the chart is opened."""

from __future__ import annotations

from dataclasses import replace

from cds_hooks.services.chart_review import SERVICE as CHART_REVIEW

SERVICE = replace(CHART_REVIEW, hook="encounter-start")
