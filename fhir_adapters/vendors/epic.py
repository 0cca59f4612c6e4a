"""Epic: fhir.epic.com and the Interconnect servers of hospitals.

* Observation: "Both patient and code or category are" required (open.epic.com, Clinical/FHIR, Observation);
  without, the sandbox refuses: "Must have either code or category." (jwilleke/yourphr issue 754, 2026-09).
  Observations are always asked for by code here, so nothing has to be added.
* A searchset holds an OperationOutcome beside the matches: code 4119, severity warning, "may not contain the
  entire record" (onc-healthit/inferno-program issue 229). It says that of every answer, so it is no gap; an
  outcome with an error is one.
* Local codes of the organisation (`urn:oid:1.2.840.114350.1.13...`) stand beside LOINC and in front of it;
  every coding is looked at, in any order.
* Documented searches have no `_sort`: parameters come in two kinds, native and post-filtered, and neither
  list has one (fhir.epic.com, Specifications, api 10450). So everything is read and cut here.
* Interconnect runs on IIS, whose request filter refuses a query string beyond 2,048 characters with a 404
  (Microsoft, IIS requestLimits, maxQueryString). All analytes' codes are as long as that: such a search goes
  as POST `_search`, and in parts where that is refused. That Epic takes POST `_search` is general knowledge.
* `Epic-Client-ID` names the application where Basic authentication does; OAuth tokens name it themselves
  (general knowledge; headers of several public clients). Set it in `[[fhir.servers]] headers`.
* `_count`: no maximum is documented; 1000 entries a page are general knowledge.
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    return capability.software.lower() == "epic" or capability.publisher.lower().startswith("epic")


@fhir_vendor(
    "epic",
    claims=on_host("epic.com"),
    states=_states,
    page_size=1000,
    sorts=False,
    longest_url=2000,
    basic_headers=("Epic-Client-ID",),
)
def unchanged(query: Query) -> Query:
    """The query as it is: an Observation search has its codes."""
    return query
