"""The learned cardiometabolic risks on charts: mapping, population, the one card."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from fhir_adapters.mapping.chart import map_chart
from fhir_adapters.record import SNOMED, Coding, Concept, PatientRecord, Procedure
from models.complications.cardiometabolic import HIGH_DIABETES_RISK, Cardiometabolic
from models.contract import ClinicalSettings
from models.finding import Abstention
from models.run import results_of
from models.scoring import Gathered, ScoreResult
from tests.records import NOW, condition, measurement, person, record

MODEL = Cardiometabolic()
SETTINGS = ClinicalSettings()


def chart(*points: Any, codes: tuple[str, ...] = ("I10", "E78.5", "K76.0"), **more: Any) -> PatientRecord:
    """A man of 58 at high risk of diabetes; `points` replace those of their analyte."""
    own = {point.analyte for point in points}
    values = {"bmi": 38, "height": 176, "hdl": 35, "sbp": 148}
    found = [measurement(name, value, 60) for name, value in values.items() if name not in own]
    more.setdefault("patient", person(58, "male"))
    return record(*found, *points, conditions=[condition(code) for code in codes], **more)


def gathered(of: PatientRecord) -> Gathered:
    found = MODEL.from_record(of, SETTINGS)
    assert isinstance(found, Gathered), found
    return found


def abstention(of: PatientRecord) -> Abstention:
    found = MODEL.compute(of, SETTINGS)
    assert isinstance(found, Abstention), found
    return found


def test_inputs_come_with_their_sources() -> None:
    found = gathered(chart())
    assert found.inputs == {
        "age": 58, "sex": "male", "bmi": 38, "height": 176, "hdl_c": 35, "sbp": 148, "hypertension": 1,
        "dyslipidemia": 1, "steatotic_liver": 1, "diabetes": 0, "coronary_disease": 0, "mi": 0, "stroke": 0,
        "af": 0, "hf": 0,
    }  # fmt: skip
    assert found.evidence["hdl_c"].source == "Observation/hdl-60"
    assert found.evidence["hypertension"].source == "Condition/I10"
    assert found.missing == ("FIB-4 (AST, ALT and platelets in the last 12 months)",)


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("I10", "hypertension"), ("59621000", "hypertension"), ("E78.5", "dyslipidemia"),
        ("K76.0", "steatotic_liver"), ("E11.9", "diabetes"), ("I25.10", "coronary_disease"),
        ("I21.9", "mi"), ("22298006", "mi"), ("I63.9", "stroke"), ("I61.9", "stroke"),
        ("I48.91", "af"), ("I50.9", "hf"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("status", ["active", "resolved"])
def test_a_history_is_read_by_code_and_stays_one(code: str, name: str, status: str) -> None:
    past = record(patient=person(58, "male"), conditions=[condition(code, status=status)])
    inputs = gathered(past).inputs
    assert inputs[name] == 1
    others = {"mi": {"coronary_disease"}}.get(name, set())
    assert {each for each in inputs if inputs[each] == 1} == {name} | others


def test_a_stent_among_the_procedures_is_coronary_disease() -> None:
    stent = Procedure(source="Procedure/1", concept=Concept((Coding(SNOMED, "36969009"),)))
    assert gathered(chart(procedures=(stent,))).inputs["coronary_disease"] == 1


def test_two_hba1c_of_diabetic_height_are_diabetes() -> None:
    high = chart(measurement("hba1c", 6.8, 30), measurement("hba1c", 6.9, 200))
    assert gathered(high).inputs["diabetes"] == 1


def test_units_of_other_countries_are_converted_on_the_way() -> None:
    def observation(code: str, value: float, unit: str) -> dict[str, Any]:
        return {
            "resourceType": "Observation", "id": f"o{code}", "status": "final",
            "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
            "subject": {"reference": "Patient/p"}, "effectiveDateTime": "2026-05-01T08:00:00Z",
            "valueQuantity": {"value": value, "system": "http://unitsofmeasure.org", "code": unit},
        }  # fmt: skip

    patient = {"resourceType": "Patient", "id": "p", "gender": "female", "birthDate": "1970-02-01"}
    resources = [
        patient, observation("2085-9", 1.2, "mmol/L"), observation("8302-2", 65, "[in_i]"),
        observation("39156-5", 29.4, "kg/m2"), observation("8480-6", 141, "mm[Hg]"),
    ]  # fmt: skip
    mapped = map_chart("p", resources, now=NOW, coverage={"Condition": "complete"})
    inputs = gathered(mapped).inputs
    assert inputs["hdl_c"] == pytest.approx(46.4, abs=0.1)
    assert inputs["height"] == pytest.approx(165.1)
    assert (inputs["bmi"], inputs["sbp"], inputs["sex"]) == (29.4, 141, "female")


@pytest.mark.parametrize(
    "point",
    [
        measurement("hdl", 90, -1), measurement("hdl", 90, 5 * 366),
        measurement("hdl", 90, 5, setting="inpatient"), measurement("hdl", 90, 5, suspect=True),
    ],
)  # fmt: skip
def test_a_measurement_of_the_future_the_far_past_or_acute_care_changes_nothing(point: Any) -> None:
    usual = [measurement("hdl", 35, 60)]
    without, with_it = chart(*usual), chart(*usual, point)
    assert gathered(with_it).inputs == gathered(without).inputs
    assert MODEL.compute(with_it, SETTINGS) == MODEL.compute(without, SETTINGS)


def test_a_measurement_outside_its_range_is_left_out_and_named() -> None:
    found = gathered(chart(measurement("bmi", 110, 10)))
    assert "bmi" not in found.inputs
    assert "body mass index between 10 and 90 kg/m²" in found.missing


def test_missing_measurements_widen_the_risks_and_are_named() -> None:
    sparse = record(patient=person(58, "male"))
    (line,) = results_of(sparse, [MODEL], SETTINGS)
    assert [estimate.name for estimate in line.estimates[:2]] == [
        "5-year risk of diabetes", "10-year risk of diabetes",
    ]  # fmt: skip
    assert all("by what is not known" in estimate.band for estimate in line.estimates)
    assert len(gathered(sparse).missing) == 5
    assert not MODEL.assess(sparse, SETTINGS).findings


def test_a_full_chart_has_one_number_a_risk() -> None:
    full = chart(*(measurement(name, 20, 30) for name in ("ast", "alt")), measurement("platelets", 250, 30))
    (line,) = results_of(full, [MODEL], SETTINGS)
    assert len(line.estimates) == 12
    assert {estimate.band for estimate in line.estimates} == {""}
    assert {estimate.horizon for estimate in line.estimates} == {"5 years", "10 years"}


def test_what_is_documented_is_not_asked_and_says_so() -> None:
    assessment = MODEL.assess(chart(codes=("I48.91", "E11.9")), SETTINGS)
    assert [(each.cause, each.reason) for each in assessment.abstentions] == [
        ("not-indicated", "diabetes is known already"),
        ("not-indicated", "atrial fibrillation is known already"),
    ]
    assert not assessment.findings


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        (chart(patient=person(17, "male")), "outside-population"),
        (chart(patient=person(96, "male")), "outside-population"),
        (chart(patient=person(58, "other")), "outside-population"),
        (chart(patient=replace(person(), birth_date=None)), "missing-input"),
        (chart(coverage={"Observation": "complete"}), "missing-input"),
        (chart(codes=("Z33.1",), patient=person(30)), "outside-population"),
        (chart(codes=("Z51.5",)), "not-indicated"),
    ],
    ids=["child", "over 95", "sex", "birth date", "problems", "pregnancy", "palliative"],
)
def test_outside_its_population_it_says_why(changed: PatientRecord, cause: str) -> None:
    assert abstention(changed).cause == cause
    assert MODEL.assess(changed, SETTINGS).findings == ()


def test_a_high_risk_that_nobody_tested_for_is_a_card_with_the_test() -> None:
    (finding,) = MODEL.assess(chart(), SETTINGS).findings
    assert finding.estimate is not None
    assert finding.estimate.value >= HIGH_DIABETES_RISK
    assert finding.group == "diabetes"
    assert [each.codings[0].code for each in finding.proposals] == ["4548-4"]
    assert finding.learned_from.startswith("11 262 people")
    assert finding.explanation is not None
    assert finding.explanation.total == pytest.approx(100 * finding.estimate.value)
    assert finding.explanation.contributions[0].source.startswith("Observation/")
    assert {each.label for each in finding.explanation.contributions} <= {e.label for e in finding.evidence}
    assert {each.label for each in finding.explanation.missing} == set(finding.missing)
    assert len(finding.statement) < 120


@pytest.mark.parametrize("analyte", ["hba1c", "glucose_fasting", "glucose_2h_75g"])
def test_a_test_of_three_years_is_answer_enough_and_an_older_one_is_not(analyte: str) -> None:
    value = {"hba1c": 5.4}.get(analyte, 95)
    assert not MODEL.assess(chart(measurement(analyte, value, 1000)), SETTINGS).findings
    assert MODEL.assess(chart(measurement(analyte, value, 1200)), SETTINGS).findings


def test_the_main_number_of_any_result_is_taken_apart() -> None:
    for codes in (("I10",), ("E11.9", "I10")):
        result = MODEL.compute(chart(codes=codes), SETTINGS)
        assert isinstance(result, ScoreResult)
        first, explanation = MODEL.estimates(result, SETTINGS)[0], MODEL.explanation(result, SETTINGS)
        assert explanation.of == first.name
        assert explanation.total == pytest.approx(100 * first.value)


def test_without_a_body_mass_index_there_is_no_card() -> None:
    result = MODEL.compute(chart(measurement("bmi", 110, 10)), SETTINGS)
    assert isinstance(result, ScoreResult)
    assert not MODEL.assess(chart(measurement("bmi", 110, 10)), SETTINGS).findings


def test_a_lower_risk_makes_no_card() -> None:
    assert not MODEL.assess(chart(measurement("bmi", 24, 10), codes=()), SETTINGS).findings


def test_where_death_is_likelier_to_come_first_there_is_no_card() -> None:
    old = chart(patient=person(90, "male"), codes=("I10", "E78.5", "K76.0", "I50.9"))
    result = MODEL.compute(old, SETTINGS)
    assert isinstance(result, ScoreResult)
    risks = result.results["diabetes"]
    assert HIGH_DIABETES_RISK <= risks["risk_5y"] < risks["death_first_5y"]
    assert not MODEL.assess(old, SETTINGS).findings


def test_known_diabetes_makes_no_card() -> None:
    assert not MODEL.assess(chart(codes=("E11.9", "I10")), SETTINGS).findings
