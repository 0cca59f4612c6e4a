"""Servers that send too much, and servers that send us away: what is kept, and what never leaves."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from fhir_adapters.client import Access, FhirClient, QueryResult
from fhir_adapters.errors import FhirProtocolError, FhirUnavailable
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import Behaviour, FaultyServer, answer, bundle, in_turn, status

ORDERS = Query(key="medications", resource="MedicationRequest")
PROBLEMS = Query(key="conditions", resource="Condition")
SECRETS = {"Epic-Client-ID": "canary-client-4b1e", "X-Tenant": "canary-tenant-9c2d"}


def order(identity: str) -> dict[str, Any]:
    return {"resourceType": "MedicationRequest", "id": identity, "subject": {"reference": "Patient/p1"}}


def drug(number: int) -> dict[str, Any]:
    return {"resourceType": "Medication", "id": f"m{number}"}


Ask = Callable[..., dict[str, QueryResult]]


@pytest.fixture
def ask() -> Iterator[Ask]:
    """Asks a server, with small caps."""
    limits = {"max_entries": 50, "max_pages": 20, "max_call_bytes": 200_000, "connect_timeout_s": 20}
    with closing(FhirClient(TransportSettings(allow_loopback=True, **limits))) as client:

        def asking(server: FaultyServer, *queries: Query, seconds: float = 30.0) -> dict[str, QueryResult]:
            access = Access(server=server.base, patient_id="p1", token="canary-token-7f3a")
            return client.fetch_all(queries, access, Deadline.after(seconds))

        yield asking


# Too much


def test_a_flood_of_included_resources_stops_at_the_entry_cap(ask: Ask) -> None:
    with FaultyServer() as server:

        def flooding(connection: Any, request: Any) -> None:
            page = int(request.params.get("page", 0))
            body = bundle(order("o1"), link=f"{server.base}/MedicationRequest?page={page + 1}")
            drugs = [drug(100 * page + n) for n in range(30)]
            body["entry"] += [{"resource": each, "search": {"mode": "include"}} for each in drugs]
            answer(body)(connection, request)

        server.otherwise = flooding
        result = ask(server, ORDERS)["medications"]
        assert len(server.requests) == 2
    assert sum(r["resourceType"] == "Medication" for r in result.resources) == 50
    assert "50 entries" in str(result.error)
    assert not result.complete


def test_all_answers_of_a_call_together_are_capped(ask: Ask) -> None:
    def large(kind: str) -> Behaviour:
        resources = [
            {**order(f"o{n}"), "resourceType": kind, "note": [{"text": "x" * 1000}]} for n in range(40)
        ]
        return answer(bundle(*resources))

    kinds = ("Condition", "MedicationRequest", "AllergyIntolerance", "Procedure", "Encounter", "Observation")
    queries = [Query(key=kind.lower(), resource=kind) for kind in kinds]  # type: ignore[arg-type]
    with FaultyServer({kind: large(kind) for kind in kinds}) as server:
        results = ask(server, *queries)
    refused = [result for result in results.values() if not result.complete]
    assert len(refused) == 2
    for result in refused:
        assert isinstance(result.error, FhirProtocolError)
        assert "together" in str(result.error)


def test_the_cap_of_one_call_is_not_used_up_by_the_next(ask: Ask) -> None:
    body = bundle(*({**order(f"o{n}"), "note": [{"text": "x" * 1000}]} for n in range(40)))
    with FaultyServer(otherwise=answer(body)) as server:
        assert all(ask(server, ORDERS)["medications"].complete for _ in range(6))
        assert len(json.dumps(body)) * 6 > 200_000


# Elsewhere


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("redirecting", ["the FHIR server", "the token endpoint"])
def test_neither_token_nor_secret_nor_vendor_header_follows_a_redirect(redirecting: str, code: int) -> None:
    with FaultyServer(otherwise=answer(bundle())) as elsewhere:
        away = status(code, {"Location": f"{elsewhere.base}/Condition"})
        token = answer({"access_token": "canary-token-7f3a", "token_type": "bearer", "expires_in": 300})
        behaviours = {"token": token if redirecting == "the FHIR server" else away}
        with FaultyServer(behaviours, otherwise=away) as server:
            account = FhirServer(
                server=server.base,
                method="client-credentials",
                client_id="cue",
                secret="canary-secret-5d1c",
                token_url=f"{server.base}/token",
                headers=SECRETS,
            )
            settings = TransportSettings(allow_loopback=True, servers=(account,), connect_timeout_s=20)
            with closing(FhirClient(settings)) as client:
                access = Access(server=server.base, patient_id="p1")
                result = client.fetch_all([PROBLEMS], access, Deadline.after(30))["conditions"]
            sent = [request.path for request in server.requests]
        assert elsewhere.connections == 0
    assert sent == (
        ["/fhir/token", "/fhir/Condition"] if redirecting == "the FHIR server" else ["/fhir/token"]
    )
    assert isinstance(result.error, FhirProtocolError)
    assert "canary" not in str(result.error)


# Clocks


@pytest.mark.parametrize("minutes", [-10, 10])
def test_a_server_whose_clock_is_off_is_waited_for_as_it_means_it(ask: Ask, minutes: float) -> None:
    there = datetime.now(UTC) + timedelta(minutes=minutes)
    soon, late = (format_datetime(there + timedelta(seconds=s), usegmt=True) for s in (1, 3600))
    date = format_datetime(there, usegmt=True)
    good = answer(bundle())
    with FaultyServer(otherwise=in_turn(status(503, {"Retry-After": soon, "Date": date}), good)) as server:
        assert ask(server, PROBLEMS)["conditions"].complete
    with FaultyServer(otherwise=in_turn(status(503, {"Retry-After": late, "Date": date}), good)) as server:
        assert isinstance(ask(server, PROBLEMS)["conditions"].error, FhirUnavailable)
        assert len(server.requests) == 1
