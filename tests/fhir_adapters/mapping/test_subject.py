"""Nothing of another patient gets into a chart, in whatever form the reference comes."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.errors import UnreadablePatientError, WrongPatientError
from fhir_adapters.mapping.chart import map_chart
from tests.fhir_adapters.mapping.resources import (
    NOW,
    PID,
    chart,
    condition,
    document,
    inline,
    medication,
    observation,
    patient,
    problems,
    report,
)


@pytest.mark.parametrize(
    "reference",
    [
        f"Patient/{PID}",
        f"Patient/{PID}/_history/3",
        f"https://fhir.example.org/r4/Patient/{PID}",
        f"https://fhir.example.org/r4/Patient/{PID}/_history/7",
        f"urn:uuid:{PID}",
    ],
)
def test_every_form_of_reference_to_the_patient_is_known(reference: str) -> None:
    assert chart(observation(subject={"reference": reference})).series("creatinine")


@pytest.mark.parametrize(
    "reference",
    [
        "Patient/p2",
        "Patient/p11",
        "Patient/P1",
        "Patient/p2/_history/p1",
        "https://fhir.example.org/r4/Patient/p2",
        "urn:uuid:p2",
        f"Group/{PID}",
        f"https://fhir.example.org/{PID}",
        "Patient?identifier=p1",
        "#p1",
        PID,
    ],
)
@pytest.mark.parametrize(
    "make", [observation, condition, medication, lambda **more: document(inline("text"), **more), report]
)
def test_data_of_anybody_else_is_dropped_and_noted(make: Any, reference: str) -> None:
    record = chart(make(subject={"reference": reference}))
    assert not any((record.measurements, record.conditions, record.medications, record.notes))
    assert problems(record) == ["wrong-patient"]


@pytest.mark.parametrize(
    "subject", [None, {}, {"display": "Ada"}, {"reference": ""}, {"reference": 5}, "x", []]
)
def test_data_that_does_not_say_whom_it_is_about_is_dropped(subject: Any) -> None:
    record = chart(observation(subject=subject), condition(subject=subject))
    assert not record.measurements
    assert not record.conditions
    assert problems(record) == ["unreadable", "unreadable"]


def test_a_reference_by_the_patients_own_identifier_is_known() -> None:
    mrn = {"system": "http://hospital.example.org/mrn", "value": "123"}
    resources = [patient(identifier=[mrn]), observation(subject={"identifier": mrn})]
    assert map_chart(PID, resources, now=NOW).series("creatinine")
    other = observation(subject={"identifier": mrn | {"value": "124"}})
    assert not map_chart(PID, [patient(identifier=[mrn]), other], now=NOW).measurements


def test_a_chart_of_another_patient_is_refused() -> None:
    with pytest.raises(WrongPatientError):
        map_chart("p2", [patient()], now=NOW)


def test_a_chart_without_a_patient_is_refused() -> None:
    with pytest.raises(UnreadablePatientError):
        map_chart(PID, [observation()], now=NOW)


def test_a_second_patient_in_the_chart_is_left_out_and_noted() -> None:
    record = map_chart(PID, [patient(id="p2", gender="male"), patient()], now=NOW)
    assert record.patient.sex == "female"
    assert problems(record) == ["wrong-patient"]
