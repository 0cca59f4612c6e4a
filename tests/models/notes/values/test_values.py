"""Which numbers and words of a note are results, of which test, in which unit."""

from __future__ import annotations

from collections import Counter

import pytest

from fhir_adapters.notes.sections import sections_of
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.terminology.units import convert
from models.notes.sentences import sentences_of
from models.notes.typed_span import TypedSpan
from models.notes.values.extract import values_of
from tests.growth import in_proportion
from tests.models.notes.values.reading import MTSAMPLES, bound, transcriptions

BP = ["sbp 142 mm[Hg]", "dbp 88 mm[Hg]"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("LVEF 35%", ["lvef 35 %"]),
        ("an EF of 40 percent", ["lvef 40 %"]),
        ("a 35% ejection fraction", ["lvef 35 %"]),
        ("EF = 0.55", ["lvef 0.55 {fraction}"]),
        ("ejection fraction (EF) was visually estimated at 45%", ["lvef 45 %"]),
        ("A1c of 8.2", ["hba1c 8.2 %"]),
        ("HbA1c 8.2 % (66 mmol/mol)", ["hba1c 8.2 %"]),
        ("glycated hemoglobin was 66 mmol/mol", ["hba1c 66 mmol/mol"]),
        ("eGFR > 60, troponin <0.01", ["egfr > 60 mL/min/{1.73_m2}", "troponin < 0.01"]),
        ("troponin I of less than 0.02 ng/mL", ["troponin_i < 0.02 ng/mL"]),
        ("INR 2.3 and TSH 6.8", ["inr 2.3 1", "tsh 6.8 m[IU]/L"]),
        ("white count 14.5 thousand", ["wbc 14.5 10*3/uL"]),
        ("WBC 12,300, platelets 150K", ["wbc 12300 /uL", "platelets 150 10*3/uL"]),
        ("platelet count 250 x 10^9/L", ["platelets 250 10*9/L"]),
        ("PHQ-9 score of 12, GCS 15", ["phq9 12 {score}", "gcs 15 {score}"]),
        ("T-score -2.5 at the hip", ["tscore_dxa -2.5 {T-score}"]),
        ("ABG: 7.32/45/88", ["ph_arterial 7.32 [pH]", "pco2 45 mm[Hg]", "po2 88 mm[Hg]"]),
        ("pain 7/10 at night", ["pain_score 7 {score}"]),
    ],
)
def test_a_number_is_bound_to_the_test_before_it(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "BP 142/88",
        "BP: 142 / 88 mmHg",
        "BP142/88",
        "B/P; 142/88",
        "blood pressure is 142 over 88",
        "His blood pressure in the left arm while sitting was 142/88 today",
        "He is hypertensive, 142/88",
        "a reading of 142/88 mmHg",
        "VITALS:\n142/88, afebrile",
    ],
)
def test_a_blood_pressure_is_two_values(text: str) -> None:
    assert bound(text) == BP


def test_every_blood_pressure_of_a_sentence_is_read() -> None:
    assert bound("BP 142/88 lying and 120/70 standing") == [*BP, "sbp 120 mm[Hg]", "dbp 70 mm[Hg]"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HR 88", "heart_rate 88 /min"),
        ("pulse is 88 bpm and regular", "heart_rate 88 /min"),
        ("T 101.2", "temperature 101.2 [degF]"),
        ("temp 38.4 C", "temperature 38.4 Cel"),
        ("Temperature: 38.4", "temperature 38.4 Cel"),
        ("temperature of 98.6 degrees F", "temperature 98.6 [degF]"),
        ("febrile to 102", "temperature 102 [degF]"),
        ("RR 18", "resp_rate 18 /min"),
        ("respirations 16 breaths per minute", "resp_rate 16 {breaths}/min"),
        ("SpO2 94% on RA", "spo2 94 %"),
        ("97% on room air", "spo2 97 %"),
        ("weight 210 lb", "weight 210 [lb_av]"),
        ("weighs 80 kg", "weight 80 kg"),
        ("weighing 7 pounds 8 ounces", "weight 7.5 [lb_av]"),
        ("weight 163#", "weight 163 [lb_av]"),
        ("height 5'10\"", "height 70 [in_i]"),
        ("Ht 6 feet 2 inches", "height 74 [in_i]"),
        ("height is 178 cm", "height 178 cm"),
        ("BMI 31", "bmi 31 kg/m2"),
        ("BMI of 31-1/2", "bmi 31.5 kg/m2"),
    ],
)
def test_vital_signs_are_read_with_their_units(text: str, expected: str) -> None:
    assert bound(text) == [expected]


