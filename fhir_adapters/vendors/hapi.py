"""HAPI FHIR: the public test server, and the JPA server that many sites run.

Seen in the starter project's settings file (hapifhir/hapi-fhir-jpaserver-starter, application.yaml,
read 2026-11): `default_page_size` 20, `max_page_size` 200, `reuse_cached_search_results_millis` 60000.

* Pages: a larger `_count` is cut to the server's maximum, and next links (`?_getpages=...`) lead to a stored
  result that expires after an hour; the expired link answers 410, and the query is then incomplete.
* A search that was made within the last minute is answered from the stored result, so that a value filed
  since would be missing. `Cache-Control: no-cache` asks anew (HAPI FHIR manual, "Search Result Caching").
* An unknown search parameter is refused with 400, as is a sort by one (general knowledge, not read there).
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    return capability.software.lower().startswith("hapi fhir")


@fhir_vendor(
    "hapi",
    claims=on_host("hapi.fhir.org"),
    states=_states,
    page_size=200,
    headers={"Cache-Control": "no-cache"},
)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
