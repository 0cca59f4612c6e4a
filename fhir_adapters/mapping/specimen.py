"""What a laboratory says about a specimen that makes its result one not to rely on."""

from __future__ import annotations

import re

from fhir_adapters.mapping.values import Json, concept, dicts, text_of

# HL7 v3 ObservationInterpretation codes that compare the value with a range or class and say no more.
# fmt: off
_COMPARISONS = frozenset({
    "N", "H", "L", "HH", "LL", "A", "AA", "HU", "LU", "S", "R", "I", "NEG", "POS", "NR", "RR",
    "WR", "ND", "DET", "E", "EX", "HX", "LX", "B", "D", "U", "W", "IND", "NCL", "MS", "VS", "SDD",
    "SYN-R", "SYN-S", "CAR", "IE", "NS", "UNE", "EXP", "H>", "L<", "<", ">",
})
# fmt: on
_FAULTS = (
    (re.compile(r"\bh(?:a?e)moly[sz](?:ed|is)\b"), "hemolyzed specimen"),
    (re.compile(r"\bcontaminat(?:ed|ion)\b"), "contaminated specimen"),
    (re.compile(r"\bclump(?:s|ed|ing)?\b"), "platelet clumping"),
    (re.compile(r"\bclotted\b"), "clotted specimen"),
)
_DENIAL = re.compile(r"\b(?:no|not|non|nor|without|absent|negative for|free of)\b[^.;:\n]{0,24}$")


def suspicion(observation: Json) -> str:
    """Why a result must not be relied on, from its interpretation and notes; "" when nothing says so."""
    if "note" not in observation and _only_compares(observation.get("interpretation")):
        return ""
    for text in _remarks(observation):
        found = _fault(text.lower())
        if found:
            return found
    return ""


def _only_compares(interpretations: object) -> bool:
    if type(interpretations) is not list:
        return False
    for interpretation in interpretations:
        if "text" in interpretation:
            return False
        for coding in interpretation["coding"]:
            if coding["code"] not in _COMPARISONS:
                return False
    return True


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
