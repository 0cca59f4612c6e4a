"""Medplum: api.medplum.com, and servers that a site runs itself.

* `_count` is 20 by default and 1,000 at most (medplum.com, SDK, `DEFAULT_MAX_SEARCH_COUNT`); a larger one is
  refused.
* Pages lead by `_offset`, up to 10,000 (medplum.com, "Paginated Search"). A chart beyond that is incomplete,
  and says so, since the server refuses the page.
* A search parameter that is not known is refused with 400; `_sort` by a search parameter is understood, and
  POST `_search` reads a form (tests run against Medplum's own router).
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    return "medplum" in capability.software.lower() or capability.publisher.lower().startswith("medplum")


@fhir_vendor("medplum", claims=on_host("medplum.com"), states=_states, page_size=1000)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
