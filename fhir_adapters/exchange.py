"""What goes over the wire for one call: reads, pages, files. A failure becomes part of the result."""

from __future__ import annotations

import asyncio
import base64
import binascii
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import orjson

from fhir_adapters.accounts import Accounts
from fhir_adapters.authorization import Interaction, scope_allows
from fhir_adapters.capability import Capability, is_statement, read_capability
from fhir_adapters.errors import (
    FhirError,
    FhirProtocolError,
    FhirRefused,
    FhirTimeout,
    FhirUnavailable,
    NotPermitted,
    OtherPatientsData,
    ServerError,
)
from fhir_adapters.known_servers import KnownServers
from fhir_adapters.paging import Page, Resource, count_distinct, is_about_another, is_failure, read_page
from fhir_adapters.prefetch import Query
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import Reply, Transport, TransportSettings
from fhir_adapters.trust import Address, resolve_below
from fhir_adapters.vendors.registry import vendor_of
from fhir_adapters.versions.detect import FhirVersion
from fhir_adapters.versions.search import as_asked

# A limit means the newest only in a sorted answer.
_SORTED = frozenset({"_sort", "_sort:desc", "_count"})
_FHIR_JSON = "application/fhir+json"
_JSON_TYPES = (_FHIR_JSON, "application/json", "application/json+fhir", "text/json")
# A FHIR server sends a Binary's own bytes when asked for another type than FHIR's.
_ANY_FILE = "text/plain, text/html, application/xhtml+xml, */*;q=0.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """The server of one call, the patient, and the right to read; never shown, never kept.

    Attributes:
        server: FHIR base URL.
        patient_id: Whose data is asked for.
        token: Bearer token, sent to this server only; None for an open server.
        scope: SMART scopes of the token; "" when unknown.
    """

    server: str
    patient_id: str = field(repr=False)
    token: str | None = field(default=None, repr=False)
    scope: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class QueryResult:
    """What one query brought.

    Attributes:
        resources: What was obtained, possibly a part.
        complete: True when nothing is known to be missing.
        error: Why nothing, or not all, was obtained; None when complete.
        elapsed_ms: From the start of the fetch to this answer.
    """

    key: str
    resources: tuple[Resource, ...] = ()
    complete: bool = True
    error: FhirError | None = None
    elapsed_ms: float = 0.0

    def __repr__(self) -> str:
        return f"QueryResult({self.key}, {len(self.resources)} resources, complete={self.complete})"


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LinkResult:
    """What was found behind a link: a file, or a resource, or why it could not be had."""

    content_type: str = ""
    data: bytes = b""
    resource: Resource | None = None
    error: FhirError | None = None


class Exchange:
    """The exchanges of one fetch: base address, right and deadline stay the same throughout."""

    def __init__(
        self,
        transport: Transport,
        settings: TransportSettings,
        base: Address,
        access: Access,
        deadline: Deadline,
        *,
        known: KnownServers,
        accounts: Accounts,
    ) -> None:
        self._known = known
        self._accounts = accounts
        self._transport = transport
        self._settings = settings
        self._base = base
        self._access = access
        self._deadline = deadline
        self._started = time.monotonic()
        self._learning: asyncio.Future[FhirVersion | None] | None = None

    async def result(self, query: Query, next_link: str) -> QueryResult:
        """The answer to one query; what goes wrong is in the result."""
        try:
            await self._check_scope(query)
            if query.resource == "Patient":
                found = [await self._read(query)]
                error: FhirError | None = None
            else:
                asked_as = self._known.version(self._base.base)
                found, error = await self._pages(query, next_link)
                if isinstance(error, FhirRefused) and not found and not next_link:
                    found, error = await self._in_other_words(query, asked_as, error)
        except ServerError as failure:
            found, error = [], failure
        elapsed_ms = (time.monotonic() - self._started) * 1000
        return QueryResult(
            key=query.key,
            resources=tuple(found),
            complete=error is None,
            error=error,
            elapsed_ms=elapsed_ms,
        )

    async def _check_scope(self, query: Query) -> None:
        interaction: Interaction = "read" if query.resource == "Patient" else "search"
        scope = self._access.scope
        if self._access.token is None:
            await self._headers()  # with them comes what the server granted to our own account
            scope = self._accounts.scope(self._base)
        if scope_allows(scope, query.resource, interaction) is False:
            raise NotPermitted("not permitted by the token's scopes")

    async def _read(self, query: Query) -> Resource:
        body = await self._json(f"{self._base.base}/{query.url(self._access.patient_id)}")
        if body.get("resourceType") != query.resource:
            raise FhirProtocolError("the FHIR server answered with another kind of resource")
        return body

    async def _pages(
        self, query: Query, next_link: str, *, is_sorted: bool = True
    ) -> tuple[list[Resource], FhirError | None]:
        """Reads page after page. An error after the first page keeps what was read before it."""
        found = Page()
        seen: set[str] = set()
        is_sorted = is_sorted and self._known.sorts(self._base.base, query.resource)
        error: FhirError | None = None
        try:
            url = (
                resolve_below(self._base, next_link)
                if next_link
                else self._first_url(query, is_sorted=is_sorted)
            )
            while True:
                seen.add(url)
                page = await self._page(url, query)
                error = self._take(page, found)
                if error or not page.next_link or _has_enough(found, query, is_sorted=is_sorted):
                    break
                url = resolve_below(self._base, page.next_link)
                if url in seen:
                    raise FhirProtocolError("the FHIR server's pages lead in a circle")
                if len(seen) >= self._settings.max_pages:
                    raise FhirProtocolError(f"cut off after {len(seen)} pages")
        except ServerError as failure:
            error = failure
        return [*found.resources, *found.companions], error

    async def _in_other_words(
        self, query: Query, asked_as: FhirVersion, refusal: FhirError
    ) -> tuple[list[Resource], FhirError | None]:
        """Asks once more as the server's own version words it, or else without a sort, and remembers that."""
        base = self._base.base
        if not self._known.has_version(base):
            await self._learn_version()
        if self._known.version(base) == asked_as:
            is_sorted = any(name == "_sort" for name, _ in query.params)
            if not is_sorted or not self._known.sorts(base, query.resource):
                return [], refusal
            found, error = await self._pages(query, "", is_sorted=False)
            if not isinstance(error, FhirRefused):
                self._known.learn_unsorted(base, query.resource)
            return found, error
        return await self._pages(query, "")

    async def _learn_version(self) -> None:
        """Asks once, however many queries wait for it."""
        if self._learning is None:
            self._learning = asyncio.ensure_future(self._stated_version())
        stated = await self._learning
        if stated is not None:
            self._known.learn_version(self._base.base, stated)

    async def _stated_version(self) -> FhirVersion | None:
        """None when the server could not be asked just now; R4 when it does not tell."""
        try:
            return (await self.capability()).version or "R4"
        except (FhirTimeout, FhirUnavailable):
            return None
        except ServerError:
            return "R4"

    async def capability(self) -> Capability:
        """What the server says of itself.

        Raises:
            ServerError: It says nothing, or nothing that is a CapabilityStatement.
        """
        statement = await self._json(f"{self._base.base}/metadata")
        if not is_statement(statement):
            raise FhirProtocolError("the FHIR server answered with another kind of resource")
        return read_capability(statement)

    def _first_url(self, query: Query, *, is_sorted: bool) -> str:
        base = self._base.base
        vendor = vendor_of(self._access.server)
        asked = as_asked(vendor.adapt(query), self._known.version(base))
        everything = query.newest is None
        if not is_sorted:
            # The newest can only be told from all of them, which are then cut here.
            asked = replace(asked, params=tuple(p for p in asked.params if p[0] not in _SORTED))
            everything = True
        if everything:
            asked = replace(asked, params=(*asked.params, ("_count", str(vendor.page_size))))
        return f"{base}/{asked.url(self._access.patient_id)}"

    async def _page(self, url: str, query: Query) -> Page:
        body = await self._json(url)
        if body.get("resourceType") != "Bundle":
            raise FhirProtocolError("the FHIR server answered a search with another kind of resource")
        try:
            return read_page(body, query.resource)
        except ValueError:
            raise FhirProtocolError("the FHIR server's Bundle can't be read") from None

    def _take(self, page: Page, found: Page) -> FhirError | None:
        """Adds a page's resources to what was found; returns why no further page should be read."""
        own = [r for r in page.resources if not is_about_another(r, self._access.patient_id)]
        room = self._settings.max_entries - len(found.resources)
        found.resources.extend(own[:room])
        found.companions.extend(page.companions)
        if len(own) < len(page.resources):
            # The server ignores the patient filter: reading on would read other people's charts.
            return OtherPatientsData()
        if any(is_failure(outcome) for outcome in page.outcomes):
            return FhirRefused("the FHIR server reports that it could not answer in full")
        if page.unreadable:
            return FhirProtocolError(f"{len(page.unreadable)} entries of the FHIR server hold no resource")
        if len(own) > room:
            return FhirProtocolError(f"cut off after {self._settings.max_entries} entries")
        return None

    async def _json(self, url: str) -> Resource:
        reply = await self._get(url, _FHIR_JSON)
        body = _parsed(reply)
        if body.get("resourceType") == "OperationOutcome":
            raise FhirRefused("the FHIR server answered with an OperationOutcome")
        return body

    async def _get(self, url: str, accept: str, max_bytes: int | None = None) -> Reply:
        """Gets one URL; a token of our own that the server no longer takes is replaced once."""
        token = self._access.token
        headers = await self._headers()
        get = partial(
            self._transport.get, url, accept=accept, token=token, deadline=self._deadline, max_bytes=max_bytes
        )
        try:
            return await get(headers=headers)
        except NotPermitted as error:
            if token or not error.token_refused or not self._accounts.forget(self._base, headers):
                raise
        return await get(headers=await self._headers())

    async def _headers(self) -> Mapping[str, str]:
        return await self._accounts.headers(
            self._base, self._deadline, has_token=self._access.token is not None
        )

    async def download(self, link: str) -> LinkResult:
        """One file; what goes wrong is in the result."""
        try:
            url = resolve_below(self._base, link)
            reply = await self._get(url, _ANY_FILE, self._settings.max_attachment_bytes)
            if reply.media_type in _JSON_TYPES:
                return _binary(_parsed(reply))
            return LinkResult(content_type=reply.content_type, data=reply.body)
        except ServerError as error:
            return LinkResult(error=error)

    async def resource(self, link: str) -> LinkResult:
        """One resource by reference; what goes wrong is in the result."""
        try:
            return LinkResult(resource=await self._json(resolve_below(self._base, link)))
        except ServerError as error:
            return LinkResult(error=error)


def _has_enough(found: Page, query: Query, *, is_sorted: bool) -> bool:
    return is_sorted and query.newest is not None and count_distinct(found.resources) >= query.newest


def _parsed(reply: Reply) -> Resource:
    if reply.media_type and reply.media_type not in _JSON_TYPES:
        raise FhirProtocolError("the FHIR server did not answer with FHIR JSON")
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        # From None: the exception holds the document.
        raise FhirProtocolError("the FHIR server's JSON is malformed or cut off") from None
    if not isinstance(body, dict):
        raise FhirProtocolError("the FHIR server's JSON is not a resource")
    return body


def _binary(resource: Resource) -> LinkResult:
    data, content_type = resource.get("data"), resource.get("contentType")
    if resource.get("resourceType") != "Binary" or not isinstance(data, str):
        raise FhirProtocolError("the FHIR server answered with another kind of resource")
    try:
        decoded = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise FhirProtocolError("the attachment's base64 is damaged") from None
    return LinkResult(content_type=content_type if isinstance(content_type, str) else "", data=decoded)
