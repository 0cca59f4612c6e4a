"""No unit is guessed, no limit lost, no date of the future used, whatever becomes of a resource."""

from __future__ import annotations

import copy
import gzip
import json
import random
from collections import defaultdict
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.analytes import ANALYTES, BY_LOINC
from fhir_adapters.terminology.units import UnitProblem, conversion
from tests.fhir_adapters.mapping.resources import NOW, PID, SUBJECT, chart, observation, patient
from tests.fhir_adapters.mapping.test_properties import CANARY, JUNK, _places, _said

DATA = Path(__file__).resolve().parents[4] / "shared/data/fhir_synthea_google"
NUMBERS = [loinc for loinc, analyte in BY_LOINC.items() if not analyte.coded]
UNITS = sorted({unit for analyte in ANALYTES.values() for unit in analyte.units})
QUICK = settings(max_examples=150, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])


@QUICK
@given(
    st.sampled_from(NUMBERS),
    st.floats(allow_nan=False, allow_infinity=False, width=32),
    st.one_of(st.sampled_from(UNITS), st.text(max_size=12), st.just("")),
    st.one_of(st.none(), st.sampled_from(UNITS), st.text(max_size=8)),
)
def test_a_value_is_used_only_in_a_unit_that_the_table_of_its_analyte_names(
    loinc: str, value: float, unit: str, code: str | None
) -> None:
    sent = {"value": value, "unit": unit} | ({"code": code} if code is not None else {})
    record = chart(observation(loinc, valueQuantity=sent))
    points = record.series(BY_LOINC[loinc].key).points
    how = conversion(loinc, code or "", unit)
    if isinstance(how, UnitProblem):
        assert not points
        assert [gap.problem for gap in record.gaps] == ["unconvertible"]
    else:
        for point in points:
            assert point.value == how.apply(value)
        assert len(points) + len(record.gaps) == 1


@QUICK
@given(
    st.sampled_from(["", "<", "<=", ">", ">="]),
    st.sampled_from(["quantity", "text", "words of a code", "ratio", "interpretation"]),
    st.integers(1, 9),
)
def test_a_comparator_survives_every_form(comparator: str, form: str, number: int) -> None:
    quantity = {"value": number, "unit": "mg/dL"} | ({"comparator": comparator} if comparator else {})
    text = f"{comparator}{number} mg/dL"
    value: dict[str, Any] = {
        "quantity": {"valueQuantity": quantity},
        "text": {"valueString": text},
        "words of a code": {"valueCodeableConcept": {"text": text}},
        "ratio": {
            "valueRatio": {
                "numerator": quantity | {"unit": "mg"},
                "denominator": {"value": 1, "unit": "dL"},
            }
        },
        "interpretation": {
            "valueQuantity": {"value": number, "unit": "mg/dL"},
            "interpretation": [{"coding": [{"code": comparator}]}] if comparator in ("<", ">") else [],
        },
    }[form]
    (point,) = chart(observation("2160-0", None, **value)).series("creatinine").points
    expected = comparator if form != "interpretation" or comparator in ("<", ">") else ""
    assert (point.value, point.comparator) == (number, expected)


@QUICK
@given(
    st.one_of(
        st.datetimes().map(str), st.dates().map(str), st.from_regex(r"[0-9]{1,5}(-[0-9]{1,2}){0,2}"), JUNK
    )
)
def test_nothing_of_the_future_is_used_whatever_the_date(when: Any) -> None:
    record = chart(observation(effectiveDateTime=when))
    points = record.series("creatinine").points
    assert all(point.at <= NOW + timedelta(days=1) and point.at.tzinfo is not None for point in points)
    assert len(points) == 1 or record.gaps


@cache
def _real() -> tuple[str, tuple[dict[str, Any], ...]]:
    """A real chart of moderate size: its patient, and a few resources of each type."""
    paths = sorted(DATA.glob("*-bundle.json.gz"), key=lambda path: (path.stat().st_size, path.name))
    path = paths[len(paths) // 4]
    with gzip.open(path) as stream:
        resources = [entry["resource"] for entry in json.load(stream)["entry"]]
    kinds: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources:
        kinds[resource["resourceType"]].append(resource)
    chosen = random.Random(7)  # noqa: S311 - a sample, no secret
    few = [each for group in kinds.values() for each in chosen.sample(group, min(len(group), 6))]
    person = kinds["Patient"][0]
    text = json.dumps([each for each in few if each is not person])
    for full in (f"urn:uuid:{person['id']}", f"Patient/{person['id']}"):
        text = text.replace(full, f"Patient/{PID}")
    return person["id"], (patient(), *json.loads(text))


def _check(record: PatientRecord) -> None:
    for key, series in record.measurements.items():
        for point in series:
            assert point.comparator or ANALYTES[key].low <= point.value <= ANALYTES[key].high
            assert point.unit == ANALYTES[key].unit
            assert point.at <= NOW + timedelta(days=1)
    for gap in record.gaps:
        assert CANARY not in gap.reason


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")
@settings(max_examples=120, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
def test_a_real_chart_with_anything_dropped_replaced_or_retagged_is_read(data: st.DataObject) -> None:
    resources = list(copy.deepcopy(_real()[1]))
    for _ in range(data.draw(st.integers(1, 4))):
        target = resources[data.draw(st.integers(1, len(resources) - 1))]
        place = data.draw(st.sampled_from(_places(target)))
        holder: Any = target
        for step in place[:-1]:
            holder = holder[step]
        action = data.draw(st.sampled_from(["drop", "replace", "retag"]))
        if action == "drop":
            del holder[place[-1]]
        elif action == "replace":
            holder[place[-1]] = data.draw(JUNK)
        elif isinstance(holder, dict):
            holder[f"value{data.draw(st.sampled_from(['String', 'Quantity', 'Ratio', 'Range']))}"] = (
                holder.pop(place[-1])
            )
    _check(map_chart(PID, resources, now=NOW))


@pytest.mark.data
@pytest.mark.skipif(not DATA.exists(), reason="the public data sets are not beside the checkout")
def test_a_real_chart_of_somebody_else_leaves_nothing_in_the_record() -> None:
    _, resources = _real()
    own = map_chart(PID, copy.deepcopy(resources), now=NOW)
    assert own.measurements
    assert own.conditions
    foreign = json.loads(json.dumps(resources[1:]).replace(f'"Patient/{PID}"', '"Patient/other"'))
    record = map_chart(PID, [patient(), *foreign], now=NOW)
    assert not any((record.measurements, record.conditions, record.medications, record.encounters))
    assert not any((record.notes, record.coded_observations, record.procedures, record.allergies))
    assert {gap.problem for gap in record.gaps} <= {"wrong-patient", "unreadable"}
    assert "wrong-patient" in {gap.problem for gap in record.gaps}
    assert SUBJECT["reference"] not in _said([record.gaps])
