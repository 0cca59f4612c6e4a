"""The learned cardiometabolic risks from bare inputs."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from models.calculate import calculate_line, calculator_for
from models.complications._cardiometabolic_inputs import HISTORY, OPTIONAL, OUTCOMES
from models.complications._cardiometabolic_person import People
from models.complications._cardiometabolic_risk import Baseline, grid
from models.complications.cardiometabolic import Cardiometabolic
from models.contract import ScoreInputError

MODEL = Cardiometabolic()
PERSON: dict[str, Any] = {
    "age": 58, "sex": "male", "bmi": 31.0, "height": 176, "hdl_c": 42, "sbp": 138, "fib4": 1.1,
    **dict.fromkeys(HISTORY, 0),
}  # fmt: skip
KEYS = tuple(outcome.key for outcome in OUTCOMES)


def told(**changed: Any) -> dict[str, Any]:
    return MODEL.calculate({**PERSON, **changed})


def without(*names: str) -> dict[str, Any]:
    return MODEL.calculate({name: value for name, value in PERSON.items() if name not in names})


def test_six_risks_at_two_horizons() -> None:
    results = told()
    assert tuple(results) == KEYS
    for key in KEYS:
        assert 0 < results[key]["risk_5y"] < results[key]["risk_10y"] < 1


@pytest.mark.parametrize("age", [18, 45, 70, 95])
@pytest.mark.parametrize("ill", [0, 1])
def test_the_outcome_death_before_it_and_neither_share_one_whole(age: int, ill: int) -> None:
    flags = {name: ill for name in ("hypertension", "dyslipidemia", "steatotic_liver", "coronary_disease")}
    results = told(age=age, **flags, bmi=45, sbp=190, hdl_c=20, fib4=5)
    death = results.pop("death")
    for risks in results.values():
        for years in (5, 10):
            assert 0 < risks[f"risk_{years}y"] + risks[f"death_first_{years}y"] < 1
            # Death without the outcome is a part of all deaths; the models were fitted apart, hence the room.
            assert risks[f"death_first_{years}y"] < 1.15 * death[f"risk_{years}y"]


def test_a_competing_death_lowers_the_risk_of_the_outcome() -> None:
    own, death = 0.1 * grid(), 0.3 * grid()
    alone = Baseline(own=own, death=0 * grid(), death_slope=1.0).incidence(np.zeros(1), np.zeros(1))
    both = Baseline(own=own, death=death, death_slope=1.0).incidence(np.zeros(1), np.zeros(1))
    np.testing.assert_allclose(alone[0][0], 1 - np.exp(-0.1 * np.array([5, 10])))
    # With constant hazards the incidence is known: a / (a + d) * (1 - exp(-(a + d) t)).
    np.testing.assert_allclose(both[0][0], 0.25 * (1 - np.exp(-0.4 * np.array([5, 10]))))
    np.testing.assert_allclose(both[1], 3 * both[0])


@pytest.mark.parametrize("key", [outcome.key for outcome in OUTCOMES if outcome.history])
def test_an_outcome_that_has_happened_or_may_have_is_not_asked(key: str) -> None:
    known = told(**{key: 1, **({"coronary_disease": 1} if key == "mi" else {})})
    assert key not in known
    assert known["not_answered"][key].endswith("is known already")
    assert set(known) == {*KEYS, "not_answered"} - {key}
    unsure = without(key)
    assert key not in unsure
    assert unsure["not_answered"][key].startswith("needs to know")


@pytest.mark.parametrize("key", [key for key in KEYS if key != "diabetes"])
def test_risks_rise_with_age_where_nobody_dies_first(key: str) -> None:
    # The log-hazard, since a risk may fall in the very old who die of something else.
    hazards = MODEL._people._hazards.models[key]
    values = [hazards.of({**dict.fromkeys(HISTORY, 0.0), "male": 1.0, "age": age}) for age in range(18, 96)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))
    assert values[-1] - values[0] > 2


@pytest.mark.parametrize("key", KEYS)
def test_a_systolic_pressure_above_120_never_lowers_a_hazard(key: str) -> None:
    hazards = MODEL._people._hazards.models[key]
    values = [hazards.of({"age": 60.0, "male": 0.0, "sbp": sbp}) for sbp in range(120, 220, 5)]
    assert all(later >= earlier - 1e-12 for earlier, later in pairwise(values))


@pytest.mark.parametrize("key", ["diabetes", "af", "hf"])
def test_overweight_never_lowers_these_risks(key: str) -> None:
    risks = [told(bmi=bmi)[key]["risk_10y"] for bmi in (25, 28, 31, 35, 40, 50)]
    assert risks == sorted(risks)
    assert risks[-1] > risks[0]


@pytest.mark.parametrize(
    "name", [name for name in HISTORY if name not in ("dyslipidemia", "steatotic_liver")]
)
def test_a_history_never_lowers_a_hazard(name: str) -> None:
    for key, model in MODEL._people._hazards.models.items():
        if key != name:
            person = {"age": 60.0, "male": 1.0}
            assert model.of({**person, name: 1.0}) >= model.of({**person, name: 0.0})


def test_smoking_is_no_input_and_changes_nothing() -> None:
    assert told(smoking=1) == told(smoking=0) == told()


@pytest.mark.parametrize("name", ["bmi", "hdl_c", "sbp", "height", "hypertension", "steatotic_liver"])
def test_removing_an_input_widens_the_range_of_some_risk_and_narrows_none(name: str) -> None:
    full, less = told(), without(name)
    for key in KEYS:
        for years in (5, 10):
            assert full[key][f"low_{years}y"] == full[key][f"risk_{years}y"] == full[key][f"high_{years}y"]
            low, high = less[key][f"low_{years}y"], less[key][f"high_{years}y"]
            assert low <= less[key][f"risk_{years}y"] <= high
    assert any(less[key]["low_5y"] < 0.97 * less[key]["high_5y"] for key in KEYS)


def test_each_further_missing_input_widens_the_range() -> None:
    names = ("sbp", "hdl_c", "bmi", "fib4")
    widths = []
    for number in range(len(names) + 1):
        risks = without(*names[:number])["diabetes"]
        widths.append(np.log(risks["high_5y"] / risks["low_5y"]))
    assert widths == sorted(widths)
    assert widths[0] == 0 < widths[1]


@pytest.mark.parametrize("name", ["bmi", "hdl_c", "sbp", "height"])
def test_the_range_without_an_input_holds_the_risks_with_its_usual_values(name: str) -> None:
    low, _, middle, _, high = MODEL._people._hazards.plausible[name]
    less = without(name)
    for value in (low, middle, high):
        for key, risks in told(**{name: value}).items():
            assert less[key]["low_10y"] * 0.98 <= risks["risk_10y"] <= less[key]["high_10y"] * 1.02


def test_a_fib4_that_is_not_raised_adds_nothing_and_leaves_nothing_open() -> None:
    assert told(fib4=0.8) == told(fib4=2.6)
    assert told(fib4=3.5)["death"]["risk_5y"] > told(fib4=2.6)["death"]["risk_5y"]


def test_an_infarction_counts_as_coronary_disease() -> None:
    assert told(mi=1, coronary_disease=0) == told(mi=1, coronary_disease=1)


@pytest.mark.parametrize(
    ("changed", "cause"),
    [
        ({"age": None}, "missing-input"), ({"sex": None}, "missing-input"),
        ({"age": 17}, "outside-population"), ({"age": 96}, "outside-population"),
        ({"sex": "other"}, "outside-population"), ({"sex": "x"}, "out-of-range"),
        ({"bmi": 5}, "out-of-range"), ({"bmi": "31"}, "out-of-range"), ({"sbp": 400}, "out-of-range"),
        ({"hdl_c": True}, "out-of-range"), ({"hypertension": 2}, "out-of-range"),
        ({"fib4": float("nan")}, "out-of-range"),
    ],
)  # fmt: skip
def test_what_is_no_input_is_refused(changed: Mapping[str, Any], cause: str) -> None:
    with pytest.raises(ScoreInputError) as refused:
        told(**changed)
    assert refused.value.cause == cause


def test_the_command_computes_from_a_line_of_inputs() -> None:
    line = b'{"age": 60, "sex": "female", "bmi": 34, "diabetes": 0}'
    results = calculate_line(calculator_for("cardiometabolic"), line)
    assert results["diabetes"]["low_5y"] < results["diabetes"]["risk_5y"] < results["diabetes"]["high_5y"]
    assert set(results["not_answered"]) == {"af", "hf", "mi", "stroke"}
    assert calculate_line(calculator_for("cardiometabolic"), b"{}")["abstained"]["missing"] == [
        "age", "recorded sex",
    ]  # fmt: skip


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.key)
@pytest.mark.parametrize("gone", [(), ("hdl_c", "sbp"), OPTIONAL[:5]])
def test_an_explanation_adds_up_to_the_risk(outcome: Any, gone: tuple[str, ...]) -> None:
    inputs = {name: value for name, value in PERSON.items() if name not in gone}
    explanation = MODEL._people.explanation(outcome, 5, inputs, {})
    risk = MODEL.calculate(inputs)[outcome.key]["risk_5y"]
    assert explanation.total == pytest.approx(100 * risk)
    assert explanation.start > 0
    sizes = [abs(each.amount) for each in explanation.contributions]
    assert sizes == sorted(sizes, reverse=True)
    assert len(explanation.missing) == len([name for name in gone if name != "fib4_raised"])


def test_an_explanation_says_what_a_change_would_tell() -> None:
    explanation = MODEL._people.explanation(OUTCOMES[0], 10, PERSON, {})
    changes = {change.label: change for change in explanation.changes}
    assert changes["Body mass index"].target == "28.8 kg/m²"
    assert changes["Systolic blood pressure"].target == "125 mmHg"
    assert changes["Body mass index"].estimate == pytest.approx(
        100 * told(bmi=0.93 * 31)["diabetes"]["risk_10y"], rel=0.01
    )
    slim = MODEL._people.explanation(OUTCOMES[0], 10, {**PERSON, "bmi": 22, "sbp": 118}, {})
    assert slim.changes == ()


def test_what_does_not_depend_on_the_person_is_worked_out_once() -> None:
    people = People(MODEL._people._hazards)
    assert people._extremes is people._extremes
