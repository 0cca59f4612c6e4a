"""Our own accounts at FHIR servers: a token is fetched once, kept briefly, and sent nowhere else."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import parse_qs

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from fhir_adapters.client import FhirClient, QueryResult
from fhir_adapters.errors import FhirProtocolError, FhirTimeout, NotPermitted
from fhir_adapters.exchange import Access
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import TransportSettings
from tests.fakes.faulty_server import Behaviour, Connection, FaultyServer, Request, answer, bundle, status
from tests.patience import AMPLE_S

PROBLEMS = Query(key="conditions", resource="Condition")
DRUGS = Query(key="medications", resource="MedicationRequest")
SECRET = "canary-secret-5d1c"


class Office:
    """A token endpoint and a FHIR server that takes its newest token only, on one address."""

    def __init__(self, **more: Any) -> None:
        self.more = more
        self.forms: list[dict[str, str]] = []
        self.authorizations: list[str] = []
        self.given = 0
        self.refuses_all = False

    def __call__(self, connection: Connection, request: Request) -> None:
        if request.path.endswith("/token"):
            self.forms.append({name: found[0] for name, found in parse_qs(request.body.decode()).items()})
            self.authorizations.append(request.headers.get("authorization", ""))
            self.given += 1
            token = {"access_token": f"t{self.given}", "token_type": "bearer", "expires_in": 300}
            answer({**token, **self.more})(connection, request)
        elif self.refuses_all or request.headers.get("authorization") != f"Bearer t{self.given}":
            status(401)(connection, request)
        else:
            answer(bundle())(connection, request)


@contextmanager
def asked(behaviour: Behaviour, **account: Any) -> Iterator[tuple[FaultyServer, Callable[..., QueryResult]]]:
    """The server, and a way to ask it for problems."""
    with FaultyServer(otherwise=behaviour) as server:
        if account.get("method") not in (None, "none", "basic"):
            account.setdefault("token_url", f"{server.base}/token")
        known = FhirServer(server=server.base, **account)
        settings = TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=(known,))
        with closing(FhirClient(settings)) as client:

            def ask(*queries: Query, **access: Any) -> QueryResult:
                named = Access(server=server.base, patient_id="p1", **access)
                wanted = queries or (PROBLEMS,)
                return client.fetch_all(wanted, named, Deadline.after(AMPLE_S))[wanted[0].key]

            yield server, ask


def with_secret(**more: Any) -> dict[str, Any]:
    return {"method": "client-credentials", "client_id": "cue", "secret": SECRET, **more}


def test_one_token_serves_all_queries_that_wait_for_it_and_the_next_call() -> None:
    office = Office()
    with asked(office, **with_secret()) as (_, ask):
        assert ask(PROBLEMS, DRUGS).complete
        assert ask().complete
    assert office.given == 1
    assert office.forms[0] == {"grant_type": "client_credentials", "scope": "system/*.read"}
    pair = base64.b64decode(office.authorizations[0].removeprefix("Basic ")).decode()
    assert pair == f"cue:{SECRET}"


@pytest.mark.parametrize(
    ("algorithm", "key"), [("ES384", ECKey.generate_key("P-384")), ("RS384", RSAKey.generate_key(2048))]
)
@pytest.mark.parametrize("form", ["pem", "jwk"])
def test_an_assertion_says_who_asks_and_is_signed(algorithm: Any, key: Any, form: str) -> None:
    written = key.as_pem(private=True).decode() if form == "pem" else json.dumps(key.as_dict(private=True))
    office = Office()
    account = {"method": "backend-services", "client_id": "cue", "key": written, "key_id": "k1"}
    with asked(office, **account, algorithm=algorithm) as (server, ask):
        assert ask().complete
        url = f"{server.base}/token"
    sent = office.forms[0]
    assert sent["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    read = jwt.decode(sent["client_assertion"], key, algorithms=[algorithm])
    assert (read.header["kid"], read.header["typ"]) == ("k1", "JWT")
    claims = read.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("cue", "cue", url)
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert claims["jti"]


def test_two_assertions_differ() -> None:
    key = ECKey.generate_key("P-384").as_pem(private=True).decode()
    office = Office(expires_in=0)
    with asked(office, method="backend-services", client_id="cue", key=key) as (_, ask):
        ask()
        ask()
    assert len({form["client_assertion"] for form in office.forms}) == office.given > 1


def test_a_token_that_is_no_longer_taken_is_replaced_once() -> None:
    office = Office()
    with asked(office, **with_secret()) as (_, ask):
        assert ask().complete
        office.given += 1  # as if the server had given another token since, and dropped ours
        assert ask().complete
        assert office.given == 3
        office.refuses_all = True
        refused = ask()
        assert isinstance(refused.error, NotPermitted)
        assert office.given == 4


def test_a_slow_token_endpoint_ends_a_call_at_its_own_deadline_and_serves_the_next() -> None:
    office, may_answer = Office(), threading.Event()

    def slow(connection: Connection, request: Request) -> None:
        if request.path.endswith("/token"):
            may_answer.wait(AMPLE_S)
        office(connection, request)

    with FaultyServer(otherwise=slow) as server:
        known = FhirServer(server=server.base, **with_secret(token_url=f"{server.base}/token"))
        with closing(
            FhirClient(TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=(known,)))
        ) as client:
            access = Access(server=server.base, patient_id="p1")
            hasty = client.fetch_all([PROBLEMS], access, Deadline.after(0.2))["conditions"]
            assert isinstance(hasty.error, FhirTimeout)
            may_answer.set()
            assert client.fetch_all([PROBLEMS], access, Deadline.after(AMPLE_S))["conditions"].complete
    assert office.given == 1


def test_the_token_of_a_call_is_used_in_place_of_ours_and_never_replaced() -> None:
    office = Office()
    with asked(office, **with_secret()) as (server, ask):
        assert isinstance(ask(token="of-the-call").error, NotPermitted)
        assert [request.headers["authorization"] for request in server.requests] == ["Bearer of-the-call"]
    assert office.given == 0


def test_only_what_the_granted_scopes_cover_is_asked_for() -> None:
    office = Office(scope="system/Condition.rs")
    with asked(office, **with_secret()) as (server, ask):
        assert ask(PROBLEMS).complete
        refused = ask(DRUGS).error
        assert isinstance(refused, NotPermitted)
        assert "scope" in refused.message
        assert not [request for request in server.requests if "MedicationRequest" in request.path]


def test_a_scope_for_a_part_asks_for_that_part_and_says_that_it_is_one() -> None:
    office = Office(scope="system/Condition.rs?category=problem-list-item system/MedicationRequest.rs")
    with asked(office, **with_secret()) as (server, ask):
        result = ask(PROBLEMS)
        assert isinstance(result.error, NotPermitted)
        assert "only a part" in result.error.message
        assert ask(DRUGS).complete
        (sent,) = [request for request in server.requests if request.path.endswith("/Condition")]
    assert sent.params["category"] == "problem-list-item"


def test_a_password_and_the_vendors_headers_go_with_each_request() -> None:
    account = {"method": "basic", "client_id": "u", "secret": SECRET, "headers": {"Vendor-Client-ID": "x"}}
    with asked(answer(bundle()), **account) as (server, ask):
        assert ask().complete
        (request,) = server.requests
    assert base64.b64decode(request.headers["authorization"].removeprefix("Basic ")).decode() == f"u:{SECRET}"
    assert request.headers["vendor-client-id"] == "x"


def test_an_account_is_used_for_its_own_server_only() -> None:
    other = FhirServer(
        server="https://ehr.example.org/fhir", **with_secret(token_url="https://ehr.example.org/t")
    )
    with FaultyServer(otherwise=answer(bundle())) as server:
        settings = TransportSettings(allow_loopback=True, connect_timeout_s=AMPLE_S, servers=(other,))
        with closing(FhirClient(settings)) as client:
            access = Access(server=server.base, patient_id="p1")
            assert client.fetch_all([PROBLEMS], access, Deadline.after(AMPLE_S))["conditions"].complete
        assert "authorization" not in server.requests[0].headers


@pytest.mark.parametrize(
    "body",
    [{}, {"access_token": "t"}, {"access_token": 5, "token_type": "bearer"}, [], "x"],
)
def test_a_token_endpoint_that_gives_no_token_is_a_failure_of_the_query(body: Any) -> None:
    with asked(answer(body), **with_secret()) as (_, ask):
        assert isinstance(ask().error, FhirProtocolError)


@pytest.mark.parametrize(("kind", "code"), [("mac", 200), ("bearer", 400), ("bearer", 401)])
def test_a_token_endpoint_that_refuses_is_a_failure_of_the_query(kind: str, code: int) -> None:
    behaviour = answer({"access_token": "t", "token_type": kind}) if code == 200 else status(code)
    with asked(behaviour, **with_secret()) as (_, ask):
        refused = ask().error
    assert isinstance(refused, NotPermitted)
    assert "token endpoint" in refused.message


def test_nothing_shows_a_secret() -> None:
    account = FhirServer(server="https://a.example.org", **with_secret(token_url="https://a.example.org/t"))
    assert SECRET not in repr(account)
    assert SECRET not in repr(TransportSettings(servers=(account,)))


@pytest.mark.parametrize(
    ("account", "lacks"),
    [
        ({"method": "basic"}, "client_id, secret"),
        ({"method": "client-credentials", "client_id": "c", "secret": "s"}, "token_url"),
        ({"method": "backend-services", "client_id": "c", "token_url": "https://a.example.org/t"}, "key"),
    ],
)
def test_an_account_that_lacks_something_is_refused_at_start(account: dict[str, Any], lacks: str) -> None:
    with pytest.raises(ValueError, match=lacks):
        FhirServer(server="https://a.example.org", **account)
