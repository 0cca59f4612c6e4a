from __future__ import annotations

import pytest

from fhir_adapters.record import ICD10CM, LOINC, SNOMED, Coding
from models.notes.linking import link, same_condition


def icd(*codes: str) -> list[Coding]:
    return [Coding(ICD10CM, code) for code in codes]


def sct(*codes: str) -> list[Coding]:
    return [Coding(SNOMED, code) for code in codes]


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("I50.9", "I50.22"),
        ("I50.9", "I11.0"),
        ("E11.9", "E11.65"),
        ("E11.9", "E1165"),
        ("N18.9", "N18.32"),
        ("N18.30", "N18.31"),
        ("J44.9", "J44.1"),
        ("J45.909", "J45.40"),
        ("C50.919", "C50.412"),
        ("C34.90", "C34.11"),
        ("D64.9", "D50.9"),
        ("D50.9", "D64.9"),
        ("F32.A", "F33.1"),
        ("I48.91", "I48.0"),
        ("I25.10", "I25.2"),
        ("I10", "I12.9"),
        ("K74.60", "K70.30"),
        ("M06.9", "M05.79"),
        ("G30.9", "F02.80"),
        ("B18.2", "B19.20"),
        ("M54", "M54.5"),
        ("I71.20", "I71.21"),
        ("I71.2", "I71.20"),
        ("E34.00", "E34.09"),
        ("G20.A1", "G20.C"),
        ("R05", "R05.9"),
    ],
)
def test_one_condition_under_two_icd10_codes(a: str, b: str) -> None:
    assert same_condition(icd(a), icd(b))
    assert same_condition(icd(b), icd(a))


@pytest.mark.parametrize(
    ("a", "b"),
    [
        ("E87.1", "E87.6"),
        ("I10", "E11.9"),
        ("R06.02", "R07.9"),
        ("D50.9", "D63.1"),
        ("K21.9", "K25.9"),
        ("J45.909", "J44.9"),
        ("N17.9", "N39.0"),
        ("M54.5", "M79.7"),
        ("G20", "G35"),
        ("C61", "C50.919"),
        ("I71.20", "I71.40"),
        ("D75.829", "D75.839"),
        ("E88.10", "E88.810"),
    ],
)
def test_two_conditions_stay_two(a: str, b: str) -> None:
    assert not same_condition(icd(a), icd(b))
    assert not same_condition(icd(b), icd(a))


def test_systems_meet_by_the_condition_sets_and_by_the_vocabulary() -> None:
    assert same_condition(icd("E11.9"), sct("44054006"))
    assert same_condition(icd("I50.22"), sct("84114007"))
    assert same_condition(icd("J44.1"), sct("13645005"))
    assert same_condition(sct("38341003"), icd("I10"))
    assert not same_condition(icd("J44.1"), sct("195967001"))


def test_snomed_codes_of_one_idea_meet() -> None:
    assert same_condition(sct("709044004"), sct("431857002"))
    assert same_condition(sct("42343007"), sct("84114007"))


def test_a_link_can_be_compared_with_a_problem_list() -> None:
    assert same_condition(link("T2DM", "problem"), icd("E11.42"))


def test_codes_of_other_systems_or_none_are_no_condition() -> None:
    assert not same_condition([Coding(LOINC, "4548-4")], [Coding(LOINC, "4548-4")])
    assert not same_condition([], icd("I10"))
