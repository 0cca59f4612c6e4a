"""Medplum: api.medplum.com, and servers that a site runs itself.

* `_count` is 20 by default and 1,000 at most (medplum.com, SDK, `DEFAULT_MAX_SEARCH_COUNT`).
* `patient=<id>` finds nothing in the router's memory repository, and says so with an empty, complete answer;
  `patient=Patient/<id>` finds all (@medplum/fhir-router 4.5.2, as in the tests). That the hosted server takes
  both is general knowledge; the typed form is sent to either.
* Pages lead by `_offset`, up to 10,000 (medplum.com, "Paginated Search"). A chart beyond that is incomplete,
  and says so, since the server refuses the page.
* `_sort` compares times as texts, so that times of different zones can come in a wrong order (same memory
  repository), and a sort by what is no search parameter is passed over without a word. The order of a page
  is looked at, and everything is read where it is wrong.
* POST `_search` reads a form.
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    return "medplum" in capability.software.lower() or capability.publisher.lower().startswith("medplum")


@fhir_vendor("medplum", claims=on_host("medplum.com"), states=_states, page_size=1000, typed_patients=True)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
