"""Explanations of scores: contributions add up, ranges hold what they promise, changes only lower."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace
from itertools import combinations
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.contract import ClinicalSettings
from models.explaining import shapley_pairwise
from models.explanation import Explanation
from models.finding import Evidence
from models.point_score import AdditiveScore, Choice, Flag
from models.registry import load_models
from models.risk_scores._prevent_equations import log_odds
from models.risk_scores.has_bled import HasBled
from models.risk_scores.kfre import Kfre
from models.risk_scores.news2 import News2
from models.risk_scores.prevent import Prevent
from models.run import ScoreLine, assess, results_of
from models.scoring import ExplainedScore, Gathered, ReportingScore, ScoreResult
from tests.models.risk_scores.charts import (
    anticoagulated,
    bedside,
    cirrhotic,
    failing_kidneys,
    fibrillating,
    on_chemotherapy,
    prevention,
    stiff_liver,
)
from tests.models.risk_scores.test_properties import ADDITIVE, CALCULATORS, EXAMPLES, _chart
from tests.records import condition, drug, measurement

SETTINGS = ClinicalSettings()
flags = st.sampled_from((0, 1))
sexes = st.sampled_from(("female", "male"))


def _numbers(**ranges: tuple[float, float]) -> dict[str, st.SearchStrategy[Any]]:
    return {name: st.floats(*limits) for name, limits in ranges.items()}


PREVENT = {
    "sex": sexes,
    "age": st.integers(30, 79),
    **_numbers(total_c=(130, 320), hdl_c=(20, 100), sbp=(90, 200), egfr=(15, 140)),
    **dict.fromkeys(("bp_tx", "dm", "smoking", "statin"), flags),
}
INPUTS: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "prevent": {
        **PREVENT,
        "hba1c": st.one_of(st.none(), st.floats(4.5, 15)),
        "uacr": st.one_of(st.none(), st.floats(0.1, 25000)),
    },
    "kfre": {"sex": sexes, "age": st.integers(18, 100), **_numbers(egfr=(1, 59.9), uacr_mg_g=(0.1, 30000))},
    "fib4": {"age": st.integers(35, 100), **_numbers(ast=(5, 400), alt=(5, 400), platelets=(10, 900))},
    "score2": {
        "region": st.sampled_from(("low", "moderate", "high", "very_high")),
        "sex": sexes,
        "age": st.integers(40, 89),
        "smoker": flags,
        "diabetes": st.just(0),
        **_numbers(sbp=(80, 220), total_c_mmol=(2, 12), hdl_mmol=(0.4, 4)),
    },
    "recode": {
        "age": st.integers(40, 79),
        **dict.fromkeys(("female", "smoker", "bp_tx", "cvd", "oral_dm", "statin", "anticoag"), flags),
        **dict.fromkeys(("black", "hispanic"), st.just(0)),
        **_numbers(sbp=(80, 220), hba1c=(4, 18), tc=(60, 500), hdl=(10, 150), creat=(0.2, 10)),
        "uacr": st.floats(0.1, 3000),
    },
    "meld3": {
        "age": st.integers(18, 90),
        "female": flags,
        "dialysis_2x_7d": flags,
        **_numbers(bilirubin_mg_dl=(0.1, 60), inr=(0.8, 12), creatinine_mg_dl=(0.3, 12)),
        **_numbers(sodium_mmol_l=(110, 160), albumin_g_dl=(1, 6)),
    },
    "cha2ds2_vasc": {
        "sex": sexes,
        "age": st.integers(18, 100),
        **dict.fromkeys(
            ("heart_failure", "hypertension", "diabetes", "stroke_tia_te", "vascular_disease"), flags
        ),
    },
    "news2": {
        **_numbers(respiratory_rate=(4, 60), spo2=(60, 100), sbp=(50, 250), pulse=(30, 200)),
        "temperature_c": st.floats(33, 42),
        "on_oxygen": flags,
        "alert": flags,
        "spo2_scale": st.sampled_from((1, 2)),
    },
    "phq9": {"responses": st.lists(st.integers(0, 3), min_size=9, max_size=9)},
    "gad7": {"responses": st.lists(st.integers(0, 3), min_size=7, max_size=7)},
}
# Stages and measurements, which are no risk, and what a chart never gives.
UNEXPLAINED = {"aki_kdigo", "ckdepi", "cockcroft_gault", "kdigo_grid", "pce_2013"}
MODIFIABLE = {
    "prevent": {"smoking", "sbp", "total_c", "hba1c"},
    "score2": {"smoker", "sbp", "total_c_mmol"},
    "recode": {"smoker", "sbp", "tc", "hba1c"},
    "kfre": {"uacr_mg_g"},
    "has_bled": {"drugs_antiplatelet_nsaid", "hypertension_uncontrolled", "labile_inr", "alcohol_excess"},
}


def _evidence(inputs: Mapping[str, Any]) -> dict[str, Evidence]:
    """Each input as it would be found; a questionnaire's answers one by one."""
    found = dict(inputs)
    answers = found.pop("responses", ())
    found |= {f"item_{number}": answer for number, answer in enumerate(answers, start=1)}
    return {
        name: Evidence(source=f"Observation/{name}", label=name, value=str(value))
        for name, value in found.items()
    }


