"""The value of an Observation or of one of its components: a number with a unit, or words."""

from __future__ import annotations

import re
from typing import Any

from fhir_adapters.mapping.quality import unreadable
from fhir_adapters.mapping.values import Json, concept, number, text_of
from fhir_adapters.record import Comparator, Concept

_COMPARATORS: dict[str, Comparator] = {
    "": "",
    "<": "<",
    "<=": "<=",
    ">": ">",
    ">=": ">=",
    "≤": "<=",
    "≥": ">=",
}
_PLAIN_NUMBERS = frozenset({float, int})  # and not bool, which is a subclass of int
# "7.2 mg/dL", "<0.5 ng/mL"; a text with anything before or after is prose and not read as a number.
_NUMBER_WITH_UNIT = re.compile(
    r"\s*(<=|>=|<|>|≤|≥)?\s*([+-]?\d{1,12}(?:\.\d{1,9})?)\s*([^\d\s<>].{0,30}?)?\s*", re.ASCII
)


# Number, UCUM code, unit in words ("" when absent), comparator. A bare tuple: one is made for every value.
Sent = tuple[float, str, str, Comparator]


def numeric_value(holder: Json) -> Sent:
    """The number that an Observation or component holds.

    Raises:
        SetAsideError: It holds none, or one that can't be read with certainty.
    """
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict):
        value: Any = quantity.get("value")
        if type(value) in _PLAIN_NUMBERS and "comparator" not in quantity:
            return value, quantity.get("code") or "", quantity.get("unit") or "", ""
        return _of_quantity(quantity)
    whole = holder.get("valueInteger", holder.get("valueDecimal"))
    if isinstance(whole, int | float) and not isinstance(whole, bool):
        return float(whole), "", "", ""
    written = holder.get("valueString")
    if isinstance(written, str):
        return _of_text(written)
    raise unreadable("its value is not a number")


def _of_quantity(quantity: Json) -> Sent:
    sent = quantity.get("value")
    comparator = _COMPARATORS.get(text_of(quantity.get("comparator")))
    value = number(sent)
    if comparator is None:
        raise unreadable("its comparator is not known")
    if value is None and isinstance(sent, str):  # "<0.5" where only a number belongs
        match = _NUMBER_WITH_UNIT.fullmatch(sent)
        if match and not match[3]:
            value, comparator = float(match[2]), _COMPARATORS[match[1] or ""]
    if value is None:
        raise unreadable("its value is not a number")
    return value, text_of(quantity.get("code")), text_of(quantity.get("unit")), comparator


def _of_text(text: str) -> Sent:
    match = _NUMBER_WITH_UNIT.fullmatch(text)
    if match is None:
        raise unreadable("its value is a text that is not a number with a unit")
    return float(match[2]), "", match[3] or "", _COMPARATORS[match[1] or ""]


def coded_value(holder: Json) -> Concept:
    """The code or words that an Observation or component holds.

    Raises:
        SetAsideError: It holds none.
    """
    found = concept(holder.get("valueCodeableConcept"))
    if found.label:
        return found
    for key in ("valueString", "valueBoolean", "valueInteger"):
        value = holder.get(key)
        if isinstance(value, str | int) and value != "":
            return Concept(text=str(value).lower() if isinstance(value, bool) else str(value))
    quantity = holder.get("valueQuantity")
    if isinstance(quantity, dict) and number(quantity.get("value")) is not None:
        return Concept(text=f"{quantity['value']} {text_of(quantity.get('unit'))}".strip())
    raise unreadable("its value is neither a code nor words")
