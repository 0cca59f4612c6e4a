"""Codes are known under every URI that servers send them with."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Coding, Concept
from fhir_adapters.terminology.code_set import CodeSet

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
