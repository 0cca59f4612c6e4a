"""AllergyIntolerance -> Allergy."""

from __future__ import annotations

import re
from collections.abc import Iterator

from fhir_adapters.mapping.context import ChartContext
from fhir_adapters.mapping.quality import not_used, unreadable
from fhir_adapters.mapping.values import Json, codes, concept, dicts, text_of
from fhir_adapters.record import SNOMED, Allergy, Concept

_NEVER_USED = frozenset({"refuted", "entered-in-error"})
# "No known allergy", "... drug allergy", "... food allergy", "... environmental allergy": a statement that
# there is none comes as an AllergyIntolerance too.
_NO_ALLERGY = frozenset({"716186003", "409137002", "429625007", "428607008"})

# The same in words only.
_NONE_IN_WORDS = re.compile(
    r"nkd?a|none|(?:no|denies)(?: known)?(?: (?:drug|medication|food|environmental))?[ -]allerg(?:y|ies)\.?",
    re.IGNORECASE,
)


def map_allergy(resource: Json, source: str, chart: ChartContext) -> Allergy | None:
    """Reads an allergy; None for one that says that there is none.

    Raises:
        SetAsideError: It is refuted or in error, names no substance, is dated after now, or its verification
            can't be read.
    """
    verification = resource.get("verificationStatus")
    if verification is not None and not isinstance(verification, dict | str):
        raise unreadable("verificationStatus is not a code")
    if not _NEVER_USED.isdisjoint(codes(verification)):
        raise not_used(*codes(verification))
    what = _substance(resource)
    if not what.label:
        raise unreadable("names no substance")
    if not _NO_ALLERGY.isdisjoint(what.codes(SNOMED)) or _NONE_IN_WORDS.fullmatch(what.label.strip()):
        return None
    clinical = codes(resource.get("clinicalStatus"))
    return Allergy(
        source=source,
        concept=what,
        criticality=text_of(resource.get("criticality")),
        active=not clinical or "active" in clinical,
        recorded=chart.past(resource.get("recordedDate")),
        kind=_first_code(resource.get("type")),
        category=_first_code(resource.get("category")),
        reactions=tuple(_reactions(resource)),
    )


def _first_code(value: object) -> str:
    """A code that is a string (R4), a concept (R5), or the first of a list."""
    return next(iter(codes(value)), "")


def _reactions(resource: Json) -> Iterator[str]:
    for reaction in dicts(resource.get("reaction")):
        for item in dicts(reaction.get("manifestation")):
            # R5 has a CodeableReference here.
            words = concept(item.get("concept") or item).label
            if words:
                yield words


def _substance(resource: Json) -> Concept:
    named = concept(resource.get("code"))
    if named.label:
        return named
    reactions = (concept(item.get("substance")) for item in dicts(resource.get("reaction")))
    return next((found for found in reactions if found.label), named)
