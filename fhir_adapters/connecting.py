"""Connections: the IP address that is called is the one that was checked, so that no name can lead astray.

The list of trusted servers says which names may be called. Here the address behind a name is looked up
once, looked at, and then connected to as it is: a name that changes its mind meanwhile (DNS rebinding) gains
nothing.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterable

import anyio
import httpcore
import httpx

from fhir_adapters.errors import UntrustedServer
from fhir_adapters.trust import is_name, is_no_servers_address


class CheckedTransport(httpx.AsyncHTTPTransport):
    """httpx's transport over a pool that connects to checked addresses only.

    Args:
        verify: Which certificates are accepted.
        limits: Of connections; there are as many kept as may be open.
    """

    def __init__(self, verify: ssl.SSLContext, limits: httpx.Limits) -> None:
        super().__init__(verify=verify, limits=limits, trust_env=False)
        # httpx has no way to hand over a network backend; this is what its own constructor makes.
        self._pool = _TidyPool(
            ssl_context=verify,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_CheckedBackend(),
        )


class _TidyPool(httpcore.AsyncConnectionPool):
    """A pool that gives a connection up with the request that it was made for.

    A request that is cancelled between having a connection and using it leaves it behind: neither idle nor
    closed, and so counted for ever.
    """

    async def handle_async_request(self, request: httpcore.Request) -> httpcore.Response:
        """Sends a request, as its base does."""
        try:
            return await super().handle_async_request(request)
        except BaseException:
            with anyio.CancelScope(shield=True):
                await self._drop_stranded()
            raise

    async def _drop_stranded(self) -> None:
        held = {id(waiting.connection) for waiting in self._requests}
        for connection in self.connections:
            if id(connection) not in held and not (connection.is_idle() or connection.is_closed()):
                self._connections.remove(connection)
                await connection.aclose()


class _CheckedBackend(httpcore.AnyIOBackend):
    """Looks a name up itself; TLS still verifies the name, as the pool asks for that by the URL."""

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connects to the first address of the host that answers.

        Raises:
            UntrustedServer: The name leads to this machine, its link or a cloud's metadata service.
            httpcore.ConnectError, httpcore.ConnectTimeout: There is no address, or none that answers.
        """
        addresses = await _addresses(host, port, timeout) if is_name(host) else [host]
        share = None if timeout is None else timeout / len(addresses)
        failure: Exception = httpcore.ConnectError()
        for address in addresses:
            opening = asyncio.ensure_future(
                super().connect_tcp(address, port, share, local_address, socket_options)
            )
            try:
                return await _closed_unless_taken(opening)
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                failure = error
        raise failure


async def _closed_unless_taken(
    opening: asyncio.Future[httpcore.AsyncNetworkStream],
) -> httpcore.AsyncNetworkStream:
    """The connection. A call that is given up meanwhile lets it come, and then closes it.

    Cancelled instead, it could come about in the same moment, and stay open until it is garbage.
    """
    try:
        return await asyncio.shield(opening)
    except asyncio.CancelledError:
        opening.add_done_callback(_close)
        raise


def _close(opened: asyncio.Future[httpcore.AsyncNetworkStream]) -> None:
    if not opened.cancelled() and opened.exception() is None:
        closing = asyncio.ensure_future(opened.result().aclose())
        _closing.add(closing)
        closing.add_done_callback(_closing.discard)


# The loop itself keeps only weak references to tasks.
_closing: set[asyncio.Future[None]] = set()


async def _addresses(host: str, port: int, seconds: float | None) -> list[str]:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(seconds):
            found = await loop.getaddrinfo(host, port, proto=6)  # TCP
    except TimeoutError:
        raise httpcore.ConnectTimeout from None
    except OSError:
        raise httpcore.ConnectError from None
    addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
    if any(is_no_servers_address(address) for address in addresses):
        raise UntrustedServer("the FHIR server's name leads to an address that is no server's")
    return addresses
