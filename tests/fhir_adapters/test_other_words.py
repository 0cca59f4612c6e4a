"""A server that refuses a query is asked once more, in its own version's words or without a sort."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from fhir_adapters.capability import Capability
from fhir_adapters.client import FhirClient
from fhir_adapters.errors import FhirRefused
from fhir_adapters.exchange import Access
from fhir_adapters.gather import ChartRequest, gather
from fhir_adapters.known_servers import KEPT_S, KnownServers
from fhir_adapters.prefetch import Query
from fhir_adapters.record import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, bundle, status
from tests.fhir_adapters.versions import charts
from tests.patience import AMPLE_S

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
ORDERS = Query(
    key="medications", resource="MedicationRequest", params=(("_sort", "-authoredon"), ("_count", "2"))
)
PROBLEMS = Query(key="conditions", resource="Condition")


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S))
    yield made
    made.close()


def statement(version: str) -> dict[str, Any]:
    kind = "Conformance" if version.startswith("1") else "CapabilityStatement"
    return {"resourceType": kind, "fhirVersion": version}


def speaking(version: str, resources: list[dict[str, Any]], *, sorts: bool = True) -> Behaviour:
    """A server that knows the resource types of its version, and refuses a sort that it doesn't know."""
    kinds = {resource["resourceType"] for resource in resources}

    def behave(connection: Connection, request: Request) -> None:
        kind = request.path.removeprefix("/fhir/").partition("/")[0]
        if kind == "metadata":
            answer(statement(version))(connection, request)
        elif kind not in kinds or (not sorts and any(name.startswith("_sort") for name in request.params)):
            status(404 if kind not in kinds else 400)(connection, request)
        elif kind == "Patient":
            answer(next(r for r in resources if r["resourceType"] == "Patient"))(connection, request)
        else:
            answer(bundle(*(r for r in resources if r["resourceType"] == kind)))(connection, request)

    return behave


def paths(server: FaultyServer) -> list[str]:
    return [request.path.removeprefix("/fhir/") for request in server.requests]


def access(server: FaultyServer) -> Access:
    return Access(server=server.base, patient_id=charts.PID)


def test_a_dstu2_server_is_asked_for_orders_by_their_old_name(client: FhirClient) -> None:
    with FaultyServer(otherwise=speaking("1.0.2", charts.dstu2())) as server:
        found = client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))["medications"]
        assert (found.complete, [r["id"] for r in found.resources]) == (True, ["m1"])
        assert paths(server) == ["MedicationRequest", "metadata", "MedicationOrder"]
        assert server.requests[-1].params["_sort:desc"] == "datewritten"
        client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))
        assert paths(server)[3:] == ["MedicationOrder"]


def test_the_chart_of_a_dstu2_server_has_its_orders(client: FhirClient) -> None:
    needs = (Need(resource="Patient", required=True), Need(resource="MedicationRequest"))
    with FaultyServer(otherwise=speaking("1.0.2", charts.dstu2())) as server:
        request = ChartRequest(patient_id=charts.PID, fhir_server=server.base)
        record = gather(request, needs, client, Deadline.after(AMPLE_S), now=NOW).record
    assert [med.concept.label for med in record.medications] == ["metformin 500 MG"]
    assert record.coverage["MedicationRequest"] == "complete"


def test_a_server_that_can_not_sort_is_asked_for_everything(client: FhirClient) -> None:
    with FaultyServer(otherwise=speaking("4.0.1", charts.r4(), sorts=False)) as server:
        found = client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))["medications"]
        assert found.complete
        again = server.requests[-1].params
        assert "_sort" not in again
        assert int(again["_count"]) > 2
        client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))
        assert paths(server) == ["MedicationRequest", "metadata", "MedicationRequest", "MedicationRequest"]


def test_queries_refused_side_by_side_are_all_asked_again(client: FhirClient) -> None:
    chart = [r for r in charts.dstu2() if r["resourceType"] != "Condition"]
    other = Query(key="again", resource="MedicationRequest")
    with FaultyServer(otherwise=speaking("1.0.2", chart)) as server:
        found = client.fetch_all([ORDERS, other, PROBLEMS], access(server), Deadline.after(AMPLE_S))
        assert [found[key].complete for key in ("medications", "again", "conditions")] == [True, True, False]
        assert paths(server).count("metadata") == 1


def test_a_query_that_was_not_sorted_is_not_asked_again(client: FhirClient) -> None:
    with FaultyServer(otherwise=speaking("4.0.1", [])) as server:
        found = client.fetch_all([PROBLEMS, ORDERS], access(server), Deadline.after(AMPLE_S))
        assert isinstance(found["conditions"].error, FhirRefused)
        assert isinstance(found["medications"].error, FhirRefused)
        assert paths(server).count("metadata") == 1
        assert paths(server).count("Condition") == 1
        client.fetch_all([PROBLEMS], access(server), Deadline.after(AMPLE_S))
        assert paths(server).count("metadata") == 1


def test_a_sort_is_not_blamed_where_the_query_is_refused_without_one_too(client: FhirClient) -> None:
    with FaultyServer(otherwise=speaking("4.0.1", [])) as server:
        for _ in range(2):
            assert isinstance(
                client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))["medications"].error,
                FhirRefused,
            )
        sorts = ["_sort" in r.params for r in server.requests if r.path.endswith("MedicationRequest")]
        assert sorts == [True, False, True, False]


def test_a_version_that_could_not_be_asked_for_just_now_is_asked_for_again(client: FhirClient) -> None:
    honest = speaking("1.0.2", charts.dstu2())
    broken = [True]

    def behave(connection: Connection, request: Request) -> None:
        failing = broken[0] and request.path.endswith("/metadata")
        (status(500) if failing else honest)(connection, request)

    with FaultyServer(otherwise=behave) as server:
        assert not client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))["medications"].complete
        broken[0] = False
        assert client.fetch_all([ORDERS], access(server), Deadline.after(AMPLE_S))["medications"].complete


def test_what_was_learned_of_a_server_is_forgotten_after_an_hour() -> None:
    now = [0.0]
    known = KnownServers(clock=lambda: now[0])
    known.learn_capability("https://a", Capability(version="STU3"))
    known.learn_posting("https://a", "always")
    known.learn_unsorted("https://a", "Condition")
    assert (known.version("https://a"), known.sorts("https://a", "Condition")) == ("STU3", False)
    assert known.sorts("https://a", "Observation")
    assert known.posting("https://a") == "always"
    assert known.capability("https://b") is None
    now[0] = KEPT_S + 1
    assert (known.version("https://a"), known.sorts("https://a", "Condition")) == ("R4", True)
    assert (known.capability("https://a"), known.posting("https://a")) == (None, None)
