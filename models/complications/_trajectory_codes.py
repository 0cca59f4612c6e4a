"""Conditions as three-character ICD-10 codes: ICD-10-CM by its first three, SNOMED CT by a map of our own.

The map holds the problems of the notes' vocabulary that have both codes, the code sets whose ICD-10-CM
prefixes all lie in one category, and a few diseases that public charts have besides. What it lacks is counted
and never guessed; findings of daily life (employment, schooling) have no category and are meant to have none.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from fhir_adapters.record import ICD10CM, SNOMED, Concept
from fhir_adapters.terminology import conditions, score_conditions
from fhir_adapters.terminology.code_set import ICD10_SYSTEMS, SNOMED_SYSTEMS, CodeSet
from models.notes.linking.concepts import load_concepts

_CATEGORY = re.compile(r"[A-Z][0-9][0-9A-Z]")

_FURTHER: Mapping[str, str] = {
    "109838007": "C18",  # overlapping malignant neoplasm of colon
    "124171000119105": "G43",  # chronic intractable migraine without aura
    "19169002": "O03",  # miscarriage in first trimester
    "192127007": "F90",  # attention deficit disorder of a child
    "196416002": "K01",  # impacted molars
    "198992004": "O15",  # antepartum eclampsia
    "201834006": "M19",  # localized primary osteoarthritis of the hand
    "230265002": "G30",  # familial Alzheimer's disease of early onset
    "232353008": "J30",  # perennial allergic rhinitis with seasonal variation
    "234466008": "D68",  # acquired coagulation disorder
    "301011002": "N39",  # Escherichia coli urinary tract infection
    "424132000": "C34",  # non-small cell carcinoma of lung, stage 1
    "47693006": "K35",  # rupture of appendix
    "713197008": "K62",  # recurrent rectal polyp
    "83664006": "E03",  # idiopathic atrophic hypothyroidism
    "88805009": "I50",  # chronic congestive heart failure
    "92691004": "D07",  # carcinoma in situ of prostate
}


def category_of(concept: Concept) -> str:
    """The ICD-10 category of a condition, e.g. "E11"; "" where no coding tells."""
    for coding in concept.meaning:
        if coding.system in ICD10_SYSTEMS:
            found = _CATEGORY.match(coding.code.upper())
            if found:
                return found.group()
    for coding in concept.meaning:
        if coding.system in SNOMED_SYSTEMS and coding.code in by_snomed():
            return by_snomed()[coding.code]
    return ""


@cache
def by_snomed() -> Mapping[str, str]:
    """ICD-10 category by SNOMED CT id."""
    found = dict(_FURTHER)
    for code_set in (*vars(conditions).values(), *vars(score_conditions).values()):
        if isinstance(code_set, CodeSet):
            categories = {prefix[:3] for prefix in code_set.icd10}
            if len(categories) == 1 and len(category := categories.pop()) == 3:
                found.update(dict.fromkeys(sorted(code_set.snomed), category))
    for concept in load_concepts():
        codes = dict(concept.codes)
        if SNOMED in codes and ICD10CM in codes:
            found[codes[SNOMED]] = codes[ICD10CM][:3]
    return found
