"""The sample patients: designed charts, each made to show something, dated relative to now."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

from fhir_adapters.embedded.chart_resources import ChartWriter
from fhir_adapters.embedded.reply import Resource


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleExpectation:
    """What one sample patient is there for.

    Attributes:
        patient_id: Id of the Patient resource, and the name of the chart file.
        shows: In words, what the chart is made to show.
        expect_groups: The groups of findings (`Finding.group`) that must make a card, most important first.
            Empty means that no card may appear.
    """

    patient_id: str
    shows: str
    expect_groups: tuple[str, ...]

    @property
    def expect_none(self) -> bool:
        """True when no card may appear."""
        return not self.expect_groups


@cache
def _charts() -> tuple[dict[str, Any], ...]:
    folder = files("fhir_adapters.embedded") / "patients"
    paths = sorted((path for path in folder.iterdir() if path.name.endswith(".toml")), key=lambda p: p.name)
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")) for path in paths)


def sample_bundles(now: datetime) -> tuple[Resource, ...]:
    """One transaction Bundle for each sample patient; the same `now` gives the same Bundles.

    Args:
        now: The time to which "days ago" in the charts refers; with a zone.

    Raises:
        ValueError: `now` has no zone.
    """
    if now.tzinfo is None:
        raise ValueError("now must have a time zone")
    return tuple(_bundle(chart, now) for chart in _charts())


def _bundle(chart: dict[str, Any], now: datetime) -> Resource:
    return {
        "resourceType": "Bundle",
        "id": f"{chart['id']}-chart",
        "type": "transaction",
        "entry": [
            {
                "resource": resource,
                "request": {"method": "PUT", "url": f"{resource['resourceType']}/{resource['id']}"},
            }
            for resource in ChartWriter(chart, now).resources()
        ],
    }


def sample_expectations() -> tuple[SampleExpectation, ...]:
    """What each sample patient shows, and which cards must appear; in the order of `sample_bundles`."""
    return tuple(
        SampleExpectation(
            patient_id=chart["id"], shows=chart["shows"], expect_groups=tuple(chart["expect_groups"])
        )
        for chart in _charts()
    )
