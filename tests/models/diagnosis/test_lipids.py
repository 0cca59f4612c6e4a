from __future__ import annotations

from dataclasses import replace

import pytest

from fhir_adapters.record import ICD10CM, Coding, Concept, FamilyCondition, PatientRecord
from tests.models.diagnosis.helpers import abstained, codes, keys, only
from tests.records import NOW, condition, drug, measurement, person, record


def ldl(*values: tuple[float, float], also: tuple = (), **more: object) -> PatientRecord:  # type: ignore[type-arg]
    more.setdefault("patient", person(45))
    return record(*(measurement("ldl", v, days, "mg/dL") for v, days in values), *also, **more)  # type: ignore[arg-type]


SEVERE = ((212, 60), (205, 10))
STATIN = drug("atorvastatin 40 MG Oral Tablet")


def test_ldl_of_190_is_possible_familial_disease_with_the_points_there_are() -> None:
    finding = only(ldl(*SEVERE))
    score = next(e for e in finding.evidence if e.label.startswith("Dutch"))
    assert (finding.key, finding.confidence, score.value) == (
        "familial_hypercholesterolaemia",
        "B",
        "at least 3",
    )
    assert codes(finding, "add-problem") == {"13644009", "E78.00"}


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (190, {"familial_hypercholesterolaemia"}),
        (189.9, {"hyperlipidaemia"}),
        (160, {"hyperlipidaemia"}),
        (159.9, set()),
    ],
)
def test_limits(value: float, found: set[str]) -> None:
    assert keys(ldl((value, 60), (value, 10))) == found


def test_a_single_severe_value_is_repeated_first() -> None:
    finding = only(ldl((212, 10)))
    assert codes(finding, "add-problem") == set()
    assert codes(finding, "order") == {"57698-3", "3016-3"}


def test_a_single_high_value_is_silent() -> None:
    assert keys(ldl((170, 10))) == set()
    assert keys(ldl((170, 20), (170, 10))) == set()


def test_dutch_points_of_family_and_own_history_add_up() -> None:
    father = FamilyCondition(
        source="FamilyMemberHistory/f",
        relationship=Concept((), "Father"),
        concept=Concept((Coding(ICD10CM, "I21.9"),), "heart attack"),
        onset_age_years=48,
    )
    infarct = replace(condition("I25.2"), onset=NOW.replace(year=2024))
    finding = only(ldl((260, 60), (255, 10), family_history=(father,), conditions=[infarct]))
    score = next(e for e in finding.evidence if e.label.startswith("Dutch"))
    assert (score.value, finding.confidence) == ("at least 8", "A")
    assert "probable" in finding.statement


@pytest.mark.parametrize(("relation", "age"), [("Father", 56), ("Uncle", 40), ("Mother", 61)])
def test_late_or_distant_relatives_give_no_point(relation: str, age: float) -> None:
    relative = FamilyCondition(
        source="FamilyMemberHistory/f",
        relationship=Concept((), relation),
        concept=Concept((Coding(ICD10CM, "I21.9"),)),
        onset_age_years=age,
    )
    finding = only(ldl(*SEVERE, family_history=(relative,)))
    assert any(e.value == "at least 3" for e in finding.evidence)


def test_under_a_statin_the_untreated_value_is_estimated_and_said() -> None:
    finding = only(ldl((170, 60), (165, 10), medications=[STATIN]))
    assert finding.key == "familial_hypercholesterolaemia"
    assert "about 243 untreated" in finding.statement


def test_ldl_of_190_before_the_statin_is_not_scaled() -> None:
    late = replace(STATIN, started=NOW)
    assert "untreated" not in only(ldl(*SEVERE, medications=[late])).statement


@pytest.mark.parametrize("code", ["E78.01", "E78.011", "398036000"])
def test_documented_familial_disease_silences_it(code: str) -> None:
    assert keys(ldl(*SEVERE, conditions=[condition(code)])) == set()


def test_documented_hyperlipidemia_does_not_hide_familial_disease() -> None:
    finding = only(ldl(*SEVERE, conditions=[condition("E78.5")]))
    assert finding.key == "familial_hypercholesterolaemia"
    assert codes(finding, "add-problem") == set()


@pytest.mark.parametrize("code", ["E78.5", "E78.2", "55822004", "13644009"])
def test_documented_hyperlipidemia_silences_high_ldl(code: str) -> None:
    assert keys(ldl((170, 60), (172, 10), conditions=[condition(code)])) == set()


@pytest.mark.parametrize(
    "more", [{"conditions": [condition("N04.9")]}, {"also": (measurement("tsh", 14, 20),)}]
)
def test_a_secondary_cause_comes_first(more: dict[str, object]) -> None:
    chart = ldl(*SEVERE, **more)  # type: ignore[arg-type]
    assert "familial_hypercholesterolaemia" not in keys(chart)
    assert abstained(chart, "familial_hypercholesterolaemia").cause == "outside-population"


@pytest.mark.parametrize(("triglycerides", "code"), [(175, "E78.2"), (174, "E78.00"), (None, "E78.5")])
def test_triglycerides_choose_the_code(triglycerides: float | None, code: str) -> None:
    also = () if triglycerides is None else (measurement("triglycerides", triglycerides, 10),)
    assert code in codes(only(ldl((170, 60), (172, 10), also=also)), "add-problem")


def test_non_hdl_counts_where_there_is_no_ldl() -> None:
    points = [
        measurement(analyte, value, days)
        for days in (60, 10)
        for analyte, value in (("total_cholesterol", 240), ("hdl", 45))
    ]
    finding = only(record(*points, patient=person(45)))
    assert finding.statement.startswith("Non-HDL cholesterol 195 mg/dL")


def test_a_later_normal_value_speaks_against_it() -> None:
    assert keys(ldl((212, 400), (205, 300), (110, 10))) == set()


def test_pregnancy_acute_care_and_childhood_exclude() -> None:
    assert keys(ldl(*SEVERE, patient=person(30), conditions=[condition("Z34.90")])) == set()
    assert keys(record(measurement("ldl", 212, 10, setting="inpatient"))) == set()
    assert keys(ldl(*SEVERE, patient=person(12))) == set()


def test_the_longest_statement_fits_on_a_card() -> None:
    assert "untreated" in only(ldl((310, 60), (305, 10), medications=[STATIN])).statement
