"""An order that is about to be signed -> DraftOrder. Nothing is lost: what names no drug is kept as such."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Final

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.dosage import dose_text, doses_of
from fhir_adapters.mapping.medication import drug_of
from fhir_adapters.mapping.quality import SetAsideError
from fhir_adapters.mapping.values import SHAPE_ERRORS, Json, concept, dicts, reference_to
from fhir_adapters.record import Concept, DraftOrder
from fhir_adapters.record.coding import NO_CONCEPT
from fhir_adapters.versions.shape import in_r4

ORDER_TYPES: Final = ("MedicationRequest", "MedicationOrder")  # DSTU2 has the latter
# Orders that ask to do nothing, or that were withdrawn while they travelled.
_NOT_ORDERED: Final = frozenset({"entered-in-error", "cancelled", "stopped"})


def map_drafts(
    resources: Iterable[Json],
    selections: Collection[str],
    drugs: Mapping[str, Json],
    chart: ChartContext,
    withheld: Collection[Json] = (),
) -> tuple[DraftOrder, ...]:
    """Reads the medication orders of a call.

    Args:
        resources: Orders of any type and what travels with them; a Medication among them may be named by one.
        selections: References of the orders that the user selected. Where none of them is among the drafts,
            all drafts are judged: not to know which one is meant must not silence any.
        drugs: Medications of the chart by reference.
        chart: Whose it is; an order for somebody else is set aside with a note.
        withheld: Those of `resources` that their labels keep out: an order is named and not read.
    """
    sent = list(resources)
    known = {**drugs, **{name: item for item in sent if (name := _name(item)).startswith("Medication/")}}
    orders = [item for item in sent if item.get("resourceType") in ORDER_TYPES]
    names = [_name(item, index) for index, item in enumerate(orders)]
    chosen = set(selections) & set(names)
    drafts = []
    for order, source in zip(orders, names, strict=True):
        try:
            selected = not chosen or source in chosen
            draft = _draft(order, source, selected, known, chart)
            if draft is not None and order in withheld:
                draft = DraftOrder(source=source, concept=NO_CONCEPT, selected=selected, withheld=True)
        except SetAsideError as error:
            if error.problem == "wrong-patient":
                chart.quality.set_aside(source, error)
            else:
                drafts.append(DraftOrder(source=source, concept=NO_CONCEPT))
        except SHAPE_ERRORS:
            drafts.append(DraftOrder(source=source, concept=NO_CONCEPT))
        else:
            if draft is not None:
                drafts.append(draft)
    return tuple(drafts)


def _name(resource: Json, index: int = 0) -> str:
    identity = resource.get("id")
    bare = identity if isinstance(identity, str) and identity else f"unidentified-{index + 1}"
    return f"{resource.get('resourceType')}/{bare}"


def _draft(
    order: Json, source: str, selected: bool, drugs: Mapping[str, Json], chart: ChartContext
) -> DraftOrder | None:
    (resource,) = in_r4([order])
    # The call itself names the patient: an order without a subject is this patient's.
    if resource.get("subject") or resource.get("patient"):
        chart.check_subject(resource)
    if resource.get("status") in _NOT_ORDERED or resource.get("doNotPerform") is True:
        return None
    return DraftOrder(
        source=source,
        concept=drug_of(resource, drugs),
        selected=selected,
        doses=doses_of(resource),
        dose_text=dose_text(resource),
        reasons=tuple(found for found in _reasons(resource) if found.label),
        reason_sources=tuple(filter(None, _reason_sources(resource))),
        replaces=reference_to(resource.get("priorPrescription")),
    )


def _reasons(resource: Json) -> Iterable[Concept]:
    for item in dicts(resource.get("reasonCode")):
        yield concept(item)
    for item in dicts(resource.get("reason")):  # R5: CodeableReference
        yield concept(item.get("concept"))


def _reason_sources(resource: Json) -> Iterable[str]:
    for item in dicts(resource.get("reasonReference")):
        yield reference_to(item)
    for item in dicts(resource.get("reason")):
        yield reference_to(item.get("reference"))
