"""CodeSet: a clinical idea as codes of several code systems, and whether a concept belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple, TypeVar

from fhir_adapters.record import ICD10CM, SNOMED, Concept, Condition, PatientRecord

T = TypeVar("T")

# ICD-10-CM comes under several URIs: the national, the WHO and the OID form; MIMIC-IV on FHIR has its own.
ICD10_SYSTEMS = frozenset(
    {
        ICD10CM,
        "http://hl7.org/fhir/sid/icd-10",
        "http://terminology.hl7.org/CodeSystem/icd10CM",
        "urn:oid:2.16.840.1.113883.6.90",
        "http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10",
    }
)
SNOMED_SYSTEMS = frozenset({SNOMED, "urn:oid:2.16.840.1.113883.6.96"})


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet:
    """A clinical idea by its codes.

    Attributes:
        name: In clinical words, for texts ("diabetes mellitus").
        icd10: ICD-10-CM code prefixes without regard to the dot ("E11" holds E11.9 and E1165).
        snomed: SNOMED CT concept ids; descendants that occur in practice are listed one by one.
    """

    name: str
    icd10: tuple[str, ...] = ()
    snomed: frozenset[str] = frozenset()
    _prefixes: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_prefixes", tuple(prefix.replace(".", "") for prefix in self.icd10))

    def holds(self, concept: Concept) -> bool:
        """True when any coding of the concept belongs to the set."""
        for coding in concept.codings:
            system = coding.system
            if system in SNOMED_SYSTEMS:
                if coding.code in self.snomed:
                    return True
            elif system in ICD10_SYSTEMS and _without_dot(coding.code).startswith(self._prefixes):
                return True
        return False

    def among(self, snomed: Mapping[str, list[T]], icd10: Mapping[str, list[T]]) -> list[T]:
        """The values of an index whose codes belong to the set; ICD-10-CM codes without their dot."""
        found: list[T] = []
        if not self.snomed.isdisjoint(snomed):
            # In the index's order, not the set's: that one changes from process to process.
            for concept_id, values in snomed.items():
                if concept_id in self.snomed:
                    found += values
        if self._prefixes:
            for code, values in icd10.items():
                if code.startswith(self._prefixes):
                    found += values
        return found

    def __or__(self, other: CodeSet) -> CodeSet:
        """The union, under this set's name."""
        return CodeSet(name=self.name, icd10=self.icd10 + other.icd10, snomed=self.snomed | other.snomed)


def documented(record: PatientRecord, *sets: CodeSet) -> Condition | None:
    """The newest current condition that belongs to any of the sets, or None.

    An encounter diagnosis counts for 24 months only; a problem-list item for as long as it is active.
    """
    found = [c for c in _coded(record, sets) if c.is_current and not _stale(c, record.as_of)]
    return max(found, key=_known_since, default=None)


def previously_documented(record: PatientRecord, *sets: CodeSet) -> Condition | None:
    """The newest condition of the sets that is no longer current (resolved, inactive), or None."""
    found = [c for c in _coded(record, sets) if not c.is_current]
    return max(found, key=_known_since, default=None)


def ever_documented(record: PatientRecord, *sets: CodeSet) -> Condition | None:
    """The newest condition of the sets whatever its status (a past stroke stays a past stroke)."""
    return max(_coded(record, sets), key=_known_since, default=None)


@lru_cache(maxsize=4096)
def _without_dot(code: str) -> str:
    return code.replace(".", "").upper()


class _Index(NamedTuple):
    """The conditions of a record by SNOMED CT id and by ICD-10-CM code without its dot."""

    snomed: dict[str, list[Condition]]
    icd10: dict[str, list[Condition]]


def _index(record: PatientRecord) -> _Index:
    index = _Index({}, {})
    for cond in record.conditions:
        for coding in cond.concept.codings:
            if coding.system in SNOMED_SYSTEMS:
                index.snomed.setdefault(coding.code, []).append(cond)
            elif coding.system in ICD10_SYSTEMS:
                index.icd10.setdefault(_without_dot(coding.code), []).append(cond)
    return index


def _coded(record: PatientRecord, sets: tuple[CodeSet, ...]) -> list[Condition]:
    """The conditions with a code of any of the sets, some perhaps twice; every rule asks, so by index."""
    index = record.once("conditions by code", _index)
    if len(sets) == 1:
        return sets[0].among(index.snomed, index.icd10)
    return [cond for code_set in sets for cond in code_set.among(index.snomed, index.icd10)]


def _known_since(cond: Condition) -> float:
    moment = cond.recorded or cond.onset
    return moment.timestamp() if moment else 0.0


def _stale(cond: Condition, as_of: datetime) -> bool:
    if cond.category != "encounter-diagnosis":
        return False
    moment = cond.recorded or cond.onset
    return moment is not None and moment < as_of - timedelta(days=731)
