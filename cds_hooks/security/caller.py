"""Who calls."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who calls, as its token proved; all empty where calls are open to anyone.

    Attributes:
        issuer: `iss` of the token.
        tenant: `tenant` of the token; "" when it has none.
    """

    issuer: str = ""
    tenant: str = ""


ANYONE = Caller()