def test_oxygen_flow_is_read_beside_the_saturation() -> None:
    assert bound("O2 sat 94 % on 2 L nasal cannula") == ["spo2 94 %", "o2_flow 2 L/min"]


def test_single_letters_mean_vital_signs_only_beside_one() -> None:
    assert bound("T 37.5 P 88 R 20 BP 142/88") == [
        "temperature 37.5 Cel",
        "heart_rate 88 /min",
        "resp_rate 20 /min",
        *BP,
    ]
    assert bound("P 32 and R 12 are the bolts") == []


def test_a_chemistry_line_is_read_in_order() -> None:
    assert bound("Na 138, K 4.1, Cl 101, CO2 24, BUN 18, Cr 1.4, glucose 112") == [
        "sodium 138 mmol/L",
        "potassium 4.1 mmol/L",
        "chloride 101 mmol/L",
        "bicarbonate 24 mmol/L",
        "bun 18 mg/dL",
        "creatinine 1.4 mg/dL",
        "glucose 112 mg/dL",
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("WBC 7.8  Hgb 9.1*  Hct 28.9", ["wbc 7.8 10*3/uL", "hemoglobin 9.1 g/dL", "hematocrit 28.9 %"]),
        (
            "WBC-7.8 Hgb-9.1* Na-138 K-4.1",
            ["wbc 7.8 10*3/uL", "hemoglobin 9.1 g/dL", "sodium 138 mmol/L", "potassium 4.1 mmol/L"],
        ),
        ("Potassium | 4.1 | mmol/L | 3.5-5.0", ["potassium 4.1 mmol/L"]),
        ("ferritin\t258\tng/mL", ["ferritin 258 ng/mL"]),
        ("T98.6 HR72 RR18", ["temperature 98.6 [degF]", "heart_rate 72 /min", "resp_rate 18 /min"]),
    ],
)
def test_tables_and_flow_sheets_are_read(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BUN/creatinine 18/1.4", ["bun 18 mg/dL", "creatinine 1.4 mg/dL"]),
        ("AST and ALT were 45 and 67", ["ast 45 U/L", "alt 67 U/L"]),
        ("H&H 9.1/28.9", ["hemoglobin 9.1 g/dL", "hematocrit 28.9 %"]),
        ("H&H 37.4/12.1", []),
    ],
)
def test_joined_tests_take_joined_numbers_in_order(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("creatinine was 1.4 (baseline 0.9)", "1.4"),
        ("creatinine rose from 0.9 to 1.8", "1.8"),
        ("creatinine 1.8, up from 0.9", "1.8"),
        ("creatinine 0.9 -> 1.4 -> 1.8", "1.8"),
        ("creatinine peaked at 3.1, now 1.5", "1.5"),
        ("creatinine was previously 0.9 and now is 1.8", "1.8"),
        ("creatinine in March 2010 was 1.4", "1.4"),
        ("creatinine (0.6-1.2) 1.4", "1.4"),
        ("creatinine on 3/4/20 was 1.4", "1.4"),
    ],
)
def test_of_several_numbers_the_current_one_is_the_value(text: str, value: str) -> None:
    assert bound(text) == [f"creatinine {value} mg/dL"]


def test_the_last_of_a_series_is_current_even_when_it_looks_like_a_year() -> None:
    assert bound("Troponin was 0.051, then 0.46, and then 19.8 this morning") == ["troponin 19.8"]


