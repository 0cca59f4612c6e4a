"""Whatever happens to the shape of resources, a chart is read, and it is the patient's own."""

from __future__ import annotations

import copy
from dataclasses import fields
from datetime import datetime
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fhir_adapters.bundles import resources_of
from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.notes import attachment_urls
from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.analytes import ANALYTES
from tests.fhir_adapters.mapping.resources import (
    NOW,
    PID,
    SUBJECT,
    blood_pressure,
    concept,
    condition,
    document,
    inline,
    medication,
    observation,
    patient,
    report,
)

CANARY = "CANARY-OF-ANOTHER-PATIENT"


def _chart() -> list[dict[str, Any]]:
    encounter = {
        "resourceType": "Encounter",
        "id": "e1",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": SUBJECT,
        "period": {"start": "2026-05-01T08:00:00Z", "end": "2026-05-01T09:00:00Z"},
        "type": [{"text": "visit"}],
    }
    allergy = {
        "resourceType": "AllergyIntolerance",
        "id": "a1",
        "patient": SUBJECT,
        "code": {"text": "latex"},
        "verificationStatus": concept("confirmed"),
        "clinicalStatus": concept("active"),
        "reaction": [{"substance": {"text": "latex"}}],
    }
    procedure = {
        "resourceType": "Procedure",
        "id": "x1",
        "status": "completed",
        "code": {"text": "stent"},
        "subject": SUBJECT,
        "performedPeriod": {"start": "2020-01-01"},
    }
    family = {
        "resourceType": "FamilyMemberHistory",
        "id": "f1",
        "status": "completed",
        "patient": SUBJECT,
        "relationship": {"text": "father"},
        "condition": [{"code": {"text": "stroke"}, "onsetAge": {"value": 50, "unit": "years"}}],
    }
    composition = {
        "resourceType": "Composition",
        "id": "k1",
        "status": "final",
        "subject": SUBJECT,
        "date": "2026-04-01",
        "identifier": {"system": "urn:x", "value": "1"},
        "relatesTo": [{"code": "replaces", "targetReference": {"reference": "Composition/k0"}}],
        "section": [{"title": "Plan", "text": {"div": "<div>stay in bed</div>"}}],
    }
    impression = {
        "resourceType": "ClinicalImpression",
        "id": "i1",
        "status": "completed",
        "subject": SUBJECT,
        "date": "2026-04-02",
        "summary": "a cold",
        "note": [{"text": "call back"}],
    }
    bounds = {"start": "2025-01-01", "end": "2027-01-01"}
    return [
        patient(identifier=[{"system": "mrn", "value": "1"}]),
        observation(
            interpretation=[concept("N")], note=[{"text": "ok"}], encounter={"reference": "Encounter/e1"}
        ),
        observation("4548-4", None, valueString="7.2 %", identity="o2"),
        observation("72166-2", None, valueCodeableConcept={"text": "never"}, identity="o3"),
        blood_pressure(120, 80),
        condition(onsetPeriod={"start": "2019"}, abatementPeriod={"end": "2020"}),
        medication(dosageInstruction=[{"timing": {"repeat": {"boundsPeriod": bounds}}}]),
        medication(
            "m2", medicationCodeableConcept=None, medicationReference={"reference": "#d"}, contained=[{}]
        ),
        allergy,
        procedure,
        encounter,
        family,
        document(inline("HPI: well\nPLAN: rest"), inline("<p>x</p>", "text/html")),
        report(inline("clear"), conclusion="clear"),
        composition,
        impression,
    ]


def _places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, item in value.items():
            found += _places(item, (*path, key))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found += _places(item, (*path, index))
    return found


PLACES = [place for place in _places(_chart()) if len(place) > 1]
JUNK = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(
        [
            "",
            "final",
            "Patient/p1",
            "2026",
            "0001-01-01",
            "9999-12-31",
            "2026-05-01T00:00:60Z",
            "<5",
            "%",
            "1e9",
            "#",
        ]
    ),
    st.lists(st.one_of(st.none(), st.integers(), st.text(max_size=4)), max_size=3),
    st.dictionaries(
        st.sampled_from(["coding", "code", "text", "reference", "value"]), st.none() | st.integers()
    ),
    st.just([[[]]]),
    st.just([{"coding": [{"code": ["x"]}]}]),
)
MUTATIONS = st.lists(st.tuples(st.sampled_from(PLACES), JUNK), min_size=1, max_size=4)


