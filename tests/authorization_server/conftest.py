"""A real authorisation server, started once for these tests."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from joserfc.jwk import ECKey, RSAKey

from tests.foreign_servers.packages import MissingServerError, install

HERE = Path(__file__).resolve().parent
SCOPES = (
    "system/*.rs",
    "system/*.read",
    "system/Condition.read",
    "system/Condition.rs?category=encounter-diagnosis",
)
SECRET = "canary-secret-5d1c"


class Office:
    """The running server.

    Attributes:
        origin: Its address; OAuth tokens at /token, an empty chart at /fhir.
        keys: Our private keys by client id.
    """

    def __init__(self) -> None:
        self.keys: dict[str, ECKey | RSAKey] = {
            "ES384": ECKey.generate_key("P-384"),
            "RS384": RSAKey.generate_key(2048),
        }
        wanted = {"scopes": SCOPES, "lifetime": 300}
        self._process = subprocess.Popen(
            ["node", "server.mjs", json.dumps(wanted)],
            cwd=HERE,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        assert self._process.stdout is not None
        self.origin: str = json.loads(self._process.stdout.readline())["origin"]
        for name, key in self.keys.items():
            self.register(name, public(key, kid="k1", algorithm=name))
        shared = {"token_endpoint_auth_method": "client_secret_basic", "client_secret": SECRET}
        self._ask("/register", {"client_id": "sharing", **shared})

    def register(self, client_id: str, *keys: dict[str, Any]) -> None:
        """Makes these the public keys of a client."""
        signed = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": keys}}
        self._ask("/register", {"client_id": client_id, **signed})

    def granted(self) -> int:
        """How many tokens were given out so far."""
        return int(self._counts()["granted"])

    def reasons(self) -> list[str]:
        """Why tokens were refused so far, in the server's words."""
        return [str(reason) for reason in self._counts()["refused"]]

    def revoke_all(self) -> None:
        """Ends every token."""
        self._ask("/revoke-all", {})

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(timeout=20)
        self._process.stdout.close()

    def _counts(self) -> dict[str, Any]:
        return json.loads(self._ask("/counts", None))

    def _ask(self, path: str, body: dict[str, Any] | None) -> bytes:
        data = None if body is None else json.dumps(body).encode()
        with urllib.request.urlopen(self.origin + path, data=data, timeout=30) as response:
            return response.read()


def public(key: ECKey | RSAKey, *, kid: str, algorithm: str) -> dict[str, Any]:
    """The public half of a key, as a JSON Web Key."""
    return {**key.as_dict(private=False), "kid": kid, "alg": algorithm, "use": "sig"}


@pytest.fixture(scope="session")
def office() -> Iterator[Office]:
    try:
        install(HERE)
    except MissingServerError as missing:
        pytest.skip(str(missing))
    running = Office()
    yield running
    running.close()
