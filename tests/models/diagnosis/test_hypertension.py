from __future__ import annotations

from collections.abc import Iterable

import pytest

from fhir_adapters.record import PatientRecord
from tests.models.diagnosis.helpers import abstained, codes, keys, only
from tests.records import condition, drug, measurement, person, record

Reading = tuple[float, float, float]


def bp(*readings: Reading, setting: str = "ambulatory", **more: object) -> PatientRecord:
    return record(*_points(readings, setting), **more)  # type: ignore[arg-type]


def _points(readings: Iterable[Reading], setting: str = "ambulatory"):  # type: ignore[no-untyped-def]
    for systolic, diastolic, days in readings:
        for analyte, value in (("sbp", systolic), ("dbp", diastolic)):
            yield measurement(
                analyte, value, days, "mm[Hg]", source=f"Observation/bp-{days}#{analyte}", setting=setting
            )


HIGH = ((150, 94, 40), (146, 90, 20))


def test_a_mean_of_140_90_on_two_days_is_stage_2() -> None:
    finding = only(bp(*HIGH))
    assert (finding.key, finding.confidence, finding.urgency) == ("hypertension", "A", "soon")
    assert finding.statement.startswith("Mean blood pressure 148/92 mmHg on 2 days")
    assert codes(finding, "add-problem") == {"59621000", "I10"}
    assert finding.evidence[0].source == "Observation/bp-20"


@pytest.mark.parametrize(
    ("systolic", "diastolic", "key", "confidence"),
    [
        (140, 70, "hypertension", "A"),
        (139, 70, "hypertension_stage1", "B"),
        (110, 90, "hypertension", "A"),
        (120, 85, "hypertension_stage1", "B"),
        (130, 70, "hypertension_stage1", "B"),
    ],
)
def test_stage_limits(systolic: float, diastolic: float, key: str, confidence: str) -> None:
    finding = only(bp((systolic, diastolic, 40), (systolic, diastolic, 20)))
    assert (finding.key, finding.confidence) == (key, confidence)


def test_a_diastolic_mean_barely_in_stage_1_makes_no_card() -> None:
    assert keys(bp((120, 84, 40), (120, 84, 20))) == set()


def test_below_130_80_is_silent() -> None:
    assert keys(bp((129, 79, 40), (129, 79, 20))) == set()


def test_stage_1_is_confirmed_before_it_is_recorded() -> None:
    finding = only(bp((134, 78, 40), (136, 78, 20)))
    assert codes(finding, "add-problem") == set()
    assert codes(finding, "order") == {"164783007"}


@pytest.mark.parametrize(
    "readings", [((150, 94, 20),), ((150, 94, 24), (150, 94, 20)), ((150, 94, 500), (150, 94, 20))]
)
def test_two_days_a_week_apart_within_a_year_are_needed(readings: tuple[Reading, ...]) -> None:
    assert keys(bp(*readings)) == set()


def test_readings_of_one_day_are_averaged() -> None:
    assert keys(bp((150, 94, 40), (160, 90, 20.1), (110, 70, 20))) == {"hypertension"}


def test_a_normal_newest_day_is_silent() -> None:
    assert keys(bp(*HIGH, (122, 76, 5))) == set()


@pytest.mark.parametrize("setting", ["emergency", "inpatient", "home"])
def test_readings_outside_the_office_do_not_count(setting: str) -> None:
    assert keys(bp(*HIGH, setting=setting)) == set()


def test_an_unknown_setting_counts_as_office() -> None:
    assert keys(bp(*HIGH, setting="unknown")) == {"hypertension"}


@pytest.mark.parametrize("code", ["I10", "I11.9", "I13.10", "59621000", "38341003"])
def test_a_documented_hypertension_silences_it(code: str) -> None:
    assert keys(bp(*HIGH, conditions=[condition(code)])) == set()


def test_a_resolved_hypertension_is_named() -> None:
    finding = only(bp(*HIGH, conditions=[condition("I10", status="resolved")]))
    assert any(e.label == "Previously recorded" for e in finding.evidence)


def test_treatment_without_a_diagnosis_is_said() -> None:
    finding = only(bp(*HIGH, medications=[drug("lisinopril 10 MG Oral Tablet")]))
    assert "under treatment" in finding.statement
    assert any(e.value.startswith("lisinopril") for e in finding.evidence)


@pytest.mark.parametrize(("systolic", "diastolic"), [(180, 100), (150, 120)])
def test_one_severe_reading_of_this_week_is_urgent(systolic: float, diastolic: float) -> None:
    finding = only(bp((systolic, diastolic, 2)))
    assert (finding.key, finding.confidence, finding.urgency) == ("hypertension", "B", "urgent")
    assert codes(finding, "add-problem") == set()


def test_one_severe_reading_of_long_ago_is_not_urgent() -> None:
    assert only(bp((185, 100, 60))).urgency == "soon"


def test_a_severe_reading_followed_by_a_lower_one_is_not_stated_as_severe() -> None:
    assert keys(bp((185, 100, 2), (128, 78, 1))) == set()


def test_pregnancy_and_childhood_exclude() -> None:
    pregnant = bp(*HIGH, patient=person(30), conditions=[condition("O09.91")])
    assert keys(pregnant) == set()
    assert abstained(pregnant, "hypertension").cause == "outside-population"
    assert keys(bp(*HIGH, patient=person(16))) == set()


def test_a_severe_reading_after_other_high_ones_confirms_hypertension() -> None:
    finding = only(bp((164, 98, 40), (150, 94, 20), (186, 104, 2)))
    assert (finding.confidence, finding.urgency) == ("A", "urgent")
    assert "I10" in codes(finding, "add-problem")


def test_one_high_day_among_normal_ones_is_not_stage_1() -> None:
    assert keys(bp((118, 74, 60), (116, 76, 40), (158, 84, 20))) == set()


def test_a_borderline_diastolic_under_treatment_is_control() -> None:
    assert keys(bp((124, 82, 40), (126, 81, 20), medications=[drug("lisinopril 10 MG Oral Tablet")])) == set()
