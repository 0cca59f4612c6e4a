"""Creatinine clearance: the equation, its population, and what it reads of a chart."""

from __future__ import annotations

from typing import Any

import pytest

from models.contract import ClinicalSettings, ScoreInputError
from models.finding import Abstention
from models.risk_scores.cockcroft_gault import CockcroftGault
from models.scoring import ScoreResult
from tests.records import condition, measurement, person, record

SCORE = CockcroftGault()
MAN = {"age": 60, "sex": "male", "weight_kg": 72, "creatinine_mg_dl": 1.0}


def test_the_clearance_of_a_man_and_of_a_woman() -> None:
    assert SCORE.calculate(MAN) == {"crcl_ml_min": 80.0}
    assert SCORE.calculate({**MAN, "sex": "female"})["crcl_ml_min"] == pytest.approx(68.0)
    assert SCORE.calculate({**MAN, "age": 85, "weight_kg": 50, "creatinine_mg_dl": 2})[
        "crcl_ml_min"
    ] == pytest.approx(55 * 50 / 144)


@pytest.mark.parametrize(
    ("change", "cause"),
    [({"age": 17}, "outside-population"), ({"sex": "other"}, "outside-population"),
     ({"weight_kg": None}, "missing-input"), ({"creatinine_mg_dl": 0}, "out-of-range")],
)  # fmt: skip
def test_what_is_missing_impossible_or_outside_is_refused(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(ScoreInputError) as caught:
        SCORE.calculate({**MAN, **change})
    assert caught.value.cause == cause


def test_a_chart_gives_creatinine_and_weight() -> None:
    points = (measurement("creatinine", 1.0, 30), measurement("weight", 72, 20))
    chart = record(*points, patient=person(60, "male"))
    result = SCORE.compute(chart, ClinicalSettings())
    assert isinstance(result, ScoreResult)
    (estimate,) = SCORE.estimates(result, ClinicalSettings())
    assert (estimate.value, estimate.unit) == (80.0, "mL/min")
    assert SCORE.assess(chart, ClinicalSettings()).findings == ()


def test_without_a_weight_or_in_pregnancy_there_is_no_clearance() -> None:
    lacking = SCORE.compute(record(measurement("creatinine", 1.0, 30)), ClinicalSettings())
    assert isinstance(lacking, Abstention)
    assert lacking.missing == ("body weight in the last 12 months",)
    expecting = record(
        measurement("creatinine", 1.0, 30), patient=person(30), conditions=[condition("Z33.1")]
    )
    assert SCORE.assess(expecting, ClinicalSettings()).abstentions[0].cause == "outside-population"
