"""What a laboratory says about a specimen that makes its result one not to rely on."""

from __future__ import annotations

import re

from fhir_adapters.mapping.values import Json, concept, dicts, text_of
from fhir_adapters.record import Comparator

# HL7 v3 ObservationInterpretation codes that compare the value with a range or class and say no more.
# fmt: off
_COMPARISONS = frozenset({
    "N", "H", "L", "HH", "LL", "A", "AA", "HU", "LU", "S", "R", "I", "NEG", "POS", "NR", "RR",
    "WR", "ND", "DET", "E", "EX", "HX", "LX", "B", "D", "U", "W", "IND", "NCL", "MS", "VS", "SDD",
    "SYN-R", "SYN-S", "CAR", "IE", "NS", "UNE", "EXP", "H>", "L<",
})
# fmt: on
# HL7 v3 ObservationInterpretation: off scale low and off scale high.
_OFF_SCALE: dict[str, Comparator] = {"<": "<", ">": ">"}
_FAULTS = (
    (re.compile(r"\bh(?:a?e)moly[sz](?:ed|is)\b"), "hemolyzed specimen"),
    (re.compile(r"\bcontaminat(?:ed|ion)\b"), "contaminated specimen"),
    (re.compile(r"\bclump(?:s|ed|ing)?\b"), "platelet clumping"),
    (re.compile(r"\bclotted\b"), "clotted specimen"),
)
_DENIAL = re.compile(r"\b(?:no|not|non|nor|without|absent|negative for|free of)\b[^.;:\n]{0,24}$")


def suspicion(observation: Json) -> str:
    """Why a result must not be relied on, from its interpretation and notes; "" when nothing says so."""
    for text in _remarks(observation):
        found = _fault(text.lower())
        if found:
            return found
    return ""


def only_compares(interpretations: object) -> bool:
    """True for interpretations that say nothing but where the value lies in a range: the ordinary case."""
    if type(interpretations) is not list:
        return False
    for interpretation in interpretations:
        if "text" in interpretation:
            return False
        for coding in interpretation["coding"]:
            if coding["code"] not in _COMPARISONS:
                return False
    return True


def off_scale(interpretations: object) -> Comparator:
    """ "<" or ">" where the laboratory says that the value lies beyond its scale; else ""."""
    codes = (item.get("code") for said in dicts(interpretations) for item in dicts(said.get("coding")))
    return next((_OFF_SCALE[code] for code in map(text_of, codes) if code in _OFF_SCALE), "")


def _remarks(observation: Json) -> list[str]:
    said = [concept(interpretation) for interpretation in dicts(observation.get("interpretation"))]
    remarks = [text for words in said for text in (words.text, *(coding.display for coding in words.codings))]
    return remarks + [text_of(note.get("text")) for note in dicts(observation.get("note"))]


def _fault(text: str) -> str:
    for pattern, reason in _FAULTS:
        for match in pattern.finditer(text):
            if not _DENIAL.search(text, max(0, match.start() - 40), match.start()):
                return reason
    return ""
