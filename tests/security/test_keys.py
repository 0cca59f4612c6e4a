"""Clients' keys come from their one pinned address, over a real server: never elsewhere, never too often."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cds_hooks.platform import Platform, gate_of
from cds_hooks.security.keys import KeyRing, KeySet, KeySetError, key_file, key_url, parse_key_set
from fhir_adapters.errors import FhirUnavailable
from fhir_adapters.transport import Transport, TransportSettings
from tests.cds_hooks.platforms import browser, call_body
from tests.fakes.faulty_server import Behaviour, FaultyServer, answer, in_turn, raw, stall, status
from tests.security import ehr
from tests.security.conftest import guarded
from tests.security.ehr import Key, bearer

URL = "/cds-services/chart-review"


class Clock:
    """Seconds, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def transport() -> Iterator[Transport]:
    opened = Transport(TransportSettings())
    opened.warm_up()  # importing the HTTP stack takes longer than a fetch may, on a busy machine
    yield opened
    opened.close()


def served(*keys: Key, **more: Any) -> Behaviour:
    return raw(ehr.key_set(*keys), media_type="application/json", **more)


def ring(server: FaultyServer, transport: Transport, clock: Clock) -> KeyRing:
    load = key_url(f"{server.origin}/jwks.json", transport)
    return KeyRing(load, keep_s=600, cooldown_s=30, clock=clock)


@pytest.fixture(scope="module")
def other() -> Key:
    return ehr.ec_key(kid="k2")


def test_keys_are_fetched_once_and_kept(transport: Transport, clock: Clock, key: Key) -> None:
    with FaultyServer({"jwks.json": served(key)}) as server:
        keys = ring(server, transport, clock)
        for _ in range(5):
            assert keys.find("k1", "ES384") is not None
            clock.now += 100
        assert len(server.requests) == 1
        (request,) = server.requests
        assert "authorization" not in request.headers
        clock.now += 200
        assert keys.find("k1", "ES384") is not None
        assert len(server.requests) == 2


def test_a_flood_of_unknown_ids_costs_one_fetch_per_cool_down(
    transport: Transport, clock: Clock, key: Key
) -> None:
    with FaultyServer({"jwks.json": served(key)}) as server:
        keys = ring(server, transport, clock)
        for n in range(200):
            assert keys.find(f"unknown-{n}", "ES384") is None
        assert len(server.requests) == 1
        clock.now += 31
        for n in range(200):
            assert keys.find(f"unknown-{n}", "ES384") is None
        assert len(server.requests) == 2
        assert keys.find("k1", "ES384") is not None
        assert len(server.requests) == 2


