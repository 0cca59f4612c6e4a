"""Who is on the other side: certificates, names and addresses. Where it is somebody else, nothing is sent."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest

from fhir_adapters.client import Access, FhirClient, QueryResult
from fhir_adapters.errors import FhirTimeout, FhirUnavailable, UntrustedServer
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import TransportSettings
from tests.fakes.certificates import Authority
from tests.fakes.faulty_server import FaultyServer, answer, bundle
from tests.patience import AMPLE_S, with_more_time

TOKEN = "canary-token-7f3a"
CONDITIONS = Query(key="conditions", resource="Condition")
GOOD = answer(bundle())


@pytest.fixture(scope="module")
def hospital(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("hospital"), "hospital")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("stranger"), "stranger")


def asked(base: str, seconds: float = AMPLE_S, **settings: Any) -> QueryResult:
    patient = TransportSettings(trusted_servers=(base,), connect_timeout_s=AMPLE_S, **settings)
    with closing(FhirClient(patient)) as client:
        access = Access(server=base, patient_id="p1", token=TOKEN)
        return client.fetch_all([CONDITIONS], access, Deadline.after(seconds))["conditions"]


# Certificates


@pytest.mark.parametrize("where", ["for all", "for this server"])
def test_a_server_of_the_hospitals_own_authority_is_read(hospital: Authority, where: str) -> None:
    with FaultyServer(otherwise=GOOD, tls=hospital.server()) as server:
        ca_file = str(hospital.file)
        own = (FhirServer(server=server.base, ca_file=ca_file),)
        settings = {"ca_file": ca_file} if where == "for all" else {"servers": own}
        assert asked(server.base, **settings).complete
        (request,) = server.requests
    assert request.headers["authorization"] == f"Bearer {TOKEN}"


def faulty(name: str, hospital: Authority, stranger: Authority) -> ssl.SSLContext:
    return {
        "an unknown authority": stranger.server,
        "expired": lambda: hospital.server(expired=True),
        "another host": lambda: hospital.server(host="ehr.example.org"),
        "an old version of TLS": lambda: hospital.server(newest=ssl.TLSVersion.TLSv1_1),
    }[name]()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion.TLSv1_1 is deprecated:DeprecationWarning")
@pytest.mark.parametrize(
    "fault", ["an unknown authority", "expired", "another host", "an old version of TLS"]
)
def test_a_faulty_certificate_ends_the_call_before_anything_is_sent(
    hospital: Authority, stranger: Authority, fault: str
) -> None:
    with FaultyServer(otherwise=GOOD, tls=faulty(fault, hospital, stranger)) as server:
        result = asked(server.base, ca_file=str(hospital.file))
        assert server.connections > 0
        assert server.requests == []
    assert isinstance(result.error, FhirUnavailable)


def test_the_authority_of_one_server_vouches_for_no_other(hospital: Authority) -> None:
    with (
        FaultyServer(otherwise=GOOD, tls=hospital.server()) as own,
        FaultyServer(otherwise=GOOD, tls=hospital.server()) as other,
    ):
        servers = (FhirServer(server=own.base, ca_file=str(hospital.file)),)
        settings = TransportSettings(
            trusted_servers=(own.base, other.base), servers=servers, connect_timeout_s=AMPLE_S
        )
        with closing(FhirClient(settings)) as client:
            for server, is_read in ((own, True), (other, False)):
                access = Access(server=server.base, patient_id="p1", token=TOKEN)
                result = client.fetch_all([CONDITIONS], access, Deadline.after(AMPLE_S))["conditions"]
                assert result.complete is is_read
        assert other.requests == []


def test_the_token_endpoint_is_held_to_the_same_authority(hospital: Authority, stranger: Authority) -> None:
    with (
        FaultyServer(otherwise=GOOD, tls=hospital.server()) as server,
        FaultyServer(otherwise=GOOD, tls=stranger.server()) as office,
    ):
        account = FhirServer(
            server=server.base,
            method="client-credentials",
            client_id="cue",
            secret="canary-secret",
            token_url=f"{office.base}/token",
            ca_file=str(hospital.file),
        )
        settings = TransportSettings(
            trusted_servers=(server.base,), servers=(account,), connect_timeout_s=AMPLE_S
        )
        with closing(FhirClient(settings)) as client:
            access = Access(server=server.base, patient_id="p1")
            result = client.fetch_all([CONDITIONS], access, Deadline.after(AMPLE_S))["conditions"]
        assert office.connections > 0
        assert office.requests == server.requests == []
    assert isinstance(result.error, FhirUnavailable)
    assert "canary" not in str(result.error)


# Names and what they lead to

Names = Callable[..., list[str]]


@pytest.fixture
def leads(monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    """Answers for the name ehr.example.org, one set of addresses after the other; notes who was looked up."""
    asked_for: list[str] = []
    real = socket.getaddrinfo

    def answering(*answers: list[str]) -> list[str]:
        left = list(answers)

        def look_up(host: Any, port: Any, *more: Any, **named: Any) -> Any:
            if host in ("127.0.0.1", "::1"):
                return real(host, port, *more, **named)
            asked_for.append(str(host))
            addresses = left.pop(0) if len(left) > 1 else left[0]
            return [entry for address in addresses for entry in real(address, port, proto=socket.IPPROTO_TCP)]

        monkeypatch.setattr(socket, "getaddrinfo", look_up)
        return asked_for

    return answering


@pytest.mark.parametrize(
    "addresses",
    [
        ["127.0.0.1"],
        ["127.8.9.1"],
        ["::1"],
        ["::ffff:127.0.0.1"],
        ["64:ff9b::7f00:1"],
        ["2002:7f00:1::"],
        ["0.0.0.0"],  # noqa: S104 - looked up, not bound to
        ["::"],
        ["169.254.169.254"],
        ["fe80::1"],
        ["fd00:ec2::254"],
        ["100.100.100.200"],
        ["168.63.129.16"],
        ["224.0.0.1"],
        ["255.255.255.255"],
        ["203.0.113.7", "127.0.0.1"],
    ],
)
def test_a_trusted_name_that_leads_to_no_server_is_not_connected_to(
    leads: Names, addresses: list[str]
) -> None:
    looked_up = leads(addresses)
    with FaultyServer(otherwise=GOOD) as canary:
        result = asked(f"https://ehr.example.org:{canary.port}/fhir")
        assert canary.connections == 0
    assert looked_up == ["ehr.example.org"]
    assert isinstance(result.error, UntrustedServer)


def test_a_name_that_changes_its_mind_gains_nothing(leads: Names) -> None:
    # 192.0.2.1 is nobody's (RFC 5737): whoever looked the name up a second time would find the canary.
    looked_up = leads(["192.0.2.1"], ["127.0.0.1"])
    with FaultyServer(otherwise=GOOD) as canary:

        def check(seconds: float) -> None:
            result = asked(f"https://ehr.example.org:{canary.port}/fhir", seconds)
            assert isinstance(result.error, FhirUnavailable | FhirTimeout | UntrustedServer)
            assert looked_up[:1] == ["ehr.example.org"]

        with_more_time(check, 0.6, AMPLE_S)
        assert canary.connections == 0


def test_a_name_inside_the_hospital_is_called_at_its_private_address(
    leads: Names, hospital: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    # This machine has no other private address: its own stands for one.
    monkeypatch.setattr("fhir_adapters.connecting.is_no_servers_address", lambda address: False)
    leads(["127.0.0.1"])
    with FaultyServer(otherwise=GOOD, tls=hospital.server(host="ehr.example.org")) as server:
        base = f"https://ehr.example.org:{server.port}/fhir"
        assert asked(base, ca_file=str(hospital.file)).complete
        assert server.requests[0].headers["host"] == f"ehr.example.org:{server.port}"


def test_of_several_addresses_the_one_that_answers_is_used(
    leads: Names, hospital: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fhir_adapters.connecting.is_no_servers_address", lambda address: False)
    leads(["127.0.0.9", "127.0.0.1"])  # the server listens at the second only
    with FaultyServer(otherwise=GOOD, tls=hospital.server(host="ehr.example.org")) as server:
        base = f"https://ehr.example.org:{server.port}/fhir"
        assert asked(base, ca_file=str(hospital.file)).complete


def test_a_name_that_is_not_on_the_list_is_not_even_looked_up(leads: Names) -> None:
    looked_up = leads(["127.0.0.1"])
    settings = TransportSettings(trusted_servers=("https://ehr.example.org/fhir",))
    with closing(FhirClient(settings)) as client:
        access = Access(server="https://ehr.example.org.evil.test/fhir", patient_id="p1", token=TOKEN)
        with pytest.raises(UntrustedServer):
            client.fetch_all([CONDITIONS], access, Deadline.after(1))
    assert looked_up == []
