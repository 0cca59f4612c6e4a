"""A search goes by POST where GET is refused, where a URL is too long, and where it must name no patient."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qsl

import pytest

from fhir_adapters.client import FhirClient
from fhir_adapters.errors import FhirRefused, NotPermitted, OtherPatientsData
from fhir_adapters.exchange import Access, QueryResult
from fhir_adapters.prefetch import Query, queries
from fhir_adapters.record import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.transport import TransportSettings
from fhir_adapters.vendors.registry import load_vendors
from fhir_adapters.wording import Wording, next_search, searches
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, bundle, status
from tests.fhir_adapters.mapping.resources import PID, condition, observation
from tests.patience import AMPLE_S

PROBLEMS = Query(key="conditions", resource="Condition")
(_, EVERYTHING) = queries((Need(resource="Observation", analytes=tuple(ANALYTES)),))


@pytest.fixture
def ask() -> Iterator[Any]:
    made: list[FhirClient] = []

    def asking(
        server: FaultyServer, query: Query = PROBLEMS, *, scope: str = "", **settings: Any
    ) -> QueryResult:
        if not made:
            named = (FhirServer(server=server.base, **settings),) if settings else ()
            made.append(
                FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=named))
            )
        access = Access(server=server.base, patient_id=PID, token="t" if scope else None, scope=scope)
        return made[0].fetch_all([query], access, Deadline.after(AMPLE_S))[query.key]

    yield asking
    for client in made:
        client.close()


def only(method: str, found: dict[str, Any], refusal: int) -> Behaviour:
    """Answers searches by one method."""

    def behave(connection: Connection, request: Request) -> None:
        (answer(found) if request.method == method else status(refusal))(connection, request)

    return behave


def methods(server: FaultyServer) -> list[str]:
    return [f"{request.method} {request.path.removeprefix('/fhir/')}" for request in server.requests]


@pytest.mark.parametrize("code", [405, 414])
def test_a_server_that_refuses_get_is_asked_by_post_and_remembered(ask: Any, code: int) -> None:
    with FaultyServer(otherwise=only("POST", bundle(condition()), code)) as server:
        assert [r["id"] for r in ask(server).resources] == ["c1"]
        assert ask(server).complete
        assert methods(server) == ["GET Condition", "POST Condition/_search", "POST Condition/_search"]
        form = dict(parse_qsl(server.requests[-1].body.decode()))
        assert form == {"patient": PID, "_count": "500"}
        assert server.requests[-1].headers["content-type"] == "application/x-www-form-urlencoded"
        assert PID not in server.requests[-1].target


def test_a_long_search_goes_by_post(ask: Any) -> None:
    with FaultyServer(otherwise=answer(bundle(observation()))) as server:
        assert ask(server, EVERYTHING, vendor="epic").complete
        assert methods(server) == ["POST Observation/_search"]
        assert len(dict(parse_qsl(server.requests[0].body.decode()))["code"].split(",")) > 200


@pytest.mark.parametrize("code", [404, 405, 415])
def test_a_long_search_goes_in_parts_where_post_is_refused(ask: Any, code: int) -> None:
    with FaultyServer(otherwise=only("GET", bundle(observation()), code)) as server:
        assert ask(server, EVERYTHING, vendor="epic").complete
        parts = [request for request in server.requests if request.method == "GET"]
        assert len(parts) > 1
        assert max(len(server.origin + request.target) for request in parts) <= 2000
        asked = [code for request in parts for code in request.params["code"].split(",")]
        assert sorted(asked) == sorted(dict(EVERYTHING.params)["code"].split(","))
        ask(server, EVERYTHING)
        assert methods(server).count("POST Observation/_search") == 1


def test_a_server_that_refuses_both_is_refused_with_the_last_reason(ask: Any) -> None:
    with FaultyServer(otherwise=status(405)) as server:
        assert isinstance(ask(server).error, FhirRefused)
        assert methods(server) == ["GET Condition", "POST Condition/_search"]


def test_a_site_that_wants_no_patient_in_urls_is_never_asked_by_get(ask: Any) -> None:
    with FaultyServer(otherwise=only("GET", bundle(condition()), 405)) as server:
        assert isinstance(ask(server, search="post").error, FhirRefused)
        assert {request.method for request in server.requests if request.path != "/fhir/metadata"} == {"POST"}


def test_a_next_link_that_repeats_the_patient_is_posted(ask: Any) -> None:
    def behave(connection: Connection, request: Request) -> None:
        form = dict(parse_qsl(request.body.decode()))
        second = "_offset" in form
        link = "" if second else f"Condition?patient={PID}&_offset=1"
        answer(bundle(condition(identity="c2" if second else "c1"), link=link))(connection, request)

    with FaultyServer(otherwise=behave) as server:
        assert [r["id"] for r in ask(server, search="post").resources] == ["c1", "c2"]
        assert methods(server) == ["POST Condition/_search"] * 2


def test_a_next_link_that_names_nobody_is_followed_as_it_is() -> None:
    base = "https://ehr.example.org/fhir"
    opaque = f"{base}/Condition?page=abc"
    assert next_search(opaque, base, PID, "private").url == opaque
    naming = f"{base}/Condition?patient=Patient/{PID}&page=2"
    assert next_search(naming, base, PID, "if-long").url == naming
    posted = next_search(naming, base, PID, "private")
    assert (posted.url, posted.form) == (
        f"{base}/Condition/_search",
        (("patient", f"Patient/{PID}"), ("page", "2")),
    )


@pytest.mark.parametrize(
    ("scope", "allowed"),
    [("patient/Patient.r", False), ("patient/Patient.s", True), ("patient/Patient.read", True)],
)
def test_a_patient_that_is_searched_for_needs_the_scope_of_a_search(
    ask: Any, scope: str, allowed: bool
) -> None:
    found = bundle({"resourceType": "Patient", "id": PID})
    with FaultyServer(otherwise=only("POST", found, 405)) as server:
        result = ask(server, Query(key="patient", resource="Patient"), scope=scope, search="post")
        assert isinstance(result.error, NotPermitted) is not allowed
        assert len(server.requests) == (1 if allowed else 0)


def test_a_patient_search_that_brings_others_is_not_used(ask: Any) -> None:
    found = bundle(*({"resourceType": "Patient", "id": identity} for identity in (PID, "p2")))
    with FaultyServer(otherwise=answer(found)) as server:
        result = ask(server, Query(key="patient", resource="Patient"), search="post")
    assert isinstance(result.error, OtherPatientsData)
    assert not result.resources


def test_headers_of_the_family_go_with_each_request(ask: Any) -> None:
    with FaultyServer(otherwise=answer(bundle(condition()))) as server:
        ask(server, vendor="azure_health_data", headers={"X-Site": "1"})
        assert server.requests[0].headers["prefer"] == "handling=strict"
        assert server.requests[0].headers["x-site"] == "1"


@pytest.mark.parametrize("name", sorted(load_vendors()))
@pytest.mark.parametrize("posting", ["never", "if-long", "always"])
def test_no_way_of_putting_a_query_loses_a_code(name: str, posting: Any) -> None:
    vendor = load_vendors()[name]
    wording = Wording(version="R4", vendor=vendor, is_sorted=vendor.sorts, posting=posting)
    put = searches(EVERYTHING, "https://ehr.example.org/fhir", PID, wording)
    params = [dict(part.form or parse_qsl(part.url.partition("?")[2])) for part in put]
    asked = [code for each in params for code in each["code"].split(",")]
    assert sorted(asked) == sorted(dict(EVERYTHING.params)["code"].split(","))
    assert all(each["patient"].rpartition("/")[2] == PID for each in params)
    assert all(("_sort" in each) is vendor.sorts for each in params)
    assert all(len(part.url) <= vendor.longest_url for part in put)
