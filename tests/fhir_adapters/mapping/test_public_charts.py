"""Public charts are read whole: every part equals what an independent look at the raw JSON finds."""

from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from fhir_adapters.bundles import resources_of
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.analytes import BY_LOINC

DATA = Path(__file__).resolve().parents[3] / "../shared/data"
NOW = datetime(2026, 11, 23, tzinfo=UTC)

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout"),
]


def _sample(folder: str, count: int) -> list[Path]:
    """Files of one patient each; those of hospitals and practitioners hold none."""
    paths = [path for path in sorted((DATA / folder).glob("*.json.gz")) if "Information" not in path.name]
    return random.Random(20261123).sample(paths, count)  # noqa: S311 - a sample, no secret


def _chart_files() -> list[Path]:
    if not DATA.exists():
        return []
    folders = {"fhir_synthea_google": 14, "fhir_synthea_smart": 14, "fhir_synthea_notes": 12}
    return [path for folder, count in folders.items() for path in _sample(folder, count)]


def _numbers(raw: list[dict[str, Any]]) -> dict[str, set[tuple[float, datetime]]]:
    """Plausible numbers under known codes and canonical units, read in the plainest way."""
    found = defaultdict(set)
    for obs in raw:
        if obs["resourceType"] != "Observation":
            continue
        for part in (obs, *obs.get("component", [])):
            analyte = BY_LOINC.get(part["code"]["coding"][0]["code"])
            sent = part.get("valueQuantity", {})
            if analyte and sent.get("code") == analyte.unit and analyte.low <= sent["value"] <= analyte.high:
                found[analyte.key].add((sent["value"], datetime.fromisoformat(obs["effectiveDateTime"])))
    return found


def _count(raw: list[dict[str, Any]], *kinds: str) -> int:
    return sum(resource["resourceType"] in kinds for resource in raw)


def _read(path: Path) -> tuple[list[dict[str, Any]], PatientRecord]:
    with gzip.open(path) as stream:
        bundle = json.load(stream)
    raw = [entry["resource"] for entry in bundle["entry"]]
    patient = next(resource for resource in raw if resource["resourceType"] == "Patient")
    return raw, map_chart(patient["id"], resources_of(bundle), now=NOW)


def _known(resource: dict[str, Any]) -> bool:
    """True for what has to be accounted for, found in the plainest way."""
    if resource["resourceType"] == "Observation":
        parts = (resource, *resource.get("component", []))
        return any(coding["code"] in BY_LOINC for part in parts for coding in part["code"].get("coding", []))
    if resource["resourceType"] == "DiagnosticReport":
        return bool(resource.get("presentedForm") or resource.get("conclusion"))
    return resource["resourceType"] in ("Condition", "DocumentReference")


@pytest.mark.parametrize("path", _chart_files()[::4], ids=lambda path: path.name[:40])
def test_every_entry_of_a_public_chart_is_in_the_record_or_in_a_note(path: Path) -> None:
    with gzip.open(path) as stream:
        resources = resources_of(json.load(stream))
    patient = next(resource for resource in resources if resource["resourceType"] == "Patient")
    record = map_chart(patient["id"], resources, now=NOW, listed=1_000_000)
    points = [point for series in record.measurements.values() for point in series]
    parts = (*record.conditions, *points, *record.coded_observations, *record.notes, *record.gaps)
    accounted = {part.source for part in parts}
    sent = {f"{each['resourceType']}/{each['id']}" for each in resources if _known(each)}
    assert sent
    assert sent <= accounted


@pytest.mark.parametrize("path", _chart_files(), ids=lambda path: path.name[:40])
def test_a_public_chart_is_read_whole(path: Path) -> None:
    raw, record = _read(path)
    for analyte, numbers in _numbers(raw).items():
        assert numbers <= {(point.value, point.at) for point in record.series(analyte)}
    assert len(record.conditions) == _count(raw, "Condition")
    assert len(record.medications) == _count(raw, "MedicationRequest")
    assert len(record.encounters) == _count(raw, "Encounter")
    assert len(record.procedures) == _count(raw, "Procedure")
    assert len(record.allergies) == _count(raw, "AllergyIntolerance")
    assert {note.problem for note in record.gaps} <= {"implausible", "duplicate", "not-used"}


def test_settings_are_those_of_the_encounters_in_a_public_chart() -> None:
    _, record = _read(_sample("fhir_synthea_google", 1)[0])
    settings = {point.setting for series in record.measurements.values() for point in series}
    assert "ambulatory" in settings
    assert "unknown" not in settings


def test_the_notes_of_a_public_chart_are_each_read_once_and_sectioned() -> None:
    raw, record = _read(_sample("fhir_synthea_notes", 1)[0])
    assert 0 < len(record.notes) <= _count(raw, "DiagnosticReport")
    kinds = {section.kind for note in record.notes for section in note.sections}
    assert {"chief_complaint", "hpi", "social_history", "medications", "assessment_plan"} <= kinds


def test_bulk_data_of_one_patient_is_read() -> None:
    folder = DATA / "fhir_synthea_bulk10"
    resources = []
    for kind in ("Patient", "Condition", "Encounter", "MedicationRequest", "DocumentReference"):
        with gzip.open(folder / f"{kind}.000.ndjson.gz") as lines:
            resources += [json.loads(line) for line in lines]
    patient = resources[0]["id"]
    own = [r for r in resources if r.get("subject", {}).get("reference") == f"Patient/{patient}"]
    record = map_chart(patient, resources, now=NOW)
    assert len(record.conditions) == _count(own, "Condition") > 0
    assert len(record.medications) == _count(own, "MedicationRequest")
    assert len(record.notes) == sum(r.get("status") == "current" for r in own if "content" in r)
    assert {note.problem for note in record.gaps} <= {"wrong-patient", "duplicate", "not-used"}


def test_the_examples_of_us_core_are_read() -> None:
    paths = sorted((DATA / "us_core_examples").glob("*.json"))
    resources = [r for path in paths for r in resources_of(json.loads(path.read_text(encoding="utf-8")))]
    record = map_chart("example", resources, now=NOW)
    assert record.series("sbp").latest.value == 109  # type: ignore[union-attr]
    assert record.series("dbp").latest.value == 44  # type: ignore[union-attr]
    questions = {f"phq9_item_{number}" for number in range(1, 10)}
    kinds = {obs.kind for obs in record.coded_observations}
    assert kinds == {"smoking_status", "pregnancy_status"} | questions
    assert [item.concept.label for item in record.family_history] == ["Chronic kidney disease (CKD)"]
    assert {len(record.conditions), len(record.medications), len(record.allergies)} == {6, 4, 3}
    assert any("IMPRESSION" in note.text for note in record.notes)
