"""What the client makes of a FHIR server that is dead, slow or lying, over real sockets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from fhir_adapters.client import Access, FhirClient, QueryResult
from fhir_adapters.errors import (
    FhirProtocolError,
    FhirRefused,
    FhirTimeout,
    FhirUnavailable,
    NotPermitted,
    UntrustedServer,
)
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import (
    Behaviour,
    FaultyServer,
    after,
    answer,
    bundle,
    drip,
    in_turn,
    raw,
    reset_in_body,
    stall,
    status,
    zipped,
)
from tests.patience import AMPLE_S, with_more_time

TOKEN = "canary-token-7f3a"
# Of what is never answered, while something else has to be.
HASTY_S = (0.4, 4.0, AMPLE_S)
CONDITIONS = Query(key="conditions", resource="Condition")
PATIENT = Query(key="patient", resource="Patient", required=True)


def condition(identity: str, patient: str = "p1", **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Condition",
        "id": identity,
        "subject": {"reference": f"Patient/{patient}"},
        **more,
    }


GOOD = answer(bundle(condition("c1")))


@pytest.fixture
def client() -> Iterator[FhirClient]:
    made = FhirClient(
        TransportSettings(
            allow_loopback=True,
            connect_timeout_s=AMPLE_S,
            max_response_bytes=1_000_000,
            max_pages=5,
            max_entries=100,
        )
    )
    made.warm_up()
    yield made
    made.close()


Ask = Callable[..., QueryResult]


@pytest.fixture
def ask(client: FhirClient) -> Ask:
    def asking(
        behaviour: Behaviour | FaultyServer, *, seconds: float = AMPLE_S, query: Query = CONDITIONS
    ) -> QueryResult:
        if isinstance(behaviour, FaultyServer):
            return _asked(client, behaviour.base, query, seconds)
        with FaultyServer(otherwise=behaviour) as server:
            return _asked(client, server.base, query, seconds)

    return asking


def _asked(client: FhirClient, base: str, query: Query, seconds: float) -> QueryResult:
    access = Access(server=base, patient_id="p1", token=TOKEN)
    return client.fetch_all([query], access, Deadline.after(seconds))[query.key]


def ids(result: QueryResult) -> list[str]:
    return [resource["id"] for resource in result.resources]


def test_a_good_answer_is_complete(ask: Ask) -> None:
    result = ask(GOOD)
    assert result.complete
    assert ids(result) == ["c1"]


# Connections


def test_a_refused_connection_is_unavailable(client: FhirClient) -> None:
    with FaultyServer() as server:
        base = server.base
    result = _asked(client, base, CONDITIONS, AMPLE_S)
    assert isinstance(result.error, FhirUnavailable)
    assert not result.complete


def test_a_name_that_does_not_resolve_is_unavailable() -> None:
    client = FhirClient(TransportSettings(trusted_servers=("https://nowhere.invalid/fhir",)))
    try:
        result = _asked(client, "https://nowhere.invalid/fhir", CONDITIONS, 2.0)
    finally:
        client.close()
    assert isinstance(result.error, FhirUnavailable | FhirTimeout)


def test_a_server_without_tls_behind_an_https_address_is_unavailable(client: FhirClient) -> None:
    with FaultyServer(otherwise=GOOD) as server:
        result = _asked(client, server.base.replace("http://", "https://"), CONDITIONS, 0.6)
    assert isinstance(result.error, FhirUnavailable | FhirTimeout)


@pytest.mark.parametrize("behaviour", [stall(), drip(), after(600, GOOD)], ids=["stall", "drip", "late"])
def test_a_slow_server_costs_no_more_than_the_deadline(ask: Ask, behaviour: Behaviour) -> None:
    """Whoever waited for it would wait until the test is ended."""
    assert isinstance(ask(behaviour, seconds=0.4).error, FhirTimeout)


def test_a_connection_reset_in_the_body_is_tried_once_more(ask: Ask) -> None:
    body = json.dumps(bundle(condition("c1"))).encode()
    with FaultyServer(otherwise=in_turn(reset_in_body(body), GOOD)) as server:
        assert ask(server).complete
        assert len(server.requests) == 2


def test_a_connection_that_is_always_reset_is_unavailable(ask: Ask) -> None:
    body = json.dumps(bundle(condition("c1"))).encode()
    with FaultyServer(otherwise=reset_in_body(body)) as server:
        assert isinstance(ask(server).error, FhirUnavailable)
        assert len(server.requests) == 2


def test_one_slow_query_does_not_cost_the_others(client: FhirClient) -> None:
    slow = Query(key="allergies", resource="AllergyIntolerance")
    with FaultyServer({"Condition": GOOD, "AllergyIntolerance": stall()}) as server:
        access = Access(server=server.base, patient_id="p1")

        def check(seconds: float) -> None:
            results = client.fetch_all([CONDITIONS, slow], access, Deadline.after(seconds))
            assert results["conditions"].complete
            assert isinstance(results["allergies"].error, FhirTimeout)

        with_more_time(check, *HASTY_S)


def test_the_client_answers_again_after_many_timeouts(client: FhirClient) -> None:
    with FaultyServer({"Condition": stall()}) as server:
        access = Access(server=server.base, patient_id="p1")
        many = [Query(key=f"k{i}", resource="Condition") for i in range(80)]
        results = client.fetch_all(many, access, Deadline.after(0.3))
        assert all(isinstance(result.error, FhirTimeout) for result in results.values())
        server.behaviours["Condition"] = GOOD
        assert _asked(client, server.base, CONDITIONS, AMPLE_S).complete


# Status codes


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_token_is_not_tried_again(ask: Ask, code: int) -> None:
    with FaultyServer(otherwise=status(code)) as server:
        assert isinstance(ask(server).error, NotPermitted)
        assert len(server.requests) == 1


@pytest.mark.parametrize("code", [400, 404, 410, 422])
def test_another_4xx_is_not_tried_again(ask: Ask, code: int) -> None:
    with FaultyServer(otherwise=status(code)) as server:
        assert isinstance(ask(server).error, FhirRefused)
        assert [request.path for request in server.requests] == ["/fhir/Condition", "/fhir/metadata"]


@pytest.mark.parametrize("code", [500, 502, 504])
def test_a_failing_server_is_not_tried_again(ask: Ask, code: int) -> None:
    with FaultyServer(otherwise=status(code)) as server:
        assert isinstance(ask(server).error, FhirUnavailable)
        assert len(server.requests) == 1


@pytest.mark.parametrize("code", [429, 503])
def test_a_busy_server_is_tried_again_when_its_wait_fits(ask: Ask, code: int) -> None:
    with FaultyServer(otherwise=in_turn(status(code, {"Retry-After": "0"}), GOOD)) as server:
        assert ask(server).complete
        assert len(server.requests) == 2


def test_a_retry_after_date_that_has_passed_means_at_once(ask: Ask) -> None:
    date = format_datetime(datetime.now(UTC) - timedelta(seconds=5), usegmt=True)
    assert ask(in_turn(status(503, {"Retry-After": date}), GOOD)).complete


@pytest.mark.parametrize("wait", ["30", "9" * 400, "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_wait_that_does_not_fit_is_not_waited_for(ask: Ask, wait: str) -> None:
    with FaultyServer(otherwise=in_turn(status(503, {"Retry-After": wait}), GOOD)) as server:
        assert isinstance(ask(server).error, FhirUnavailable)
        assert len(server.requests) == 1


@pytest.mark.parametrize("wait", ["-5", "soon", "1e3", "٣", ""])
def test_an_unreadable_retry_after_means_the_usual_wait(ask: Ask, wait: str) -> None:
    assert ask(in_turn(raw(b"", status=503, headers={"Retry-After": wait}), GOOD)).complete


def test_a_server_that_stays_busy_is_given_up(ask: Ask) -> None:
    with FaultyServer(otherwise=status(429, {"Retry-After": "0"})) as server:
        assert isinstance(ask(server).error, FhirUnavailable)
        assert len(server.requests) == 3


# Bodies


@pytest.mark.parametrize(
    "behaviour",
    [
        raw(b"<html>Sign in</html>", media_type="text/html"),
        raw(b"<html>Sign in</html>"),
        status(204),
        raw(b""),
        raw(json.dumps(bundle(condition("c1"))).encode()[:-20]),
        raw(json.dumps(bundle(condition("c1"))).encode("utf-16")),
        raw('{"resourceType":"Bundle","x":"é"}'.encode("latin-1")),
        raw(b'{"resourceType":"Bundle","total":NaN}'),
        raw(b"[" * 100_000),
        raw(b"[]"),
        raw(b"null"),
        answer({"resourceType": "Patient", "id": "p1"}),
        answer({"entry": []}),
        answer({"resourceType": "Bundle", "entry": {"resource": condition("c1")}}),
        answer({"resourceType": "Bundle", "link": "next"}),
        raw(b"{}", headers={"Content-Encoding": "br"}),
        raw(b"not gzip", headers={"Content-Encoding": "gzip"}),
        zipped(json.dumps(bundle(condition("c1"))).encode(), cut=40),
        status(302, {"Location": "http://127.0.0.1:1/"}),
    ],
)
def test_an_answer_that_is_not_fhir_json_is_a_protocol_error(ask: Ask, behaviour: Behaviour) -> None:
    result = ask(behaviour)
    assert isinstance(result.error, FhirProtocolError)
    assert result.resources == ()


def test_gzip_is_read(ask: Ask) -> None:
    assert ask(zipped(json.dumps(bundle(condition("c1"))).encode())).complete


def test_a_compression_bomb_is_refused_at_the_cap(ask: Ask) -> None:
    result = ask(zipped(b" " * 50_000_000))
    assert isinstance(result.error, FhirProtocolError)
    assert "too large" in str(result.error)


def test_an_endless_body_is_refused_at_the_cap(ask: Ask) -> None:
    result = ask(raw(b" " * 2_000_000))
    assert "too large" in str(result.error)


def test_an_operation_outcome_with_200_is_an_error(ask: Ask) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "exception"}]}
    assert isinstance(ask(answer(outcome)).error, FhirRefused)


def test_an_outcome_that_only_warns_leaves_the_answer_complete(ask: Ask) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "warning", "code": "processing"}]}
    body = bundle(condition("c1"))
    body["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
    assert ask(answer(body)).complete


def test_an_outcome_that_reports_an_error_leaves_the_answer_incomplete(ask: Ask) -> None:
    outcome = {"resourceType": "OperationOutcome", "issue": [{"severity": "error", "code": "throttled"}]}
    body = bundle(condition("c1"))
    body["entry"].append({"resource": outcome, "search": {"mode": "outcome"}})
    result = ask(answer(body))
    assert ids(result) == ["c1"]
    assert not result.complete


def test_included_resources_and_strangers_are_left_out(ask: Ask) -> None:
    body = bundle(condition("c1"))
    body["entry"] += [
        {"resource": condition("c2"), "search": {"mode": "include"}},
        {"resource": {"resourceType": "Practitioner", "id": "d1"}},
    ]
    assert ids(ask(answer(body))) == ["c1"]


def test_entries_without_a_resource_are_counted_and_passed_over(ask: Ask) -> None:
    body = bundle(condition("c1"))
    body["entry"] += [None, "text", {"fullUrl": "x"}, {"resource": []}]
    result = ask(answer(body))
    assert ids(result) == ["c1"]
    assert "4 entries" in str(result.error)


def test_another_patient_in_the_answer_to_a_read_does_not_stop_the_type_check(ask: Ask) -> None:
    result = ask(answer(condition("c1")), query=PATIENT)
    assert isinstance(result.error, FhirProtocolError)


def test_other_peoples_data_is_dropped_and_no_further_page_is_read(ask: Ask) -> None:
    def everyones(link: str) -> Behaviour:
        return answer(bundle(condition("mine"), condition("theirs", patient="p2"), link=link))

    with FaultyServer() as server:
        server.behaviours = {
            "Condition": everyones(f"{server.base}/page2"),
            "page2": answer(bundle(condition("c9"))),
        }
        result = ask(server)
        assert len(server.requests) == 1
    assert ids(result) == ["mine"]
    assert "other patients" in str(result.error)


def test_a_resource_that_comes_twice_counts_once_against_a_limit(ask: Ask) -> None:
    limited = Query(key="conditions", resource="Condition", newest=2)
    with FaultyServer({"page2": answer(bundle(condition("c2")))}) as server:
        server.behaviours["Condition"] = answer(
            bundle(condition("c1"), condition("c1"), link=f"{server.base}/page2")
        )
        result = ask(server, query=limited)
    assert set(ids(result)) == {"c1", "c2"}


@pytest.mark.parametrize("total", [0, 10_000_000, -1, "many"])
def test_the_total_is_not_believed(ask: Ask, total: object) -> None:
    result = ask(answer(bundle(condition("c1"), total=total)))
    assert result.complete
    assert ids(result) == ["c1"]


# Pages


def test_pages_are_followed_to_the_last(ask: Ask) -> None:
    with FaultyServer() as server:
        server.behaviours = {
            "Condition": answer(bundle(condition("c1"), link=f"{server.base}?_getpages=2")),
            "": answer(bundle(condition("c2"), link="Condition/page3")),
            "Condition/page3": answer(bundle(condition("c3"))),
        }
        result = ask(server)
        assert all(request.headers["authorization"] == f"Bearer {TOKEN}" for request in server.requests)
    assert result.complete
    assert ids(result) == ["c1", "c2", "c3"]


def test_a_page_that_links_to_itself_ends_the_search(ask: Ask) -> None:
    with FaultyServer() as server:
        server.otherwise = answer(bundle(condition("c1"), link=f"{server.base}/again"))
        result = ask(server)
        assert len(server.requests) == 2
    assert not result.complete
    assert set(ids(result)) == {"c1"}


def test_pages_in_a_circle_end_the_search(ask: Ask) -> None:
    with FaultyServer() as server:
        server.behaviours = {
            "Condition": answer(bundle(condition("c1"), link=f"{server.base}/b")),
            "b": answer(bundle(condition("c2"), link=f"{server.base}/c")),
            "c": answer(bundle(condition("c3"), link=f"{server.base}/b")),
        }
        result = ask(server)
        assert len(server.requests) == 3
    assert "circle" in str(result.error)
    assert ids(result) == ["c1", "c2", "c3"]


def test_endless_pages_stop_at_the_page_cap(ask: Ask) -> None:
    pages = iter(range(1_000_000))

    with FaultyServer() as server:

        def endless(connection: Any, request: Any) -> None:
            page = next(pages)
            link = f"{server.base}/Condition?page={page + 1}"
            answer(bundle(condition(f"c{page}"), link=link))(connection, request)

        server.otherwise = endless
        result = ask(server)
        assert len(server.requests) == 5
    assert not result.complete
    assert len(result.resources) == 5


def test_a_page_with_too_many_entries_stops_at_the_entry_cap(ask: Ask) -> None:
    result = ask(answer(bundle(*(condition(f"c{i}") for i in range(150)))))
    assert len(result.resources) == 100
    assert not result.complete


def test_an_expired_page_keeps_what_was_read_before(ask: Ask) -> None:
    with FaultyServer({"expired": status(410)}) as server:
        server.behaviours["Condition"] = answer(bundle(condition("c1"), link=f"{server.base}/expired"))
        result = ask(server)
    assert ids(result) == ["c1"]
    assert isinstance(result.error, FhirRefused)


def test_a_page_that_hangs_keeps_what_was_read_before(ask: Ask) -> None:
    with FaultyServer({"slow": stall()}) as server:
        server.behaviours["Condition"] = answer(bundle(condition("c1"), link=f"{server.base}/slow"))

        def check(seconds: float) -> None:
            result = ask(server, seconds=seconds)
            assert ids(result) == ["c1"]
            assert isinstance(result.error, FhirTimeout)

        with_more_time(check, *HASTY_S)


@pytest.mark.parametrize(
    "link",
    [
        "http://127.0.0.1:{canary}/fhir/page",
        "http://localhost:{port}/fhir/page",
        "https://127.0.0.1:{port}/fhir/page",
        "//127.0.0.1:{canary}/fhir/page",
        "http://127.0.0.1:{port}@127.0.0.1:{canary}/fhir/page",
        "http://user:secret@127.0.0.1:{port}/fhir/page",
        "http://127.0.0.1:{port}/fhir2/page",
        "http://127.0.0.1:{port}/other",
        "http://127.0.0.1:{port}/fhir/../admin",
        "http://127.0.0.1:{port}/fhir/%2e%2e/admin",
        "http://127.0.0.1:{port}/fhir/..;/admin",
        "http://127.0.0.1:{port}/fhir/..\\admin",
        "../admin",
        "/admin",
        "http://127.1:{canary}/fhir/page",
        "http://0x7f.1:{canary}/fhir/page",
        "http://2130706433:{canary}/fhir/page",
        "http://[::ffff:127.0.0.1]:{canary}/fhir/page",
        "http://169.254.169.254/fhir/page",
        "http://127.0.0.1.:{port}/fhir/page",
        "file:///etc/passwd",
        "gopher://127.0.0.1:{canary}/",
        "javascript:alert(1)",
        "http://",
        "http://127.0.0.1:99999/fhir",
        "\x00",
        "http://127.0.0.1:{port}/fhir/page\r\nHost: x",
    ],
)
def test_a_next_link_that_leads_elsewhere_is_refused_before_a_byte_is_sent(ask: Ask, link: str) -> None:
    with FaultyServer() as canary, FaultyServer() as server:
        link = link.replace("{port}", str(server.port)).replace("{canary}", str(canary.port))
        server.behaviours = {"Condition": answer(bundle(condition("c1"), link=link))}
        result = ask(server)
        assert len(server.requests) == 1
        assert canary.requests == []
    assert isinstance(result.error, UntrustedServer)
    assert ids(result) == ["c1"]


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed_and_the_token_stays_here(ask: Ask, code: int) -> None:
    with FaultyServer() as canary:
        with FaultyServer(otherwise=status(code, {"Location": f"{canary.base}/Condition"})) as server:
            assert isinstance(ask(server).error, FhirProtocolError)
        assert canary.requests == []
