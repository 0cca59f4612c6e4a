"""Dosage -> Dose: how much of a drug, how often and by which route, where an order says it computably.

Sources: FHIR Dosage and Timing (STU3 to R5); abbreviations of timing by HL7 v3 GTSAbbreviation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapters.mapping.values import Json, codes, concept, dicts, number, text_of
from fhir_adapters.record import Dose

_A_DAY = 24.0
_HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "d": _A_DAY, "wk": 7 * _A_DAY, "mo": 30 * _A_DAY}
_ABBREVIATIONS = {
    "QD": 1.0,
    "QAM": 1.0,
    "QPM": 1.0,
    "AM": 1.0,
    "PM": 1.0,
    "BED": 1.0,
    "QHS": 1.0,
    "BID": 2.0,
    "Q12H": 2.0,
    "TID": 3.0,
    "Q8H": 3.0,
    "QID": 4.0,
    "Q6H": 4.0,
    "QOD": 0.5,
}
# In the words of a text; each alternative is one way to say it.
_TIMES = (
    (4.0, re.compile(r"\b(?:four times (?:a day|daily)|q\.?i\.?d\b|q6h|every 6 hours)", re.I)),
    (3.0, re.compile(r"\b(?:three times (?:a day|daily)|t\.?i\.?d\b|q8h|every 8 hours)", re.I)),
    (
        2.0,
        re.compile(r"\b(?:twice (?:a day|daily|per day)|(?:2|two) times (?:a day|daily)|b\.?i\.?d\b)", re.I),
    ),
    (2.0, re.compile(r"\b(?:q12h|every 12 hours)", re.I)),
    (
        1.0,
        re.compile(
            r"\b(?:once (?:a day|daily)|q\.?d\b|q24h|every (?:day|24 hours|morning|evening)|nightly)", re.I
        ),
    ),
)
_DAILY = re.compile(r"\b(?:daily|a day)\b", re.I)
# Days between doses, or doses that change: nothing that can be multiplied.
_UNEVEN = re.compile(
    r"\b(?:weekly|every other day|alternate|then|taper|as needed|prn|days? of the week)\b", re.I
)
_AMOUNT = re.compile(
    r"(?<![\d.,/-])(\d+(?:\.\d+)?)\s*(mg|milligrams?|mcg|g|tablets?|tabs?|capsules?|caps?)\b", re.I
)
_WORDS = {
    "milligram": "mg",
    "milligrams": "mg",
    "tab": "tablet",
    "tabs": "tablet",
    "tablets": "tablet",
    "cap": "capsule",
    "caps": "capsule",
    "capsules": "capsule",
}


def doses_of(resource: Json) -> tuple[Dose, ...]:
    """One Dose for each dosage instruction of an order; what is not said or not computable is left open."""
    return tuple(_dose(item) for item in dicts(resource.get("dosageInstruction")))


def dose_text(resource: Json) -> str:
    """The instructions in the sender's words; "" where there are none."""
    rendered = text_of(resource.get("renderedDosageInstruction"))  # R5
    texts = (_words(item) for item in dicts(resource.get("dosageInstruction")))
    return rendered or "; ".join(filter(None, texts))


def _words(instruction: Json) -> str:
    return text_of(instruction.get("text")) or text_of(instruction.get("patientInstruction"))


def _dose(instruction: Json) -> Dose:
    quantity = _quantity(instruction)
    value = number(quantity.get("value")) if quantity else None
    unit = text_of(quantity.get("code")) or text_of(quantity.get("unit")) if quantity else ""
    times = _times(instruction.get("timing"))
    text = _words(instruction)
    if value is None and not _says_dose(instruction):
        value, unit = _amount_in(text)
    if times is None and not isinstance(instruction.get("timing"), dict):
        times = _times_in(text)
    return Dose(
        amount=value,
        unit=_WORDS.get(unit.lower(), unit),
        times_per_day=times,
        route=concept(instruction.get("route")).label,
    )


def _quantity(instruction: Json) -> Json | None:
    """The one fixed dose: `doseAndRate` (R4), or `doseQuantity` beside it (STU3, DSTU2)."""
    rates = dicts(instruction.get("doseAndRate"))
    found = [rate["doseQuantity"] for rate in rates if isinstance(rate.get("doseQuantity"), dict)]
    direct = instruction.get("doseQuantity")
    if isinstance(direct, dict) and not rates:
        return direct
    return found[0] if len(found) == len(rates) == 1 else None


def _says_dose(instruction: Json) -> bool:
    """True where a dose was sent in a form that is no single amount, such as a range."""
    return any(name in instruction for name in ("doseAndRate", "doseRange", "doseQuantity"))


def _times(timing: object) -> float | None:
    """Doses a day; None where the timing is uneven or not said."""
    if not isinstance(timing, dict):
        return None
    repeat = timing.get("repeat")
    if isinstance(repeat, dict) and (found := _repeated(repeat)) is not None:
        return found
    named = {
        _ABBREVIATIONS[code.upper()] for code in codes(timing.get("code")) if code.upper() in _ABBREVIATIONS
    }
    return named.pop() if len(named) == 1 else None


def _repeated(repeat: Json) -> float | None:
    if any(name in repeat for name in ("dayOfWeek", "frequencyMax", "periodMax")):
        return None
    for name in ("timeOfDay", "when"):
        if isinstance(repeat.get(name), list) and "frequency" not in repeat:
            return float(len(repeat[name]))
    frequency, period = number(repeat.get("frequency", 1)), number(repeat.get("period"))
    unit = text_of(repeat.get("periodUnit") or repeat.get("periodUnits"))  # DSTU2: periodUnits
    if frequency is None or not period or unit not in _HOURS:
        return None
    return frequency * _A_DAY / (period * _HOURS[unit])


def _amount_in(text: str) -> tuple[float | None, str]:
    found = {(float(value), unit.lower()) for value, unit in _AMOUNT.findall(text)}
    if len(found) != 1:
        return None, ""
    return found.pop()


def _times_in(text: str) -> float | None:
    if _UNEVEN.search(text):
        return None
    found = set(_named_times(text))
    if not found and _DAILY.search(text):
        return 1.0
    return found.pop() if len(found) == 1 else None


def _named_times(text: str) -> Iterator[float]:
    for times, pattern in _TIMES:
        if pattern.search(text):
            yield times
