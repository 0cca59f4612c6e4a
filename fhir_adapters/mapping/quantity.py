"""The value of an Observation or of one of its components: a number with a unit, or words.

Of the forms of value[x], a Quantity, an integer, a decimal, a ratio, a range of one value, and a text or the
words of a CodeableConcept that are nothing but a number with its unit give a number. All else is refused with
a reason that names the form and never the words.
"""

from __future__ import annotations

import re
from typing import Any

from fhir_adapters.mapping.quality import SetAsideError, unreadable
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
    "=<": "<=",
    "=>": ">=",
    "less than": "<",
    "greater than": ">",
    "more than": ">",
    "less than or equal to": "<=",
    "greater than or equal to": ">=",
}
_PLAIN_NUMBERS = frozenset({float, int})  # and not bool, which is a subclass of int
# "7.2 mg/dL", "<0.5 ng/mL", "GREATER THAN 60"; a text with anything before or after is no number. Spaces are
# given back to no other part: a text of spaces would be read in the square of its length.
_NUMBER_WITH_UNIT = re.compile(
    r"\s*+(<=|>=|=<|=>|<|>|≤|≥|(?:less|greater) than or equal to|(?:less|greater|more) than)?"
    r"\s*+([+-]?\d{1,12}(?:\.\d{1,9})?)\s*+([^\d\s<>].{0,30}?)?\s*+",
    re.ASCII | re.IGNORECASE,
)
# What is not read as a number, by form; the first that fits tells the reason.
_REFUSED = (
    (re.compile(r"[+-]?\d+,\d"), "its number has a comma, which means one thing here and another there"),
    (re.compile(r"\d+\s*:\s*\d"), "its value is a titer"),
    (re.compile(r"\d+(?:\.\d+)?\s*(?:-|–|to|/)\s*\d"), "its value is a range or a pair of numbers"),
    (re.compile(r"\D*\Z"), "its value is words where a number belongs"),
)
_NO_NUMBER = "its value is a text that is not a number with a unit"


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
    return _of_another_form(holder)


def _of_another_form(holder: Json) -> Sent:
    whole = holder.get("valueInteger", holder.get("valueDecimal"))
    if isinstance(whole, int | float) and not isinstance(whole, bool):
        return float(whole), "", "", ""
    written = holder.get("valueString")
    if isinstance(written, str):
        return _of_text(written)
    for key, read in (("valueRatio", _of_ratio), ("valueRange", _of_range)):
        if isinstance(holder.get(key), dict):
            return read(holder[key])
    said = _words(concept(holder.get("valueCodeableConcept")))
    if said:
        return _of_text(said)
    raise unreadable("its value is not a number")


def _of_quantity(quantity: Json) -> Sent:
    sent = quantity.get("value")
    comparator = _COMPARATORS.get(text_of(quantity.get("comparator")))
    value = number(sent)
    if comparator is None:
        raise unreadable("its comparator is not known")
    if value is None and isinstance(sent, str):  # "<0.5" where only a number belongs
        match = _NUMBER_WITH_UNIT.fullmatch(sent)
        if match and not match[3] and not (comparator and match[1]):
            value, comparator = float(match[2]), comparator or _comparator(match)
    if value is None:
        raise unreadable("its value is not a number")
    return value, text_of(quantity.get("code")), text_of(quantity.get("unit")), comparator


def _of_text(text: str) -> Sent:
    match = _NUMBER_WITH_UNIT.fullmatch(text)
    if match is None or (match[3] or "").startswith((",", ":", "-", "–", "/")):
        raise _refusal(text)
    return float(match[2]), "", match[3] or "", _comparator(match)


def _comparator(match: re.Match[str]) -> Comparator:
    return _COMPARATORS[" ".join((match[1] or "").lower().split())]


def _refusal(text: str) -> SetAsideError:
    stripped = text.strip().lower()
    return unreadable(next((why for pattern, why in _REFUSED if pattern.match(stripped)), _NO_NUMBER))


def _of_ratio(ratio: Json) -> Sent:
    """30 mg to 1 g is 30 mg/g; two numbers without units are a pure number for those whose scale is one."""
    parts = [ratio.get(name) for name in ("numerator", "denominator")]
    if not all(isinstance(part, dict) for part in parts):
        raise unreadable("its ratio lacks a part")
    (upper, code, unit, comparator), (lower, *lower_unit, below) = (_of_quantity(part) for part in parts)  # type: ignore[arg-type]
    if below or not lower > 0:
        raise unreadable("its ratio has no plain denominator")
    over, under = code or unit, next(filter(None, lower_unit), "")
    return upper / lower, "", f"{over}/{under}" if under else over, comparator


def _of_range(span: Json) -> Sent:
    low, high = (span.get(name) for name in ("low", "high"))
    if isinstance(low, dict) and isinstance(high, dict):
        found = _of_quantity(low)
        if found == _of_quantity(high):
            return found
    raise unreadable("its value is a range")


def in_words(holder: Json) -> Concept | None:
    """The code or words of a result that is no number ("not detected"); None for a number in any form."""
    found = concept(holder.get("valueCodeableConcept"))
    said = found if found.label else Concept(text=text_of(holder.get("valueString")).strip())
    return said if said.label and _NUMBER_WITH_UNIT.fullmatch(_words(said)) is None else None


def _words(said: Concept) -> str:
    """The text or the first display; never the code, whose digits are no number."""
    return said.text or next((coding.display for coding in said.codings if coding.display), "")


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
        return Concept(text=_in_words(quantity))
    ratio = holder.get("valueRatio")
    if isinstance(ratio, dict):
        parts = [ratio.get(name) for name in ("numerator", "denominator")]
        if all(isinstance(part, dict) and number(part.get("value")) is not None for part in parts):
            return Concept(text=":".join(map(_in_words, parts)))  # type: ignore[arg-type]
    raise unreadable("its value is neither a code nor words")


def _in_words(quantity: Json) -> str:
    sign = text_of(quantity.get("comparator"))
    return f"{sign}{quantity['value']} {text_of(quantity.get('unit'))}".strip()
