"""Traps in public charts are caught: mislabelled units, impossible values, codes that are none."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.bundles import resources_of
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import PatientRecord

DATA = Path(__file__).resolve().parents[4] / "shared/data"
NOW = datetime(2026, 11, 23, tzinfo=UTC)

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout"),
]


def _read(path: Path) -> tuple[list[dict[str, Any]], PatientRecord]:
    with gzip.open(path) as stream:
        resources = resources_of(json.load(stream))
    person = next(resource["id"] for resource in resources if resource["resourceType"] == "Patient")
    return resources, map_chart(person, resources, now=NOW)


def _sent(resources: list[dict[str, Any]], loinc: str) -> dict[str, dict[str, Any]]:
    """The Quantity of each Observation under a code, by reference."""
    return {
        f"Observation/{resource['id']}": resource["valueQuantity"]
        for resource in resources
        if resource["resourceType"] == "Observation" and resource["code"]["coding"][0]["code"] == loinc
    }


@pytest.mark.parametrize(
    ("chart", "loinc", "analyte", "impossible"),
    [
        # Grams per liter under the label g/dL.
        ("1052727", "2885-2", "total_protein", lambda value: value > 20),
        # ALT below 1 U/L.
        ("1194393", "1742-6", "alt", lambda value: value < 1),
    ],
)
def test_a_value_that_its_unit_makes_impossible_is_noted_and_not_used(
    chart: str, loinc: str, analyte: str, impossible: Any
) -> None:
    resources, record = _read(DATA / f"fhir_synthea_google/{chart}-bundle.json.gz")
    sent = _sent(resources, loinc)
    trapped = {source for source, quantity in sent.items() if impossible(quantity["value"])}
    assert trapped
    used = {point.source for point in record.series(analyte)}
    assert used == sent.keys() - trapped
    noted = {gap.source for gap in record.gaps if gap.problem == "implausible"}
    assert noted & sent.keys() == trapped


def test_a_code_that_only_looks_like_loinc_means_nothing() -> None:
    path = next(path for path in sorted((DATA / "fhir_synthea_notes").glob("Assunta351_*.json.gz")))
    resources, record = _read(path)
    posing = [
        r
        for r in resources
        if r["resourceType"] == "Observation" and len(r["code"]["coding"][0]["code"]) > 30
    ]
    with_unit = [r for r in posing if "valueQuantity" in r]
    assert len(posing) > 20
    assert with_unit
    assert not record.measurements
    assert not record.coded_observations
    assert record.notes
