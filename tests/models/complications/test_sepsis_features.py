"""Features of hourly values: what they say, that they know no future, and the same from file and chart."""

from __future__ import annotations

import numpy as np
import pytest

from models.complications._sepsis_chart import stay, watched
from models.complications._sepsis_features import (
    FEATURES,
    HOURS,
    SIGNALS,
    columns_of,
    features_of,
    first_value,
    has_vital_signs,
    in_range,
    signal_of,
    tells_care,
    windows_of,
)
from tests.models.complications.sepsis_cases import WORSENING, as_chart, as_table, hourly
from tests.records import measurement, record


def _features(table: np.ndarray) -> dict[str, float]:
    """Of the last hour."""
    return {name: float(column[-1]) for name, column in features_of(windows_of(table)).items()}


def _table(**signals: list[float | None]) -> np.ndarray:
    return as_table(signals)


def test_what_each_kind_of_feature_says() -> None:
    table = _table(
        heart_rate=[100, None, 80, 90], wbc=[9, 14, None, None], pco2=[None, 40, None, None], sbp=[None] * 4
    )
    found = _features(table)
    assert found["heart_rate.last"] == 90
    assert found["heart_rate.mean24"] == pytest.approx(90)
    assert (found["heart_rate.min24"], found["heart_rate.max12"]) == (80, 100)
    assert found["heart_rate.spread12"] == pytest.approx(10)
    assert (found["wbc.last"], found["wbc.change"], found["wbc.max"]) == (14, 5, 14)
    assert found["pco2.age"] == 2
    assert found["temperature.count24"] == 0
    assert found["laboratory_values.count24"] == 2
    assert np.isnan(found["sbp.min12"])
    assert np.isnan(found["lactate.max"])


def test_what_is_made_of_two_signs_needs_both_in_one_hour() -> None:
    found = _features(_table(heart_rate=[100, 120], sbp=[80, None], dbp=[50, None]))
    assert found["shock_index.max12"] == pytest.approx(1.25)
    assert found["mean_pressure.last"] == pytest.approx(60)
    assert found["pulse_pressure.min12"] == pytest.approx(30)


def test_a_first_value_has_the_features_of_a_window_that_holds_only_it() -> None:
    for signal, value in (("wbc", 17.0), ("pco2", 33.0), ("spo2", 91.0), ("temperature", 38.4)):
        found = _features(as_table({signal: [value]}))
        for name, supposed in first_value(signal, value).items():
            np.testing.assert_equal(supposed, found[name], name)


def test_nothing_of_the_future_is_known() -> None:
    table = as_table(hourly(WORSENING, 60))
    changed = table.copy()
    changed[40:] = 1.0
    before = {name: column[:40] for name, column in features_of(windows_of(table)).items()}
    after = {name: column[:40] for name, column in features_of(windows_of(changed)).items()}
    for name, column in before.items():
        np.testing.assert_array_equal(column, after[name], name)


def test_what_is_older_than_two_days_is_forgotten() -> None:
    values = [12.0] + [None] * (HOURS - 1)
    assert _features(_table(wbc=values))["wbc.last"] == 12
    assert np.isnan(_features(_table(wbc=[*values, None]))["wbc.last"])


def test_a_chart_gives_the_features_of_the_same_patient_in_a_file() -> None:
    values = hourly(WORSENING)
    chart_of = as_chart(values)
    told = stay(chart_of)
    assert told == {"icu_hours": 30, "hours_before_icu": pytest.approx(5.5)}
    chart = columns_of(
        windows_of(as_table(watched(chart_of).hourly))[-1:],
        np.array([67.0]),
        np.array([told["icu_hours"]]),
        np.array([told["hours_before_icu"]]),
    )
    hours = np.arange(1.0, 31.0)
    file = columns_of(windows_of(as_table(values)), np.full(30, 67.0), hours, np.full(30, 5.5))
    for name, column in file.items():
        np.testing.assert_allclose(chart[name], column[-1:], err_msg=name)


def test_of_several_values_in_an_hour_the_newest_counts() -> None:
    newer = measurement("heart_rate", 91, 5 / 1440)
    older = measurement("heart_rate", 77, 55 / 1440)
    before = measurement("heart_rate", 70, 65 / 1440)
    found = watched(record(older, newer, before))
    assert found.hourly["heart_rate"][-2:] == [70, 91]
    assert found.newest["heart_rate"] is newer


def test_values_of_another_place_without_a_time_or_in_doubt_do_not_count() -> None:
    points = [
        measurement("heart_rate", 150, 0.01, setting="home"),
        measurement("sbp", 60, 0.01, setting="ambulatory"),
        measurement("spo2", 70, 0.01, date_only=True),
        measurement("lactate", 9, 0.01, suspect="hemolyzed specimen"),
        measurement("wbc", 30, 0.01, comparator=">"),
        measurement("creatinine", 400, 0.01),
        measurement("bun", 90, -0.01),
        measurement("glucose", 500, 2.01),
    ]
    assert watched(record(*points)).hourly == {}


def test_recent_vital_signs_are_told_from_old_ones() -> None:
    recent = _table(heart_rate=[80, *[None] * 5], sbp=[120, *[None] * 5], spo2=[97, *[None] * 5])
    assert has_vital_signs(windows_of(recent)).tolist() == [True] * 6
    later = np.vstack([recent, np.full((1, len(SIGNALS)), np.nan)])
    assert not has_vital_signs(windows_of(later))[-1]
    without_breath = _table(heart_rate=[80], sbp=[120], temperature=[37])
    assert not has_vital_signs(windows_of(without_breath))[-1]


def test_impossible_values_are_not_known() -> None:
    found = in_range(np.array([1.1, 3.0, 9.4, 400.0]), "calcium")
    assert np.isnan(found).tolist() == [True, False, False, True]


def test_features_that_describe_care_are_told_from_those_of_the_patient() -> None:
    care = {each.name for each in FEATURES if tells_care(each.name)}
    assert care == {
        "temperature.count24", "pco2.age", "fio2.age", "magnesium.age", "ast.age", "alp.age",
        "troponin_i.age",
    }  # fmt: skip
    assert tells_care("icu_hours")
    assert tells_care("laboratory_values.count24")
    assert not tells_care("age")
    assert signal_of("wbc.change") == "wbc"
