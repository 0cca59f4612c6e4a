"""FHIR R4 reads and searches for one call: in parallel, within a deadline, from one server.

A query that fails costs that query. Its result says what is missing and why, in words that hold no
patient data; the answer's body, the URL and the token go nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from fhir_adapters.accounts import Accounts
from fhir_adapters.capability import Capability
from fhir_adapters.errors import ServerError
from fhir_adapters.exchange import Access, Exchange, QueryResult
from fhir_adapters.known_servers import KnownServers
from fhir_adapters.prefetch import Query
from fhir_adapters.replies import LinkResult
from fhir_adapters.resilience import Deadline
from fhir_adapters.transport import Transport, TransportSettings
from fhir_adapters.trust import TrustedServers
from fhir_adapters.vendors.registry import Vendor

__all__ = ["Access", "FhirClient", "LinkResult", "QueryResult"]

_NOTHING: Mapping[str, str] = MappingProxyType({})


class FhirClient:
    """Asks FHIR servers; one per process, shared by all threads. Nothing of a call outlives it.

    Args:
        settings: Trusted servers and limits.
        transport: The connection to share; None for an own one.
    """

    def __init__(self, settings: TransportSettings, transport: Transport | None = None) -> None:
        self._settings = settings
        self._servers = TrustedServers(settings.trusted_servers, allow_loopback=settings.allow_loopback)
        self._transport = transport or Transport(settings)
        self._known = KnownServers()
        self._accounts = Accounts(self._transport, settings.servers)

    def close(self) -> None:
        """Closes the connections and ends the loop thread."""
        self._transport.close()

    def warm_up(self) -> None:
        """Loads the HTTP stack and starts the loop thread, so that the first call does not wait for it."""
        self._transport.warm_up()

    def waiting(self) -> int:
        """How many threads of this process wait for a server's answer now."""
        return self._transport.waiting

    def capability(self, access: Access, deadline: Deadline) -> Capability:
        """What the server says of itself.

        Raises:
            ServerError: It may not be called, does not answer in time, or says nothing that can be read.
        """
        exchange = self._exchange(access, deadline)
        return self._transport.run(exchange.capability, deadline)

    def vendor(self, access: Access) -> Vendor:
        """The family of the server: as set, by its address, or by what it said of itself when it was asked.

        Raises:
            UntrustedServer: The server may not be called.
        """
        return self._exchange(access, Deadline.after(0)).vendor

    def fetch_all(
        self,
        queries: Iterable[Query],
        access: Access,
        deadline: Deadline,
        *,
        next_links: Mapping[str, str] = _NOTHING,
    ) -> dict[str, QueryResult]:
        """Runs all queries in parallel and returns when the last has ended, or at the deadline.

        Args:
            queries: Each has its own key.
            access: Server, patient and token.
            deadline: What is not there by then is given up, with FhirTimeout as its error.
            next_links: By key, where to go on instead of starting the query: the client of the hook
                supplied the first page.

        Returns:
            One result for each query, also for those that failed.

        Raises:
            UntrustedServer: The server may not be called; nothing was sent.
        """
        exchange = self._exchange(access, deadline)
        asked = tuple(queries)

        async def run() -> list[QueryResult]:
            return await asyncio.gather(*(exchange.result(q, next_links.get(q.key, "")) for q in asked))

        try:
            results = self._transport.run(run, deadline)
        except ServerError as error:
            results = [QueryResult(key=query.key, complete=False, error=error) for query in asked]
        return {result.key: result for result in results}

    def _exchange(self, access: Access, deadline: Deadline) -> Exchange:
        base = self._servers.check(access.server)
        return Exchange(
            self._transport,
            self._settings,
            base,
            access,
            deadline,
            known=self._known,
            accounts=self._accounts,
        )

    def follow(
        self, files: Sequence[str], references: Sequence[str], access: Access, deadline: Deadline
    ) -> dict[str, LinkResult]:
        """Gets what a chart's resources point to, in parallel.

        Args:
            files: URLs of Binary resources, or of files below the server's base URL.
            references: `Type/id` references, or URLs of resources below the server's base URL.
            access: Server, patient and token.
            deadline: What is not there by then is given up.

        Returns:
            One result by link; links beyond `max_attachments` and `max_references` have none.

        Raises:
            UntrustedServer: The server may not be called; nothing was sent.
        """
        exchange = self._exchange(access, deadline)
        files = files[: self._settings.max_attachments]
        references = references[: self._settings.max_references]

        async def run() -> list[LinkResult]:
            downloads = [exchange.download(link) for link in files]
            return await asyncio.gather(*downloads, *(exchange.resource(link) for link in references))

        links = (*files, *references)
        try:
            results = self._transport.run(run, deadline)
        except ServerError as error:
            results = [LinkResult(error=error) for _ in links]
        return dict(zip(links, results, strict=True))