def test_a_saturation_that_drops_on_effort_does_not_replace_the_one_at_rest() -> None:
    assert bound("O2 saturation 94% at rest and dropped to 86% after climbing stairs") == ["spo2 94 %"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("EF of 35-40%", ["lvef 35 %"]),
        ("EF 55% to 60%", ["lvef 55 %"]),
        ("HR 60-70", ["heart_rate 60 /min"]),
        ("blood sugars ranging from 92 to 104", ["glucose 92 mg/dL"]),
        ("systolic in the 120s", ["sbp 120 mm[Hg]"]),
        ("BP in the 140s/80s", ["sbp 140 mm[Hg]", "dbp 80 mm[Hg]"]),
    ],
)
def test_of_a_range_the_lower_bound_is_the_value(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "metformin 500 mg daily",
        "lisinopril 10",
        "potassium 20 mEq daily",
        "K 10 mEq po bid",
        "calcium 500 mg and magnesium 2 g IV",
        "iron 325 mg",
        "vitamin B12 1000 mcg",
        "MEDICATIONS:\nPotassium 10\nCalcium 10",
    ],
)
def test_a_dose_is_no_value(text: str) -> None:
    assert bound(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "seen on 3/4/2020 at 10:30",
        "a 72-year-old man with BP",
        "call 555-123-4567 for the glucose",
        "A1c in 3 months",
        "glucose checked 4 to 5 times per week",
        "hemoglobin on the 2nd floor, room 12",
        "visual acuity is 20/20 and strength 5/5",
        "pulse 2+ in both feet",
        "T12 fracture, T4 lesion",
        "CA 19-9 is pending",
        "weight loss of 20 pounds",
        "weight is up 5 pounds",
        "the spleen weighed 340 grams",
        "positive for CK-20 and negative for CK 7",
        "BUN/creatinine ratio 20",
        "MAP 65",
        "glucose level 9,11 mmol/L",
        "creatinine 140 mg/dL",
    ],
)
def test_a_number_of_something_else_is_no_value(text: str) -> None:
    assert bound(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "goal BP < 130/80",
        "BP goal is 130/80",
        "Target LDL 70",
        "A1c goal <7",
        "keep K > 4.0",
        "Hold if SBP < 100",
        "Call for temperature greater than 101.5",
        "if K > 5.5 give calcium",
        "Pain will be less than 4/10",
        "maintain O2 saturations at 92%",
        "a blood pressure less than 130/80 is our goal",
        "INR 2 or higher",
        "titrate to heart rate 60",
        "IV p.r.n. systolic blood pressure more than 170",
    ],
)
def test_a_goal_or_a_threshold_is_no_value(text: str) -> None:
    assert bound(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("K 4.1 (3.5-5.0)", ["potassium 4.1 mmol/L"]),
        ("potassium (3.5-5.0)", []),
        ("hemoglobin 9.1 g/dL (normal range: 12-16 g/dL)", ["hemoglobin 9.1 g/dL"]),
        ("The normal range of sodium is 135 to 145", []),
    ],
)
def test_a_reference_range_is_no_value(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


def test_a_de_identified_number_gives_nothing() -> None:
    assert bound("K ___, Hgb [**4-5**], Cl 101") == ["chloride 101 mmol/L"]


@pytest.mark.parametrize(
    "text",
    [
        "UA: glucose 250, WBC 5-10, pH 7.0",
        "CSF showed glucose 60 and WBC 5",
        "URINALYSIS:\nGlucose 100",
        "pleural fluid LDH 400",
        "CSF had 6 red blood cells and glucose 60",
    ],
)
def test_a_result_of_another_fluid_is_not_one_of_blood(text: str) -> None:
    assert bound(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "RV dysfunction with an ejection fraction of 25%",
        "gallbladder ejection fraction 12%",
        "pulmonary artery systolic pressure 48",
        "pulmonary artery saturation of 65%",
        "fetal heart rate 140",
    ],
)
def test_a_measurement_elsewhere_is_not_taken_for_the_usual_one(text: str) -> None:
    assert bound(text) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("glucose 18", "glucose 18"),
        ("weight 60", "weight 60"),
        ("magnesium 2.0", "magnesium 2.0"),
        ("D-dimer of 5", "ddimer 5"),
        ("weight 10.5 kilos", "weight 10.5 kg"),
        ("A1c of 16", "hba1c 16 %"),
        ("creatinine 120", "creatinine 120 umol/L"),
        ("glucose 5.6 mmol/L", "glucose 5.6 mmol/L"),
        ("hemoglobin 120 g/L", "hemoglobin 120 g/L"),
    ],
)
def test_a_missing_unit_is_concluded_only_when_one_fits(text: str, expected: str) -> None:
    assert bound(text) == [expected]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("HIV negative", ["hiv_screen negative"]),
        ("HIV test was non-reactive", ["hiv_screen negative"]),
        (
            "HCV antibody positive, hepatitis B surface antigen not detected",
            ["hcv_ab positive", "hbsag negative"],
        ),
        ("negative d-dimer", ["ddimer negative"]),
        ("troponins were negative x3", ["troponin negative"]),
        ("urine protein 2+", ["urine_protein_strip 2+"]),
        ("history of HIV", []),
        ("troponin negative for ischemia", []),
    ],
)
def test_results_in_words_are_read(text: str, expected: list[str]) -> None:
    assert bound(text) == expected


def test_the_value_of_an_unknown_test_is_read_where_the_spans_mark_both() -> None:
    text = "Serum rhubarb was 12 ng/mL."
    spans = [TypedSpan(0, 13, "test"), TypedSpan(18, 26, "value")]
    assert bound(text) == []
    assert bound(text, spans) == ["12 ng/mL"]


