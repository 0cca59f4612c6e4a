from __future__ import annotations

from dataclasses import replace

import pytest

from fhir_adapters.record import SNOMED, Coding, Concept, PatientRecord, Procedure
from models.contract import ClinicalSettings
from models.finding import Abstention, Assessment, Finding
from models.risk_scores.prevent import Prevent
from tests.models.risk_scores.charts import allergy, coded, prevention
from tests.records import ago, condition, drug, measurement, person

SETTINGS = ClinicalSettings()


def _only(record: PatientRecord) -> Finding:
    (finding,) = Prevent().assess(record, SETTINGS).findings
    return finding


def _abstention(record: PatientRecord) -> Abstention:
    assessment = Prevent().assess(record, SETTINGS)
    assert not assessment.findings
    (abstention,) = assessment.abstentions
    return abstention


def _risk(record: PatientRecord) -> float:
    result = Prevent().compute(record, SETTINGS)
    assert not isinstance(result, Abstention)
    return float(next(iter(result.results.values()))["total_cvd"])


def test_a_high_risk_without_treatment_is_a_finding_with_its_horizon() -> None:
    finding = _only(prevention())
    assert finding.group == "cardiovascular-risk"
    assert finding.estimate is not None
    assert finding.statement == (
        f"10-year cardiovascular risk {100 * finding.estimate.value:.1f}% (high), "
        "no statin and no blood pressure drug on the medication list"
    )
    assert len(finding.statement) < 120
    assert finding.estimate.horizon == "10 years"
    assert finding.urgency == "soon"


def test_each_input_is_shown_with_source_unit_and_date() -> None:
    evidence = {item.label: item for item in _only(prevention()).evidence}
    pressure = evidence["Systolic blood pressure"]
    assert (pressure.value, pressure.unit, pressure.remark) == ("155", "mmHg", "mean of the last 3 readings")
    assert evidence["Total cholesterol"].at == ago(60)
    assert evidence["eGFR"].source == "Observation/creatinine-60"
    assert evidence["eGFR"].remark == "from creatinine 0.9 mg/dL, CKD-EPI 2021"
    assert evidence["Statin"].remark == "none on the medication list"


def test_the_extra_inputs_that_would_sharpen_the_risk_are_named() -> None:
    assert _only(prevention()).missing == (
        "HbA1c in the last 12 months",
        "urine albumin-creatinine ratio in the last 12 months",
    )


def test_hba1c_and_albumin_ratio_select_the_full_equation() -> None:
    result = Prevent().compute(
        prevention(measurement("hba1c", 6.0, 30), measurement("uacr", 45, 30)), SETTINGS
    )
    assert not isinstance(result, Abstention)
    assert "full_sdi_missing_10yr" in result.results


def test_an_extra_input_out_of_range_falls_back_to_the_base_equation() -> None:
    finding = _only(prevention(measurement("hba1c", 4.0, 30)))
    assert "HbA1c in the last 12 months within the range of the equations" in finding.missing


def test_a_risk_that_changes_nothing_makes_no_card_but_can_be_computed() -> None:
    treated = prevention(medications=(drug("atorvastatin 80 mg"), drug("amlodipine 10 mg")))
    assert _risk(treated) > 0.2
    assert Prevent().assess(treated, SETTINGS) == Assessment()


def test_a_low_risk_makes_no_card() -> None:
    young = prevention(
        measurement("sbp", 112, 30),
        patient=person(42),
        coded_observations=(coded("smoking_status", "266919005"),),
    )
    assert _risk(young) < 0.075
    assert not Prevent().assess(young, SETTINGS).findings


def test_a_recorded_statin_intolerance_silences_the_statin_not_the_pressure() -> None:
    finding = _only(prevention(allergies=(allergy("simvastatin"),)))
    assert "no blood pressure drug on the medication list" in finding.statement
    assert "statin" not in finding.statement


def test_a_total_risk_made_up_of_heart_failure_calls_for_no_statin_by_itself() -> None:
    chart = prevention(
        measurement("sbp", 120, 30), measurement("total_cholesterol", 160, 30), measurement("hdl", 65, 30),
        coded_observations=(coded("smoking_status", "266919005"),),
    )  # fmt: skip
    result = Prevent().compute(chart, SETTINGS)
    assert not isinstance(result, Abstention)
    risks = next(iter(result.results.values()))
    assert risks["ascvd"] < 0.075 <= risks["total_cvd"]
    assert not Prevent().assess(chart, SETTINGS).findings


