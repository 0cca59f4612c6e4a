"""Any FHIR R4 server that follows the specification; HAPI and the embedded server need nothing else."""

from __future__ import annotations

from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import GENERIC, fhir_vendor


@fhir_vendor(GENERIC, claims=lambda server: True, page_size=500)
def unchanged(query: Query) -> Query:
    """The query as it is: a FHIR R4 search by `patient`."""
    return query
