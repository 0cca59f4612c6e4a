"""A disease falls into the same group whether it was coded in ICD-9-CM, ICD-10-CM or SNOMED CT."""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterator
from pathlib import Path

import pytest

from fhir_adapters.record import ICD9CM, ICD10CM, SNOMED, Coding, Concept
from fhir_adapters.terminology.code_set import icd9_digits
from models.complications._diagnosis_groups import GROUPS, groups_of

MAPPING = Path(__file__).resolve().parents[4] / "shared/data/terminology/icd_cm_9_to_10_mapping.csv.gz"


def _groups(system: str, code: str) -> frozenset[str]:
    return groups_of(Concept((Coding(system, code),)))


@pytest.mark.parametrize(
    ("icd9", "icd10", "snomed", "group"),
    [
        ("428.0", "I50.9", "84114007", "heart_failure"),
        ("402.91", "I11.0", "", "heart_failure"),
        ("410.71", "I21.4", "401314000", "ischemic_heart_disease"),
        ("427.31", "I48.91", "49436004", "arrhythmia"),
        ("434.91", "I63.9", "422504002", "cerebrovascular_disease"),
        ("440.20", "I70.209", "399957001", "peripheral_artery_disease"),
        ("401.9", "I10", "38341003", "hypertension"),
        ("415.19", "I26.99", "", "venous_thromboembolism"),
        ("486", "J18.9", "233604007", "pneumonia"),
        ("491.21", "J44.1", "13645005", "chronic_lung_disease"),
        ("518.81", "J96.00", "409622000", "respiratory_failure"),
        ("038.9", "A41.9", "91302008", "sepsis"),
        ("682.6", "L03.115", "128045006", "skin_or_bone_infection"),
        ("599.0", "N39.0", "68566005", "urinary_infection"),
        ("250.40", "E11.21", "127013003", "complicated_diabetes"),
        ("584.9", "N17.9", "14669001", "acute_kidney_injury"),
        ("585.6", "N18.6", "46177005", "chronic_kidney_disease"),
        ("571.5", "K74.60", "19943007", "liver_disease"),
        ("577.0", "K85.90", "197456007", "biliary_or_pancreatic_disease"),
        ("578.9", "K92.2", "74474003", "ulcer_or_gastrointestinal_bleeding"),
        ("162.9", "C34.90", "254637007", "cancer"),
        ("285.9", "D64.9", "271737000", "anemia"),
        ("276.1", "E87.1", "89627008", "fluid_or_electrolyte_disorder"),
        ("296.20", "F32.9", "35489007", "mood_or_psychotic_disorder"),
        ("303.90", "F10.20", "7200002", "substance_use_disorder"),
        ("331.0", "G30.9", "26929004", "dementia"),
        ("820.8", "S72.009A", "", "injury"),
        ("996.62", "T82.7XXA", "", "complication_of_care"),
        ("715.96", "M17.9", "", "joint_or_spine_disease"),
        ("786.50", "R07.9", "29857009", "chest_pain"),
    ],
)
def test_the_same_disease_has_the_same_group(icd9: str, icd10: str, snomed: str, group: str) -> None:
    assert group in _groups(ICD9CM, icd9)
    assert group in _groups(ICD10CM, icd10)
    assert not snomed or group in _groups(SNOMED, snomed)


def test_every_group_is_in_the_examples_above() -> None:
    examples = test_the_same_disease_has_the_same_group.pytestmark[0].args[1]  # type: ignore[attr-defined]
    assert {group.name for group in GROUPS} == {example[3] for example in examples}


@pytest.mark.parametrize(
    ("code", "digits"),
    [("38", "038"), ("38.9", "0389"), ("250.60", "25060"), ("25060", "25060"), ("V45.1", "V451")],
)
def test_codes_are_compared_without_dot_and_with_leading_zeros(code: str, digits: str) -> None:
    assert icd9_digits(code) == digits


def test_uncomplicated_diabetes_tobacco_and_skin_cancer_are_in_no_such_group() -> None:
    for code in ("250.00", "305.1", "173.3"):
        assert not _groups(ICD9CM, code)
    for code in ("E11.9", "E11.65", "F17.210", "C44.91"):
        assert not _groups(ICD10CM, code)
    assert not groups_of(Concept((), "Heart failure"))


def _pairs() -> Iterator[tuple[str, str]]:
    with gzip.open(MAPPING, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            # E codes and unmapped ones aside; a combination needs several ICD-10-CM codes to say one.
            if row["icd_10"] != "NoDx" and row["flags"][2] == "0" and not row["icd_9"].startswith("E"):
                yield row["icd_9"], row["icd_10"]


@pytest.mark.data
@pytest.mark.skipif(not MAPPING.exists(), reason="the public mapping is not beside the checkout")
def test_the_public_mapping_keeps_codes_in_their_groups() -> None:
    by_group = {group.name: [0, 0] for group in GROUPS}
    for icd9, icd10 in _pairs():
        there = _groups(ICD10CM, icd10)
        for name in _groups(ICD9CM, icd9):
            by_group[name][0] += 1
            by_group[name][1] += name in there
    # Chapters were cut anew between the editions: not every code of a group has a home in it.
    assert all(kept >= 0.8 * mapped for mapped, kept in by_group.values()), by_group
    total = [sum(column) for column in zip(*by_group.values(), strict=True)]
    assert total[1] >= 0.9 * total[0]
