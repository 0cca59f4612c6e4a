from __future__ import annotations

from dataclasses import replace

import pytest

from fhir_adapters.record import PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.finding import Abstention, Finding
from models.risk_scores.news2 import News2
from models.risk_scores.stroke_af import StrokeInAf
from tests.models.risk_scores.charts import allergy, bedside, coded, fibrillating
from tests.records import condition, drug, measurement, person, record

SETTINGS = ClinicalSettings()


def _only(model: ClinicalModel, chart: PatientRecord, settings: ClinicalSettings = SETTINGS) -> Finding:
    (finding,) = model.assess(chart, settings).findings
    return finding


def _abstention(model: ClinicalModel, chart: PatientRecord) -> Abstention:
    assessment = model.assess(chart, SETTINGS)
    assert not assessment.findings
    (abstention,) = assessment.abstentions
    return abstention


def _silent(model: ClinicalModel, chart: PatientRecord, settings: ClinicalSettings = SETTINGS) -> bool:
    assessment = model.assess(chart, settings)
    return not assessment.findings and not assessment.abstentions


def test_atrial_fibrillation_at_risk_without_anticoagulant_is_a_finding() -> None:
    finding = _only(StrokeInAf(), fibrillating("I10"))
    assert finding.statement == (
        "Atrial fibrillation, CHA2DS2-VASc 2: no oral anticoagulant on the medication list"
    )
    assert finding.group == "atrial-fibrillation"
    assert finding.explanation is not None
    points = {each.label: each.amount for each in finding.explanation.contributions}
    assert points == {"Hypertension": 1, "Age": 1}


def test_an_anticoagulated_patient_gets_no_card() -> None:
    assert _silent(StrokeInAf(), fibrillating("I10", medications=(drug("apixaban 5 MG tablet"),)))


def test_a_stopped_anticoagulant_does_not_count() -> None:
    assert _only(StrokeInAf(), fibrillating("I10", medications=(drug("apixaban 5 MG", status="stopped"),)))


def test_unknown_medications_make_the_stroke_score_abstain() -> None:
    abstention = _abstention(StrokeInAf(), fibrillating("I10", medications=None))
    assert abstention.missing == ("the medication list (oral anticoagulant)",)


def test_without_atrial_fibrillation_the_question_does_not_arise() -> None:
    assert _abstention(StrokeInAf(), record(patient=person(80))).cause == "not-indicated"


@pytest.mark.parametrize("code", ["I05.0", "Z95.2"])
def test_mitral_stenosis_and_mechanical_valves_are_outside_the_population(code: str) -> None:
    assert _abstention(StrokeInAf(), fibrillating(code)).cause == "outside-population"


def test_female_sex_alone_does_not_reach_the_threshold() -> None:
    assert _silent(StrokeInAf(), fibrillating(age=70, sex="female"))  # 2 points, one of them for sex
    assert _only(StrokeInAf(), fibrillating("I10", age=70, sex="female"))
    assert _silent(StrokeInAf(), fibrillating(age=70, sex="male"))


def test_the_site_chooses_which_stroke_score_decides() -> None:
    by_va = ClinicalSettings(stroke_score="cha2ds2-va")
    finding = _only(StrokeInAf(), fibrillating("I10", sex="female"), by_va)
    assert "CHA2DS2-VA 2" in finding.statement
    assert finding.further_estimates[0].value == 3
    assert "ESC" in finding.guideline.label


def test_a_past_stroke_counts_double_and_is_urgent() -> None:
    past = condition("I63.9", status="resolved", days=2000)
    chart = fibrillating(age=50)
    finding = _only(StrokeInAf(), replace(chart, conditions=(*chart.conditions, past)))
    assert finding.estimate is not None
    assert finding.estimate.value == 2
    assert finding.urgency == "urgent"


def test_a_low_ejection_fraction_counts_as_heart_failure() -> None:
    chart = fibrillating("I10", age=60)
    assert _silent(StrokeInAf(), chart)
    with_lvef = replace(chart, measurements=record(measurement("lvef", 35, 100)).measurements)
    assert "LV ejection fraction" in [
        e.label.replace("Left ventricular", "LV") for e in _only(StrokeInAf(), with_lvef).evidence
    ]


def test_rate_control_is_no_hypertension_and_an_ace_inhibitor_is() -> None:
    assert _silent(StrokeInAf(), fibrillating(medications=(drug("metoprolol"), drug("diltiazem"))))
    assert _only(StrokeInAf(), fibrillating(medications=(drug("lisinopril 10 mg"),)))


def test_a_past_intracranial_bleed_or_intolerance_is_said() -> None:
    assert "weigh" in _only(StrokeInAf(), fibrillating("I10", "I61.9")).rationale
    assert "weigh" in _only(StrokeInAf(), fibrillating("I10", allergies=(allergy("warfarin"),))).rationale
    assert "weigh" not in _only(StrokeInAf(), fibrillating("I10")).rationale


