"""The access token of one call, and what its scopes allow.

The token is used for the call that brought it and is kept nowhere. Both SMART scope grammars are read:
`patient/Observation.read` (SMART 1, CDS Hooks 2.0.1) and `patient/Observation.rs` (SMART 2, CDS Hooks 3.0).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from fhir_adapters.errors import BadAuthorization

Interaction = Literal["read", "search"]

_SCOPE = re.compile(r"(?:patient|user|system)/(\*|[A-Z][A-Za-z]+)\.(read|write|\*|c?r?u?d?s?)(?:\?(\S*))?\Z")
# RFC 6750 section 2.1. Anything else could end the header line or hold what is not a token.
_TOKEN = re.compile(r"[A-Za-z0-9\-._~+/]+=*\Z")


def scope_allows(scope: str, resource: str, interaction: Interaction = "search") -> bool | None:
    """Whether a scope string covers a query.

    Returns:
        None when the string holds no scope of either SMART grammar, so that nothing is known and the
        server has to be asked.
    """
    known = _understood(scope)
    return any(_is_about(match, resource, interaction) for match in known) if known else None


def scope_limits(scope: str, resource: str, interaction: Interaction = "search") -> tuple[str, ...]:
    """The queries that the scopes confine a resource type to, e.g. ("category=laboratory",).

    Source: SMART App Launch 2.2, "Finer-grained resource constraints using search parameters".

    Returns:
        Empty when one of the scopes covers all of it, or none covers any.
    """
    covering = [match for match in _understood(scope) if _is_about(match, resource, interaction)]
    if any(not match[3] for match in covering):
        return ()
    return tuple(dict.fromkeys(match[3] for match in covering))


def within(limits: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """A search parameter that asks for no more than the limits; none when one parameter can't say it."""
    asked = [parse_qsl(limit, keep_blank_values=True) for limit in limits]
    names = {name for pairs in asked for name, _ in pairs}
    if len(names) != 1 or any(len(pairs) != 1 for pairs in asked):
        return ()
    return ((names.pop(), ",".join(value for pairs in asked for _, value in pairs)),)


def _understood(scope: str) -> list[re.Match[str]]:
    return [match for word in scope.split() if (match := _SCOPE.match(word)) and match[2]]


def _is_about(match: re.Match[str], resource: str, interaction: Interaction) -> bool:
    return match[1] in ("*", resource) and _covers(match[2], interaction)


def _covers(permission: str, interaction: Interaction) -> bool:
    if permission in ("read", "*"):
        return True
    return permission != "write" and ("r" if interaction == "read" else "s") in permission


@dataclass(frozen=True, slots=True, kw_only=True)
class FhirAuthorization:
    """The `fhirAuthorization` object of a hook call.

    Attributes:
        access_token: Bearer token for the call's `fhirServer`; never shown by `repr`.
        expires_in: Seconds that the token lives.
        scope: Space-separated SMART scopes.
        subject: The OAuth client id of this service at the EHR.
        patient: The patient that `patient/` scopes are about; "" when not given.
    """

    access_token: str = field(repr=False)
    token_type: str = "Bearer"  # noqa: S105 - a kind of token, not one
    expires_in: int
    scope: str
    subject: str
    patient: str = field(default="", repr=False)

    @classmethod
    def parse(cls, value: object) -> FhirAuthorization:
        """Reads the object as it came.

        Raises:
            BadAuthorization: A field is missing or of a wrong type; the error names it.
        """
        if not isinstance(value, Mapping):
            raise BadAuthorization("", "must be an object")
        token = _text(value, "access_token")
        if not _TOKEN.match(token):
            raise BadAuthorization("access_token", "must be a bearer token")
        if _text(value, "token_type").lower() != "bearer":
            raise BadAuthorization("token_type", "must be Bearer")
        expires_in = value.get("expires_in")
        if isinstance(expires_in, float) and expires_in.is_integer():
            expires_in = int(expires_in)  # 300.0 is an integer in JSON, and some clients write it so
        if isinstance(expires_in, bool) or not isinstance(expires_in, int):
            raise BadAuthorization("expires_in", "must be an integer")
        return cls(
            access_token=token,
            expires_in=expires_in,
            scope=_text(value, "scope"),
            subject=_text(value, "subject"),
            patient=_text(value, "patient") if value.get("patient") is not None else "",
        )

    def allows(self, resource: str, interaction: Interaction = "search") -> bool | None:
        """Whether the scopes cover a query; None when they don't tell."""
        return scope_allows(self.scope, resource, interaction)


def _text(value: Mapping[object, object], name: str) -> str:
    text = value.get(name)
    if not isinstance(text, str) or not text.strip():
        raise BadAuthorization(name, "is required" if text is None else "must be a non-empty string")
    return text