def _explained(key: str, inputs: Mapping[str, Any]) -> tuple[Explanation, float]:
    """The explanation, and the estimate that it has to add up to."""
    score = CALCULATORS[key]
    assert isinstance(score, ExplainedScore)
    known = {name: value for name, value in inputs.items() if value is not None}
    gathered = Gathered(inputs=known, evidence=_evidence(known))
    result = ScoreResult(results=score.calculate(dict(known)), gathered=gathered)
    explanation = score.explanation(result, SETTINGS)
    estimate = score.estimates(result, SETTINGS)[0]
    assert explanation.of == estimate.name
    assert (explanation.unit == "percentage points") is (estimate.unit == "probability")
    return explanation, estimate.value * (100 if estimate.unit == "probability" else 1)


def test_every_score_of_a_chart_is_explained() -> None:
    learned = {"cardiometabolic", "readmission", "sepsis", "trajectory"}  # see tests/models/complications
    explained = {key for key, each in CALCULATORS.items() if isinstance(each, ExplainedScore)}
    assert explained == CALCULATORS.keys() - UNEXPLAINED
    assert explained == {*INPUTS, *ADDITIVE, "charlson", *learned}


@pytest.mark.parametrize("key", INPUTS)
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_contributions_add_up(key: str, data: st.DataObject) -> None:
    explanation, estimate = _explained(key, data.draw(st.fixed_dictionaries(INPUTS[key])))
    assert explanation.total == pytest.approx(estimate, rel=1e-9, abs=1e-9)
    sizes = [abs(each.amount) for each in explanation.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert all(sizes)
    for change in explanation.changes:
        assert change.estimate < estimate
        assert change.label in MODIFIABLE[key]


@pytest.mark.parametrize("key", ADDITIVE)
@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_points_of_items_add_up(key: str, data: st.DataObject) -> None:
    score = CALCULATORS[key]
    assert isinstance(score, AdditiveScore)
    inputs = dict(EXAMPLES[key])
    for item in score.items:
        if isinstance(item, Flag):
            inputs[item.name] = data.draw(flags)
        elif isinstance(item, Choice):
            inputs[item.name] = data.draw(st.sampled_from([name for name, _ in item.options]))
    explanation, estimate = _explained(key, inputs)
    assert explanation.total == pytest.approx(estimate)
    assert explanation.start >= 0
    for change in explanation.changes:
        assert change.estimate < estimate
        assert change.label in MODIFIABLE[key]


@settings(max_examples=200, deadline=None)
@given(
    inputs=st.fixed_dictionaries(PREVENT),
    share=st.floats(0, 1),
    uacr=st.floats(2, 300),
    absent=st.sampled_from((("hba1c",), ("uacr",), ("hba1c", "uacr"))),
)
def test_the_range_of_a_missing_input_holds_the_risk_once_it_is_given(
    inputs: dict[str, Any], share: float, uacr: float, absent: tuple[str, ...]
) -> None:
    low, high = (5.5, 11.0) if inputs["dm"] else (4.8, 6.4)
    full = {**inputs, "hba1c": low + share * (high - low), "uacr": uacr}
    given_one = {name: value for name, value in full.items() if name not in absent}
    before, _ = _explained("prevent", given_one)
    assert len(before.missing) == len(absent)
    for name, missing in zip(absent, before.missing, strict=True):
        _, estimate = _explained("prevent", {**given_one, name: full[name]})
        assert missing.low - 1e-9 <= estimate <= missing.high + 1e-9
        assert missing.within


@settings(max_examples=100, deadline=None)
@given(inputs=st.fixed_dictionaries(INPUTS["news2"]), name=st.sampled_from(("alert", "on_oxygen")))
def test_what_was_not_observed_moves_news2_within_its_range_only(inputs: dict[str, Any], name: str) -> None:
    known = {key: value for key, value in inputs.items() if key != name}
    gathered = Gathered(inputs=known, evidence=_evidence(known))
    (missing,) = News2().explanation(ScoreResult(results={}, gathered=gathered), SETTINGS).missing
    _, estimate = _explained("news2", inputs)
    assert missing.low <= estimate <= missing.high


CHARTS: dict[str, Callable[[], Any]] = {
    "prevention": prevention,
    "prevention in diabetes": lambda: prevention(
        measurement("hba1c", 8.1, 30),
        measurement("uacr", 40, 30),
        conditions=[condition("E11.9")],
        medications=[drug("metformin 500 mg")],
    ),
    "kidneys": failing_kidneys,
    "liver": stiff_liver,
    "fibrillation": lambda: fibrillating("I10", "I50.9", age=80, sex="female"),
    "bedside": bedside,
    "bleeding": lambda: anticoagulated("ibuprofen 400 mg"),
    "chemotherapy": lambda: on_chemotherapy("C25.0"),
    "cirrhosis": lambda: cirrhotic("K74.60"),
    "bedside in part": lambda: bedside(without=("gcs",)),
}


@pytest.mark.parametrize("name", CHARTS)
def test_every_finding_with_a_number_of_a_chart_is_explained_by_what_the_chart_has(name: str) -> None:
    chart, models = CHARTS[name](), load_models()
    everything = models.select(models.names())
    scored = [each for each in assess(chart, everything, SETTINGS).findings if each.estimate]
    assert scored
    for found in scored:
        assert found.explanation is not None
        assert found.estimate is not None
        scale = 100 if found.estimate.unit == "probability" else 1
        assert found.explanation.total == pytest.approx(scale * found.estimate.value)
        evidence = {(piece.source, piece.label): piece for piece in found.evidence}
        for each in found.explanation.contributions:
            piece = evidence[each.source, each.label]
            assert (each.value, each.at) == (piece.quantity, piece.at)
        assert {each.label for each in found.explanation.missing} <= set(found.missing)
    for line in results_of(chart, everything, SETTINGS):
        _assert_adds_up(line)


def _assert_adds_up(line: ScoreLine) -> None:
    if line.explanation is None:
        assert line.model.name.partition(".")[0] in UNEXPLAINED
        return
    main = line.estimates[0]
    assert line.explanation.total == pytest.approx(main.value * (100 if main.unit == "probability" else 1))


@pytest.mark.parametrize("key", ["kfre", "meld3", "score2"])
def test_units_change_nothing_about_an_explanation(key: str) -> None:
    conditions = ("K74.60", "N18.4") if key in ("meld3", "kfre") else ()
    score = CALCULATORS[key]
    assert isinstance(score, ReportingScore)
    explanations = []
    for side in (0, 1):
        chosen = replace(SETTINGS, cardiovascular_score="score2" if key == "score2" else "prevent")
        (line,) = results_of(_chart(side, conditions), [score], chosen)  # type: ignore[list-item]
        assert line.explanation is not None
        explanations.append(line.explanation)
    here, there = explanations
    assert there.start == pytest.approx(here.start)
    assert {each.label for each in there.contributions} == {each.label for each in here.contributions}
    amounts = {each.label: each.amount for each in there.contributions}
    for each in here.contributions:
        assert amounts[each.label] == pytest.approx(each.amount, rel=0.02, abs=0.02)


def test_an_input_adds_as_much_as_the_equation_says() -> None:
    """Two values worked out by hand for KFRE: amounts are shares of the way from 7.6% by the log hazard."""
    inputs = {"age": 70.36, "sex": "male", "egfr": 36.11, "uacr_mg_g": 170.2}
    explanation, estimate = _explained("kfre", inputs)
    assert explanation.start == pytest.approx(7.6)
    assert [each.label for each in explanation.contributions[:1]] == ["sex"]
    assert explanation.contributions[0].amount == pytest.approx(estimate - 7.6, abs=0.01)


def test_the_missing_input_is_named_as_the_finding_names_it() -> None:
    chart = prevention(measurement("hba1c", 3.9, 30))
    (found,) = Prevent().assess(chart, SETTINGS).findings
    assert found.explanation is not None
    labels = [each.label for each in found.explanation.missing]
    assert labels[0] == "HbA1c in the last 12 months within the range of the equations"
    assert set(labels) <= set(found.missing)


def test_a_lower_albuminuria_is_stated_only_where_that_is_a_goal_of_treatment() -> None:
    for ratio, stated in ((900, True), (120, False)):
        (found,) = Kfre().assess(failing_kidneys(measurement("uacr", ratio, 40)), SETTINGS).findings
        assert found.explanation is not None
        assert bool(found.explanation.changes) is stated


def test_what_can_be_changed_about_bleeding_is_a_change_by_its_points() -> None:
    (found,) = HasBled().assess(anticoagulated("ibuprofen 400 mg"), SETTINGS).findings
    assert found.explanation is not None
    assert {(each.label, each.target, each.estimate) for each in found.explanation.changes} == {
        ("Antiplatelet or NSAID", "none", 2),
        ("Systolic blood pressure", "160 mmHg or less", 2),
    }


def test_a_changed_threshold_decides_and_is_stated_beside_the_guideline() -> None:
    (found,) = Kfre().assess(failing_kidneys(), SETTINGS).findings
    assert "At 5% or more" in found.rationale
    stricter = replace(SETTINGS.thresholds, kfre_referral_5y=0.08)
    (changed,) = Kfre().assess(failing_kidneys(), replace(SETTINGS, thresholds=stricter)).findings
    assert "At 8% (this site; KDIGO 2024: 5%) or more" in changed.rationale
    silent = replace(SETTINGS.thresholds, kfre_referral_5y=0.99)
    assert Kfre().assess(failing_kidneys(), replace(SETTINGS, thresholds=silent)).findings == ()


def _shapley(value: Callable[[frozenset[str]], float], names: tuple[str, ...]) -> dict[str, float]:
    """By the definition: over every subset of the other inputs."""
    total = math.factorial(len(names))
    found = dict.fromkeys(names, 0.0)
    for name in names:
        others = [each for each in names if each != name]
        for size in range(len(names)):
            weight = math.factorial(size) * math.factorial(len(others) - size) / total
            for chosen in combinations(others, size):
                before = frozenset(chosen)
                found[name] += weight * (value(before | {name}) - value(before))
    return found


@settings(max_examples=10, deadline=None)
@given(inputs=st.fixed_dictionaries(PREVENT), hba1c=st.floats(5, 12), uacr=st.floats(1, 900))
def test_prevent_interacts_in_pairs_so_that_two_orders_give_the_shapley_values(
    inputs: dict[str, Any], hba1c: float, uacr: float
) -> None:
    person = {**inputs, "hba1c": hba1c, "uacr": uacr}
    reference = {
        "total_c": 170.0, "hdl_c": 50.0, "sbp": 110.0, "bp_tx": 0, "dm": 0, "smoking": 0, "statin": 0,
        "egfr": 90.0, "hba1c": 5.3, "uacr": 10.0,
    }  # fmt: skip
    names = tuple(reference)
    exact = _shapley(
        lambda moved: log_odds({**person, **{n: reference[n] for n in names if n not in moved}}), names
    )
    by_two_orders = shapley_pairwise(log_odds, person, reference, names)
    assert by_two_orders == {name: pytest.approx(amount, abs=1e-9) for name, amount in exact.items()}
