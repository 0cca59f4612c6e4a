"""The client's JSON Web Token: read strictly, refused with a reason that only our own log states.

Sources: CDS Hooks 2.0.1 and 3.0, "Trusting CDS Clients", and its best practices (the order of the checks);
RFC 7515, RFC 7519, RFC 8725.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Literal

from cds_hooks.errors import BadRequest
from cds_hooks.json_body import parse_json
from cds_hooks.security.keys import Key

Reason = Literal[
    "no-token",
    "too-long",
    "malformed",
    "type",
    "critical-header",
    "algorithm",
    "no-key-id",
    "no-token-id",
    "unknown-client",
    "audience",
    "times",
    "lifetime",
    "expired",
    "not-yet-valid",
    "foreign-key-url",
    "unknown-key",
    "signature",
    "replayed",
]

_LONGEST = 8192
_LONGEST_ID = 255
# Seconds since 1970 of the year 3000: what is beyond is no time that anybody means.
_LATEST = 32_503_680_000


class Refused(Exception):  # noqa: N818 - it is the answer, not an error of ours
    """The token does not prove who calls."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason)
        self.reason: Reason = reason


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Token:
    """A token, taken apart but not yet verified.

    Attributes:
        text: The whole token.
        algorithm: `alg`.
        key_id: `kid`.
        key_url: `jku`; "" when it names none.
        issuer: `iss`.
        audiences: `aud`, as a list.
        tenant: "" when it names none.
        token_id: `jti`.
        issued, expires: `iat` and `exp`, seconds since 1970.
        not_before: `nbf`; that of `iat` when it is not there.
    """

    text: str
    algorithm: str
    key_id: str
    key_url: str
    issuer: str
    audiences: tuple[str, ...]
    tenant: str
    token_id: str
    issued: float
    expires: float
    not_before: float

    def check_times(self, now: float, *, leeway_s: float, longest_s: float) -> None:
        """Refuses a token out of its time, or one that would be valid for too long.

        Args:
            now: Seconds since 1970.
            leeway_s: How far the client's clock may be off.
            longest_s: From `iat` to `exp`.

        Raises:
            Refused: It is expired, not yet valid, or lives too long.
        """
        if not 0 < self.expires - self.issued <= longest_s:
            raise Refused("lifetime")
        if now >= self.expires + leeway_s:
            raise Refused("expired")
        if max(self.issued, self.not_before) > now + leeway_s:
            raise Refused("not-yet-valid")

    def verify(self, key: Key) -> None:
        """Checks the signature. Raises Refused when it is not of this key."""
        from joserfc.errors import JoseError  # noqa: PLC0415 - where anyone may call nothing is verified
        from joserfc.jws import JWSRegistry, deserialize_compact  # noqa: PLC0415

        registry = JWSRegistry(algorithms=[self.algorithm], strict_check_header=False)
        registry.max_header_length = _LONGEST  # certificates in the header are legal, and not looked at
        try:
            deserialize_compact(self.text, key, registry=registry)
        except (JoseError, ValueError, TypeError):
            raise Refused("signature") from None


def bearer(header: str | None) -> str:
    """The token of an Authorization header. Raises Refused when there is none."""
    kind, _, token = (header or "").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise Refused("no-token")
    return token.strip()


def parse_token(text: str) -> Token:
    """Takes a token apart.

    Raises:
        Refused: It is no signed JWT, or lacks what the specification requires.
    """
    if len(text) > _LONGEST:
        raise Refused("too-long")
    parts = text.split(".")
    if len(parts) != 3:
        raise Refused("malformed")
    header, claims = _object(parts[0]), _object(parts[1])
    algorithm, kid, kind = header.get("alg"), header.get("kid"), header.get("typ")
    if "crit" in header or "b64" in header:
        raise Refused("critical-header")
    if not isinstance(kind, str) or kind.upper() != "JWT":
        raise Refused("type")
    if not isinstance(algorithm, str):
        raise Refused("algorithm")
    if not isinstance(kid, str) or not kid:
        raise Refused("no-key-id")
    issued, expires = _time(claims, "iat"), _time(claims, "exp")
    return Token(
        text=text,
        algorithm=algorithm,
        key_id=kid,
        key_url=_optional_text(header, "jku", "foreign-key-url"),
        issuer=_optional_text(claims, "iss", "unknown-client"),
        audiences=_audiences(claims.get("aud")),
        tenant=_optional_text(claims, "tenant", "unknown-client"),
        token_id=_token_id(claims.get("jti")),
        issued=issued,
        expires=expires,
        not_before=_time(claims, "nbf") if "nbf" in claims else issued,
    )


def _object(part: str) -> dict[str, Any]:
    try:
        raw = base64.b64decode(part + "=" * (-len(part) % 4), altchars=b"-_", validate=True)
        tree = parse_json(raw)
    except (binascii.Error, ValueError, BadRequest):
        raise Refused("malformed") from None
    if not isinstance(tree, dict):
        raise Refused("malformed")
    return tree


def _optional_text(part: dict[str, Any], name: str, reason: Reason) -> str:
    value = part.get(name, "")
    if not isinstance(value, str):
        raise Refused(reason)
    return value


def _audiences(value: Any) -> tuple[str, ...]:
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list) or not all(isinstance(each, str) for each in given):
        raise Refused("audience")
    return tuple(given)


def _token_id(value: Any) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        raise Refused("no-token-id")
    return value


def _time(claims: dict[str, Any], name: str) -> float:
    value = claims.get(name)
    if not isinstance(value, int | float) or isinstance(value, bool) or not 0 < value < _LATEST:
        raise Refused("times")
    return float(value)
