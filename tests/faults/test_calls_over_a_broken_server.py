"""A hook call whose FHIR server is dead, slow or lying, through the whole app with the real models."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import pytest
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from cds_hooks.app import app_of
from cds_hooks.platform import build_platform
from cds_hooks.settings import settings_of
from tests.cds_hooks.platforms import call_body
from tests.fakes.faulty_server import (
    Behaviour,
    FaultyServer,
    answer,
    bundle,
    chunked,
    drip,
    raw,
    reset_in_body,
    stall,
    status,
)
from tests.fakes.fhir_server import honest
from tests.patience import AMPLE_S, with_more_time

# Of calls that something keeps waiting: the first that is long enough for the rest of the call.
HASTY_S = (2.0, 8.0, AMPLE_S)


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

Call = Callable[[FaultyServer], TestResponse]
# Calls a server that keeps it waiting, and checks the answer.
HastyCall = Callable[[FaultyServer, Callable[[TestResponse], None]], None]


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[float], FlaskClient]]:
    """The app by the deadline of its calls, each made when it is first asked for."""
    with ExitStack() as ending:

        @cache
        def made(deadline_s: float) -> FlaskClient:
            document = {
                "service": {"deadline_s": deadline_s},
                "fhir": {"allow_loopback": True, "connect_timeout_s": 20},
                "ledger": {"url": f"sqlite:///{tmp_path_factory.mktemp('edge') / 'ledger.sqlite3'}"},
            }
            built = build_platform(settings_of(document))
            ending.callback(built.client.close)
            ending.callback(built.ledger.close)
            return app_of(built).test_client()

        yield made


def _called(client: FlaskClient, server: FaultyServer) -> TestResponse:
    return client.post("/cds-services/chart-review", json=call_body(fhirServer=server.base, prefetch=None))


@pytest.fixture
def call(edge: Callable[[float], FlaskClient]) -> Call:
    """A call that nothing keeps waiting."""
    return lambda server: _called(edge(AMPLE_S), server)


@pytest.fixture
def hasty_call(edge: Callable[[float], FlaskClient]) -> HastyCall:
    """A call that has to be answered although something never comes: who waits for it waits for ever."""

    def calling(server: FaultyServer, check: Callable[[TestResponse], None]) -> None:
        with_more_time(lambda deadline_s: check(_called(edge(deadline_s), server)), *HASTY_S)

    return calling


def test_an_honest_server_gives_the_card(call: Call) -> None:
    with FaultyServer(otherwise=honest(CHART)) as server:
        response = call(server)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")
    assert _added(card) == ["Condition"]
    assert "Not offered" not in card["detail"]


def _added(card: dict[str, Any]) -> list[str]:
    """The types of resources that a card offers to add."""
    actions = [action for each in card.get("suggestions", ()) for action in each["actions"]]
    return [action["resource"]["resourceType"] for action in actions if action["type"] == "create"]


GOOD_BODY = json.dumps(bundle(PATIENT)).encode()
# What a whole server, or one of its queries, may answer at once that can't be read.
FAULTS: dict[str, Behaviour] = {
    "resets in the body": reset_in_body(GOOD_BODY),
    "fails": status(500),
    "is busy for a day": status(503, {"Retry-After": "86400"}),
    "is busy for years": status(429, {"Retry-After": "Fri, 31 Dec 2038 23:59:59 GMT"}),
    "takes no token": status(401),
    "forbids": status(403),
    "knows no such thing": status(404),
    "has dropped the page": status(410),
    "shows a login page": raw(b"<html>Sign in</html>", media_type="text/html"),
    "has no content": status(204),
    "redirects": status(302, {"Location": "http://127.0.0.1:1/fhir"}),
    "truncates": raw(GOOD_BODY[:-20]),
    "sends another charset": raw(GOOD_BODY.decode().encode("utf-16")),
    "sends an OperationOutcome": answer({"resourceType": "OperationOutcome"}),
    "sends a list": raw(b"[]"),
    "sends br": raw(b"\x0b\x00\x80", headers={"Content-Encoding": "br"}),
}
faults = pytest.mark.parametrize("behaviour", FAULTS.values(), ids=FAULTS)
SLOW: dict[str, Behaviour] = {"stalls": stall(), "drips": drip()}
slow = pytest.mark.parametrize("behaviour", SLOW.values(), ids=SLOW)


@faults
def test_required_data_that_cannot_be_had_is_412(call: Call, behaviour: Behaviour) -> None:
    with FaultyServer(otherwise=behaviour) as server:
        _is_refused(call(server))


@slow
def test_required_data_that_does_not_come_is_412_within_the_deadline(
    hasty_call: HastyCall, behaviour: Behaviour
) -> None:
    with FaultyServer(otherwise=behaviour) as server:
        hasty_call(server, _is_refused)


def _is_refused(response: TestResponse) -> None:
    assert response.status_code == 412
    outcome = response.get_json()
    assert outcome["resourceType"] == "OperationOutcome"
    assert "cards" not in outcome
    assert "p1" not in response.get_data(as_text=True)


def test_a_dead_server_is_412(call: Call) -> None:
    with FaultyServer() as server:
        pass
    response = call(server)
    assert response.status_code == 412


def _without_drugs(behaviour: Behaviour) -> FaultyServer:
    paths = {"MedicationRequest": behaviour, "MedicationStatement": behaviour}
    return FaultyServer(paths, otherwise=honest(CHART))


@faults
def test_optional_data_that_cannot_be_had_is_named_on_the_card(call: Call, behaviour: Behaviour) -> None:
    with _without_drugs(behaviour) as server:
        _names_the_drugs(call(server))


@slow
def test_optional_data_that_does_not_come_is_named_on_the_card(
    hasty_call: HastyCall, behaviour: Behaviour
) -> None:
    with _without_drugs(behaviour) as server:
        hasty_call(server, _names_the_drugs)


def test_a_compression_bomb_costs_its_own_query_only(call: Call) -> None:
    bomb = chunked(gzip.compress(b" " * 40_000_000), {"Content-Encoding": "gzip"})
    with FaultyServer({"AllergyIntolerance": bomb}, otherwise=honest(CHART)) as server:
        response = call(server)
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")
    assert card["detail"].endswith("**Not available:** allergies.")


def _names_the_drugs(response: TestResponse) -> None:
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")
    assert "medication" in card["detail"].lower()


AF = {
    "resourceType": "Condition",
    "id": "c1",
    "clinicalStatus": {"coding": [{"code": "active"}]},
    "code": {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10-cm", "code": "I48.91"}]},
    "subject": {"reference": "Patient/p1"},
}


def test_a_question_left_open_by_missing_medications_is_a_card_and_no_silence(hasty_call: HastyCall) -> None:
    def check(response: TestResponse) -> None:
        assert response.status_code == 200
        (card,) = response.get_json()["cards"]
        assert card["summary"].startswith("Chart not fully assessed")
        assert "medication list" in card["detail"]

    paths = {"MedicationRequest": stall(), "MedicationStatement": stall()}
    with FaultyServer(paths, otherwise=honest([PATIENT, AF])) as server:
        hasty_call(server, check)


def test_missing_medications_that_no_question_depends_on_make_no_card(call: Call) -> None:
    paths = {"MedicationRequest": status(500), "MedicationStatement": status(500)}
    with FaultyServer(paths, otherwise=honest([PATIENT, _hba1c(1, 5.1, 10)])) as server:
        response = call(server)
    assert response.get_json() == {"cards": []}


def test_other_peoples_rows_make_no_card(call: Call) -> None:
    foreign = [_hba1c(7, 11.0, 100, "someone"), _hba1c(8, 12.0, 10, "someone")]
    lying = answer(
        {"resourceType": "Bundle", "type": "searchset", "entry": [{"resource": r} for r in foreign]}
    )
    with FaultyServer({"Observation": lying}, otherwise=honest([PATIENT])) as server:
        response = call(server)
    text = response.get_data(as_text=True)
    assert "diabetes" not in text
    assert "someone" not in text


def _last(kind: str, resources: list[dict[str, Any]], link: str) -> Behaviour:
    """The resources of a type, with a link to a next page that leads nowhere good."""
    return answer(bundle(*(r for r in resources if r["resourceType"] == kind), link=link))


@pytest.mark.parametrize(
    "link", ["{base}/Observation?patient=p1", "{base}/gone", "http://127.0.0.1:1/fhir/x"]
)
def test_results_that_go_on_somewhere_else_are_said_to_be_incomplete(call: Call, link: str) -> None:
    with FaultyServer({"gone": status(410)}, otherwise=honest(CHART)) as server:
        server.behaviours["Observation"] = _last("Observation", CHART, link.replace("{base}", server.base))
        response = call(server)
    assert response.status_code == 200
    (card,) = response.get_json()["cards"]
    assert card["summary"].startswith("Meets criteria for type 2 diabetes")
    assert "**Incomplete:** results and vital signs" in card["detail"]


def test_nothing_is_added_to_a_problem_list_whose_query_fails_half_way(call: Call) -> None:
    with FaultyServer({"gone": status(500)}, otherwise=honest([*CHART, AF])) as server:
        server.behaviours["Condition"] = _last("Condition", [AF], f"{server.base}/gone")
        response = call(server)
    assert response.status_code == 200
    cards = response.get_json()["cards"]
    (card,) = [each for each in cards if each["summary"].startswith("Meets criteria for type 2 diabetes")]
    assert not _added(card)
    assert (
        "**Not offered:** adding it to the problem list, which was read only in part; it may stand there "
        "already." in card["detail"]
    )
    assert "diabetes; it is not on the problem list (read in part)." in card["detail"]


def test_results_that_come_twice_and_in_several_versions_count_once(call: Call) -> None:
    first = {**_hba1c(1, 7.2, 100), "meta": {"versionId": "1", "lastUpdated": "2026-01-01T00:00:00Z"}}
    mended = {**_hba1c(1, 5.2, 100), "meta": {"versionId": "2", "lastUpdated": "2026-01-02T00:00:00Z"}}
    entries = [{"resource": r} for r in (PATIENT, mended, first, _hba1c(2, 5.3, 10), _hba1c(2, 5.3, 10))]
    page = answer({"resourceType": "Bundle", "type": "searchset", "total": 999, "entry": entries})
    with FaultyServer({"Observation": page}, otherwise=honest([PATIENT])) as server:
        response = call(server)
    assert response.get_json() == {"cards": []}


@pytest.mark.parametrize(("minutes", "is_used"), [(10, False), (4, True)])
def test_results_of_a_clock_ten_minutes_ahead_are_not_used_and_of_a_few_are(
    call: Call, minutes: float, is_used: bool
) -> None:
    ahead = [PATIENT, _hba1c(1, 7.2, 100), _hba1c(2, 7.6, -minutes / 1440)]
    with FaultyServer(otherwise=honest(ahead)) as server:
        response = call(server)
    found = [card["summary"] for card in response.get_json()["cards"]]
    assert any(summary.startswith("Meets criteria for type 2 diabetes") for summary in found) is is_used
