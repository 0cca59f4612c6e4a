"""Criteria that are no rows: met, at the limit, excluded, documented, and with something missing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.record import Encounter, Measurement, Note, PatientRecord
from models.contract import ClinicalModel, ClinicalSettings
from models.diagnosis.criteria.acid_base import AcidBaseCriteria
from models.diagnosis.criteria.anemia import AnemiaCriteria
from models.diagnosis.criteria.fractures import FractureCriteria
from models.diagnosis.criteria.gestational import GestationalCriteria
from models.diagnosis.criteria.heparin import HeparinCriteria
from models.diagnosis.criteria.lipids import LipidCriteria
from models.diagnosis.criteria.liver import LiverCriteria
from models.diagnosis.criteria.metabolic_syndrome import MetabolicSyndromeCriteria
from models.diagnosis.criteria.nutrition import NutritionCriteria
from models.diagnosis.criteria.organs import OrganCriteria
from models.diagnosis.criteria.rhythm import RhythmCriteria
from models.diagnosis.criteria.sepsis_signs import SepsisSignsCriteria
from models.finding import Abstention, Finding
from tests.models.diagnosis.helpers import codes
from tests.records import ago, condition, drug, measurement, person, record


def _found(model: ClinicalModel, chart: PatientRecord) -> dict[str, Finding]:
    found = model.assess(chart, ClinicalSettings()).findings
    assert all(len(each.statement) < 120 for each in found)
    return {each.key: each for each in found}


def _abstained(model: ClinicalModel, chart: PatientRecord) -> Abstention:
    assessment = model.assess(chart, ClinicalSettings())
    assert assessment.findings == ()
    return assessment.abstentions[0]


def _note(text: str, days: float = 5, title: str = "") -> tuple[Note, ...]:
    return (Note(source="DocumentReference/n", text=text, at=ago(days), title=title),)


# --- diabetes in pregnancy


def _pregnant(*points: Measurement, codes: tuple[str, ...] = ()) -> PatientRecord:
    conditions = [condition(code) for code in ("77386006", *codes)]
    return record(*points, patient=person(30), conditions=conditions)


@pytest.mark.parametrize(
    ("analyte", "value", "met"),
    [("glucose_1h_75g", 180, True), ("glucose_1h_75g", 179, False), ("glucose_2h_75g", 153, True),
     ("glucose_2h_75g", 152, False)],
)  # fmt: skip
def test_one_value_of_the_75_g_test_is_gestational_diabetes(analyte: str, value: float, met: bool) -> None:
    found = _found(GestationalCriteria(), _pregnant(measurement(analyte, value, 3)))
    assert ("gestational_diabetes" in found) == met
    if met:
        assert found["gestational_diabetes"].confidence == "A"
        assert codes(found["gestational_diabetes"], "add-problem") == {"11687002", "O24.419"}


def test_a_fasting_value_alone_is_possible_and_asks_for_the_test() -> None:
    found = _found(GestationalCriteria(), _pregnant(measurement("glucose_fasting", 92, 3)))
    assert found["gestational_diabetes"].confidence == "B"
    assert codes(found["gestational_diabetes"], "order") == {"1518-0"}
    assert not _found(GestationalCriteria(), _pregnant(measurement("glucose_fasting", 91, 3)))


def test_the_100_g_test_needs_two_values_of_one_day() -> None:
    one = measurement("glucose_1h_100g", 180, 3)
    assert _abstained(GestationalCriteria(), _pregnant(one)).cause == "missing-input"
    two = _pregnant(one, measurement("glucose_2h_100g", 155, 3))
    assert _found(GestationalCriteria(), two)["gestational_diabetes"].confidence == "A"
    apart = _pregnant(one, measurement("glucose_2h_100g", 155, 20))
    assert _abstained(GestationalCriteria(), apart).cause == "missing-input"


def test_overt_diabetes_comes_before_gestational_diabetes() -> None:
    one = _found(GestationalCriteria(), _pregnant(measurement("hba1c", 6.5, 3)))
    assert (one.keys(), one["overt_diabetes_in_pregnancy"].confidence) == (
        {"overt_diabetes_in_pregnancy"},
        "B",
    )
    two = _pregnant(measurement("hba1c", 6.5, 3), measurement("glucose_fasting", 126, 3))
    assert _found(GestationalCriteria(), two)["overt_diabetes_in_pregnancy"].confidence == "A"


@pytest.mark.parametrize("code", ["O24.419", "E11.9", "44054006"])
def test_known_diabetes_is_not_stated_again_in_pregnancy(code: str) -> None:
    chart = _pregnant(measurement("glucose_2h_75g", 190, 3), codes=(code,))
    assert not _found(GestationalCriteria(), chart)


def test_without_a_pregnancy_the_limits_do_not_apply() -> None:
    assert not _found(
        GestationalCriteria(), record(measurement("glucose_2h_75g", 160, 3), patient=person(30))
    )


# --- metabolic syndrome


def _factors(waist: float = 88, triglycerides: float = 150, hdl: float = 49.9, **more: Any) -> PatientRecord:
    points = [
        measurement(name, value, 20)
        for name, value in (("waist", waist), ("triglycerides", triglycerides), ("hdl", hdl))
    ]
    return record(*points, *more.pop("points", ()), **more)


def test_three_factors_at_their_limits_are_the_syndrome() -> None:
    found = _found(MetabolicSyndromeCriteria(), _factors())["metabolic_syndrome"]
    assert (found.confidence, len(found.evidence)) == ("A", 3)
    for short in ({"waist": 87.9}, {"triglycerides": 149}, {"hdl": 50.0}):
        assert not _found(MetabolicSyndromeCriteria(), _factors(**short))


def test_men_have_their_own_limits() -> None:
    assert not _found(MetabolicSyndromeCriteria(), _factors(patient=person(60, "male")))
    assert _found(MetabolicSyndromeCriteria(), _factors(waist=102, hdl=39, patient=person(60, "male")))


def test_body_mass_index_stands_for_a_waist_that_nobody_measured_and_says_so() -> None:
    points = [
        measurement(name, value, 20) for name, value in (("bmi", 30), ("triglycerides", 150), ("hdl", 49))
    ]
    found = _found(MetabolicSyndromeCriteria(), record(*points))["metabolic_syndrome"]
    assert found.confidence == "B"
    assert "waist" in found.missing[0]


def test_pressure_and_glucose_count_by_value_drug_or_diagnosis() -> None:
    pressure = [measurement("sbp", 128, 9), measurement("dbp", 85, 9)]
    assert _found(MetabolicSyndromeCriteria(), _factors(hdl=60, points=pressure))
    assert _found(MetabolicSyndromeCriteria(), _factors(hdl=60, medications=[drug("lisinopril 10 mg")]))
    assert _found(
        MetabolicSyndromeCriteria(), _factors(hdl=60, points=[measurement("glucose_fasting", 100, 9)])
    )
    assert _found(MetabolicSyndromeCriteria(), _factors(hdl=60, conditions=[condition("E11.9")]))


@pytest.mark.parametrize("code", ["E88.810", "237602007"])
def test_a_documented_syndrome_is_not_stated_again(code: str) -> None:
    assert not _found(MetabolicSyndromeCriteria(), _factors(conditions=[condition(code)]))


def test_the_syndrome_is_not_judged_in_pregnancy_in_children_or_without_a_sex() -> None:
    chart = _factors(patient=person(30), conditions=[condition("Z33.1")])
    assert _abstained(MetabolicSyndromeCriteria(), chart).cause == "outside-population"
    for patient in (person(15), person(60, "unknown")):
        assert not _found(MetabolicSyndromeCriteria(), _factors(patient=patient))


# --- atrial fibrillation


@pytest.mark.parametrize(
    ("text", "title", "met"),
    [
        ("12-lead ECG today: atrial fibrillation with ventricular rate 96.", "", True),
        ("Atrial fibrillation, ventricular rate 88.", "ECG report", True),
        ("Irregular pulse, perhaps atrial fibrillation.", "", False),
        ("Has atrial fibrillation.", "Progress note", False),
        ("ECG: sinus rhythm, no atrial fibrillation.", "", False),
        ("ECG in 2019: history of atrial fibrillation.", "", False),
        ("Telemetry: postoperative atrial fibrillation.", "", False),
        ("Family history: mother with atrial fibrillation on ECG.", "", False),
    ],
)
def test_fibrillation_counts_where_a_recording_affirms_it(text: str, title: str, met: bool) -> None:
    assert bool(_found(RhythmCriteria(), record(notes=_note(text, title=title)))) == met


def test_fibrillation_quotes_its_sentence_and_offers_both() -> None:
    chart = record(notes=_note("ECG: atrial fibrillation, rate 96."))
    found = _found(RhythmCriteria(), chart)["atrial_fibrillation"]
    assert found.evidence[0].quote == "ECG: atrial fibrillation, rate 96."
    assert codes(found, "add-problem") == {"49436004", "I48.91"}


@pytest.mark.parametrize("status", ["active", "resolved"])
def test_any_record_of_fibrillation_silences_it(status: str) -> None:
    chart = record(notes=_note("ECG: atrial fibrillation."), conditions=[condition("I48.0", status=status)])
    assert not _found(RhythmCriteria(), chart)
    assert not _found(RhythmCriteria(), replace(chart, conditions=(), patient=person(12)))


# --- heparin


def _fall(newest: float = 100, days: float = 1, **more: Any) -> PatientRecord:
    more.setdefault("medications", [drug("enoxaparin 40 mg")])
    return record(measurement("platelets", 200, 8), measurement("platelets", newest, days), **more)


def test_platelets_that_halve_under_heparin_are_urgent() -> None:
    found = _found(HeparinCriteria(), _fall())["heparin_thrombocytopenia"]
    assert (found.urgency, found.confidence) == ("urgent", "C")
    assert not _found(HeparinCriteria(), _fall(101))


def test_a_fall_without_heparin_under_chemotherapy_known_or_old_is_not_stated() -> None:
    assert not _found(HeparinCriteria(), _fall(medications=[]))
    assert not _found(HeparinCriteria(), _fall(medications=[drug("heparin", status="stopped")]))
    assert not _found(HeparinCriteria(), _fall(days=4))
    for code in ("D75.829", "73397007", "Z51.11"):
        assert not _found(HeparinCriteria(), _fall(conditions=[condition(code)]))


# --- sepsis

WARD = Encounter(source="Encounter/1", setting="inpatient", status="in-progress", start=ago(1))


def _septic(rate: float = 22, systolic: float = 100, **more: Any) -> PatientRecord:
    points = [
        measurement(name, value, 0.05, setting="inpatient")
        for name, value in (("resp_rate", rate), ("sbp", systolic), ("gcs", 15))
    ]
    more.setdefault("conditions", [condition("J18.9", days=1)])
    return record(*points, *more.pop("points", ()), encounters=(WARD,), **more)


def test_an_infection_with_failing_organs_is_possible_sepsis() -> None:
    found = _found(SepsisSignsCriteria(), _septic())["sepsis_suspicion"]
    assert "qSOFA 2" in found.statement
    assert found.missing == ("lactate of today",)
    assert codes(found, "order") == {"2524-7", "600-7"}
    assert not _found(SepsisSignsCriteria(), _septic(systolic=101))


def test_a_high_lactate_is_said_and_an_antibiotic_stands_for_an_infection() -> None:
    begun = replace(drug("ceftriaxone 1 g"), started=ago(1))
    lactate = measurement("lactate", 2.1, 0.1)
    chart = _septic(conditions=[], medications=[begun], points=[lactate])
    found = _found(SepsisSignsCriteria(), chart)["sepsis_suspicion"]
    assert found.statement.endswith("lactate high")
    assert found.evidence[0].label == "Antibiotic begun"
    old = replace(begun, started=ago(4))
    assert not _found(SepsisSignsCriteria(), _septic(conditions=[], medications=[old]))


def test_sepsis_needs_an_infection_of_now_and_is_not_stated_when_known_or_palliative() -> None:
    assert not _found(SepsisSignsCriteria(), _septic(conditions=[]))
    assert not _found(SepsisSignsCriteria(), _septic(conditions=[condition("J18.9", days=5)]))
    for code in ("A41.9", "91302008", "Z51.5"):
        both = [condition("J18.9", days=1), condition(code, days=1)]
        assert not _found(SepsisSignsCriteria(), _septic(conditions=both))


# --- fractures


def test_a_fracture_of_the_hip_after_50_asks_for_osteoporosis() -> None:
    chart = record(patient=person(50), conditions=[condition("S72.001A", status="resolved")])
    assert _found(FractureCriteria(), chart)["osteoporosis"].confidence == "C"
    assert not _found(FractureCriteria(), replace(chart, patient=person(49)))
    assert not _found(FractureCriteria(), record(conditions=[condition("S52.501A")]))


@pytest.mark.parametrize("code", ["M81.0", "64859006", "C50.9", "V43.52", "W13.2"])
def test_osteoporosis_cancer_or_an_accident_explains_a_fracture(code: str) -> None:
    assert not _found(FractureCriteria(), record(conditions=[condition("S32.010A"), condition(code)]))


def test_a_treated_fracture_is_no_news() -> None:
    chart = record(conditions=[condition("S72.001A")], medications=[drug("alendronate 70 mg")])
    assert not _found(FractureCriteria(), chart)


# --- nutrition


def _weights(newest: float, days_before: float = 150, **more: Any) -> PatientRecord:
    return record(measurement("weight", 80, days_before), measurement("weight", newest, 2), **more)


def test_a_loss_of_weight_is_malnutrition_only_with_a_cause_beside_it() -> None:
    alone = _found(NutritionCriteria(), _weights(75.9))["malnutrition"]
    assert (alone.confidence, alone.missing, alone.proposals) == (
        "C", ("food intake, absorption, inflammation",), (),
    )  # fmt: skip
    assert not _found(NutritionCriteria(), _weights(76))
    chart = _weights(75.9, notes=_note("Poor oral intake for three weeks."))
    found = _found(NutritionCriteria(), chart)["malnutrition"]
    assert found.confidence == "B"
    assert codes(found, "add-problem") == {"272588001", "E44.0"}


def test_a_loss_over_more_than_half_a_year_has_its_own_limit() -> None:
    assert not _found(NutritionCriteria(), _weights(72, days_before=300))
    assert _found(NutritionCriteria(), _weights(71.9, days_before=300))


def test_a_severe_loss_has_the_code_of_severe_malnutrition() -> None:
    found = _found(NutritionCriteria(), _weights(71, conditions=[condition("K90.0")]))["malnutrition"]
    assert (codes(found, "add-problem"), found.urgency) == ({"272588001", "E43"}, "soon")


@pytest.mark.parametrize(
    ("age", "bmi", "met"), [(60, 19.9, True), (60, 20, False), (70, 21.9, True), (70, 22, False)]
)
def test_the_limit_of_body_mass_index_rises_at_70(age: int, bmi: float, met: bool) -> None:
    chart = record(measurement("bmi", bmi, 2), measurement("crp", 11, 5), patient=person(age))
    assert bool(_found(NutritionCriteria(), chart)) == met


def test_a_low_body_mass_index_without_a_cause_or_a_loss_says_nothing() -> None:
    assert not _found(NutritionCriteria(), record(measurement("bmi", 18.3, 2), patient=person(22)))


def test_weight_is_not_judged_in_pregnancy_with_edema_or_when_the_loss_was_meant() -> None:
    pregnant = _weights(70, patient=person(30), conditions=[condition("Z33.1")])
    edema = _weights(70, conditions=[condition("R18.8")])
    meant = _weights(70, notes=_note("Intentional weight loss by diet and exercise."))
    for chart in (pregnant, edema, meant):
        assert _abstained(NutritionCriteria(), chart).cause == "outside-population"


def test_known_malnutrition_and_old_weights_are_no_news() -> None:
    for code in ("E46", "E44.0", "272588001"):
        assert not _found(NutritionCriteria(), _weights(70, conditions=[condition(code)]))
    old = record(measurement("weight", 80, 300), measurement("weight", 70, 100))
    assert not _found(NutritionCriteria(), old)


# --- fatty liver

FAT = "Ultrasound: diffusely echogenic liver, hepatic steatosis."


def test_fat_in_the_liver_with_a_metabolic_factor_is_offered() -> None:
    chart = record(measurement("bmi", 25, 30), notes=_note(FAT))
    found = _found(LiverCriteria(), chart)["masld"]
    assert codes(found, "add-problem") == {"1231824009", "K76.0"}
    assert "alcohol a day" in found.missing
    assert not _found(LiverCriteria(), record(measurement("bmi", 24.9, 30), notes=_note(FAT)))
    assert not _found(
        LiverCriteria(), record(measurement("bmi", 30, 30), notes=_note("No hepatic steatosis."))
    )


@pytest.mark.parametrize("code", ["K76.0", "1231824009", "B18.2", "F10.20", "K74.60"])
def test_another_or_a_known_liver_disease_silences_fatty_liver(code: str) -> None:
    chart = record(measurement("bmi", 30, 30), notes=_note(FAT), conditions=[condition(code)])
    assert not _found(LiverCriteria(), chart)


def test_a_drug_that_causes_fat_in_the_liver_silences_it() -> None:
    chart = record(measurement("bmi", 30, 30), notes=_note(FAT), medications=[drug("amiodarone 200 mg")])
    assert not _found(LiverCriteria(), chart)
    assert not _found(LiverCriteria(), record(notes=_note(FAT)))


# --- anemia of kidney disease


def _renal(ferritin: float = 100, tsat: float = 20, egfr: float = 44, **more: Any) -> PatientRecord:
    more.setdefault("conditions", [condition("N18.32")])
    points = [
        measurement(name, value, days)
        for name, value, days in (
            ("hemoglobin", 10.5, 35), ("hemoglobin", 10.6, 5), ("ferritin", ferritin, 6), ("tsat", tsat, 6),
            ("egfr", egfr, 6),
        )
    ]  # fmt: skip
    return record(*points, **more)


def test_anemia_with_enough_iron_in_kidney_disease_is_called_by_its_cause() -> None:
    found = _found(AnemiaCriteria(), _renal())
    assert found.keys() == {"ckd_anaemia"}
    assert codes(found["ckd_anaemia"], "add-problem") == {"707323002", "D63.1"}


@pytest.mark.parametrize("short", [{"tsat": 19.9}, {"egfr": 45}, {"conditions": ()}])
def test_without_enough_iron_or_failing_kidneys_the_cause_stays_open(short: dict[str, Any]) -> None:
    assert "ckd_anaemia" not in _found(AnemiaCriteria(), _renal(**short))


@pytest.mark.parametrize("code", ["C18.9", "K92.2", "D63.1"])
def test_cancer_bleeding_or_the_diagnosis_itself_silences_it(code: str) -> None:
    chart = _renal(conditions=[condition("N18.32"), condition(code)])
    assert "ckd_anaemia" not in _found(AnemiaCriteria(), chart)


def test_two_values_must_lie_four_weeks_apart() -> None:
    chart = _renal()
    close = tuple(replace(p, at=ago(20)) if p.at == ago(35) else p for p in chart.series("hemoglobin"))
    series = replace(chart.series("hemoglobin"), points=close)
    chart = replace(chart, measurements={**chart.measurements, "hemoglobin": series})
    assert "ckd_anaemia" not in _found(AnemiaCriteria(), chart)


# --- a statin without a reason


def test_a_statin_without_lipids_heart_vessels_or_diabetes_asks_for_its_reason() -> None:
    chart = record(medications=[drug("atorvastatin 20 mg")])
    found = _found(LipidCriteria(), chart)["statin_without_reason"]
    assert codes(found, "add-problem") == {"55822004", "E78.5"}
    for code in ("E78.5", "I25.10", "I63.9", "I70.0", "E11.9"):
        assert not _found(LipidCriteria(), replace(chart, conditions=(condition(code),)))
    unknown = replace(chart, coverage={**chart.coverage, "Condition": "unavailable"})
    assert not _found(LipidCriteria(), unknown)


def test_a_low_bicarbonate_is_another_question_with_kidney_disease_than_without() -> None:
    low = [measurement("bicarbonate", value, days) for value, days in ((20.2, 300), (21.8, 20))]
    without = _found(AcidBaseCriteria(), record(*low))
    assert set(without) == {"metabolic_acidosis_unexplained"}
    assert "Kraut" in without["metabolic_acidosis_unexplained"].guideline.label
    assert "bicarbonate 21.8 mmol/L" in without["metabolic_acidosis_unexplained"].statement
    known = _found(AcidBaseCriteria(), record(*low, conditions=[condition("N18.31")]))
    assert set(known) == {"metabolic_acidosis"}


def test_a_long_standing_low_body_mass_index_may_be_the_build() -> None:
    lungs = [condition("J44.9")]
    thin = [measurement("bmi", 19.0, days) for days in (700, 400, 10)]
    found = _found(NutritionCriteria(), record(*thin, conditions=lungs))["malnutrition"]
    assert found.statement == "Possible malnutrition: body mass index 19.0, unchanged since 2024-07-01"
    assert (found.confidence, found.proposals) == ("C", ())
    eats_little = record(*thin, conditions=lungs, notes=_note("Poor oral intake for three weeks."))
    assert _found(NutritionCriteria(), eats_little)["malnutrition"].confidence == "B"
    fell = record(measurement("bmi", 20.1, 400), measurement("bmi", 19.0, 10), conditions=lungs)
    assert _found(NutritionCriteria(), fell)["malnutrition"].confidence == "B"
    severe = [measurement("bmi", 18.0, days) for days in (400, 10)]
    assert _found(NutritionCriteria(), record(*severe, conditions=lungs))["malnutrition"].confidence == "B"


def test_alt_raised_for_months_asks_for_chronic_hepatitis_and_a_very_high_one_for_acute() -> None:
    chronic = record(measurement("alt", 54, 380), measurement("alt", 55, 10))
    found = _found(OrganCriteria(), chronic)["raised_transaminases"]
    assert codes(found, "order") == {"5195-3", "16128-1"}
    acute = _found(OrganCriteria(), record(measurement("alt", 500, 10)))["raised_transaminases"]
    assert (codes(acute, "order"), acute.urgency) == ({"24363-4"}, "urgent")
