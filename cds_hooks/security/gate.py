"""The gate: who may call, decided before anything of a request but its address and its token is read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from cds_hooks.errors import Forbidden, Unauthorized
from cds_hooks.ledger import Ledger
from cds_hooks.ledger.tokens import SeenToken
from cds_hooks.security.caller import ANYONE, Caller
from cds_hooks.security.client import Client, client_of
from cds_hooks.security.keys import KeyRing
from cds_hooks.security.token import Refused, Token, bearer, parse_token


@dataclass(frozen=True, slots=True, kw_only=True)
class GateRules:
    """What tokens must keep to.

    Attributes:
        public_url: Under which clients call, without a slash at its end; the beginning of every `aud`. It is
            never taken from the request: whoever writes the Host header would choose it.
        leeway_s: How far a client's clock may be off, in seconds.
        longest_token_s: From `iat` to `exp`, in seconds.
    """

    public_url: str
    leeway_s: float = 30
    longest_token_s: float = 300


class Gate:
    """Admits the callers of a deployment.

    Args:
        clients: Who may call, each with its keys. Without any, calls are open to anyone.
        rules: What their tokens must keep to.
        ledger: Where all processes keep the tokens that they have seen.
        clock: Seconds since 1970.
    """

    def __init__(
        self,
        clients: Mapping[Client, KeyRing],
        rules: GateRules,
        ledger: Ledger,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clients = dict(clients)
        self._rules = rules
        self._ledger = ledger
        self._clock = clock

    @property
    def is_open(self) -> bool:
        """True when anyone may call."""
        return not self._clients

    def admit(self, authorization: str | None, path: str) -> Caller:
        """Who calls.

        Args:
            authorization: The Authorization header.
            path: Of the endpoint that is called, e.g. "/cds-services".

        Raises:
            Unauthorized: The token does not prove it; the answer is the same for every reason.
            LedgerUnavailable: Whether the token was used before can't be known.
        """
        self._ledger.require_writable()
        if self.is_open:
            return ANYONE
        try:
            return self._proven(parse_token(bearer(authorization)), path)
        except Refused as refusal:
            raise Unauthorized(refusal.reason) from None

    def check_server(self, caller: Caller, fhir_server: str | None) -> None:
        """Lets a call go on only when its FHIR server is one of its own client's.

        Raises:
            Forbidden: It is not; nothing was sent to it.
        """
        if self.is_open or fhir_server is None:
            return
        client = client_of(self._clients, caller.issuer, caller.tenant)
        if client is None or not client.has_server(fhir_server):
            raise Forbidden("fhirServer: is not a FHIR server of this client", field="fhirServer")

    def _proven(self, token: Token, path: str) -> Caller:
        client = client_of(self._clients, token.issuer, token.tenant)
        if client is None:
            raise Refused("unknown-client")
        if token.algorithm not in client.algorithms:
            raise Refused("algorithm")
        if f"{self._rules.public_url}{path}" not in token.audiences:
            raise Refused("audience")
        token.check_times(self._clock(), leeway_s=self._rules.leeway_s, longest_s=self._rules.longest_token_s)
        if token.key_url and client.jwks_url and token.key_url != client.jwks_url:
            raise Refused("foreign-key-url")
        key = self._clients[client].find(token.key_id, token.algorithm)
        if key is None:
            raise Refused("unknown-key")
        token.verify(key)
        # Kept beyond `exp`, since it is taken that much longer.
        until = datetime.fromtimestamp(token.expires + self._rules.leeway_s + 1, UTC)
        if not self._ledger.first_use(SeenToken.of(token.issuer, token.token_id, until)):
            raise Refused("replayed")
        return Caller(issuer=token.issuer, tenant=token.tenant)
