"""Actions on the draft orders of a call: one taken back, one with another dose.

Source: CDS Hooks 2.0.1, "Action": a deletion names the order by `resourceId`, an update carries the whole
order under its own id. The order is the client's: what is not about drug and dose stays as it was sent.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from cds_hooks.cards.drafts import DraftError, concept_of
from cds_hooks.cards.drafts import warm as warm_drafts
from cds_hooks.cards.markdown import clip, plain
from cds_hooks.protocol.card import Action
from fhir_adapters.mapping.values import SHAPE_ERRORS
from models.finding import Proposal, Regimen

Orders = Mapping[str, Mapping[str, Any]]

ORDER_KINDS: Final = frozenset({"withdraw-order", "revise-order"})
_LABEL: Final = 100
_UCUM: Final = "http://unitsofmeasure.org"


def orders_by_reference(resources: tuple[Mapping[str, Any], ...]) -> Orders:
    """The resources of a call that can be named by `Type/id`."""
    return {
        f"{r['resourceType']}/{r['id']}": r for r in resources if isinstance(r.get("id"), str) and r["id"]
    }


def order_action(proposal: Proposal, orders: Orders) -> Action | None:
    """The action of a proposal about a draft order; None where the call did not name that order.

    Raises:
        DraftError: The order with another dose is no valid R4 MedicationRequest.
    """
    original = orders.get(proposal.target)
    if original is None:
        return None
    text = clip(plain(proposal.text), _LABEL)
    if proposal.kind == "withdraw-order":
        return Action(
            type="delete", description=f"Removes the draft order: {text}", resource_id=proposal.target
        )
    if proposal.regimen is None or not _is_r4(original):
        return None
    revised = _revised(original, proposal, proposal.regimen)
    _validate(revised)
    return Action(type="update", description=f"Changes the draft order to: {text}", resource=revised)


def warm() -> None:
    """Compiles the validators of everything that a card may propose, so that no call pays for it."""
    warm_drafts()
    from fhir.resources.R4B.medicationrequest import MedicationRequest  # noqa: PLC0415, F401


def _is_r4(order: Mapping[str, Any]) -> bool:
    """True for the shape in which a whole order can be written and validated here."""
    return order.get("resourceType") == "MedicationRequest" and (
        "medicationCodeableConcept" in order or "medicationReference" in order
    )


def _revised(original: Mapping[str, Any], proposal: Proposal, regimen: Regimen) -> dict[str, Any]:
    """The order with another dose; the product is left open, as another strength may be dispensed."""
    order = {name: value for name, value in original.items() if name != "medicationReference"}
    named = original.get("medicationReference")
    reference = named.get("reference") if isinstance(named, dict) else None
    contained = original.get("contained")
    if isinstance(contained, list) and isinstance(reference, str):
        kept = [
            each for each in contained if not (isinstance(each, dict) and f"#{each.get('id')}" == reference)
        ]
        order.pop("contained")
        order |= {"contained": kept} if kept else {}
    order["medicationCodeableConcept"] = concept_of(proposal.codings, proposal.text)
    order["dosageInstruction"] = [_dosage(original, regimen)]
    return order


def _dosage(original: Mapping[str, Any], regimen: Regimen) -> dict[str, Any]:
    given = original.get("dosageInstruction")
    first = given[0] if isinstance(given, list) and given and isinstance(given[0], dict) else {}
    kept = {name: first[name] for name in ("route", "site", "method") if name in first}
    quantity = {"value": regimen.dose_mg, "unit": "mg", "system": _UCUM, "code": "mg"}
    repeat = {"frequency": regimen.times_per_day, "period": 1, "periodUnit": "d"}
    return {
        **kept,
        "text": regimen.words,
        "timing": {"repeat": repeat},
        "doseAndRate": [{"doseQuantity": quantity}],
    }


def _validate(order: Mapping[str, Any]) -> None:
    from fhir.resources.R4B.medicationrequest import MedicationRequest  # noqa: PLC0415 - see `warm`

    try:
        MedicationRequest.model_validate(order)
    except SHAPE_ERRORS as error:  # the validator raises these too for what the client sent
        raise DraftError("an order with another dose is not a valid R4 resource") from error
