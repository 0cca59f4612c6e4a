"""A service that knows one EHR, whose keys are in a file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from cds_hooks.platform import Platform
from tests.cds_hooks.platforms import browser, platform
from tests.security.ehr import ISSUER, PUBLIC, Key, ec_key, key_set, rsa_key

FHIR = "https://ehr.example.org/fhir"


@pytest.fixture(scope="session")
def key() -> Key:
    return ec_key()


@pytest.fixture(scope="session")
def rsa() -> Key:
    return rsa_key()


@pytest.fixture(scope="module")
def edge(tmp_path_factory: pytest.TempPathFactory, key: Key, rsa: Key) -> Iterator[Platform]:
    folder = tmp_path_factory.mktemp("edge")
    built = guarded(folder, key, rsa)
    yield built
    built.ledger.close()
    built.client.close()


@pytest.fixture
def client(edge: Platform) -> FlaskClient:
    return browser(edge)


def guarded(folder: Path, *keys: Key, **changes: object) -> Platform:
    """A platform with one client; `changes` are of its table."""
    (folder / "keys.json").write_bytes(key_set(*keys))
    table = {
        "issuer": ISSUER,
        "jwks_file": str(folder / "keys.json"),
        "fhir_servers": [f"{FHIR}/a"],
    } | changes
    return platform(
        folder,
        fhir={"trusted_servers": [FHIR], "allow_loopback": True},
        callers={"public_url": PUBLIC},
        limits={"rate_per_s": 0},
        clients=[{name: value for name, value in table.items() if value is not None}],
    )
