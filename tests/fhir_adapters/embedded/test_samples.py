"""The sample patients: valid, dated relative to now, and showing what they say they show."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from importlib.resources import files
from typing import Any, get_args

import orjson
import pytest
from fhir.resources.R4B import get_fhir_model_class

from cds_hooks.cards.alert_policy import AlertPolicy, select
from fhir_adapters.bundles import resources_of
from fhir_adapters.embedded import EmbeddedServer, SampleExpectation, sample_bundles, sample_expectations
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import Coverage, ResourceType
from models.contract import ClinicalModel, ClinicalSettings
from models.registry import load_models
from models.run import assess

NOW = datetime(2026, 11, 23, 14, 5, tzinfo=UTC)
NOWS = (
    NOW,
    datetime(2027, 1, 1, 0, 0, tzinfo=UTC),
    datetime(2028, 2, 29, 9, 45, tzinfo=timezone(timedelta(hours=-8))),
    datetime(2026, 7, 4, 10, 30, tzinfo=timezone(timedelta(hours=5, minutes=30))),
)
EXPECTATIONS = sample_expectations()
# The whole chart was obtained: what is not in it is known not to be.
COVERAGE: dict[ResourceType, Coverage] = dict.fromkeys(get_args(ResourceType), "complete")


def chart(patient_id: str, now: datetime = NOW) -> list[dict[str, Any]]:
    (bundle,) = [b for b in sample_bundles(now) if b["id"] == f"{patient_id}-chart"]
    return resources_of(bundle)


@pytest.fixture(scope="module")
def models() -> tuple[ClinicalModel, ...]:
    registry = load_models()
    return registry.select(registry.names())


def groups(patient_id: str, now: datetime, models: tuple[ClinicalModel, ...]) -> set[str]:
    record = map_chart(patient_id, chart(patient_id, now), now=now, coverage=COVERAGE)
    found = assess(record, models, ClinicalSettings())
    assert not [a for a in found.abstentions if a.cause == "model-error"]
    return {group.name for group in select(found.findings, AlertPolicy(), (), now=now).shown}


def test_there_are_enough_and_each_has_its_own_id() -> None:
    assert len(EXPECTATIONS) == len({e.patient_id for e in EXPECTATIONS}) == len(sample_bundles(NOW)) >= 22
    assert sum(e.expect_none for e in EXPECTATIONS) >= 8


def test_every_resource_is_valid() -> None:
    for bundle in sample_bundles(NOW):
        for entry in bundle["entry"]:
            resource = entry["resource"]
            get_fhir_model_class(resource["resourceType"]).model_validate_json(json.dumps(resource))


@pytest.mark.parametrize("now", NOWS, ids=str)
@pytest.mark.parametrize("expected", EXPECTATIONS, ids=lambda e: e.patient_id)
def test_the_models_find_what_the_chart_is_made_to_show(
    expected: SampleExpectation, now: datetime, models: tuple[ClinicalModel, ...]
) -> None:
    assert groups(expected.patient_id, now, models) == set(expected.expect_groups)


def test_the_same_time_gives_the_same_charts() -> None:
    assert orjson.dumps(sample_bundles(NOW)) == orjson.dumps(sample_bundles(NOW))


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="time zone"):
        sample_bundles(NOW.replace(tzinfo=None))


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_nothing_but_the_declared_error_lies_in_the_future(now: datetime) -> None:
    late = {
        resource["id"].rpartition("-")[0]
        for bundle in sample_bundles(now)
        for resource in resources_of(bundle)
        for name in ("effectiveDateTime", "authoredOn", "date")
        if name in resource and datetime.fromisoformat(resource[name]) > now
    }
    assert late == {"viktor-halloran-obs"}


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_twelve_days_ago_is_always_twelve_days_ago(now: datetime) -> None:
    tests = [r for r in chart("ingrid-sorensen", now) if r.get("code", {}).get("text") == "TSH"]
    newest = max(datetime.fromisoformat(test["effectiveDateTime"]) for test in tests)
    assert timedelta(days=12) <= now - newest < timedelta(days=13, hours=3)


@pytest.mark.parametrize("now", NOWS, ids=str)
def test_an_age_is_the_age_of_the_chart_file(now: datetime) -> None:
    record = map_chart("noah-bergstrom", chart("noah-bergstrom", now), now=now, coverage=COVERAGE)
    assert record.age_years == 9


def test_every_reference_leads_to_a_resource_of_the_chart() -> None:
    for bundle in sample_bundles(NOW):
        resources = resources_of(bundle)
        known = {f"{r['resourceType']}/{r['id']}" for r in resources}
        for resource in resources:
            for element in (resource.get("subject"), resource.get("patient"), resource.get("encounter")):
                assert element is None or element["reference"] in known


@pytest.mark.parametrize("patient_id", [e.patient_id for e in EXPECTATIONS if e.patient_id != "wei-zhang"])
def test_a_chart_has_several_notes_of_a_usual_length(patient_id: str) -> None:
    resources = chart(patient_id)
    binaries = {f"Binary/{r['id']}": r["data"] for r in resources if r["resourceType"] == "Binary"}
    notes = [r for r in resources if r["resourceType"] == "DocumentReference"]
    attachments = [note["content"][0]["attachment"] for note in notes]
    texts = [base64.b64decode(a["data"] if "data" in a else binaries[a["url"]]).decode() for a in attachments]
    assert len(texts) >= 2
    assert all(75 <= len(text.split()) <= 400 for text in texts)


@pytest.mark.parametrize("expected", EXPECTATIONS, ids=lambda e: e.patient_id)
def test_the_readme_says_what_a_chart_shows(expected: SampleExpectation) -> None:
    readme = (files("fhir_adapters.embedded") / "README.md").read_text(encoding="utf-8")
    (row,) = [line for line in readme.splitlines() if line.startswith(f"| `{expected.patient_id}` |")]
    assert row.endswith(f"| {expected.shows} | {', '.join(expected.expect_groups) or 'none'} |")


def test_some_notes_are_html_and_some_behind_a_url() -> None:
    attachments = [
        r["content"][0]["attachment"]
        for bundle in sample_bundles(NOW)
        for r in resources_of(bundle)
        if r["resourceType"] == "DocumentReference"
    ]
    assert any(a["contentType"].startswith("text/html") for a in attachments)
    assert any("url" in a for a in attachments)


def test_all_charts_load_without_fhir_resources() -> None:
    script = (
        "import sys; from datetime import datetime, UTC\n"
        "from fhir_adapters.embedded import EmbeddedServer, sample_bundles\n"
        "server = EmbeddedServer('http://127.0.0.1/fhir')\n"
        "count = sum(server.load_bundle(b) for b in sample_bundles(datetime.now(UTC)))\n"
        "assert count > 1000, count\n"
        "assert not any(name.startswith(('fhir.resources', 'pydantic')) for name in sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True, timeout=60)


def test_a_loaded_chart_reads_back_over_rest() -> None:
    server = EmbeddedServer("http://127.0.0.1:8000/fhir")
    for bundle in sample_bundles(NOW):
        server.load_bundle(bundle)
    query = "patient=gerald-whitfield&code=http://loinc.org|2160-0&_sort=-date"
    found = orjson.loads(server.handle("GET", "Observation", query, b"", {}).body)
    assert [e["resource"]["valueQuantity"]["value"] for e in found["entry"]] == [2.02, 1.88, 1.7, 1.5, 1.38]
