"""How this service identifies itself to a FHIR server when a hook call brings no token.

A token is fetched once however many queries wait for it, kept for a short time in this process, and fetched
anew once when the server no longer takes it.

Sources: SMART App Launch 2.2, "Backend Services" and "Asymmetric authentication"; RFC 7523; RFC 6749, 4.4.
"""

from __future__ import annotations

import asyncio
import base64
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any
from urllib.parse import quote_plus

import orjson

from fhir_adapters.errors import FhirProtocolError, FhirRefused, FhirTimeout, NotPermitted
from fhir_adapters.resilience import Deadline
from fhir_adapters.server_account import FhirServer
from fhir_adapters.transport import Transport
from fhir_adapters.trust import Address, parse_address

_ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_ASSERTION_S = 240  # SMART: at most five minutes
_MARGIN_S = 30.0
_LONGEST_KEPT_S = 300.0
_FETCH_S = 10.0
_NO_HEADERS: Mapping[str, str] = MappingProxyType({})


@dataclass(slots=True)
class _Held:
    header: str
    until: float
    scope: str


class Accounts:
    """The accounts of a process; lives on the transport's loop thread.

    Args:
        clock: Seconds that only go forward.
    """

    def __init__(
        self,
        transport: Transport,
        accounts: Iterable[FhirServer],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._transport = transport
        self._accounts = [(parse_address(account.server), account) for account in accounts]
        self._clock = clock
        self._held: dict[str, _Held] = {}
        self._fetching: dict[str, asyncio.Task[_Held]] = {}

    async def headers(self, base: Address, deadline: Deadline, *, has_token: bool) -> Mapping[str, str]:
        """The headers that a server wants; Authorization among them where there is an account.

        Args:
            has_token: Whether the call brought its own token, so that none is fetched.

        Raises:
            ServerError: The token endpoint gave no token.
        """
        account = self._account(base)
        if account is None:
            return _NO_HEADERS
        if has_token or account.method == "none":
            return account.headers
        if account.method == "basic":
            return {**account.headers, "Authorization": f"Basic {_pair(account.client_id, account.secret)}"}
        held = self._held.get(account.server)
        if held is None or held.until <= self._clock():
            held = await self._fetched(account, deadline)
        return {**account.headers, "Authorization": held.header}

    def server(self, base: Address) -> FhirServer:
        """What the settings say of a server; one without particulars when they say nothing."""
        return self._account(base) or FhirServer(server=base.base)

    def scope(self, base: Address) -> str:
        """The scopes that the server granted with the token at hand; "" when it has not said."""
        account = self._account(base)
        held = self._held.get(account.server) if account else None
        return held.scope if held else ""

    def forget(self, base: Address, refused: Mapping[str, str]) -> bool:
        """Drops a token that the server refused; True when a new one is worth a try.

        Args:
            refused: The headers that were refused: a token that was replaced meanwhile is not dropped.
        """
        account = self._account(base)
        if account is None or account.method in ("none", "basic"):
            return False
        held = self._held.get(account.server)
        if held is not None and held.header == refused.get("Authorization"):
            del self._held[account.server]
        return True

    def _account(self, base: Address) -> FhirServer | None:
        return next((account for address, account in self._accounts if address.holds(base)), None)

    async def _fetched(self, account: FhirServer, deadline: Deadline) -> _Held:
        """One request for all that wait; each waits no longer than its own deadline."""
        task = self._fetching.get(account.server)
        if task is None or task.done():
            # The time of the call that came first must not end the fetch for those that have more.
            task = asyncio.create_task(self._fetch(account, Deadline.after(_FETCH_S)))
            task.add_done_callback(_looked_at)
            self._fetching[account.server] = task
        try:
            async with asyncio.timeout(deadline.remaining()):
                return await asyncio.shield(task)
        except TimeoutError:
            raise FhirTimeout from None

    async def _fetch(self, account: FhirServer, deadline: Deadline) -> _Held:
        form = {"grant_type": "client_credentials", "scope": account.scope}
        headers: Mapping[str, str] = _NO_HEADERS
        if account.method == "backend-services":
            form |= {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": _assertion(account)}
        else:
            pair = _pair(quote_plus(account.client_id), quote_plus(account.secret))
            headers = {"Authorization": f"Basic {pair}"}
        try:
            reply = await self._transport.post_form(
                account.token_url, form, headers=headers, deadline=deadline
            )
        except (FhirRefused, NotPermitted):
            raise NotPermitted("the token endpoint refused this service's account") from None
        held = self._read(reply.body)
        self._held[account.server] = held
        return held

    def _read(self, body: bytes) -> _Held:
        try:
            answer: Any = orjson.loads(body)
            token, kind = answer["access_token"], answer["token_type"]
        except (ValueError, TypeError, KeyError):
            raise FhirProtocolError("the token endpoint's answer could not be read") from None
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or " " in token:
            raise FhirProtocolError("the token endpoint's answer holds no token")
        if not isinstance(kind, str) or kind.lower() != "bearer":
            raise NotPermitted("the token endpoint gave a token of another kind than Bearer")
        lives = answer.get("expires_in")
        seconds = float(lives) if isinstance(lives, int | float) and not isinstance(lives, bool) else 0.0
        scope = answer.get("scope")
        return _Held(
            header=f"Bearer {token}",
            until=self._clock() + min(max(seconds - _MARGIN_S, 0.0), _LONGEST_KEPT_S),
            scope=scope if isinstance(scope, str) else "",
        )


def _looked_at(task: asyncio.Task[_Held]) -> None:
    """Takes note of a failure that nobody waited for: each call states its own."""
    if not task.cancelled():
        task.exception()


def _pair(user: str, secret: str) -> str:
    return base64.b64encode(f"{user}:{secret}".encode()).decode()


def _assertion(account: FhirServer) -> str:
    """The signed statement of who asks (SMART App Launch 2.2, "Authentication JWT")."""
    from joserfc import jwt  # noqa: PLC0415 - a call that brings its token never pays for cryptography
    from joserfc.jwk import ECKey, RSAKey  # noqa: PLC0415

    cls = ECKey if account.algorithm == "ES384" else RSAKey
    key = cls.import_key(orjson.loads(account.key) if account.key.lstrip().startswith("{") else account.key)
    now = int(time.time())
    claims = {
        "iss": account.client_id,
        "sub": account.client_id,
        "aud": account.token_url,
        "jti": str(uuid.uuid4()),
        "iat": now,
        "exp": now + _ASSERTION_S,
    }
    header = {"alg": account.algorithm, "typ": "JWT", **({"kid": account.key_id} if account.key_id else {})}
    return jwt.encode(header, claims, key, algorithms=[account.algorithm])
