"""Charts from files: a Bundle is read as if a client had sent it as prefetch, so that both roads agree."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Literal

from cds_hooks.errors import BadRequest
from cds_hooks.json_body import parse_json
from fhir_adapters.bundles import resources_of, with_files
from fhir_adapters.gather import ChartRequest, GatheredChart, gather
from fhir_adapters.mapping.labels import Labelled
from fhir_adapters.paging import COMPANIONS
from fhir_adapters.prefetch import queries
from fhir_adapters.record import Need
from fhir_adapters.resilience import Deadline
from fhir_adapters.versions import r4_type

AsOf = Literal["now", "last-entry"]
# Nothing is fetched for a file, so no deadline can come; the gathering wants one all the same.
_AMPLE_S = 600.0


class ChartFileError(ValueError):
    """A file can't be read as one patient's chart; the text says why and holds none of it."""


def chart_of(
    text: bytes, needs: Iterable[Need], *, patient_id: str, as_of: AsOf, labelled: Labelled = "leave-out"
) -> GatheredChart:
    """Reads a chart from a Bundle.

    Args:
        text: JSON of a Bundle of any type.
        needs: What the models read; other resources are left out.
        patient_id: Whose chart; "" when the Bundle holds one Patient only.
        as_of: The time that look-back counts from.
        labelled: What becomes of resources that are labelled as confidential.

    Raises:
        ChartFileError: It is no Bundle, or does not say whose chart is meant.
        FhirError: The chart can't be used.
    """
    try:
        resources = with_files(resources_of(parse_json(text)))
    except BadRequest as error:
        raise ChartFileError(error.text.replace("the body", "the Bundle")) from None
    wanted = tuple(needs)
    by_type: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for resource in resources:
        by_type[r4_type(resource["resourceType"])].append(resource)
    patient = _patient(by_type["Patient"], patient_id)
    prefetch = {
        query.key: _searchset([*by_type[query.resource], *by_type[COMPANIONS.get(query.resource, "")]])
        for query in queries(wanted)
    }
    request = ChartRequest(patient_id=str(patient["id"]), prefetch={**prefetch, "patient": patient})
    now = datetime.now(UTC)
    return gather(request, wanted, None, Deadline.after(_AMPLE_S), now=now, as_of=as_of, labelled=labelled)


def _patient(patients: list[dict[str, Any]], patient_id: str) -> dict[str, Any]:
    meant = [patient for patient in patients if not patient_id or patient.get("id") == patient_id]
    if len(meant) == 1 and meant[0].get("id"):
        return meant[0]
    if not patients:
        raise ChartFileError("there is no Patient in it")
    raise ChartFileError(
        "it holds several patients: say which one" if meant else "it holds no Patient of this id"
    )


def _searchset(resources: list[dict[str, Any]]) -> dict[str, Any]:
    entries = [{"resource": resource} for resource in resources]
    return {"resourceType": "Bundle", "type": "searchset", "entry": entries}