def _mutated(resources: list[dict[str, Any]], mutations: list[tuple[tuple[Any, ...], Any]]) -> list[Any]:
    resources = copy.deepcopy(resources)
    for place, junk in mutations:
        if place[:2] == (0, "id") or place[-1] == "resourceType":
            continue
        holder: Any = resources
        for step in place[:-1]:
            try:
                holder = holder[step]
            except (TypeError, KeyError, IndexError):
                break
        else:
            if isinstance(holder, dict) or (isinstance(holder, list) and isinstance(place[-1], int)):
                try:
                    holder[place[-1]] = copy.deepcopy(junk)  # else a later mutation goes into the shared one
                except (IndexError, TypeError):
                    continue
    return resources


def _said(part: Any) -> str:
    """Everything that a part holds, as text: its repr shows nothing."""
    if hasattr(part, "__dataclass_fields__"):
        return " ".join(_said(getattr(part, item.name)) for item in fields(part))
    if isinstance(part, tuple | list):
        return " ".join(map(_said, part))
    if isinstance(part, dict):
        return " ".join(f"{_said(key)} {_said(item)}" for key, item in part.items())
    return str(part)


def _check(record: PatientRecord) -> None:
    for key, series in record.measurements.items():
        analyte = ANALYTES[key]
        times = [point.at for point in series]
        assert times == sorted(times)
        for point in series:
            assert isinstance(point.value, int | float)
            assert point.comparator or analyte.low <= point.value <= analyte.high
            assert point.unit == analyte.unit
            assert isinstance(point.at, datetime)
            assert point.at.tzinfo is not None
    assert CANARY not in _said([record.gaps])


@settings(max_examples=400, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(MUTATIONS)
def test_values_of_any_type_anywhere_never_stop_a_chart(mutations: Any) -> None:
    resources = _mutated(_chart(), mutations)
    _check(map_chart(PID, resources, now=NOW))
    for resource in resources:
        attachment_urls(resource)
    resources_of(
        {"resourceType": "Bundle", "type": "transaction", "entry": [{"resource": r} for r in resources]}
    )


def _of_another(resources: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same chart of another patient, in which every text is a canary."""

    def canary(value: Any, key: str = "") -> Any:
        if isinstance(value, dict):
            return {name: canary(item, name) for name, item in value.items()}
        if isinstance(value, list):
            return [canary(item, key) for item in value]
        if key == "reference" and value == f"Patient/{PID}":
            return "Patient/p2"
        return CANARY if key in ("text", "display", "valueString", "conclusion") else value

    return [canary(resource) | {"id": f"other-{n}"} for n, resource in enumerate(resources)]


@settings(max_examples=250, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(MUTATIONS)
def test_no_mutation_lets_another_patients_data_in(mutations: Any) -> None:
    about_whom = {"subject", "patient", "identifier"}
    harmless = [(place, junk) for place, junk in mutations if not about_whom & set(map(str, place))]
    others = _mutated(_of_another(_chart()), harmless)
    record = map_chart(PID, [patient(), *others], now=NOW)
    assert CANARY not in _said(record)
    assert not any((record.measurements, record.conditions, record.medications, record.allergies))
    assert not any((record.procedures, record.encounters, record.family_history, record.notes))


@settings(max_examples=200, deadline=None, database=None)
@given(
    st.recursive(
        JUNK,
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    )
)
def test_no_json_at_all_stops_the_reading_of_bundles(junk: Any) -> None:
    assert isinstance(resources_of(junk), list)
    map_chart(PID, [patient(), junk], now=NOW)


def test_the_unmutated_chart_is_read_without_a_complaint() -> None:
    record = map_chart(PID, _chart(), now=NOW)
    assert len(record.measurements) == 4
    assert all((record.conditions, record.medications, record.allergies, record.procedures))
    assert all((record.encounters, record.family_history, record.notes, record.coded_observations))
    assert [note.source for note in record.gaps] == ["MedicationRequest/m2"]
