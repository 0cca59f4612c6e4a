"""The URIs under which one code system is sent, and the one that it has here.

FHIR names a canonical URI for each code system; documents that were HL7 v3 before carry OIDs (HL7 OID
registry), and some senders have URIs of their own for codes that are the standard's.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_adapters.record.coding import ATC, ICD9CM, ICD10, ICD10CM, LOINC, RXNORM, SNOMED

_OID = "urn:oid:2.16.840.1.113883.6."
_MIMIC = "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-"  # MIMIC-IV on FHIR, implementation guide 1.0

# The further URIs of each. ICD-9-CM procedures (OID ...104) are another system than its diagnoses.
_ALIASES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        LOINC: ("https://loinc.org", f"{_OID}1"),
        SNOMED: ("https://snomed.info/sct", f"{_OID}96"),
        ICD10CM: (
            "http://terminology.hl7.org/CodeSystem/icd10CM",
            f"{_OID}90",
            f"{_MIMIC}diagnosis-icd10",
        ),
        ICD10: (f"{_OID}3",),
        ICD9CM: (f"{_OID}103", f"{_MIMIC}diagnosis-icd9"),
        RXNORM: ("https://www.nlm.nih.gov/research/umls/rxnorm", f"{_OID}88"),
        ATC: (
            "https://www.whocc.no/atc",
            f"{_OID}73",
            "http://fhir.de/CodeSystem/bfarm/atc",  # the German edition: the same classes
            "http://fhir.de/CodeSystem/dimdi/atc",
        ),
    }
)
_CANONICAL: Mapping[str, str] = MappingProxyType(
    {alias: system for system, aliases in _ALIASES.items() for alias in aliases}
)


def canonical_system(uri: str) -> str:
    """The URI that a code system has here; one that is not known stays as sent."""
    known = _CANONICAL.get(uri)
    if known is not None:
        return known
    bare = uri.removesuffix("/")
    return _CANONICAL.get(bare, bare if bare in _ALIASES else uri)


def spellings_of(system: str) -> frozenset[str]:
    """Every URI that means a code system.

    Raises:
        KeyError: The code system has no entry.
    """
    return frozenset({system, f"{system}/", *_ALIASES[system]})


def is_standard(system: str) -> bool:
    """True for a code system whose codes are read here, under its canonical URI."""
    return system in _ALIASES