def test_threads_that_come_together_fetch_once(transport: Transport, clock: Clock, key: Key) -> None:
    with FaultyServer({"jwks.json": served(key)}) as server:
        keys = ring(server, transport, clock)
        found: list[object] = []
        threads = [threading.Thread(target=lambda: found.append(keys.find("k1", "ES384"))) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(server.requests) == 1
        assert all(found)
        assert len(found) == 8


def test_a_rotated_key_is_found_and_a_withdrawn_one_is_not(
    transport: Transport, clock: Clock, key: Key, other: Key
) -> None:
    with FaultyServer({"jwks.json": in_turn(served(key), served(key, other), served(other))}) as server:
        keys = ring(server, transport, clock)
        assert keys.find("k1", "ES384") is not None
        clock.now += 40
        assert keys.find("k2", "ES384") is not None
        assert keys.find("k1", "ES384") is not None
        clock.now += 601
        assert keys.find("k1", "ES384") is None
        assert keys.find("k2", "ES384") is not None
        assert len(server.requests) == 3


def test_keys_outlive_their_server_for_an_hour_and_it_heals(
    transport: Transport, clock: Clock, key: Key
) -> None:
    with FaultyServer({"jwks.json": in_turn(served(key), status(500))}) as server:
        keys = ring(server, transport, clock)
        assert keys.find("k1", "ES384") is not None
        clock.now += 1000
        assert keys.find("k1", "ES384") is not None
        clock.now += 2700
        assert keys.find("k1", "ES384") is None
        server.behaviours["jwks.json"] = served(key)
        clock.now += 31
        assert keys.find("k1", "ES384") is not None


def test_a_key_set_is_kept_no_longer_than_its_server_says(
    transport: Transport, clock: Clock, key: Key
) -> None:
    short = served(key, headers={"Cache-Control": "public, max-age=120"})
    with FaultyServer({"jwks.json": in_turn(short, status(503))}) as server:
        keys = ring(server, transport, clock)
        assert keys.find("k1", "ES384") is not None
        clock.now += 100
        assert keys.find("k1", "ES384") is not None
        assert len(server.requests) == 1
        clock.now += 30
        assert keys.find("k1", "ES384") is None


@pytest.mark.parametrize(
    "behaviour",
    [
        status(404),
        status(302, {"Location": "/elsewhere.json"}),
        raw(b"<html>sign in</html>", media_type="text/html"),
        raw(b'{"keys": []}'),
        raw(b'{"keys": {}}'),
        raw(b"[]"),
        raw(b'{"keys": ["' + b"x" * 70_000 + b'"]}'),
        answer({"keys": [{"kty": "EC"}] * 101}),
    ],
)
def test_what_is_no_key_set_gives_no_key(
    transport: Transport, clock: Clock, key: Key, behaviour: Behaviour
) -> None:
    with FaultyServer({"jwks.json": behaviour, "elsewhere.json": served(key)}) as server:
        assert ring(server, transport, clock).find("k1", "ES384") is None
        assert [request.path for request in server.requests] == ["/jwks.json"]


def test_a_server_that_says_nothing_costs_one_wait(
    transport: Transport, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cds_hooks.security.keys._FETCH_S", 0.3)
    with FaultyServer({"jwks.json": stall()}) as server:
        keys = ring(server, transport, clock)
        for _ in range(50):
            assert keys.find("k1", "ES384") is None
        assert len(server.requests) == 1


def test_only_public_signature_keys_with_an_id_are_taken(key: Key, rsa: Key, other: Key) -> None:
    private = json.loads(json.dumps(other.as_dict(private=True)))
    short = {"kty": "RSA", "kid": "short", "n": "0" * 171, "e": "AQAB"}
    listed = [
        {"kty": "oct", "kid": "secret", "k": "AAAA"},
        private,
        short,
        {**key.as_dict(private=False), "kid": "enc", "use": "enc"},
        {**key.as_dict(private=False), "kid": "ops", "key_ops": ["encrypt"]},
        {**key.as_dict(private=False), "kid": "broken", "x": "AA"},
        {name: value for name, value in key.as_dict(private=False).items() if name != "kid"},
        {"kty": "EC", "kid": "nothing"},
        "text",
        {**key.as_dict(private=False), "alg": "ES384"},
        rsa.as_dict(private=False),
    ]
    found = parse_key_set(json.dumps({"keys": listed}).encode())
    assert set(found.keys) == {"k1", "r1"}
    assert found.find("k1", "ES384") is not None
    assert found.find("k1", "ES256") is None
    assert found.find("k1", "RS384") is None
    assert found.find("r1", "RS384") is not None
    assert found.find("r1", "ES384") is None


def test_a_key_that_states_its_algorithm_is_used_for_no_other(rsa: Key) -> None:
    found = parse_key_set(ehr.key_set(rsa, alg="RS384"))
    assert found.find("r1", "RS384") is not None
    assert found.find("r1", "RS256") is None


def test_two_keys_may_share_an_id_when_their_algorithms_differ(rsa: Key) -> None:
    found = parse_key_set(ehr.key_set(ehr.ec_key(kid="same"), ehr.rsa_key(kid="same")))
    assert {found.find("same", alg).key_type for alg in ("ES384", "RS384")} == {"EC", "RSA"}  # type: ignore[union-attr]


def test_a_file_is_read_anew_when_a_key_is_not_in_it(
    tmp_path: Path, clock: Clock, key: Key, other: Key
) -> None:
    path = tmp_path / "keys.json"
    path.write_bytes(ehr.key_set(key))
    keys = KeyRing(key_file(str(path)), keep_s=600, cooldown_s=30, clock=clock)
    assert keys.find("k1", "ES384") is not None
    path.write_bytes(ehr.key_set(other))
    assert keys.find("k2", "ES384") is None
    clock.now += 31
    assert keys.find("k2", "ES384") is not None
    assert keys.find("k1", "ES384") is None
    path.unlink()
    with pytest.raises(KeySetError):
        key_file(str(path))()


def test_a_failed_load_is_not_tried_again_within_the_cool_down(clock: Clock) -> None:
    tried: list[float] = []

    def load() -> KeySet:
        tried.append(clock.now)
        raise FhirUnavailable

    keys = KeyRing(load, keep_s=600, cooldown_s=30, clock=clock)
    for _ in range(100):
        assert keys.find("k1", "ES384") is None
        clock.now += 1
    assert len(tried) == 4


@pytest.fixture
def over_http(tmp_path: Path, key: Key) -> Iterator[tuple[FaultyServer, Platform]]:
    """A service that fetches its client's keys, and the server that it fetches them from."""
    with FaultyServer({"jwks.json": served(key)}) as server:
        built = guarded(tmp_path, key, jwks_file=None, jwks_url=f"{server.origin}/jwks.json")
        built.client.warm_up()
        yield server, built
        built.ledger.close()
        built.client.close()


def test_a_call_is_admitted_by_a_key_that_was_fetched(
    over_http: tuple[FaultyServer, Platform], key: Key
) -> None:
    server, built = over_http
    client = browser(built)
    jku = ehr.header(key, jku=f"{server.origin}/jwks.json")
    for head in (None, jku):
        token = ehr.signed(key, ehr.claims(), head)
        assert client.post(URL, json=call_body(), headers=bearer(token)).status_code == 200
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    "address", ["{}/mine.json", "{}/jwks.json?x", "file:///etc/passwd", "https://evil.example/jwks.json", "x"]
)
def test_no_address_that_a_token_names_is_ever_fetched(
    over_http: tuple[FaultyServer, Platform], key: Key, address: str
) -> None:
    server, built = over_http
    mine = ehr.ec_key(kid="mine")
    server.behaviours["mine.json"] = served(mine)
    for signer in (mine, key):
        head = ehr.header(signer, jku=address.format(server.origin))
        token = ehr.signed(signer, ehr.claims(), head)
        assert browser(built).post(URL, json=call_body(), headers=bearer(token)).status_code == 401
    assert server.requests == []


def test_a_service_starts_while_its_clients_keys_can_not_be_had(tmp_path: Path, key: Key) -> None:
    with FaultyServer() as server:
        gone = f"{server.origin}/jwks.json"
    built = guarded(tmp_path, key, jwks_file=None, jwks_url=gone)
    client = browser(built)
    assert client.get("/health/ready").status_code == 200
    assert client.post(URL, json=call_body(), headers=bearer(ehr.token(key))).status_code == 401
    assert not gate_of(built.settings, built.ledger, Transport(TransportSettings())).is_open
    built.ledger.close()
    built.client.close()
