"""Azure Health Data Services (`<workspace>-<service>.fhir.azurehealthcareapis.com`), and its open server.

* `_count` is 10 by default and 1,000 at most (learn.microsoft.com, "Overview of FHIR search"; both numbers
  are general knowledge).
* Sorting works by some search parameters only. By another one the answer is unsorted: the self link lacks the
  `_sort` and an OperationOutcome warns (microsoft/fhir-server issues 612 and 620), or, with
  `Prefer: handling=strict`, it is refused (pull request 2324). Strict is asked for, so that a refusal and not
  a look at the self link decides; both are understood.
* POST `_search` reads a form ("Overview of FHIR search").
* The open-source server states Microsoft as its publisher or in its software name (general knowledge).
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    stated = f"{capability.publisher} {capability.software}".lower()
    return "microsoft" in stated or "azure" in stated


@fhir_vendor(
    "azure_health_data",
    claims=on_host("azurehealthcareapis.com"),
    states=_states,
    page_size=1000,
    headers={"Prefer": "handling=strict"},
)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
