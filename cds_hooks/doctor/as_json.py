"""A report as one JSON object."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from cds_hooks.doctor.report import Report


def report_json(report: Report) -> dict[str, Any]:
    """The report with plain values; what is unknown is null."""
    capability = report.capability
    return {
        "server": report.server,
        "healthy": report.is_healthy,
        "trouble": report.trouble or None,
        "remark": report.remark or None,
        "milliseconds": _rounded(report.milliseconds),
        "vendor": report.vendor,
        "vendor_hidden": report.is_vendor_hidden,
        "version": capability.version if capability else None,
        "fhirVersion": (capability.stated_version or None) if capability else None,
        "software": (capability.software or None) if capability else None,
        "publisher": (capability.publisher or None) if capability else None,
        "security": list(capability.security) if capability else [],
        "tokenUrl": (capability.token_url or None) if capability else None,
        "searches": [
            {**asdict(search), "milliseconds": _rounded(search.milliseconds)} for search in report.searches
        ],
        "quality": [asdict(note) for note in report.quality],
        "models": [asdict(model) for model in report.models],
    }


def _rounded(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else round(milliseconds, 1)