def test_over_75_no_risk_calls_for_a_statin_but_a_high_one_still_for_treated_pressure() -> None:
    smokes = (coded("smoking_status", "449868002"),)
    old = prevention(measurement("sbp", 118, 30), patient=person(76, "male"), coded_observations=smokes)
    assert _risk(old) > 0.2
    assert not Prevent().assess(old, SETTINGS).findings
    at_75 = prevention(measurement("sbp", 118, 30), patient=person(75, "male"), coded_observations=smokes)
    assert "no statin" in _only(at_75).statement
    raised = _only(prevention(patient=person(76, "male")))
    assert "no blood pressure drug on the medication list" in raised.statement
    assert "statin" not in raised.statement + raised.rationale


def test_high_intensity_is_for_a_high_atherosclerotic_risk_only() -> None:
    kidneys = prevention(measurement("creatinine", 3.5, 60), measurement("hdl", 75, 60))
    result = Prevent().compute(kidneys, SETTINGS)
    assert not isinstance(result, Abstention)
    risks = next(iter(result.results.values()))
    assert risks["ascvd"] < 0.2 <= risks["total_cvd"]
    assert "From 20% a moderate-intensity statin" in _only(kidneys).rationale
    assert (
        "From 20% a high-intensity statin" in _only(prevention(measurement("creatinine", 3.5, 60))).rationale
    )


@pytest.mark.parametrize(
    ("systolic", "sentence"),
    [
        ((188,), "Systolic pressure is 188 mmHg under treatment; the goal is below 130 mmHg (ACC/AHA 2017)."),
        ((140, 130), "Systolic pressure averages 135 mmHg under treatment; the goal is below 130 mmHg"),
        ((129,), ""),
    ],
)
def test_pressure_above_the_goal_under_treatment_is_said(systolic: tuple[float, ...], sentence: str) -> None:
    readings = [measurement("sbp", value, 30 + days) for days, value in enumerate(systolic)]
    rationale = _only(prevention(*readings, medications=(drug("amlodipine 10 mg"),))).rationale
    assert sentence in rationale
    assert ("under treatment" in rationale) == bool(sentence)


def test_an_egfr_that_a_report_contradicts_gives_no_risk() -> None:
    abstention = _abstention(prevention(measurement("creatinine", 3.0, 60), measurement("egfr", 80, 60)))
    assert abstention.cause == "missing-input"
    assert abstention.missing[0].startswith("a creatinine that agrees with the eGFR reported on 2026-04-02")


def test_unknown_medications_are_never_taken_for_none() -> None:
    abstention = _abstention(prevention(medications=None))
    assert abstention.cause == "missing-input"
    assert abstention.missing == (
        "the medication list (blood pressure treatment)",
        "the medication list (statin)",
    )


@pytest.mark.parametrize("code", ["22298006", "I63.9", "I50.9", "I25.10", "230690007"])
@pytest.mark.parametrize("status", ["active", "resolved"])
def test_cardiovascular_disease_is_outside_the_population_even_when_past(code: str, status: str) -> None:
    abstention = _abstention(prevention(conditions=(condition(code, status=status),)))
    assert abstention.cause == "outside-population"


def test_a_coronary_bypass_among_the_procedures_counts_as_disease() -> None:
    bypass = Procedure(source="Procedure/1", concept=Concept((Coding(SNOMED, "232717009"),)))
    assert _abstention(prevention(procedures=(bypass,))).cause == "outside-population"


def test_atrial_fibrillation_alone_does_not_exclude() -> None:
    assert _only(prevention(conditions=(condition("I48.91"),))).key == "prevent"


@pytest.mark.parametrize(("age", "inside"), [(29, False), (30, True), (79, True), (80, False)])
def test_ages_outside_30_to_79_are_outside_the_population(age: int, inside: bool) -> None:
    result = Prevent().compute(prevention(patient=person(age)), SETTINGS)
    assert isinstance(result, Abstention) is not inside


