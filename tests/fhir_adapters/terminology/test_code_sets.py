"""Codes are known under every URI that servers send them with."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Coding, Concept
from fhir_adapters.terminology.code_set import CodeSet
from fhir_adapters.terminology.conditions import (
    DEMENTIA,
    MILD_COGNITIVE_IMPAIRMENT,
    PARKINSON_DISEASE,
    RESTLESS_LEGS_OR_DYSTONIA,
)

DIABETES = CodeSet(name="diabetes mellitus", icd10=("E11",), snomed=frozenset({"44054006"}))


@pytest.mark.parametrize(
    ("system", "code", "held"),
    [
        ("http://hl7.org/fhir/sid/icd-10-cm", "E11.9", True),
        ("urn:oid:2.16.840.1.113883.6.90", "E11.9", True),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd10", "E119", True),
        ("http://mimic.mit.edu/fhir/mimic/CodeSystem/mimic-diagnosis-icd9", "E119", False),
        ("http://snomed.info/sct", "44054006", True),
        ("urn:oid:2.16.840.1.113883.6.96", "44054006", True),
        ("urn:oid:1.2.840.114350.1.13.20.3.7.2.768282", "E11.9", False),
    ],
)
def test_a_code_counts_only_in_its_own_code_system(system: str, code: str, held: bool) -> None:
    assert DIABETES.holds(Concept((Coding(system, code),))) is held


def test_a_local_code_in_front_hides_nothing() -> None:
    local = Coding("urn:oid:1.2.840.114350.1.13.20.3.7.2.768282", "1")
    assert DIABETES.holds(Concept((local, Coding("http://snomed.info/sct", "44054006"))))


@pytest.mark.parametrize(
    ("code_set", "code", "held"),
    [
        (DEMENTIA, "F03.90", True),
        (DEMENTIA, "G31.09", True),
        (DEMENTIA, "G31.83", True),
        (DEMENTIA, "G31.84", False),
        (DEMENTIA, "G31.9", False),
        (MILD_COGNITIVE_IMPAIRMENT, "G31.84", True),
        (PARKINSON_DISEASE, "G20.A1", True),
        (PARKINSON_DISEASE, "G25.81", False),
        (RESTLESS_LEGS_OR_DYSTONIA, "G25.81", True),
    ],
)
def test_neighbours_of_a_disease_are_not_the_disease(code_set: CodeSet, code: str, held: bool) -> None:
    assert code_set.holds(Concept((Coding("http://hl7.org/fhir/sid/icd-10-cm", code),))) is held


def test_restless_legs_are_no_parkinson_disease_in_snomed_ct_either() -> None:
    legs = Concept((Coding("http://snomed.info/sct", "32914008"),))
    assert not PARKINSON_DISEASE.holds(legs)
    assert RESTLESS_LEGS_OR_DYSTONIA.holds(legs)
