"""The only socket code: one asyncio loop thread per process that owns one pooled HTTP client.

Flask's threads hand coroutines to the loop and wait for them. The loop starts with the first request
that needs it, in the process that needs it, so that a server may load everything and then fork.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import logging
import os
import threading
import weakref
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

from fhir_adapters.decoding import decoder
from fhir_adapters.errors import (
    FhirProtocolError,
    FhirRefused,
    FhirTimeout,
    FhirUnavailable,
    NotPermitted,
    ServerError,
)
from fhir_adapters.resilience import Deadline, RetryPolicy, retry_after_s
from fhir_adapters.server_account import FhirServer
from fhir_adapters.trust import TrustedServers, parse_address

if TYPE_CHECKING:
    import ssl

    import httpx

T = TypeVar("T")

_NO_HEADERS: Mapping[str, str] = MappingProxyType({})
_FORM = "application/x-www-form-urlencoded"
_MOST_TOKEN_BYTES = 256 * 1024
_POSITIVE = (
    "connect_timeout_s",
    "pool_size",
    "max_response_bytes",
    "max_call_bytes",
    "max_pages",
    "max_entries",
)
# How long a waiting thread gives the loop to notice a deadline by itself, in seconds.
_GRACE_S = 0.25


@dataclass(frozen=True, slots=True, kw_only=True)
class TransportSettings:
    """Which servers may be called, and how much each call may cost.

    Attributes:
        trusted_servers: FHIR base URLs; each stands for itself and what lies below its path.
        allow_loopback: Also any server on this machine, over http too (demo and tests).
        connect_timeout_s: Seconds for a connection, when the deadline leaves that much.
        pool_size: At most this many requests are under way at once.
        max_response_bytes: Cap of one answer, after decompression.
        max_call_bytes: Cap of all answers to one call's queries, after decompression.
        max_pages: At most this many pages are read for one query.
        max_entries: At most this many resources are kept for one query.
        max_attachments: At most this many note attachments are fetched for one call.
        max_attachment_bytes: Cap of one attachment.
        max_references: At most this many Medications that orders name are fetched for one call.
        ca_file: PEM file of the certificate authorities to trust; "" for the public ones.
        servers: What is particular to single servers: certificate authorities, headers, accounts.
        retries: When a request is sent again.
        user_agent: Sent with each request.

    Raises:
        ValueError: A trusted server is not an https base URL, or a limit is not positive.
    """

    trusted_servers: tuple[str, ...] = ()
    allow_loopback: bool = False
    connect_timeout_s: float = 3.0
    pool_size: int = 32
    max_response_bytes: int = 32 * 1024 * 1024
    max_call_bytes: int = 64 * 1024 * 1024
    max_pages: int = 50
    max_entries: int = 20_000
    max_attachments: int = 10
    max_attachment_bytes: int = 2 * 1024 * 1024
    max_references: int = 60
    ca_file: str = ""
    servers: tuple[FhirServer, ...] = ()
    retries: RetryPolicy = field(default_factory=RetryPolicy)
    user_agent: str = "cuecard"

    def __post_init__(self) -> None:
        TrustedServers(self.trusted_servers, allow_loopback=self.allow_loopback)
        for name in _POSITIVE:
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be positive")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Reply:
    """A 200 answer: its Content-Type and Cache-Control as sent, and its decoded body."""

    content_type: str
    body: bytes
    cache_control: str = ""

    @property
    def media_type(self) -> str:
        """The media type without parameters, in lower case; "" when the server names none."""
        return self.content_type.partition(";")[0].strip().lower()

    def __repr__(self) -> str:
        return f"Reply({self.media_type}, {len(self.body)} bytes)"


class _Request(NamedTuple):
    """What is sent, and how many bytes of an answer are read; never shown, since headers hold a token."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: bytes | None
    cap: int