def test_spans_do_not_bind_a_known_test_twice() -> None:
    text = "Creatinine was 1.4."
    assert bound(text, [TypedSpan(0, 10, "test"), TypedSpan(15, 18, "value")]) == ["creatinine 1.4 mg/dL"]


def test_spans_point_at_the_number_with_its_unit_and_at_the_test() -> None:
    text = "Today the hemoglobin was 9.1 g/dL."
    (value,) = values_of(text, sentences_of(text, ()), (), [])
    assert text[value.span.start : value.span.end] == "9.1 g/dL"
    assert value.test is not None
    assert text[value.test.start : value.test.end] == "hemoglobin"


@pytest.mark.parametrize("noise", ["1", "1.", "1/2 ", "120/80 ", "9,9.", "(3-4) ", "< 5 ", "½", "-1", "1'2 "])
def test_a_megabyte_of_digits_and_punctuation_holds_no_value_and_takes_time_in_proportion(noise: str) -> None:
    def none_of(text: str) -> None:
        assert values_of(text, sentences_of(text, ()), (), []) == []

    assert in_proportion(none_of, noise, 1_000_000)


@pytest.mark.data
@pytest.mark.skipif(not MTSAMPLES.exists(), reason="the MTSamples transcriptions are not beside the checkout")
def test_public_transcriptions_hold_many_values_and_all_are_plausible() -> None:
    counts: Counter[str] = Counter()
    for text in transcriptions():
        sections = sections_of(text)
        for value in values_of(text, sentences_of(text, sections), sections, []):
            counts[value.analyte] += 1
            if value.value is not None and value.unit and value.analyte in ANALYTES:
                analyte = ANALYTES[value.analyte]
                canonical = convert(float(value.value), value.unit, value.analyte)
                assert isinstance(canonical, float | int)
                assert analyte.low <= canonical <= analyte.high
    floors = {
        "sbp": 500,
        "heart_rate": 400,
        "temperature": 250,
        "weight": 200,
        "creatinine": 100,
        "lvef": 100,
    }
    assert {key: counts[key] >= floor for key, floor in floors.items()} == dict.fromkeys(floors, True)
    assert counts["sbp"] - counts["dbp"] < 40


def test_spans_inside_the_last_word_bind_nothing() -> None:
    text = "serum rhubarb5 testing"
    assert bound(text, [TypedSpan(0, 16, "test"), TypedSpan(19, 22, "value")]) == []


@pytest.mark.parametrize(
    ("text", "test", "value"),
    [
        ("Gait disorder (781.2) and falls.", "Gait disorder", "781.2"),
        ("Her pupils were reactive to light.", "pupils", "reactive"),
        ("Alert and oriented x 3 today.", "x", "3"),
        ("Medications:\nDosanol 0.625 mg daily", "Dosanol", "0.625 mg"),
    ],
)
def test_a_code_a_pupil_and_a_dose_are_no_results(text: str, test: str, value: str) -> None:
    spans = [
        TypedSpan(text.index(test), text.index(test) + len(test), "test"),
        TypedSpan(text.index(value), text.index(value) + len(value), "value"),
    ]
    assert bound(text, spans) == []


@pytest.mark.parametrize(
    ("text", "unit"),
    [("cup ratio 0.65 in the right eye", ""), ("cup size 38C now", ""), ("cup depth 4 cm", "cm")],
)
def test_a_letter_that_may_be_a_word_is_no_unit_of_an_unknown_test(text: str, unit: str) -> None:
    number = next(word for word in text.split() if word[0].isdigit())
    start = text.index(number)
    spans = [TypedSpan(0, start - 1, "test"), TypedSpan(start, start + len(number), "value")]
    sections = sections_of(text)
    (value,) = values_of(text, sentences_of(text, sections), sections, spans)
    assert value.unit == unit


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Maximal blood pressure was 200/84 on the treadmill.", []),
        ("Peak BP 210/90 at stage 3.", []),
        ("Blood pressure was 124/84 before exercise.", ["sbp 124 mm[Hg]", "dbp 84 mm[Hg]"]),
        ("Respiratory failure with CO2 of 57.", []),
        ("Na 140, CO2 27.", ["sodium 140 mmol/L", "bicarbonate 27 mmol/L"]),
        ("Bicarbonate 48 mmol/L.", ["bicarbonate 48 mmol/L"]),
    ],
)
def test_exertion_and_blood_gases_are_no_resting_results(text: str, expected: list[str]) -> None:
    assert bound(text) == expected