def test_seven_points_of_news2_are_an_emergency_with_the_time_of_the_set() -> None:
    finding = _only(News2(), bedside())
    assert finding.statement == "NEWS2 13 at 2026-06-01 10:00: acute deterioration possible"
    assert finding.urgency == "emergency"
    assert finding.group == "deterioration"
    assert finding.explanation is not None
    first, *_ = finding.explanation.contributions
    assert (finding.evidence[0].label, first.amount) == (first.label, 3)
    assert finding.explanation.total == 13


def test_five_points_are_urgent_and_a_single_three_makes_no_card() -> None:
    calm = {"resp_rate": 16, "spo2": 98, "sbp": 120, "heart_rate": 70, "temperature": 37.0, "o2_flow": 0}
    assert _only(News2(), bedside(values={**calm, "resp_rate": 26, "spo2": 93})).urgency == "urgent"
    assert _silent(News2(), bedside(values={**calm, "resp_rate": 26}))


@pytest.mark.parametrize(("hours", "fresh"), [(23.5, True), (24.5, False)])
def test_observations_count_for_24_hours(hours: float, fresh: bool) -> None:
    assert bool(News2().assess(bedside(hours=hours), SETTINGS).findings) is fresh


def test_a_missing_vital_sign_gives_no_score_and_is_named() -> None:
    assert _abstention(News2(), bedside(without=("temperature",))).missing == ("temperature",)


def test_an_absent_level_of_consciousness_is_a_lower_bound_that_says_so() -> None:
    finding = _only(News2(), bedside(without=("gcs", "o2_flow")))
    assert finding.statement.startswith("NEWS2 at least 11 at")
    assert finding.missing == ("supplemental oxygen (yes or no)", "level of consciousness")
    assert isinstance(News2().compute(bedside(without=("gcs",)), SETTINGS), Abstention)


def test_below_five_points_an_incomplete_set_abstains() -> None:
    calm = {"resp_rate": 16, "spo2": 98, "sbp": 120, "heart_rate": 70, "temperature": 37.0, "o2_flow": 0}
    assert _abstention(News2(), bedside(without=("gcs",), values=calm)).missing == ("level of consciousness",)


def test_an_incomplete_set_of_unknown_setting_is_no_acute_set() -> None:
    assert _abstention(News2(), bedside(without=("gcs",), setting="unknown")).cause == "not-indicated"
    assert _only(News2(), bedside(setting="unknown"))


@pytest.mark.parametrize("setting", ["ambulatory", "home"])
def test_clinic_and_home_measurements_make_no_set(setting: str) -> None:
    assert _abstention(News2(), bedside(setting=setting)).cause == "not-indicated"


def test_measurements_of_another_hour_do_not_belong_to_the_set() -> None:
    chart = bedside()
    (pressure,) = chart.series("sbp").points
    old = measurement("sbp", pressure.value, 4 / 24, setting="inpatient")
    moved = {**chart.measurements, "sbp": type(chart.series("sbp"))((old,))}
    assert _abstention(News2(), replace(chart, measurements=moved)).missing == ("systolic blood pressure",)


def test_measurements_without_a_time_of_day_make_no_set() -> None:
    chart = bedside()
    by_day = {
        name: type(series)(tuple(replace(point, date_only=True) for point in series))
        for name, series in chart.measurements.items()
    }
    assert _abstention(News2(), replace(chart, measurements=by_day)).cause == "not-indicated"


@pytest.mark.parametrize(
    ("code", "text", "alert"),
    [("248234008", "", 1), ("450847001", "", 0), ("", "Alert", 1), ("", "Responds to voice", 0)],
)
def test_consciousness_is_read_from_codes_and_words(code: str, text: str, alert: int) -> None:
    level = coded("consciousness", code, days=2 / 24, text=text)
    result = News2().compute(bedside(without=("gcs",), coded_observations=(level,)), SETTINGS)
    assert not isinstance(result, Abstention)
    assert result.results["news2"] == 13 + 3 * (1 - alert)


def test_a_coma_scale_below_15_is_not_alert() -> None:
    result = News2().compute(bedside(values={"gcs": 14}), SETTINGS)
    assert not isinstance(result, Abstention)
    assert result.results["news2"] == 16


def test_the_second_oxygen_scale_needs_documented_hypercapnic_failure() -> None:
    result = News2().compute(bedside(conditions=(condition("J96.12"),)), SETTINGS)
    assert not isinstance(result, Abstention)
    assert result.gathered.inputs["spo2_scale"] == 2
    assert result.results["news2"] == 10


def test_children_pregnancy_and_end_of_life_care_are_outside_the_population() -> None:
    pregnant = bedside(patient=person(30), conditions=(condition("Z34.90"),))
    for chart in (bedside(patient=person(15)), pregnant, bedside(conditions=(condition("Z51.5"),))):
        assert _abstention(News2(), chart).cause == "outside-population"
