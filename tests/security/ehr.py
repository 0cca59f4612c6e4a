"""An EHR that signs its calls, and can get every part of that wrong."""

from __future__ import annotations

import base64
import json
import time
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives import hashes, hmac
from joserfc import jws
from joserfc.jwk import ECKey, RSAKey

ISSUER = "https://ehr.example.org"
PUBLIC = "https://cds.example.org/cuecard"
DISCOVERY = f"{PUBLIC}/cds-services"
SERVICE = f"{DISCOVERY}/chart-review"
FEEDBACK = f"{SERVICE}/feedback"

Key = ECKey | RSAKey


@dataclass(frozen=True)
class After:
    """So many seconds after a token is made, however late in a run that is."""

    seconds: float


def ec_key(curve: str = "P-384", kid: str = "k1", **more: Any) -> ECKey:
    return ECKey.generate_key(curve, {"kid": kid, **more})


def rsa_key(bits: int = 2048, kid: str = "r1", **more: Any) -> RSAKey:
    return RSAKey.generate_key(bits, {"kid": kid, **more})


def key_set(*keys: Key, **more: Any) -> bytes:
    """The public keys as a JSON Web Key Set."""
    return json.dumps({"keys": [key.as_dict(private=False) | more for key in keys]}).encode()


def claims(audience: Any = SERVICE, **changes: Any) -> dict[str, Any]:
    """Legal claims; a change to None drops one, a change to `After` is a time from now."""
    legal = {"iss": ISSUER, "aud": audience, "iat": After(0), "exp": After(120), "jti": str(uuid4())}
    now = int(time.time())
    return {
        name: now + value.seconds if isinstance(value, After) else value
        for name, value in (legal | changes).items()
        if value is not None
    }


def header(key: Key | None = None, alg: str = "ES384", **changes: Any) -> dict[str, Any]:
    legal = {"alg": alg, "typ": "JWT", "kid": key.kid if key else "k1"}
    return {name: value for name, value in (legal | changes).items() if value is not None}


def signed(key: Key, said: dict[str, Any], head: dict[str, Any] | None = None) -> str:
    """A token with a true signature over whatever it says."""
    head = header(key) if head is None else head
    start = f"{part(head)}.{part(said)}"
    # Signed without the library's own look at the header, which would refuse what is to be tested.
    signature = jws.JWSRegistry.algorithms[head["alg"]].sign(start.encode(), key)
    return f"{start}.{part(signature)}"


def token(key: Key, audience: Any = SERVICE, **changes: Any) -> str:
    return signed(key, claims(audience, **changes))


def part(tree: Any) -> str:
    """One part of a token, as it is transported."""
    raw = tree if isinstance(tree, bytes) else json.dumps(tree).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unsigned(head: Any, said: Any, signature: bytes = b"") -> str:
    return f"{part(head)}.{part(said)}.{part(signature)}"


def with_public_key_as_secret(key: Key, said: dict[str, Any]) -> str:
    """The classic confusion: HMAC keyed with what everybody knows."""
    head = header(key, alg="HS256")
    mac = hmac.HMAC(key.as_pem(private=False), hashes.SHA256())
    mac.update(f"{part(head)}.{part(said)}".encode())
    return unsigned(head, said, mac.finalize())


def bearer(text: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {text}"}