class _Loop:
    """The running parts of one process: a thread, its event loop, the HTTP client and its slots."""

    def __init__(self, settings: TransportSettings) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.http = _http_client(settings)
        # Waiting happens here and never inside the pool, where a cancelled waiter can cost a slot.
        self.slots = asyncio.Semaphore(settings.pool_size)
        self.thread = threading.Thread(target=self._run, name="fhir-transport", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()

    def stop(self) -> None:
        """Ends what is under way, closes the connections and joins the thread."""
        asyncio.run_coroutine_threadsafe(self._end(), self.loop).result(timeout=5)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(timeout=5)
        self.loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.http.aclose()


class Transport:
    """Sends requests within a deadline. One per process is enough; safe to build before a fork."""

    def __init__(self, settings: TransportSettings) -> None:
        self.settings = settings
        self._lock = threading.Lock()
        self._running: _Loop | None = None
        self._waiting = 0
        _transports.add(self)

    def run(self, work: Callable[[], Coroutine[Any, Any, T]], deadline: Deadline) -> T:
        """Runs a coroutine on the loop thread and waits for it.

        Raises:
            FhirTimeout: It did not end by itself when the deadline passed; it was cancelled.
            FhirUnavailable: The transport was closed meanwhile.
        """
        loop = self._loop().loop
        future = asyncio.run_coroutine_threadsafe(work(), loop)
        self._count(1)
        try:
            return future.result(timeout=deadline.remaining() + _GRACE_S)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise FhirTimeout from None
        except concurrent.futures.CancelledError:
            raise FhirUnavailable("the service is shutting down", kind="failed") from None
        finally:
            self._count(-1)

    @property
    def waiting(self) -> int:
        """How many threads wait in `run` now."""
        return self._waiting

    def _count(self, change: int) -> None:
        with self._lock:
            self._waiting += change

    def warm_up(self) -> None:
        """Starts the loop thread now, so that the first call does not pay for it."""
        self._loop()

    def close(self) -> None:
        """Ends requests under way and frees the thread and the connections; a later call starts anew."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.pid == os.getpid():
            running.stop()

    @property
    def is_running(self) -> bool:
        """True when this process has a loop thread."""
        return self._running is not None and self._running.pid == os.getpid()

    def _loop(self) -> _Loop:
        running = self._running
        if running is None or running.pid != os.getpid():
            with self._lock:
                running = self._running
                if running is None or running.pid != os.getpid():
                    running = self._running = _Loop(self.settings)
        return running

    def after_fork(self) -> None:
        """Forgets the parent's loop: threads do not survive a fork, and its sockets are not ours."""
        self._lock = threading.Lock()
        self._running = None

    async def send(
        self,
        url: str,
        *,
        accept: str,
        token: str | None,
        deadline: Deadline,
        form: Iterable[tuple[str, str]] | None = None,
        max_bytes: int | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
    ) -> Reply:
        """Gets one URL, or posts a search to it; sends again when the policy says so.

        Args:
            url: Absolute URL, whose address the caller has checked. Redirects are not followed, so nothing
                goes anywhere else.
            accept: The Accept header.
            token: Bearer token for this server, or None.
            deadline: Nothing is awaited beyond it.
            form: Parameters of a POST `_search`, which changes nothing and so may be repeated; None to get.
            max_bytes: Cap of the decoded body; None for `max_response_bytes`.
            headers: Further ones for this server; the token, if there is one, decides Authorization.

        Raises:
            ServerError: There is no answer with status 200, or none within the deadline and the cap.
        """
        sent = {**headers, "Accept": accept}
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        cap = self.settings.max_response_bytes if max_bytes is None else max_bytes
        if form is None:
            return await self._answered(_Request("GET", url, sent, None, cap), deadline)
        sent["Content-Type"] = _FORM
        return await self._answered(
            _Request("POST", url, sent, urlencode(list(form)).encode(), cap), deadline
        )

    async def post_form(
        self, url: str, form: Mapping[str, str], *, headers: Mapping[str, str], deadline: Deadline
    ) -> Reply:
        """Posts a form to a token endpoint whose address is of the settings; sends again as `send` does.

        Raises:
            ServerError: As `send`.
        """
        sent = {**headers, "Accept": "application/json", "Content-Type": _FORM}
        asked = _Request("POST", url, sent, urlencode(form).encode(), _MOST_TOKEN_BYTES)
        return await self._answered(asked, deadline)

    async def _answered(self, asked: _Request, deadline: Deadline) -> Reply:
        import anyio  # noqa: PLC0415 - as the HTTP stack

        retries = 0
        while True:
            try:
                # Not asyncio's: only a cancellation by anyio is kept out of the HTTP library's clean-up,
                # where it would lose a slot of the pool for ever.
                with anyio.fail_after(deadline.remaining()):
                    return await self._once(asked, deadline)
            except TimeoutError:
                raise FhirTimeout from None
            except ServerError as error:
                wait_s = self.settings.retries.wait_s(error, retries, deadline)
                if wait_s is None:
                    raise
            retries += 1
            await asyncio.sleep(wait_s)

    async def _once(self, asked: _Request, deadline: Deadline) -> Reply:
        running = self._loop()
        sent = {**asked.headers, "Accept-Encoding": "gzip"}
        async with running.slots:
            timeout = _timeout(self.settings, deadline)
            with _translated():
                async with running.http.stream(
                    asked.method, asked.url, headers=sent, content=asked.body, timeout=timeout
                ) as response:
                    _check_status(response)
                    return await _reply(response, asked.cap)


def _http_client(settings: TransportSettings) -> httpx.AsyncClient:
    # Imported here: a call whose chart came with it never pays for the HTTP stack.
    from http.cookiejar import CookieJar, DefaultCookiePolicy  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    from fhir_adapters.connecting import CheckedTransport  # noqa: PLC0415

    for name in ("httpx", "httpcore"):
        # Both log request URLs, which name patients, below the level of a warning.
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
    limits = httpx.Limits(max_connections=settings.pool_size, max_keepalive_connections=settings.pool_size)
    verify = _trust(settings.ca_file)
    own_trust = {
        parse_address(server.server).origin: CheckedTransport(_trust(server.ca_file), limits)
        for server in settings.servers
        if server.ca_file
    }
    return httpx.AsyncClient(
        transport=CheckedTransport(verify, limits),
        mounts=own_trust,
        follow_redirects=False,
        trust_env=False,
        headers={"User-Agent": settings.user_agent},
        # One pool serves all patients and users: a cookie of one call must not travel with the next.
        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
    )


def _trust(ca_file: str) -> ssl.SSLContext:
    """The certificate authorities of a PEM file; of "" the public ones."""
    import ssl  # noqa: PLC0415

    import httpx  # noqa: PLC0415

    if ca_file:
        return ssl.create_default_context(cafile=ca_file)
    return httpx.create_ssl_context(trust_env=False)


def _timeout(settings: TransportSettings, deadline: Deadline) -> httpx.Timeout:
    import httpx  # noqa: PLC0415

    left = deadline.remaining()
    # Connecting and the TLS handshake each get less than half: if the deadline cancelled a handshake
    # instead, the HTTP library would leave the socket open until it is garbage.
    # Reading and writing have no limit but the deadline around them.
    return httpx.Timeout(None, connect=min(left * 0.45, settings.connect_timeout_s))


@contextmanager
def _translated() -> Iterator[None]:
    """Turns the HTTP library's errors into ours; "from None", since theirs carry the request."""
    import httpx  # noqa: PLC0415

    try:
        yield
    except httpx.TimeoutException:
        raise FhirTimeout from None
    except httpx.ConnectError:
        raise FhirUnavailable from None
    except (httpx.UnsupportedProtocol, httpx.InvalidURL, httpx.DecodingError):
        raise FhirProtocolError from None
    except httpx.HTTPError:
        raise FhirUnavailable("the connection to the FHIR server broke") from None


def _check_status(response: httpx.Response) -> None:
    status = response.status_code
    if status == 200:
        return
    if status in (429, 503):
        wait_s = retry_after_s(response.headers.get("Retry-After"), _now_there(response))
        text = f"the FHIR server is busy (HTTP {status})"
        raise FhirUnavailable(text, kind="busy", retry_after_s=wait_s)
    if status in (401, 403):
        text = f"the FHIR server did not permit the query (HTTP {status})"
        raise NotPermitted(text, token_refused=status == 401)
    if 400 <= status < 500:
        raise FhirRefused(f"the FHIR server refused the query (HTTP {status})", status=status)
    if status >= 500:
        raise FhirUnavailable(f"the FHIR server failed (HTTP {status})", kind="failed")
    if 300 <= status < 400:
        raise FhirProtocolError(f"the FHIR server redirected the query (HTTP {status}); not followed")
    raise FhirProtocolError(f"the FHIR server answered without content (HTTP {status})")


def _now_there(response: httpx.Response) -> datetime:
    """The server's own time: its Retry-After counts from it, and clocks differ by minutes."""
    try:
        stated = parsedate_to_datetime(response.headers.get("Date", ""))
    except ValueError:
        return datetime.now(UTC)
    return stated if stated.tzinfo is not None else stated.replace(tzinfo=UTC)


async def _reply(response: httpx.Response, cap: int) -> Reply:
    """Reads the body, counting decoded bytes, so that neither a large nor a compressed one fills memory."""
    decode = decoder(response.headers.get("Content-Encoding", ""), cap)
    parts: list[bytes] = []
    async for chunk in response.aiter_raw():
        for piece in decode.feed(chunk):
            parts.append(piece)
            await asyncio.sleep(0)  # other calls wait on the same loop
    decode.finish()
    return Reply(
        content_type=response.headers.get("Content-Type", ""),
        body=b"".join(parts),
        cache_control=response.headers.get("Cache-Control", ""),
    )


# Registered once for all: callbacks of os.register_at_fork can't be taken back.
_transports: weakref.WeakSet[Transport] = weakref.WeakSet()


def _forget_after_fork() -> None:
    for transport in list(_transports):
        transport.after_fork()


os.register_at_fork(after_in_child=_forget_after_fork)
