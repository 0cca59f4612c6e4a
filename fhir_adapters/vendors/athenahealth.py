"""athenahealth: athenaOne's FHIR R4 API at api.platform.athenahealth.com.

* Many practices share one base URL. A practice is `Organization/a-1.Practice-<id>`, named on every resource
  by the extension `https://fhir.athena.io/StructureDefinition/ah-practice` (Athena Core Implementation Guide
  4.2.0 and 5.10.2, Extension: athenahealth Practice), and by `ah-practice` in a search (public clients send
  it; that a search of a patient needs it is general knowledge). A patient's id holds its practice,
  `a-<practice>.E-<patient>`, so the parameter is made from it; an id of another shape sends none.
* POST `<type>/_search` with a form is what public clients use for patients.
* Codes of athenaPractice sites carry the site's licence in their system
  (athenahealth/apiserver-athenaFlex issue 271); LOINC stands beside them and is what is read.
* `_sort` is in neither guide, nor in what US Core asks of a server: everything is read and cut here.
* `_count`: no maximum is documented; 100 is a guess on the safe side, as a larger one would be cut.
"""

from __future__ import annotations

import re

from fhir_adapters.capability import Capability
from fhir_adapters.prefetch import Query
from fhir_adapters.vendors.registry import Params, fhir_vendor, on_host

_PATIENT_ID = re.compile(r"a-(\d{1,12})\.E-\d{1,20}\Z", re.ASCII)


def _states(capability: Capability) -> bool:
    return any("athena" in name.lower() for name in (capability.software, capability.publisher))


def practice_of(patient_id: str) -> Params:
    """The search parameter that names the practice of a patient."""
    found = _PATIENT_ID.match(patient_id)
    return (("ah-practice", f"Organization/a-1.Practice-{found[1]}"),) if found else ()


@fhir_vendor(
    "athenahealth",
    claims=on_host("athenahealth.com"),
    states=_states,
    page_size=100,
    sorts=False,
    patient_params=practice_of,
)
def unchanged(query: Query) -> Query:
    """The query as it is; the practice is added by the patient's id."""
    return query
