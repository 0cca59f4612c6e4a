from __future__ import annotations

import pytest

from models.derived import blood_pressures, ckd_epi_2021_creatinine, egfr_series
from tests.records import measurement, person, record


@pytest.mark.parametrize(
    ("creatinine", "age", "female", "expected"),
    [(0.9, 66, True, 70.51), (0.7, 46, False, 115.08), (3.46, 40, True, 16.47), (1.02, 90, False, 69.82)],
)
def test_ckd_epi_2021_gives_the_published_values(
    creatinine: float, age: int, female: bool, expected: float
) -> None:
    assert ckd_epi_2021_creatinine(creatinine, age, female=female) == pytest.approx(expected, abs=0.01)


def test_egfr_is_computed_from_creatinine_and_the_reported_one_of_that_day_is_dropped() -> None:
    chart = record(
        measurement("creatinine", 1.4, 10), measurement("egfr", 99, 10), measurement("egfr", 41, 200)
    )
    values = [round(point.value, 1) for point in egfr_series(chart)]
    assert values == [41.0, pytest.approx(ckd_epi_2021_creatinine(1.4, 60, female=True), abs=0.05)]


def test_egfr_of_unknown_sex_is_only_what_the_laboratory_reported() -> None:
    chart = record(
        measurement("creatinine", 1.4, 10), measurement("egfr", 41, 10), patient=person(sex="unknown")
    )
    assert [point.value for point in egfr_series(chart)] == [41]


def test_censored_and_hemolyzed_values_give_no_egfr() -> None:
    chart = record(
        measurement("creatinine", 0.2, 10, comparator="<"),
        measurement("creatinine", 2, 20, suspect="hemolyzed"),
    )
    assert not egfr_series(chart)


def test_blood_pressure_is_paired_within_one_observation() -> None:
    chart = record(
        measurement("sbp", 150, 5, source="Observation/1"),
        measurement("dbp", 90, 5, source="Observation/1"),
        measurement("sbp", 130, 9, source="Observation/2"),
    )
    (pair,) = blood_pressures(chart)
    assert (pair.systolic.value, pair.diastolic.value) == (150, 90)


def test_a_diastolic_pressure_above_the_systolic_is_no_reading() -> None:
    chart = record(
        measurement("sbp", 90, 5, source="Observation/1"), measurement("dbp", 120, 5, source="Observation/1")
    )
    assert blood_pressures(chart) == ()
