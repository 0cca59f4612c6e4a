"""SMART Health IT's sandbox: r4.smarthealthit.org, and launch.smarthealthit.org in front of it.

It runs HAPI FHIR (LinuxForHealth/FHIR issue 3389 quotes its HAPI error texts, 2022-02), so its
CapabilityStatement says HAPI and only the address tells it apart.

* A base URL of the launcher holds the simulated launch in its path (`/v/r4/sim/.../fhir`); next links stay
  below it, so they are followed as usual. A next link of the server behind it leads elsewhere and is not.
* Its charts are of 2018-2020: run with `[sandbox] as_of = "last-entry"`, or every look-back finds nothing.
* `_count` and stored searches as in `hapi.py`.
"""

from __future__ import annotations

from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


@fhir_vendor(
    "smart_health_it",
    claims=on_host("smarthealthit.org"),
    page_size=200,
    headers={"Cache-Control": "no-cache"},
)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
