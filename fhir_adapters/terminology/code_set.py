"""CodeSet: a clinical idea as codes of several code systems, and whether a concept belongs to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple, TypeVar

from fhir_adapters.record import ICD9CM, ICD10, ICD10CM, SNOMED, Coding, Concept, Condition, PatientRecord
from fhir_adapters.terminology.code_systems import spellings_of

T = TypeVar("T")

# Servers send ICD-10-CM under the URI of the WHO's edition too, from which its categories come.
ICD10_SYSTEMS = spellings_of(ICD10CM) | spellings_of(ICD10)
ICD9_SYSTEMS = spellings_of(ICD9CM)
SNOMED_SYSTEMS = spellings_of(SNOMED)
# R65.2 is severe sepsis in ICD-10-CM, and a response without infection in the WHO's edition.
_OTHER_IN_WHO = ("R652",)
_WHO_SYSTEMS = spellings_of(ICD10)


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeSet:
    """A clinical idea by its codes.

    Attributes:
        name: In clinical words, for texts ("diabetes mellitus").
        icd10: ICD-10-CM code prefixes without regard to the dot ("E11" holds E11.9 and E1165).
        icd9: ICD-9-CM prefixes of diagnoses without regard to the dot, three digits or more ("428").
        snomed: SNOMED CT concept ids; descendants that occur in practice are listed one by one.
    """

    name: str
    icd10: tuple[str, ...] = ()
    icd9: tuple[str, ...] = ()
    snomed: frozenset[str] = frozenset()
    _prefixes: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _prefixes9: tuple[str, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_prefixes", tuple(prefix.replace(".", "") for prefix in self.icd10))
        object.__setattr__(self, "_prefixes9", tuple(prefix.replace(".", "") for prefix in self.icd9))

    def holds(self, concept: Concept) -> bool:
        """True when any coding of the concept, or of its name, belongs to the set."""
        for coding in concept.meaning:
            system = coding.system
            if system in SNOMED_SYSTEMS:
                if coding.code in self.snomed:
                    return True
            elif system in ICD10_SYSTEMS:
                if icd10_digits(coding).startswith(self._prefixes):
                    return True
            elif system in ICD9_SYSTEMS and icd9_digits(coding.code).startswith(self._prefixes9):
                return True
        return False

    def among(
        self,
        snomed: Mapping[str, list[T]],
        icd10: Mapping[str, list[T]],
        icd9: Mapping[str, list[T]] = MappingProxyType({}),
    ) -> list[T]:
        """The values of an index whose codes belong to the set; ICD codes without their dot."""
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
        if self._prefixes9:
            for code, values in icd9.items():
                if code.startswith(self._prefixes9):
                    found += values
        return found

    def __or__(self, other: CodeSet) -> CodeSet:
        """The union, under this set's name."""
        return CodeSet(
            name=self.name,
            icd10=self.icd10 + other.icd10,
            icd9=self.icd9 + other.icd9,
            snomed=self.snomed | other.snomed,
        )


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


def icd10_digits(coding: Coding) -> str:
    """An ICD-10 code in capitals without its dot; "" where the WHO's edition means something else by it."""
    digits = _without_dot(coding.code)
    return "" if digits.startswith(_OTHER_IN_WHO) and coding.system in _WHO_SYSTEMS else digits


@lru_cache(maxsize=4096)
def icd9_digits(code: str) -> str:
    """An ICD-9-CM code as digits that prefixes can be compared with: "38" is "038", "250.6" is "2506".

    A code with a dot may lack leading zeros. One without is taken as it stands ("25060"), filled up to three
    digits.
    """
    whole, _, rest = code.strip().upper().partition(".")
    return whole.zfill(3) + rest if whole.isdigit() else whole + rest


class _Index(NamedTuple):
    """The conditions of a record by SNOMED CT id, and by ICD-10-CM and ICD-9-CM code without its dot."""

    snomed: dict[str, list[Condition]]
    icd10: dict[str, list[Condition]]
    icd9: dict[str, list[Condition]]


def _index(record: PatientRecord) -> _Index:
    index = _Index({}, {}, {})
    for cond in record.conditions:
        for coding in cond.concept.meaning:
            if coding.system in SNOMED_SYSTEMS:
                index.snomed.setdefault(coding.code, []).append(cond)
            elif coding.system in ICD10_SYSTEMS:
                index.icd10.setdefault(icd10_digits(coding), []).append(cond)
            elif coding.system in ICD9_SYSTEMS:
                index.icd9.setdefault(icd9_digits(coding.code), []).append(cond)
    return index


def _coded(record: PatientRecord, sets: tuple[CodeSet, ...]) -> list[Condition]:
    """The conditions with a code of any of the sets, some perhaps twice; every rule asks, so by index."""
    index = record.once("conditions by code", _index)
    if len(sets) == 1:
        return sets[0].among(*index)
    return [cond for code_set in sets for cond in code_set.among(*index)]


def _known_since(cond: Condition) -> float:
    moment = cond.recorded or cond.onset
    return moment.timestamp() if moment else 0.0


def _stale(cond: Condition, as_of: datetime) -> bool:
    if cond.category != "encounter-diagnosis":
        return False
    moment = cond.recorded or cond.onset
    return moment is not None and moment < as_of - timedelta(days=731)
