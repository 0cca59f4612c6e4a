from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.calculate import (
    UnknownCalculatorError,
    calculate_line,
    calculator_for,
    record_score_for,
    score_record,
)
from models.contract import ClinicalSettings
from models.risk_scores.fib4 import Fib4
from models.risk_scores.kfre import Kfre
from tests.models.risk_scores.charts import failing_kidneys
from tests.records import person, record

NAMES = ("cha2ds2_vasc", "ckdepi", "fib4", "kfre", "news2", "prevent")
LINE = json.dumps({"age": 50, "ast": 40, "alt": 25, "platelets": 200})


def test_a_line_of_inputs_gives_the_result() -> None:
    assert calculate_line(Fib4(), LINE) == {"fib4": 2.0, "band": "indeterminate"}
    assert calculate_line(Fib4(), LINE.encode()) == {"fib4": 2.0, "band": "indeterminate"}


def test_inputs_that_do_not_suffice_give_an_abstention() -> None:
    assert calculate_line(Fib4(), '{"age": 50, "ast": 40}') == {
        "abstained": {
            "cause": "missing-input",
            "reason": "needs ALT, platelets",
            "missing": ["ALT", "platelets"],
        }
    }


@pytest.mark.parametrize(
    "line",
    ["", "{", '{"age": NaN}', '{"age": 1e999}', "[" * 100_000, "\ud800", '{"age":1}{"age":2}'],
    ids=ascii,
)
def test_a_line_that_is_no_json_gives_an_error_object(line: str) -> None:
    result = calculate_line(Fib4(), line)
    assert "error" in result or result["abstained"]


@pytest.mark.parametrize("line", ["[]", "1", '"text"', "null", "true"])
def test_a_line_that_is_no_object_gives_an_error_object(line: str) -> None:
    assert calculate_line(Fib4(), line) == {"error": {"reason": "the line is not a JSON object"}}


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_no_line_makes_it_raise(line: str) -> None:
    result = calculate_line(Fib4(), line)
    assert result.keys() & {"error", "abstained", "fib4"}


def test_no_reason_repeats_the_value_that_was_sent() -> None:
    result = calculate_line(Fib4(), '{"age": "Jane Doe", "ast": 40, "alt": 25, "platelets": 200}')
    assert "Jane" not in json.dumps(result)


def test_calculators_are_found_by_name_and_an_unknown_name_lists_them() -> None:
    for name in NAMES:
        assert calculator_for(name).calculator_name == name
        assert record_score_for(name).calculator_name == name
    with pytest.raises(UnknownCalculatorError) as refused:
        calculator_for("qrisk")
    assert all(name in str(refused.value) for name in NAMES)


def test_a_record_gives_the_keys_of_the_calculator() -> None:
    from_chart = score_record(Kfre(), failing_kidneys(), ClinicalSettings())
    by_hand = Kfre().calculate({"age": 70, "sex": "male", "egfr": 20, "uacr_mg_g": 900})
    assert from_chart.keys() == by_hand.keys()


def test_a_record_without_the_inputs_gives_an_abstention() -> None:
    result = score_record(Kfre(), record(), ClinicalSettings())
    assert result["abstained"]["cause"] == "not-indicated"


def test_a_deceased_patient_gets_no_score() -> None:
    chart = replace(failing_kidneys(), patient=person(70, "male", deceased=True))
    assert score_record(Kfre(), chart, ClinicalSettings())["abstained"]["cause"] == "outside-population"
