"""A hook call whose FHIR server is dead, slow or lying, through the whole app with the real models."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import FaultyServer, answer, drip, raw, stall, status
from tests.fakes.fhir_server import honest

DEADLINE_S = 1.0
# What the machine may add to the deadline of a call.
AMPLE_S = 2.0


def _hba1c(number: int, value: float, days: float, patient: str = "p1") -> dict[str, Any]:
    when = (datetime.now(UTC) - timedelta(days=days)).isoformat()
    return {
        "resourceType": "Observation",
        "id": f"o{number}",
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "4548-4"}]},
        "subject": {"reference": f"Patient/{patient}"},
        "effectiveDateTime": when,
        "valueQuantity": {"value": value, "unit": "%", "system": "http://unitsofmeasure.org", "code": "%"},
    }


PATIENT = {"resourceType": "Patient", "id": "p1", "gender": "female", "birthDate": "1966-04-02"}
CHART = [PATIENT, _hba1c(1, 7.2, 100), _hba1c(2, 7.6, 10)]

Call = Callable[[FaultyServer], tuple[TestResponse, float]]


@pytest.fixture
def client(tmp_path: Path) -> Iterator[FlaskClient]:
    document = {
        "service": {"deadline_s": DEADLINE_S},
        "fhir": {"allow_loopback": True},
        "ledger": {"url": f"sqlite:///{tmp_path / 'ledger.sqlite3'}"},
    }
    built = build_platform(settings_of(document))
    yield app_of(built).test_client()
    built.ledger.close()
    built.client.close()


@pytest.fixture
def call(client: FlaskClient) -> Call:
    def run(server: FaultyServer) -> tuple[TestResponse, float]:
        body = call_body(fhirServer=server.base, prefetch=None)
        began = time.perf_counter()
        response = client.post("/cds-services/chart-review", json=body)
        return response, time.perf_counter() - began

    return run


def test_an_honest_server_gives_the_card(call: Call) -> None:
    with FaultyServer(otherwise=honest(CHART)) as server:
        response, _ = call(server)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")


@pytest.mark.parametrize(
    "behaviour",
    [stall(), drip(b'{"resourceType":"Bundle"}'), status(500), status(401), raw(b'{"resourceType":"Bun')],
    ids=["stalls", "drips", "fails", "forbids", "truncates"],
)
def test_required_data_that_cannot_be_had_is_412_within_the_deadline(call: Call, behaviour: Any) -> None:
    with FaultyServer(otherwise=behaviour) as server:
        response, seconds = call(server)
    assert response.status_code == 412
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert "cards" not in outcome
    assert "p1" not in response.get_data(as_text=True)
    assert seconds < DEADLINE_S + AMPLE_S


def test_a_dead_server_is_412(call: Call) -> None:
    with FaultyServer() as server:
        pass
    response, seconds = call(server)
    assert response.status_code == 412
    assert seconds < DEADLINE_S + AMPLE_S


@pytest.mark.parametrize("behaviour", [stall(), status(403), answer({"resourceType": "OperationOutcome"})])
def test_optional_data_that_cannot_be_had_is_named_on_the_card(call: Call, behaviour: Any) -> None:
    paths = {"MedicationRequest": behaviour, "MedicationStatement": behaviour}
    with FaultyServer(paths, otherwise=honest(CHART)) as server:
        response, seconds = call(server)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")
    assert "medication" in card["detail"].lower()
    assert seconds < DEADLINE_S + AMPLE_S


AF = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I48.91"}]},
    "subject": {"reference": "Patient/p1"},
}


def test_a_question_left_open_by_missing_medications_is_a_card_and_no_silence(call: Call) -> None:
    paths = {"MedicationRequest": stall(), "MedicationStatement": stall()}
    with FaultyServer(paths, otherwise=honest([PATIENT, AF])) as server:
        response, _ = call(server)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Chart not fully assessed")
    assert "medication list" in card["detail"]


def test_missing_medications_that_no_question_depends_on_make_no_card(call: Call) -> None:
    paths = {"MedicationRequest": status(500), "MedicationStatement": status(500)}
    with FaultyServer(paths, otherwise=honest([PATIENT, _hba1c(1, 5.1, 10)])) as server:
        response, _ = call(server)
    assert response.get_json() == {"cards": []}


def test_other_peoples_rows_make_no_card(call: Call) -> None:
    foreign = [_hba1c(7, 11.0, 100, "someone"), _hba1c(8, 12.0, 10, "someone")]
    lying = answer(
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in foreign]}
    )
    with FaultyServer({"Observation": lying}, otherwise=honest([PATIENT])) as server:
        response, _ = call(server)
    text = response.get_data(as_text=True)
    assert "diabetes" not in text
    assert "someone" not in text
