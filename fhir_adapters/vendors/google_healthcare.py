"""Google Cloud Healthcare API: FHIR stores at healthcare.googleapis.com.

Source: cloud.google.com, Healthcare API, REST reference, `fhir.search` (read 2026-11).

* `_count` is 100 by default and 1,000 at most; `_sort` is understood.
* POST `_search` "does not support application/x-www-form-urlencoded search parameters": they stand in the
  URL there too, so it hides nothing and is not used. A site that must keep patients out of URLs can't then.
* What is unknown is ignored unless the store, or `Prefer: handling=strict`, says otherwise. An ignored
  parameter would be somebody else's chart or the oldest values, so strict is asked for.
* A search sees a write a little later (the index is eventually consistent; general knowledge).
* OAuth tokens are Google's own, with the scope `https://www.googleapis.com/auth/cloud-healthcare`, which is
  no SMART scope and so excludes no query here.
"""

from __future__ import annotations

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import fhir_vendor, on_host


def _states(capability: Capability) -> bool:
    return "google" in capability.publisher.lower() or "cloud healthcare" in capability.software.lower()


@fhir_vendor(
    "google_healthcare",
    claims=on_host("healthcare.googleapis.com"),
    states=_states,
    page_size=1000,
    takes_forms=False,
    headers={"Prefer": "handling=strict"},
)
def unchanged(query: Query) -> Query:
    """The query as it is."""
    return query
