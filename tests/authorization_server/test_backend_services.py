"""SMART Backend Services against an authorisation server that nobody here wrote."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any

import pytest
from joserfc.jwk import ECKey

from fhir_adapters import accounts
from fhir_adapters.client import Access, FhirClient, QueryResult
from fhir_adapters.errors import NotPermitted
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import TransportSettings
from tests.authorization_server.conftest import SECRET, Office, public

PROBLEMS = Query(key="conditions", resource="Condition")
DRUGS = Query(key="medications", resource="MedicationRequest")
ALLERGIES = Query(key="allergies", resource="AllergyIntolerance")

Account = Callable[..., FhirClient]


@pytest.fixture
def client_of(office: Office) -> Iterator[Account]:
    """A client with an account at the server."""
    with ExitStack() as stack:

        def made(**account: Any) -> FhirClient:
            known = FhirServer(
                server=f"{office.origin}/fhir",
                token_url=f"{office.origin}/token",
                **{"method": "backend-services", "scope": "system/*.rs", "key_id": "k1", **account},
            )
            settings = TransportSettings(allow_loopback=True, servers=(known,), connect_timeout_s=20)
            return stack.enter_context(closing(FhirClient(settings)))

        yield made


def ask(client: FhirClient, office: Office, *queries: Query) -> dict[str, QueryResult]:
    access = Access(server=f"{office.origin}/fhir", patient_id="p1")
    return client.fetch_all(queries or (PROBLEMS,), access, Deadline.after(40))


def pem(key: Any) -> str:
    return str(key.as_pem(private=True).decode())


@pytest.mark.parametrize("algorithm", ["ES384", "RS384"])
def test_a_signed_assertion_gets_a_token_that_reads(
    office: Office, client_of: Account, algorithm: str
) -> None:
    client = client_of(client_id=algorithm, algorithm=algorithm, key=pem(office.keys[algorithm]))
    before = office.granted()
    assert ask(client, office)["conditions"].complete
    assert office.granted() == before + 1


@pytest.mark.parametrize("scope", ["system/*.rs", "system/*.read"])
def test_a_secret_gets_a_token_that_reads(office: Office, client_of: Account, scope: str) -> None:
    client = client_of(method="client-credentials", client_id="sharing", secret=SECRET, scope=scope)
    assert ask(client, office)["conditions"].complete


def _refused(office: Office, client: FhirClient) -> str:
    """What the server says of a refusal; ours says no more than that there was one."""
    before, earlier = office.granted(), len(office.reasons())
    error = ask(client, office)["conditions"].error
    assert isinstance(error, NotPermitted)
    assert error.message == "the token endpoint refused this service's account"
    assert office.granted() == before
    return " ".join(office.reasons()[earlier:])


def test_a_key_that_the_server_does_not_know_is_refused(office: Office, client_of: Account) -> None:
    stranger = ECKey.generate_key("P-384")
    assert _refused(office, client_of(client_id="ES384", key=pem(stranger)))


def test_a_key_id_that_the_server_does_not_know_is_refused(office: Office, client_of: Account) -> None:
    client = client_of(client_id="ES384", key=pem(office.keys["ES384"]), key_id="k2")
    assert _refused(office, client)


def test_an_assertion_that_has_expired_is_refused(
    office: Office, client_of: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Our clock is ten minutes slow: what we sign for four minutes is over when it arrives.
    monkeypatch.setattr(accounts.time, "time", lambda: time.time_ns() / 1e9 - 600)
    assert "exp" in _refused(office, client_of(client_id="ES384", key=pem(office.keys["ES384"])))


@pytest.mark.parametrize("account", [{"secret": "another"}, {"client_id": "nobody", "secret": SECRET}])
def test_a_wrong_secret_is_refused(office: Office, client_of: Account, account: dict[str, Any]) -> None:
    given = {"method": "client-credentials", "client_id": "sharing", **account}
    assert _refused(office, client_of(**given))


def test_a_scope_that_the_account_may_not_have_is_refused(office: Office, client_of: Account) -> None:
    client = client_of(client_id="ES384", key=pem(office.keys["ES384"]), scope="system/Everything.rs")
    assert not ask(client, office)["conditions"].complete


def test_keys_can_be_rotated_without_a_gap(office: Office, client_of: Account) -> None:
    first, second = ECKey.generate_key("P-384"), ECKey.generate_key("P-384")
    both = [public(first, kid="r1", algorithm="ES384"), public(second, kid="r2", algorithm="ES384")]
    old = {"client_id": "rotating", "key": pem(first), "key_id": "r1"}
    new = {"client_id": "rotating", "key": pem(second), "key_id": "r2"}
    office.register("rotating", *both[:1])
    assert ask(client_of(**old), office)["conditions"].complete
    office.register("rotating", *both)
    assert ask(client_of(**old), office)["conditions"].complete
    assert ask(client_of(**new), office)["conditions"].complete
    office.register("rotating", *both[1:])
    assert ask(client_of(**new), office)["conditions"].complete
    assert _refused(office, client_of(**old))


def test_all_queries_of_parallel_calls_share_one_token(office: Office, client_of: Account) -> None:
    client = client_of(client_id="ES384", key=pem(office.keys["ES384"]))
    before = office.granted()
    results = ask(client, office, PROBLEMS, DRUGS, ALLERGIES)
    assert all(result.complete for result in results.values())
    assert ask(client, office)["conditions"].complete
    assert office.granted() == before + 1


def test_a_token_that_was_revoked_is_replaced_once_for_all_queries(
    office: Office, client_of: Account
) -> None:
    client = client_of(client_id="ES384", key=pem(office.keys["ES384"]))
    assert ask(client, office)["conditions"].complete
    before = office.granted()
    office.revoke_all()
    results = ask(client, office, PROBLEMS, DRUGS, ALLERGIES)
    assert all(result.complete for result in results.values())
    assert office.granted() == before + 1


@pytest.mark.parametrize(
    ("scope", "reason"),
    [
        ("system/Condition.read", ""),
        ("system/Condition.rs?category=encounter-diagnosis", "only a part"),
    ],
)
def test_what_the_granted_scopes_leave_out_is_not_asked_for_and_said(
    office: Office, client_of: Account, scope: str, reason: str
) -> None:
    client = client_of(client_id="ES384", key=pem(office.keys["ES384"]), scope=scope)
    results = ask(client, office, PROBLEMS, DRUGS)
    problems, drugs = results["conditions"], results["medications"]
    assert isinstance(drugs.error, NotPermitted)
    assert "scopes" in drugs.error.message
    assert problems.complete is not bool(reason)
    assert reason in str(problems.error)
