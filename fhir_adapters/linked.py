"""What the chart's resources point to and do not hold: note texts at a URL, and Medications by reference.

All of it comes from the call's own FHIR server, side by side, a limited number, within the deadline.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from fhir_adapters.client import Access, FhirClient, LinkResult
from fhir_adapters.errors import FhirError
from fhir_adapters.mapping.values import relative
from fhir_adapters.notes import Attachment, attachment_urls
from fhir_adapters.paging import Resource, is_about_another, newest_first
from fhir_adapters.prefetch import KEYS
from fhir_adapters.record.needs import ResourceType
from fhir_adapters.record.parts import DataQualityNote
from fhir_adapters.resilience import Deadline

_NOTES: tuple[ResourceType, ...] = ("DocumentReference", "DiagnosticReport")
_ORDERS: tuple[ResourceType, ...] = ("MedicationRequest", "MedicationStatement")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Linked:
    """What was found behind the links, and one gap for each kind of link and reason of failure."""

    attachments: Mapping[str, Attachment] = field(default_factory=dict)
    medications: tuple[Resource, ...] = ()
    gaps: tuple[DataQualityNote, ...] = ()


def fetch_linked(
    resources: Sequence[Resource],
    patient_id: str,
    access: Access | None,
    client: FhirClient | None,
    deadline: Deadline,
) -> Linked:
    """Follows the links of the patient's notes and orders, those of the newest first.

    Args:
        resources: The chart so far; what is about another patient is passed over.
        patient_id: Whose chart it is.
        access: The call's server and token; None when it names no server.
        client: None when there is only prefetch.
        deadline: What is not there by then becomes a gap.
    """
    links = _links(resources, patient_id)
    if not links:
        return _NOTHING
    if client is None or access is None:
        return Linked(gaps=_gaps([(kind, "there is no FHIR server to ask") for kind in links.values()]))
    files = [link for link, kind in links.items() if kind in _NOTES]
    drugs = [link for link, kind in links.items() if kind in _ORDERS]
    try:
        found = client.follow(files, drugs, access, deadline)
    except FhirError as error:
        return Linked(gaps=_gaps([(kind, error.message) for kind in links.values()]))
    return Linked(
        attachments={
            link: Attachment(content_type=got.content_type, data=got.data)
            for link, got in found.items()
            if got.error is None and got.resource is None
        },
        medications=tuple(got.resource for got in found.values() if got.resource is not None),
        gaps=_gaps([(kind, _failure(found.get(link))) for link, kind in links.items()]),
    )


_NOTHING = Linked()


def _links(resources: Sequence[Resource], patient_id: str) -> dict[str, ResourceType]:
    """Each link once, with the type of the resource that it was found in."""
    holders: dict[str, list[Resource]] = {kind: [] for kind in (*_NOTES, *_ORDERS)}
    held: set[str] = set()
    for resource in resources:
        kind = resource["resourceType"]
        if kind in holders and _links_of(resource) and not is_about_another(resource, patient_id):
            holders[kind].append(resource)
        elif kind == "Medication":
            held.add(f"Medication/{resource.get('id')}")
    found = {
        link: kind
        for kind in (*_NOTES, *_ORDERS)
        for holder in newest_first(holders[kind], kind)
        for link in _links_of(holder)
    }
    return {link: kind for link, kind in found.items() if relative(link) not in held}


def _links_of(holder: Resource) -> tuple[str, ...]:
    return attachment_urls(holder) if holder["resourceType"] in _NOTES else _medication_links(holder)


def _medication_links(order: Resource) -> tuple[str, ...]:
    """The Medication that an order names, when it neither says nor contains the drug itself.

    A version that it names is left to the server, few of which keep old ones.
    """
    link = order.get("medicationReference")
    reference = link.get("reference") if isinstance(link, dict) else None
    if not isinstance(reference, str) or order.get("medicationCodeableConcept"):
        return ()
    named = reference.partition("/_history/")[0]
    return (named,) if relative(named).startswith("Medication/") else ()


def _failure(got: LinkResult | None) -> str:
    """Why a link brought nothing; "" when it did."""
    if got is None:
        return "there are more of them than are fetched for one call"
    return got.error.message if got.error is not None else ""


def _gaps(failures: Iterable[tuple[ResourceType, str]]) -> tuple[DataQualityNote, ...]:
    """One note for each kind of link and reason."""
    counted = Counter((kind, reason) for kind, reason in failures if reason)
    return tuple(
        DataQualityNote(
            problem="incomplete",
            source=KEYS[kind],
            reason=f"{count} {'attachments' if kind in _NOTES else 'Medications'} were not read: {reason}",
        )
        for (kind, reason), count in counted.items()
    )
