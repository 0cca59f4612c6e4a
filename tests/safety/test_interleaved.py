"""Many charts at once: each answer is the one that its patient gets alone, and has nothing of another."""

from __future__ import annotations

import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask

from tests.cds_hooks.platforms import call_body, shipped

URL = "/cds-services/chart-review"
PATIENTS, CALLS, THREADS = 40, 400, 8
NOW = datetime.now(UTC)
Json = dict[str, Any]


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    with shipped(tmp_path_factory.mktemp("ledger")) as service:
        yield service


def body_of(number: int) -> Json:
    """The call of one patient: a chart of high results of its own, named by a mark that no other has."""
    identity, mark = f"p{number}", f"canary{number:03}x"
    results = [
        _result(identity, mark, "4548-4", unit="%", value=7.0 + number / 100, days=days)
        for days in (10 + number, 200)
    ]
    results.append(_result(identity, mark, "2823-3", unit="mmol/L", value=6.1 + number / 100, days=1))
    patient = {
        "resourceType": "Patient",
        "id": identity,
        "name": [{"family": mark}],
        "gender": "female" if number % 2 else "male",
        "birthDate": f"{1940 + number}-03-04",
    }
    observations = {"resourceType": "Bundle", "type": "searchset", "entry": results}
    return call_body(
        hookInstance=f"00000000-0000-4000-8000-{number:012}",
        context={"userId": "Practitioner/u1", "patientId": identity},
        prefetch={"patient": patient, "observations": observations, "conditions": None},
    )


def _result(identity: str, mark: str, code: str, *, unit: str, value: float, days: float) -> Json:
    resource = {
        "resourceType": "Observation",
        "id": f"{mark}-{code}-{days}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": {"reference": f"Patient/{identity}"},
        "effectiveDateTime": (NOW - timedelta(days=days)).isoformat(timespec="seconds"),
        "valueQuantity": {"value": value, "unit": unit, "system": "http://unitsofmeasure.org", "code": unit},
    }
    return {"resource": resource}


def answer(app: Flask, number: int) -> Json:
    said = app.test_client().post(URL, json=body_of(number))
    assert said.status_code == 200, said.text
    return dict(said.json)


def test_interleaved_calls_are_answered_as_each_alone(app: Flask) -> None:
    alone = [answer(app, number) for number in range(PATIENTS)]
    marks = [f"canary{number:03}x" for number in range(PATIENTS)]
    for number, said in enumerate(alone):
        assert said["cards"]
        assert marks[number] in str(said)  # so that a mark in another's answer would show
    order = [number for number in range(PATIENTS) for _ in range(CALLS // PATIENTS)]
    random.Random(7).shuffle(order)  # noqa: S311 - an order, no secret
    with ThreadPoolExecutor(THREADS) as threads:
        together = list(threads.map(lambda number: answer(app, number), order))
    assert len(together) == CALLS
    for number, said in zip(order, together, strict=True):
        assert [mark for mark in marks if mark in str(said)] == [marks[number]]
        assert said == alone[number]
