"""Every calculator: worked examples, and refusal of anything that is no possible input."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract import Calculator, ScoreInputError
from models.risk_scores.ckd_epi import CkdEpi
from models.risk_scores.fib4 import Fib4
from models.risk_scores.kfre import Kfre
from models.risk_scores.news2 import News2
from models.risk_scores.prevent import Prevent
from models.risk_scores.stroke_af import StrokeInAf

# The example that the AHA publishes for PREVENT.
PREVENT = {
    "sex": "female", "age": 50, "total_c": 200, "hdl_c": 45, "sbp": 160, "bp_tx": 1, "dm": 1, "smoking": 0,
    "statin": 0, "bmi": 35, "egfr": 90,
}  # fmt: skip
KFRE = {"sex": "male", "age": 70.36, "egfr": 36.11, "uacr_mg_g": math.exp(5.137)}
CKDEPI = {"sex": "male", "age": 50, "creatinine_mg_dl": 0.9, "cystatin_c_mg_l": 0.8}
FIB4 = {"age": 50, "ast": 40, "alt": 25, "platelets": 200}
STROKE = {
    "sex": "female", "age": 75, "heart_failure": 1, "hypertension": 1, "diabetes": 1, "stroke_tia_te": 1,
    "vascular_disease": 1,
}  # fmt: skip
NEWS2 = {
    "respiratory_rate": 16, "spo2": 98, "on_oxygen": 0, "sbp": 120, "pulse": 70, "alert": 1,
    "temperature_c": 37.0, "spo2_scale": 1,
}  # fmt: skip

EXAMPLES: dict[str, tuple[Calculator, dict[str, Any]]] = {
    "prevent": (Prevent(), PREVENT),
    "kfre": (Kfre(), KFRE),
    "ckdepi": (CkdEpi(), CKDEPI),
    "fib4": (Fib4(), FIB4),
    "cha2ds2_vasc": (StrokeInAf(), STROKE),
    "news2": (News2(), NEWS2),
}
OPTIONAL = {"bmi", "spo2_scale", "creatinine_mg_dl", "cystatin_c_mg_l"}
CASES = [
    pytest.param(calculator, inputs, name, id=f"{key}-{name}")
    for key, (calculator, inputs) in EXAMPLES.items()
    for name in inputs
]


def test_prevent_gives_the_published_example() -> None:
    results = Prevent().calculate(PREVENT)
    shown = {key: [round(100 * risk, 1) for risk in risks.values()] for key, risks in results.items()}
    assert shown == {"base_10yr": [14.7, 9.2, 8.1], "base_30yr": [53.0, 35.4, 39.0]}


def test_kfre_gives_its_baselines_for_the_average_patient() -> None:
    # At the centre of every term but sex the hazard ratio is that of male sex alone.
    male = math.exp(0.2467 * (1 - 0.5642))
    results = Kfre().calculate(KFRE)
    assert results["4v_na_5y"] == pytest.approx(1 - 0.9240**male)
    assert results["4v_nonna_2y"] == pytest.approx(1 - 0.9832**male)
    assert "8v_na_5y" not in results


def test_kfre_takes_the_eight_variable_equation_only_with_all_four_extras() -> None:
    extras = {"albumin_g_dl": 3.997, "phosphate_mg_dl": 3.916, "bicarbonate_meq_l": 25.57}
    assert "8v_na_5y" not in Kfre().calculate({**KFRE, **extras})
    results = Kfre().calculate({**KFRE, **extras, "calcium_mg_dl": 9.355})
    assert results["8v_na_5y"] == pytest.approx(1 - 0.9301 ** math.exp(0.1602 * (1 - 0.5642)), abs=1e-9)


def test_ckd_epi_gives_the_constants_at_the_knots() -> None:
    results = CkdEpi().calculate(CKDEPI)
    assert results["ckdepi_cr_2021"] == pytest.approx(142 * 0.9938**50)
    assert results["ckdepi_cys_2012"] == pytest.approx(133 * 0.996**50)
    assert results["ckdepi_crcys_2021"] == pytest.approx(135 * 0.9961**50)
    assert results["g_stage_from_cr"] == "G1"


def test_ckd_epi_answers_from_either_marker_alone() -> None:
    assert set(CkdEpi().calculate({"sex": "male", "age": 50, "cystatin_c_mg_l": 1.2})) == {"ckdepi_cys_2012"}
    with pytest.raises(ScoreInputError) as refused:
        CkdEpi().calculate({"sex": "male", "age": 50})
    assert refused.value.missing == ("serum creatinine or cystatin C",)


def test_fib4_is_the_published_ratio() -> None:
    assert Fib4().calculate(FIB4) == {"fib4": 2.0, "band": "indeterminate"}


@pytest.mark.parametrize(
    ("age", "ast", "band"), [(40, 30, "low"), (64, 25, "indeterminate"), (65, 25, "low"), (65, 42, "high")]
)
def test_the_lower_cut_off_of_fib4_rises_at_65(age: int, ast: float, band: str) -> None:
    assert Fib4().calculate({"age": age, "ast": ast, "alt": 25, "platelets": 200})["band"] == band


def test_the_stroke_scores_reach_their_maximum() -> None:
    assert StrokeInAf().calculate(STROKE) == {"cha2ds2_vasc": 9, "cha2ds2_va": 8}


@pytest.mark.parametrize(("age", "points"), [(64, 0), (65, 1), (74, 1), (75, 2)])
def test_age_brings_points_from_65_and_75(age: int, points: int) -> None:
    nothing = dict.fromkeys(STROKE, 0) | {"sex": "male", "age": age}
    assert StrokeInAf().calculate(nothing)["cha2ds2_va"] == points


@pytest.mark.parametrize(
    ("change", "points"),
    [
        ({}, 0),
        ({"respiratory_rate": 8}, 3),
        ({"respiratory_rate": 9}, 1),
        ({"respiratory_rate": 21}, 2),
        ({"respiratory_rate": 25}, 3),
        ({"spo2": 91}, 3),
        ({"spo2": 93}, 2),
        ({"spo2": 95}, 1),
        ({"spo2": 88, "spo2_scale": 2}, 0),
        ({"spo2": 98, "spo2_scale": 2}, 0),
        ({"spo2": 97, "spo2_scale": 2, "on_oxygen": 1}, 5),
        ({"spo2": 83, "spo2_scale": 2}, 3),
        ({"on_oxygen": 1}, 2),
        ({"sbp": 90}, 3),
        ({"sbp": 100}, 2),
        ({"sbp": 110}, 1),
        ({"sbp": 219}, 0),
        ({"sbp": 220}, 3),
        ({"pulse": 40}, 3),
        ({"pulse": 50}, 1),
        ({"pulse": 91}, 1),
        ({"pulse": 111}, 2),
        ({"pulse": 131}, 3),
        ({"alert": 0}, 3),
        ({"temperature_c": 35.0}, 3),
        ({"temperature_c": 36.0}, 1),
        ({"temperature_c": 38.0}, 0),
        ({"temperature_c": 38.06}, 1),
        ({"temperature_c": 39.1}, 2),
    ],
)
def test_news2_scores_each_parameter_at_its_limits(change: dict[str, Any], points: int) -> None:
    assert News2().calculate({**NEWS2, **change}) == {"news2": points}


def test_news2_uses_the_first_oxygen_scale_when_none_is_given() -> None:
    without = {name: value for name, value in NEWS2.items() if name != "spo2_scale"}
    assert News2().calculate({**without, "spo2": 91}) == {"news2": 3}


@pytest.mark.parametrize(("calculator", "inputs", "name"), CASES)
@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf, "50", [], {}, 1e9, -1, 10**400], ids=str)
def test_an_impossible_value_never_scores(
    calculator: Calculator, inputs: dict[str, Any], name: str, value: Any
) -> None:
    with pytest.raises(ScoreInputError) as refused:
        calculator.calculate({**inputs, name: value})
    assert refused.value.cause == "out-of-range"


@pytest.mark.parametrize(
    ("calculator", "inputs", "name"), [case for case in CASES if case.values[2] not in OPTIONAL]
)
def test_an_absent_input_is_named_and_null_is_absent(
    calculator: Calculator, inputs: dict[str, Any], name: str
) -> None:
    left = {key: value for key, value in inputs.items() if key != name}
    for given_inputs in (left, {**left, name: None}):
        with pytest.raises(ScoreInputError) as refused:
            calculator.calculate(given_inputs)
        assert refused.value.cause == "missing-input"
        assert len(refused.value.missing) == 1


@pytest.mark.parametrize("key", EXAMPLES)
def test_all_absent_inputs_are_named_at_once(key: str) -> None:
    calculator, inputs = EXAMPLES[key]
    with pytest.raises(ScoreInputError) as refused:
        calculator.calculate({})
    at_least = 1 if key == "ckdepi" else len(inputs.keys() - OPTIONAL)
    assert len(refused.value.missing) == at_least


@pytest.mark.parametrize(
    ("calculator", "inputs", "name"), [case for case in CASES if case.values[2] != "sex"]
)
def test_a_truth_value_is_no_number(calculator: Calculator, inputs: dict[str, Any], name: str) -> None:
    if inputs[name] in (0, 1) and name != "spo2_scale":
        assert calculator.calculate({**inputs, name: bool(inputs[name])}) == calculator.calculate(inputs)
    else:
        with pytest.raises(ScoreInputError):
            calculator.calculate({**inputs, name: True})


@pytest.mark.parametrize("key", ["prevent", "kfre", "ckdepi", "cha2ds2_vasc"])
@pytest.mark.parametrize("sex", ["other", "unknown"])
def test_a_sex_without_published_equation_gets_no_score(key: str, sex: str) -> None:
    calculator, inputs = EXAMPLES[key]
    with pytest.raises(ScoreInputError) as refused:
        calculator.calculate({**inputs, "sex": sex})
    assert refused.value.cause == "outside-population"


@pytest.mark.parametrize(
    ("key", "age", "inside"),
    [
        ("prevent", 29, False), ("prevent", 30, True), ("prevent", 79, True), ("prevent", 80, False),
        ("kfre", 17, False), ("kfre", 18, True), ("ckdepi", 17, False), ("ckdepi", 18, True),
        ("fib4", 17, False), ("fib4", 32, True), ("cha2ds2_vasc", 17, False), ("cha2ds2_vasc", 18, True),
    ],
)  # fmt: skip
def test_ages_outside_the_published_population_are_refused(key: str, age: int, inside: bool) -> None:
    calculator, inputs = EXAMPLES[key]
    if inside:
        assert calculator.calculate({**inputs, "age": age})
    else:
        with pytest.raises(ScoreInputError) as refused:
            calculator.calculate({**inputs, "age": age})
        assert refused.value.cause == "outside-population"


def test_thirty_year_risk_ends_at_59() -> None:
    assert "base_30yr" in Prevent().calculate({**PREVENT, "age": 59})
    assert "base_30yr" not in Prevent().calculate({**PREVENT, "age": 60})


@pytest.mark.parametrize(
    ("extras", "variants"),
    [
        ({}, ["base"]),
        ({"hba1c": 7}, ["base", "hba1c"]),
        ({"uacr": 40}, ["base", "uacr"]),
        ({"hba1c": 7, "uacr": 40}, ["base", "hba1c", "uacr", "full_sdi_missing"]),
        ({"hba1c": 7, "sdi_decile": 8}, ["base", "hba1c", "full_with_sdi"]),
        ({"sdi_decile": 8}, ["base"]),
    ],
)
def test_prevent_gives_the_variants_that_the_inputs_allow(
    extras: dict[str, Any], variants: list[str]
) -> None:
    results = Prevent().calculate({**PREVENT, **extras, "age": 65})
    assert list(results) == [f"{variant}_10yr" for variant in variants]


@pytest.mark.parametrize("bmi", [None, 18.4, 40, 55])
def test_without_a_usable_bmi_prevent_gives_no_heart_failure_risk_and_says_so(bmi: float | None) -> None:
    results = Prevent().calculate({**PREVENT, "bmi": bmi})
    assert set(results["base_10yr"]) == {"total_cvd", "ascvd"}
    assert "body mass index" in results["flags"][0]
    assert results["base_10yr"]["ascvd"] == Prevent().calculate(PREVENT)["base_10yr"]["ascvd"]


def test_a_systolic_pressure_above_180_is_flagged_and_above_200_refused() -> None:
    assert "flags" not in Prevent().calculate({**PREVENT, "sbp": 180})
    assert "180" in Prevent().calculate({**PREVENT, "sbp": 181})["flags"][0]
    with pytest.raises(ScoreInputError):
        Prevent().calculate({**PREVENT, "sbp": 201})


def test_kfre_refuses_an_egfr_of_60_and_an_albumin_ratio_of_zero() -> None:
    assert Kfre().calculate({**KFRE, "egfr": 59.99})
    for change in ({"egfr": 60}, {"uacr_mg_g": 0}):
        with pytest.raises(ScoreInputError):
            Kfre().calculate({**KFRE, **change})


def test_a_tiny_albumin_ratio_counts_as_one() -> None:
    assert Kfre().calculate({**KFRE, "uacr_mg_g": 0.2}) == Kfre().calculate({**KFRE, "uacr_mg_g": 1})


ages = st.integers(30, 79)
sexes = st.sampled_from(["female", "male"])


@settings(max_examples=60, deadline=None)
@given(
    sex=sexes,
    age=st.integers(18, 100),
    low=st.floats(0.5, 12),
    more=st.floats(0.01, 3),
    acr=st.floats(1, 5000),
)
def test_a_higher_creatinine_never_lowers_the_risk_of_kidney_failure(
    sex: str, age: int, low: float, more: float, acr: float
) -> None:
    egfrs = [
        CkdEpi().calculate({"sex": sex, "age": age, "creatinine_mg_dl": value})["ckdepi_cr_2021"]
        for value in (low, low + more)
    ]
    assert egfrs[1] < egfrs[0]
    if egfrs[1] >= 1 and egfrs[0] < 60:
        risks = [Kfre().calculate({"sex": sex, "age": age, "egfr": egfr, "uacr_mg_g": acr}) for egfr in egfrs]
        assert all(0 <= risks[0][key] <= risks[1][key] <= 1 for key in risks[0])


@settings(max_examples=60, deadline=None)
@given(
    sex=sexes, age=st.integers(30, 59), sbp=st.floats(110, 199), more=st.floats(0.5, 20), dm=st.integers(0, 1)
)
def test_prevent_rises_with_untreated_systolic_pressure_from_110(
    sex: str, age: int, sbp: float, more: float, dm: int
) -> None:
    given_inputs = {**PREVENT, "sex": sex, "age": age, "dm": dm, "bp_tx": 0}
    low, high = (
        Prevent().calculate({**given_inputs, "sbp": value}) for value in (sbp, min(200.0, sbp + more))
    )
    assert all(high["base_10yr"][outcome] >= risk for outcome, risk in low["base_10yr"].items())


@settings(max_examples=60, deadline=None)
@given(sex=sexes, age=ages, tc=st.floats(130, 320), hdl=st.floats(20, 100), egfr=st.floats(15, 140))
def test_prevent_is_always_a_probability_and_rises_with_smoking(
    sex: str, age: int, tc: float, hdl: float, egfr: float
) -> None:
    given_inputs = {**PREVENT, "sex": sex, "age": age, "total_c": tc, "hdl_c": hdl, "egfr": egfr}
    without, smoking = (
        Prevent().calculate({**given_inputs, "smoking": value})["base_10yr"] for value in (0, 1)
    )
    assert all(0 < without[outcome] < smoking[outcome] < 1 for outcome in without)
