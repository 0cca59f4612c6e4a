"""A limit is no number: no score computes with it, none uses an older number that it contradicts."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.record import Measurement
from models import chart_inputs
from models.censored import may_be, settled, uncontradicted
from models.complications._sepsis_chart import watched
from models.contract import ClinicalSettings
from models.derived import egfr_with_limits
from models.diagnosis.criteria.electrolytes import corrected_sodium
from models.diagnosis.criteria.heart import _serial
from models.diagnosis.criteria.serology import SerologyCriteria
from models.diagnosis.kdigo import a_category
from models.diagnosis.values import at_least, below
from models.finding import Abstention
from models.risk_scores import _chart
from models.risk_scores.kfre import Kfre
from tests.models.risk_scores.charts import coded, failing_kidneys
from tests.records import measurement, person, record

SETTINGS = ClinicalSettings()


@pytest.mark.parametrize(
    ("value", "comparator", "limit", "agrees"),
    [
        (95, ">", 90, True), (90, ">", 90, False), (90, ">=", 90, True), (45, ">", 90, False),
        (0.3, "<", 0.5, True), (0.5, "<", 0.5, False), (0.5, "<=", 0.5, True), (80, "<", 5, False),
    ],
)  # fmt: skip
def test_a_value_agrees_with_a_limit_or_is_contradicted(
    value: float, comparator: Any, limit: float, agrees: bool
) -> None:
    assert may_be(value, measurement("crp", limit, 0, comparator=comparator)) is agrees


def test_an_older_number_that_a_newer_limit_contradicts_is_not_used() -> None:
    chart = record(measurement("crp", 80, 20), measurement("crp", 5, 1, comparator="<"))
    assert chart_inputs.newest(chart, "crp", 365) is None
    assert chart_inputs.latest(chart, "crp", 365) is None
    assert _chart.value(chart, "crp", 365) is None


def test_an_older_number_that_a_newer_limit_agrees_with_is_used() -> None:
    chart = record(measurement("crp", 3, 20), measurement("crp", 5, 1, comparator="<"))
    point = chart_inputs.latest(chart, "crp", 365)
    assert point is not None
    assert (point.value, point.comparator) == (3, "")


def test_a_suspect_limit_contradicts_nothing() -> None:
    doubtful = measurement("crp", 5, 1, comparator="<", suspect="contaminated specimen")
    point = chart_inputs.latest(record(measurement("crp", 80, 20), doubtful), "crp", 365)
    assert point is not None
    assert point.value == 80


def test_a_limit_alone_is_no_value() -> None:
    chart = record(measurement("troponin_t", 0.5, 1, comparator="<"))
    assert chart_inputs.latest(chart, "troponin_t", 365) is None


def test_of_a_series_the_numbers_before_a_contradicting_limit_fall_away() -> None:
    points = [
        measurement("lactate", 4.0, 3),
        measurement("lactate", 0.8, 2),
        measurement("lactate", 1.0, 1, comparator="<"),
        measurement("lactate", 2.0, 0.5),
    ]
    assert [p.value for p in uncontradicted(points)] == [0.8, 2.0]


@pytest.mark.parametrize(
    ("limit", "same_below", "enough"),
    [(0.2, 1.0, True), (1.0, 1.0, True), (1.2, 1.0, False), (0.2, None, False)],
)
def test_a_limit_below_the_first_cut_off_settles_a_score(
    limit: float, same_below: float | None, enough: bool
) -> None:
    assert settled(measurement("bilirubin_total", limit, 1, comparator="<"), same_below) is enough
    assert not settled(measurement("bilirubin_total", limit, 1, comparator=">"), same_below)


@pytest.mark.parametrize(
    ("points", "highest", "worst"),
    [
        ((("platelets", 50, ""), ("platelets", 10, "<")), False, 10),  # at least as bad as 10
        ((("platelets", 50, ""), ("platelets", 900, ">")), False, 50),
        ((("bilirubin_total", 3, ""), ("bilirubin_total", 30, ">")), True, 30),
        ((("bilirubin_total", 0.2, "<"),), True, 0.2),
        ((("bilirubin_total", 2.0, "<"),), True, None),
    ],
)
def test_the_worst_value_counts_a_limit_on_the_bad_side(
    points: Any, highest: bool, worst: float | None
) -> None:
    measured = [measurement(name, value, 0.1 * n, comparator=c) for n, (name, value, c) in enumerate(points)]
    found = _chart.worst(record(*measured), points[0][0], 1, highest=highest, same_below=1.1)
    assert (found.value if found is not None else None) == worst


def _egfr(value: float, days: float, comparator: Any = "") -> Measurement:
    return measurement("egfr", value, days, comparator=comparator)


def test_a_normal_limit_ends_a_run_of_low_egfr() -> None:
    chart = record(_egfr(50, 200), _egfr(48, 100), _egfr(60, 10, ">"), patient=person(70, "male"))
    assert [p.comparator for p in egfr_with_limits(chart)] == ["", "", ">"]
    assert chart_inputs.newest_egfr(chart, 365) is None
    result = Kfre().compute(chart, SETTINGS)
    assert isinstance(result, Abstention)
    assert result.cause == "not-indicated"


def test_a_limit_reported_after_the_creatinine_contradicts_its_egfr() -> None:
    low = (measurement("creatinine", 2.0, 50), _egfr(60, 10, ">"))
    assert chart_inputs.newest_egfr(record(*low, patient=person(70, "male")), 365) is None
    agreeing = (measurement("creatinine", 0.9, 50), _egfr(60, 10, ">"))
    assert chart_inputs.newest_egfr(record(*agreeing, patient=person(70, "male")), 365) is not None


def test_an_albuminuria_above_its_limit_does_not_fall_back_to_an_older_lower_one() -> None:
    chart = failing_kidneys(measurement("uacr", 20, 200), measurement("uacr", 300, 40, comparator=">"))
    assert chart_inputs.newest_uacr(chart) is None


def test_an_albuminuria_above_300_is_severe() -> None:
    assert a_category(measurement("uacr", 300, 1, comparator=">")) == "A3"
    assert a_category(measurement("uacr", 300, 1)) == "A2"


def test_sodium_beside_a_glucose_above_its_limit_is_known_to_be_above_what_it_would_correct_to() -> None:
    chart = record(measurement("sodium", 130, 1), measurement("glucose", 600, 1, comparator=">"))
    (sodium,) = corrected_sodium(chart, 30)
    assert sodium.comparator == ">"
    assert not below(sodium, 145)
    assert at_least(sodium, 135)


def test_no_change_is_computed_from_a_troponin_below_detection() -> None:
    earlier = measurement("troponin_t_hs", 6, 0.2, comparator="<")
    newest = measurement("troponin_t_hs", 60, 0.1)
    (shown,) = _serial(record(earlier, newest), newest)
    assert shown.remark == ""
    (exact,) = _serial(record(measurement("troponin_t_hs", 6, 0.2), newest), newest)
    assert "+900%" in exact.remark


def test_the_warning_of_sepsis_does_not_carry_on_a_lactate_that_is_over() -> None:
    high, low = measurement("lactate", 6, 0.3), measurement("lactate", 1, 0.1, comparator="<")
    assert watched(record(high)).newest["lactate"].value == 6
    assert "lactate" not in watched(record(high, low)).newest


@pytest.mark.parametrize(
    ("said", "asked_again"), [("Not detected", False), ("Detected", False), ("Test not performed", True)]
)
def test_an_rna_test_in_words_is_a_follow_up_of_the_antibody(said: str, asked_again: bool) -> None:
    antibody = coded("hcv_ab", "10828004")
    rna = coded("hcv_rna", "", text=said)
    found = SerologyCriteria().assess(record(coded_observations=(antibody, rna)), SETTINGS).findings
    assert bool(found) is asked_again