@pytest.mark.parametrize(
    ("analyte", "days", "found"),
    [
        ("total_cholesterol", 5 * 365, True), ("total_cholesterol", 5 * 366, False),
        ("creatinine", 364, True), ("creatinine", 366, False), ("sbp", 364, True), ("sbp", 366, False),
    ],
)  # fmt: skip
def test_values_older_than_their_look_back_are_missing(analyte: str, days: float, found: bool) -> None:
    value = {"total_cholesterol": 250, "creatinine": 0.9, "sbp": 150}[analyte]
    result = Prevent().compute(prevention(measurement(analyte, value, days)), SETTINGS)
    assert isinstance(result, Abstention) is not found


def test_hospital_readings_are_not_used() -> None:
    abstention = _abstention(prevention(measurement("sbp", 150, 30, setting="inpatient")))
    assert abstention.missing == ("outpatient blood pressure in the last 12 months",)


def test_cholesterol_out_of_range_gives_no_score_and_no_clamping() -> None:
    abstention = _abstention(prevention(measurement("total_cholesterol", 340, 30)))
    assert abstention.cause == "out-of-range"
    assert abstention.reason == "total cholesterol is outside 130-320 mg/dL"


@pytest.mark.parametrize(
    ("code", "text", "smokes"),
    [
        ("449868002", "", 1), ("428041000124106", "", 1), ("LA18976-3", "", 1), ("77176002", "", 1),
        ("8517006", "", 0), ("266919005", "", 0), ("LA15920-4", "", 0), ("LA18978-9", "", 0),
        ("266927001", "", None), ("LA18979-7", "", None), ("LA18980-5", "", None),
        ("77176002", "Smoker, current status unknown", None),
        ("", "Never smoker", 0), ("", "Current every day smoker", 1), ("", "see note", None),
    ],
)  # fmt: skip
def test_smoking_is_read_from_coded_answers_and_never_guessed(
    code: str, text: str, smokes: int | None
) -> None:
    chart = prevention(coded_observations=(coded("smoking_status", code, text=text),))
    result = Prevent().compute(chart, SETTINGS)
    if smokes is None:
        assert isinstance(result, Abstention)
        assert result.missing == ("smoking status in the last 5 years",)
    else:
        assert not isinstance(result, Abstention)
        assert result.gathered.inputs["smoking"] == smokes


def test_an_unknown_smoking_status_leaves_an_older_known_one_standing() -> None:
    statuses = (coded("smoking_status", "266927001", days=5), coded("smoking_status", "8517006", days=500))
    result = Prevent().compute(prevention(coded_observations=statuses), SETTINGS)
    assert not isinstance(result, Abstention)
    assert result.gathered.inputs["smoking"] == 0


def test_two_hba1c_of_diabetic_height_count_as_diabetes_and_one_does_not() -> None:
    one = measurement("hba1c", 6.8, 30)
    two = measurement("hba1c", 6.6, 200)
    diabetic = []
    for points in ((one,), (one, two)):
        result = Prevent().compute(prevention(*points), SETTINGS)
        assert not isinstance(result, Abstention)
        diabetic.append(result.gathered.inputs["dm"])
    assert diabetic == [0, 1]


def test_pregnancy_is_outside_the_population_and_an_old_one_is_not() -> None:
    for days, excluded in ((100, True), (500, False)):
        chart = prevention(patient=person(42), conditions=(condition("Z34.90", days=days),))
        assert isinstance(Prevent().compute(chart, SETTINGS), Abstention) is excluded


def test_old_lipids_come_with_the_order_of_a_new_panel() -> None:
    assert not _only(prevention()).proposals
    (proposal,) = _only(prevention(measurement("total_cholesterol", 250, 800))).proposals
    assert proposal.codings[0].code == "24331-1"


def test_an_unknown_problem_list_or_birth_date_is_named() -> None:
    unknown = replace(prevention(), coverage={"Observation": "complete", "MedicationRequest": "complete"})
    assert _abstention(unknown).missing == ("the problem list",)
    assert _abstention(prevention(patient=replace(person(), birth_date=None))).missing == ("birth date",)
