"""Whether two sets of codes may speak of the same condition.

Asked before a card proposes what a note says: a problem list that holds the idea under another code, a more
specific or a more general one, must silence the card. So doubt is answered with "the same".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain
from typing import Protocol

from fhir_adapters.record import ICD10CM, SNOMED
from fhir_adapters.terminology import conditions
from fhir_adapters.terminology.code_set import ICD10_SYSTEMS, SNOMED_SYSTEMS, CodeSet
from models.notes.linking.lexicon import lexicon


class Coded(Protocol):
    """Anything with a code system and a code: a Coding, a CodeMatch."""

    @property
    def system(self) -> str:
        """Code system URI."""

    @property
    def code(self) -> str:
        """The code."""


# Each is one idea, whatever its code; sets of several ideas (cardiovascular disease) are not here.
_SETS: tuple[CodeSet, ...] = (
    conditions.DIABETES,
    conditions.PREDIABETES,
    conditions.CKD,
    conditions.AKI,
    conditions.HYPERTENSION,
    conditions.HYPERKALAEMIA,
    conditions.HYPOKALAEMIA,
    conditions.IRON_DEFICIENCY,
    conditions.HYPOTHYROIDISM,
    conditions.HYPERCHOLESTEROLAEMIA,
    conditions.ATRIAL_FIBRILLATION,
    conditions.HEART_FAILURE,
    conditions.STROKE_TIA_EMBOLISM,
    conditions.CORONARY_DISEASE,
    conditions.STEATOTIC_LIVER_DISEASE,
    conditions.OBESITY,
    conditions.GASTROINTESTINAL_BLEEDING,
)
# Codes of January 2021 that were divided by April 2026: a problem list may hold the old code or any part.
_DIVIDED = (
    *("B373", "D593", "D680", "D7582", "E340", "E872", "E881", "E8881", "F502", "F5081", "G20", "G35", "G92"),
    *("I313", "I471", "I472", "I712", "I714", "K603", "M311", "M545", "M659", "N800", "Q211", "R05", "R102"),
    *("R358", "Z590", "Z86010", "Z9114"),
)
# ICD-10-CM keeps these under several categories; prefixes of one row are one idea.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    ("F32", "F33", "F341"),
    ("F40", "F41"),
    ("F30", "F31"),
    ("F01", "F02", "F03", "G30", "G310", "G3183"),
    ("J41", "J42", "J43", "J44"),
    ("J12", "J13", "J14", "J15", "J16", "J17", "J18", "J69"),
    ("J30", "J31"),
    ("J01", "J32"),
    ("K25", "K26", "K27", "K28"),
    ("K703", "K74"),
    ("K50", "K51", "K523", "K529"),
    ("K57",),
    ("M05", "M06", "M08"),
    ("M10", "M1A"),
    ("M15", "M16", "M17", "M18", "M19"),
    ("M80", "M81", "M858"),
    ("M32", "L93"),
    ("I05", "I34"),
    ("I06", "I35"),
    ("I26", "Z86711"),
    ("I80", "I82", "Z86718"),
    ("I70", "I739"),
    ("I42", "I255"),
    ("I85", "I864"),
    ("B15", "B16", "B17", "B18", "B19"),
    ("B20", "Z21"),
    ("G43",),
    ("G40", "R56"),
    ("G473", "E662"),
    ("E04", "E05"),
    ("H25", "H26"),
    ("L20", "L30"),
    ("N40",),
    ("N20", "N21", "N22", "N23"),
    ("E21", "N258"),
    ("D56", "D57"),
    ("C18", "C19", "C20", "Z8503", "Z8504"),
    ("C50", "Z853", "D05"),
    ("C61", "Z8546"),
    ("C34", "Z8511"),
    ("C43", "Z85820"),
    ("C81", "C82", "C83", "C84", "C85", "C86", "C88"),
    ("C91", "C92", "C93", "C94", "C95"),
    ("F17", "Z720", "Z87891"),
    ("F10",),
    ("F11",),
    *((code,) for code in _DIVIDED),
)
# An unspecified code here and any other code there are one idea: anemia, and iron-deficiency anemia.
_GENERAL: Mapping[str, tuple[str, ...]] = {
    "D649": ("D5", "D60", "D61", "D62", "D63", "D64"),
    "C801": ("C",),
    "C799": ("C77", "C78", "C79"),
    "I519": ("I",),
    "I499": ("I44", "I45", "I47", "I48", "I49"),
    "E8770": ("I50",),
    "K769": ("K7", "B18"),
    "J9690": ("J96",),
    "N19": ("N17", "N18"),
    "R569": ("G40",),
    "F29": ("F2",),
}


# Prefixes of the sets without their dot, as codes are compared.
_SET_PREFIXES: tuple[tuple[str, ...], ...] = tuple(
    tuple(prefix.replace(".", "") for prefix in code_set.icd10) for code_set in _SETS
)
# The places of the families that a prefix is in; no prefix is shorter than a category of ICD-10-CM.
_CATEGORY = 3
_FAMILIES_OF: Mapping[str, tuple[int, ...]] = {
    prefix: tuple(number for number, row in enumerate(_FAMILIES) if prefix in row)
    for prefix in chain.from_iterable(_FAMILIES)
}


class Idea:
    """What the codes of one problem may mean, completed with what the vocabulary says is the same.

    Args:
        codes: Codings or code matches of one problem, of ICD-10-CM or SNOMED CT; others are not read.
    """

    __slots__ = ("_families", "_icd10", "_sets", "_snomed")

    def __init__(self, codes: Iterable[Coded]) -> None:
        snomed: set[str] = set()
        icd10: set[str] = set()
        known = pairs()
        for coded in codes:
            if coded.system in SNOMED_SYSTEMS:
                snomed.add(coded.code)
                icd10.update(known.get(coded.code, ()))
            elif coded.system in ICD10_SYSTEMS:
                icd10.add(coded.code.replace(".", "").upper())
        self._snomed, self._icd10 = snomed, icd10
        self._sets = {
            number
            for number, (code_set, prefixes) in enumerate(zip(_SETS, _SET_PREFIXES, strict=True))
            if not snomed.isdisjoint(code_set.snomed) or any(code.startswith(prefixes) for code in icd10)
        }
        self._families = {
            number
            for code in icd10
            for end in range(_CATEGORY, len(code) + 1)
            for number in _FAMILIES_OF.get(code[:end], ())
        }

    def may_be(self, other: Idea) -> bool:
        """True when the two may be one condition, at any level of detail; see `same_condition`."""
        return (
            not self._snomed.isdisjoint(other._snomed)
            or not self._sets.isdisjoint(other._sets)
            or not self._families.isdisjoint(other._families)
            or any(_same_icd(x, y) for x in self._icd10 for y in other._icd10)
        )


def same_condition(codes_a: Iterable[Coded], codes_b: Iterable[Coded]) -> bool:
    """True when the two sets of codes may mean one condition, at any level of detail.

    Args:
        codes_a: Of one problem, as `Idea` takes them. Whoever compares many makes their ideas once.
        codes_b: Of another.

    Returns:
        True for equal codes, for a code and a more specific or a more general one, and for codes of one idea
        in the project's condition sets, in the vocabulary or in neighboring categories of ICD-10-CM.
    """
    return Idea(codes_a).may_be(Idea(codes_b))


@cache
def pairs() -> Mapping[str, tuple[str, ...]]:
    """ICD-10-CM codes, without their dot, by the SNOMED CT id of the same concept of the vocabulary."""
    found: dict[str, tuple[str, ...]] = {}
    for concept in lexicon().concepts:
        codes = dict(concept.codes)
        if SNOMED in codes and ICD10CM in codes:
            snomed = codes[SNOMED]
            found[snomed] = (*found.get(snomed, ()), codes[ICD10CM].replace(".", ""))
    return found


def _same_icd(a: str, b: str) -> bool:
    if a.startswith(b) or b.startswith(a):
        return True
    if a[:3] == b[:3] and (_unspecified(a) or _unspecified(b)):
        return True
    return b.startswith(_GENERAL.get(a, ("?",))) or a.startswith(_GENERAL.get(b, ("?",)))


def _unspecified(code: str) -> bool:
    """True for the rest of a category: a 9 in the fourth place, by the classification's habit."""
    return code[3:4] == "9"
