"""Oracle Health Millennium (Cerner).

Sources: docs.oracle.com, Millennium Platform APIs, "R4 Overview" and "Get a list of observations"; the change
log of the Health AI Application Suite (read 2026-11).

* Observation: `_count` is 50 by default and 200 at most, later pages may hold fewer; all social history is on
  the first page. Maxima differ from resource to resource.
* Observations come newest first by themselves; `_sort` is on no list of parameters. Nothing is sorted by the
  server then: everything is read and cut here.
* One resource that can't be rendered may fail the whole search ("the search bundle can fail if a single
  resource is noncompliant"); the newer suite leaves it out and says so in an OperationOutcome among the
  entries, which makes the query incomplete here.
* Observations by a proprietary code of vital signs come back empty; only LOINC codes are asked for here.
  Proprietary codings (`https://fhir.cerner.com/<tenant>/codeSet/72`) stand beside LOINC.
* Media type `application/json+fhir` on older tenants (R4 Overview, example); it is read as JSON.
* DocumentReference: the text is behind a Binary URL, which wants an Accept header.
* A CapabilityStatement names no software, but Cerner or Oracle as its publisher.
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    publisher = capability.publisher.lower()
    return publisher.startswith(("cerner", "oracle"))


@fhir_vendor(
    "oracle_health",
    claims=on_host("cerner.com", "oraclehealth.com"),
    states=_states,
    page_size=200,
    sorts=False,
)
def unchanged(query: Query) -> Query:
    """The query as it is; Observations are searched by LOINC code, as the vendor recommends."""
    return query
