"""What goes over the wire for one call: reads, pages, files. A failure becomes part of the result."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from urllib.parse import urlsplit

from fhir_adapters.accounts import Accounts
from fhir_adapters.authorization import Interaction, scope_allows, scope_limits, within
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
from fhir_adapters.paging import (
    Page,
    Resource,
    count_distinct,
    is_about_another,
    is_failure,
    is_newest_first,
    read_page,
)
from fhir_adapters.prefetch import Query
from fhir_adapters.replies import FHIR_JSON, LinkResult, file_in, resource_in
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import Reply, Transport, TransportSettings
from fhir_adapters.trust import Address, resolve_below
from fhir_adapters.vendors.registry import Vendor, vendor_of
from fhir_adapters.wording import Posting, Search, Wording, next_search, patient_read, searches

# With these a server refuses a resource type that it does not have.
_TYPE_UNKNOWN = frozenset({400, 404})
# A FHIR server sends a Binary's own bytes when asked for another type than FHIR's.
_ANY_FILE = "text/plain, text/html, application/xhtml+xml, */*;q=0.5"
# A refusal that says that the method or the length of a GET is at fault, or that there is no POST `_search`.
_NOT_BY_GET = frozenset({405, 414})
_NOT_BY_POST = frozenset({404, 405, 415})


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
        self._server_settings = accounts.server(base)
        self._transport = transport
        self._settings = settings
        self._base = base
        self._access = access
        self._deadline = deadline
        self._started = time.monotonic()
        self._learning: asyncio.Future[None] | None = None
        self._bytes_left = settings.max_call_bytes

    async def result(self, query: Query, next_link: str) -> QueryResult:
        """The answer to one query; what goes wrong is in the result."""
        if query.if_held:
            return await self._if_held(query, next_link)
        return await self._result(query, next_link)

    async def _if_held(self, query: Query, next_link: str) -> QueryResult:
        """The answer of a server that may not know the resource type, and is not asked again for a while."""
        base = self._base.base
        if not self._known.holds(base, query.resource):
            return QueryResult(key=query.key)
        result = await self._result(query, next_link)
        is_unknown = isinstance(result.error, FhirRefused) and result.error.status in _TYPE_UNKNOWN
        if is_unknown:
            self._known.learn_without(base, query.resource)
        if (is_unknown or isinstance(result.error, NotPermitted)) and not result.resources:
            return QueryResult(key=query.key, elapsed_ms=result.elapsed_ms)
        return result

    async def _result(self, query: Query, next_link: str) -> QueryResult:
        try:
            scope = await self._scope()
            self._check_scope(scope, query)
            limits = scope_limits(scope, query.resource) if query.resource != "Patient" else ()
            query = replace(query, params=(*query.params, *within(limits)))
            if query.resource == "Patient":
                found, error = await self._read(query), None
            elif next_link:
                link = self._next(next_link)
                is_sorted = self._wording(query).is_sorted
                found, error = await self._pages(query, link, is_sorted=is_sorted, is_first=False)
            else:
                found, error = await self._searched(query)
            if limits and error is None:
                error = NotPermitted("the token's scopes cover only a part of it")
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

    async def _scope(self) -> str:
        """The scopes of the token that will be sent; "" when they are not known."""
        if self._access.token is not None:
            return self._access.scope
        await self._headers()  # with them comes what the server granted to our own account
        return self._accounts.scope(self._base)

    def _check_scope(self, scope: str, query: Query) -> None:
        is_read = query.resource == "Patient" and self._posting() != "private"
        interaction: Interaction = "read" if is_read else "search"
        if scope_allows(scope, query.resource, interaction) is False:
            raise NotPermitted("not permitted by the token's scopes")

    async def _read(self, query: Query) -> list[Resource]:
        wording = self._wording(query)
        asked = patient_read(query, self._base.base, self._access.patient_id, wording)
        body = await self._json(asked)
        if asked.form is not None:
            found = self._page_of(body, query).resources
            if any(resource.get("id") != self._access.patient_id for resource in found):
                raise OtherPatientsData
            return found
        if body.get("resourceType") != query.resource:
            raise FhirProtocolError("the FHIR server answered with another kind of resource")
        return [body]

    async def _searched(self, query: Query) -> tuple[list[Resource], FhirError | None]:
        """Asks, and asks a server that refuses in other words, as long as there are any."""
        wording = first = self._wording(query)
        asked = self._put(query, wording)
        tried = {asked}
        found, error = await self._asked(query, asked, is_sorted=wording.is_sorted)
        while isinstance(error, FhirRefused) and not found and not query.if_held:
            wording = await self._other_words(query, wording, asked, error)
            asked = self._put(query, wording)
            if asked in tried:
                break
            tried.add(asked)
            found, error = await self._asked(query, asked, is_sorted=wording.is_sorted)
            if not isinstance(error, FhirRefused):
                self._learn(query, first, wording)
        return found, error

    def _put(self, query: Query, wording: Wording) -> tuple[Search, ...]:
        return searches(query, self._base.base, self._access.patient_id, wording)

    async def _asked(
        self, query: Query, parts: Iterable[Search], *, is_sorted: bool
    ) -> tuple[list[Resource], FhirError | None]:
        answers = [self._pages(query, part, is_sorted=is_sorted) for part in parts]
        answered = await asyncio.gather(*answers)
        found = [resource for resources, _ in answered for resource in resources]
        return found, next((error for _, error in answered if error is not None), None)

    async def _pages(
        self, query: Query, search: Search, *, is_sorted: bool, is_first: bool = True
    ) -> tuple[list[Resource], FhirError | None]:
        """Reads page after page. An error after the first page keeps what was read before it.

        Args:
            is_first: Whether the search starts here, so that it can be put otherwise.
        """
        found = Page()
        seen: set[Search] = set()
        error: FhirError | None = None
        try:
            while True:
                seen.add(search)
                page = self._page_of(await self._json(search), query)
                error = self._take(page, found)
                if not error and is_sorted and not _shows_a_sort(query, page):
                    if is_first and page.next_link:
                        return [], _SortPassedOver()
                    is_sorted = False
                if error or not page.next_link or _has_enough(found, query, is_sorted=is_sorted):
                    break
                search = self._next(page.next_link)
                if search in seen:
                    raise FhirProtocolError("the FHIR server's pages lead in a circle")
                if len(seen) >= self._settings.max_pages:
                    raise FhirProtocolError(f"cut off after {len(seen)} pages")
        except ServerError as failure:
            error = failure
        return [*found.resources, *found.companions], error

    def _next(self, link: str) -> Search:
        url = resolve_below(self._base, link)
        return next_search(url, self._base.base, self._access.patient_id, self._posting())

    def _posting(self) -> Posting:
        if self._server_settings.search == "post":
            return "private"
        learned = self._known.posting(self._base.base)
        return learned or ("if-long" if self.vendor.takes_forms else "never")

    @property
    def vendor(self) -> Vendor:
        """The family of the server, as far as it is known."""
        capability = self._known.capability(self._base.base)
        named = self._server_settings.vendor
        return vendor_of(self._access.server, named=named, capability=capability)

    def _wording(self, query: Query) -> Wording:
        base, vendor = self._base.base, self.vendor
        return Wording(
            version=self._known.version(base),
            vendor=vendor,
            is_sorted=vendor.sorts and self._known.sorts(base, query.resource),
            posting=self._posting(),
        )

    async def _other_words(
        self, query: Query, refused: Wording, asked: tuple[Search, ...], why: FhirRefused
    ) -> Wording:
        """Other words for a query that was refused: the other method, the server's own version and vendor's,
        or no sort; the same ones when there are none left.
        """
        if isinstance(why, _SortPassedOver):
            return replace(refused, is_sorted=False)
        by_post = asked[0].form is not None
        if by_post and why.status in _NOT_BY_POST and refused.posting != "private":
            return replace(refused, posting="never")
        if not by_post and why.status in _NOT_BY_GET and refused.vendor.takes_forms:
            return replace(refused, posting="always")
        if self._known.capability(self._base.base) is None:
            await self._learn_capability()
        now = replace(self._wording(query), posting=refused.posting)
        if (now.version, now.vendor) != (refused.version, refused.vendor):
            return now
        is_sorted = any(name == "_sort" for name, _ in query.params)
        return replace(refused, is_sorted=False) if is_sorted else refused

    def _learn(self, query: Query, refused: Wording, answered: Wording) -> None:
        """Remembers which words were answered; the version and the vendor are known already."""
        if answered.posting != refused.posting:
            self._known.learn_posting(self._base.base, answered.posting)
        if refused.is_sorted and not answered.is_sorted and answered.vendor.sorts:
            self._known.learn_unsorted(self._base.base, query.resource)

    async def _learn_capability(self) -> None:
        """Asks once, however many queries wait for it."""
        if self._learning is None:
            self._learning = asyncio.ensure_future(self._ask_capability())
        await self._learning

    async def _ask_capability(self) -> None:
        """Learns nothing when the server could not be asked just now; that it says nothing is learned too."""
        try:
            await self.capability()
        except (FhirTimeout, FhirUnavailable):
            return
        except ServerError:
            self._known.learn_capability(self._base.base, Capability())

    async def capability(self) -> Capability:
        """What the server says of itself.

        Raises:
            ServerError: It says nothing, or nothing that is a CapabilityStatement.
        """
        statement = await self._json(Search(f"{self._base.base}/metadata"))
        if not is_statement(statement):
            raise FhirProtocolError("the FHIR server answered with another kind of resource")
        capability = read_capability(statement)
        self._known.learn_capability(self._base.base, capability)
        return capability

    def _page_of(self, body: Resource, query: Query) -> Page:
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
        beside = self._settings.max_entries - len(found.companions)
        found.companions.extend(page.companions[:beside])
        if len(own) < len(page.resources):
            # The server ignores the patient filter: reading on would read other people's charts.
            return OtherPatientsData()
        if any(is_failure(outcome) for outcome in page.outcomes):
            return FhirRefused("the FHIR server reports that it could not answer in full")
        if page.unreadable:
            return FhirProtocolError(f"{len(page.unreadable)} entries of the FHIR server hold no resource")
        if len(own) > room or len(page.companions) > beside:
            return FhirProtocolError(f"cut off after {self._settings.max_entries} entries")
        return None

    async def _json(self, search: Search) -> Resource:
        body = resource_in(await self._send(search, FHIR_JSON))
        if body.get("resourceType") == "OperationOutcome":
            raise FhirRefused("the FHIR server answered with an OperationOutcome")
        return body

    async def _send(self, search: Search, accept: str, max_bytes: int | None = None) -> Reply:
        """Sends one request; a token of our own that the server no longer takes is replaced once."""
        token = self._access.token
        headers = await self._headers()
        send = partial(
            self._transport.send,
            search.url,
            form=search.form,
            accept=accept,
            token=token,
            deadline=self._deadline,
            max_bytes=max_bytes,
        )
        try:
            return self._weighed(await send(headers=headers))
        except NotPermitted as error:
            if token or not error.token_refused or not self._accounts.forget(self._base, headers):
                raise
        return self._weighed(await send(headers=await self._headers()))

    def _weighed(self, reply: Reply) -> Reply:
        """The answer, unless all answers together are more than one call may bring into memory."""
        self._bytes_left -= len(reply.body)
        if self._bytes_left < 0:
            raise FhirProtocolError("the FHIR server's answers are together more than is read for one call")
        return reply

    async def _headers(self) -> Mapping[str, str]:
        own = await self._accounts.headers(
            self._base, self._deadline, has_token=self._access.token is not None
        )
        return {**self.vendor.headers, **own}

    async def download(self, link: str) -> LinkResult:
        """One file; what goes wrong is in the result."""
        try:
            url = resolve_below(self._base, link)
            return file_in(await self._send(Search(url), _ANY_FILE, self._settings.max_attachment_bytes))
        except ServerError as error:
            return LinkResult(error=error)

    async def resource(self, link: str) -> LinkResult:
        """One resource by reference; what goes wrong is in the result."""
        try:
            return LinkResult(resource=await self._json(Search(resolve_below(self._base, link))))
        except ServerError as error:
            return LinkResult(error=error)


class _SortPassedOver(FhirRefused):
    """The server answered without the sort that was asked for, so that its first page is of any age."""


def _shows_a_sort(query: Query, page: Page) -> bool:
    """False when a page shows that the server passed over the sort, which it may do without a word."""
    if query.newest is None:
        return True
    self_query = urlsplit(page.self_link).query
    return ("_sort" in self_query or not self_query) and is_newest_first(page.resources, query.resource)


def _has_enough(found: Page, query: Query, *, is_sorted: bool) -> bool:
    return is_sorted and query.newest is not None and count_distinct(found.resources) >= query.newest
