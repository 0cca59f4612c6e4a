"""What of a chart was skipped, corrected or doubted is told for trials, without a word of the chart."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.app import app_of
from cds_hooks.data_quality import data_quality, quality_json
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from fhir_adapters.mapping.chart import map_chart
from tests.cds_hooks.platforms import call_body
from tests.fhir_adapters.mapping.resources import condition, observation, patient

NOW = datetime(2026, 11, 26, tzinfo=UTC)
CANARY = "Jane Roe of Elm Street"
HEMOLYZED = {"note": [{"text": f"Specimen hemolyzed, drawn from {CANARY}"}]}
CHART: list[dict[str, Any]] = [
    patient(),
    observation("2160-0", 88.4, "umol/L", identity="converted"),
    observation("2160-0", 1.0, "furlong", identity="unit"),
    observation("2160-0", 900.0, "mg/dL", identity="range"),
    observation("2823-3", 7.1, "mmol/L", identity="hemolyzed", **HEMOLYZED),
    observation("2160-0", 1.1, "mg/dL", identity="withdrawn", status="entered-in-error"),
    condition(identity="refuted", verificationStatus={"coding": [{"code": "refuted"}]}, text=CANARY),
]


def test_each_entry_says_what_was_done_with_it_and_why() -> None:
    told = data_quality(map_chart("p1", CHART, now=NOW))
    assert {(each.treatment, each.problem, each.source) for each in told} == {
        ("skipped", "unconvertible", "Observation/unit"),
        ("skipped", "implausible", "Observation/range"),
        ("skipped", "not-used", "Observation/withdrawn"),
        ("skipped", "not-used", "Condition/refuted"),
        ("doubted", "suspect", "Observation/hemolyzed"),
        ("corrected", "converted", "Observation/converted"),
    }
    assert [each.treatment for each in told] == ["skipped"] * 4 + ["doubted", "corrected"]


def test_entries_are_counted_by_reason() -> None:
    more = [observation("2160-0", 1.0, "furlong", identity=f"unit{n}") for n in range(3)]
    counts = quality_json(data_quality(map_chart("p1", [*CHART, *more], now=NOW)))["counts"]
    (units,) = [each for each in counts if each["problem"] == "unconvertible"]
    assert (units["resource"], units["count"]) == ("Observation", 4)
    assert sum(each["count"] for each in counts) == 9


@pytest.mark.parametrize("is_told", [False, True])
def test_an_answer_carries_it_in_trials_only(tmp_path: Path, is_told: bool) -> None:
    document = {
        "ledger": {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"},
        "sandbox": {"data_quality": is_told},
    }
    built = build_platform(settings_of(document))
    entries = [{"resource": each} for each in CHART if each["resourceType"] == "Observation"]
    prefetch = {
        "patient": CHART[0],
        "observations": {"resourceType": "Bundle", "type": "searchset", "entry": entries},
        "conditions": None,
    }
    try:
        response = (
            app_of(built).test_client().post("/cds-services/chart-review", json=call_body(prefetch=prefetch))
        )
    finally:
        built.ledger.close()
        built.client.close()
    body = response.get_json()
    assert response.status_code == 200
    assert ("extension" in body) is is_told
    assert CANARY not in json.dumps(body)
    if is_told:
        told = body["extension"]["org.cuecard.data-quality"]
        assert "Observation/unit" in {each["source"] for each in told["entries"]}
