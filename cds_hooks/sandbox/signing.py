"""The mock EHR's signature: a key of its own for each run, its public half for all, a token for each call.

Only the server of an EHR can keep a key, so the page asks it for the token of each call that it sends.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import uuid4

from flask import Blueprint, Response, request

from cds_hooks.errors import BadRequest
from cds_hooks.json_body import read_json
from cds_hooks.sandbox.own_pages import json_answer, require_own_page

_ALGORITHM: Final = "ES384"
_LIVES_S: Final = 60
_MAX_BODY_BYTES: Final = 4096


class Signer:
    """Signs the calls of one EHR.

    Args:
        issuer: `iss` of its tokens.
        cds_base: Base URL of the CDS service, as the service itself knows it.
    """

    def __init__(self, issuer: str, cds_base: str) -> None:
        from joserfc.jwk import ECKey  # noqa: PLC0415 - a demonstration that signs nothing needs none of it

        self._issuer = issuer
        self._cds_base = cds_base
        self._key = ECKey.generate_key("P-384", {"kid": str(uuid4()), "use": "sig", "alg": _ALGORITHM})

    def key_set(self) -> dict[str, Any]:
        """The public key as a JSON Web Key Set."""
        return {"keys": [self._key.as_dict(private=False)]}

    def token(self, path: str) -> str:
        """A token for one call of an endpoint of the service.

        Args:
            path: Of the endpoint, e.g. "/cds-services".
        """
        from joserfc import jwt  # noqa: PLC0415

        now = int(time.time())
        header = {"alg": _ALGORITHM, "typ": "JWT", "kid": self._key.kid or ""}
        claims = {
            "iss": self._issuer,
            "aud": f"{self._cds_base}{path}",
            "iat": now,
            "exp": now + _LIVES_S,
            "jti": str(uuid4()),
        }
        return jwt.encode(header, claims, self._key, algorithms=[_ALGORITHM])


def add_signing(blueprint: Blueprint, signer: Signer) -> None:
    """Adds GET /ehr/jwks.json, the public key, and POST /ehr/token: `{"url": ...}` gives its token."""

    @blueprint.get("/ehr/jwks.json")
    def jwks() -> Response:
        return json_answer(signer.key_set())

    @blueprint.post("/ehr/token")
    def token() -> Response:
        require_own_page()
        return json_answer({"token": signer.token(_path_of(read_json(request, _MAX_BODY_BYTES)))})


def _path_of(body: Mapping[str, Any]) -> str:
    url = body.get("url")
    try:
        path = urlsplit(url).path if isinstance(url, str) else ""
    except ValueError:
        path = ""
    if path != "/cds-services" and not path.startswith("/cds-services/"):
        raise BadRequest("url", "must be the address of a CDS service", issue="value")
    return path
