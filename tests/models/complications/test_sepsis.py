"""The sepsis warning as it is served: from inputs, from charts, its thresholds, its silence and its words."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir_adapters.record import Encounter, PatientRecord
from models.complications._sepsis_features import SIGNALS, label_of
from models.complications.sepsis import Sepsis
from models.contract import ClinicalSettings, ScoreInputError
from models.finding import Abstention, Finding
from models.scoring import ScoreResult
from tests.models.complications.sepsis_cases import STEADY, WORSENING, as_chart, as_inputs, hourly, stays
from tests.records import NOW, condition, measurement, person

SETTINGS = ClinicalSettings()


@pytest.fixture(scope="module")
def sepsis() -> Sepsis:
    return Sepsis()


def _found(sepsis: Sepsis, record: PatientRecord) -> Finding:
    (finding,) = sepsis.assess(record, SETTINGS).findings
    return finding


def _abstained(sepsis: Sepsis, record: PatientRecord) -> Abstention:
    assessment = sepsis.assess(record, SETTINGS)
    assert not assessment.findings
    (abstention,) = assessment.abstentions
    return abstention


def _risk(sepsis: Sepsis, **inputs: Any) -> float:
    return float(sepsis.calculate(inputs)["sepsis_6h"])


def test_a_chart_and_bare_inputs_of_one_patient_give_one_risk(sepsis: Sepsis) -> None:
    for course in (WORSENING, STEADY):
        values = hourly(course)
        result = sepsis.compute(as_chart(values), SETTINGS)
        assert isinstance(result, ScoreResult)
        assert result.results["version"] == "icu"
        expected = sepsis.calculate(as_inputs(values))["sepsis_6h"]
        assert result.results["sepsis_6h"] == pytest.approx(expected)


def test_somebody_who_gets_worse_has_a_higher_risk_than_somebody_steady(sepsis: Sepsis) -> None:
    worse, steady = (_risk(sepsis, **as_inputs(hourly(course))) for course in (WORSENING, STEADY))
    assert worse > 3 * steady


def test_without_hours_in_intensive_care_the_ward_version_answers(sepsis: Sepsis) -> None:
    values = hourly(WORSENING)
    result = sepsis.compute(as_chart(values, unit=False), SETTINGS)
    assert isinstance(result, ScoreResult)
    assert result.results == sepsis.calculate({"age": 67, **values})
    assert result.results["version"] == "ward"
    assert "Hours in intensive care are not known" in _found(sepsis, as_chart(values, unit=False)).rationale


def test_the_words_of_a_finding(sepsis: Sepsis) -> None:
    finding = _found(sepsis, as_chart(hourly(WORSENING)))
    assert finding.estimate is not None
    risk = finding.estimate.value
    assert finding.statement == f"Sepsis early warning: risk {100 * risk:.0f}% within 6 hours"
    assert len(finding.statement) < 120
    assert (finding.kind, finding.group) == ("complication_risk", "deterioration")
    assert (finding.estimate.unit, finding.estimate.horizon) == ("probability", "6 hours")
    assert finding.learned_from == "intensive care stays of two US hospital systems, PhysioNet/CinC 2019"
    assert "learned from public data" in finding.rationale
    assert finding.missing == ("total bilirubin in the last 48 hours", "platelets in the last 48 hours")
    assert all(piece.source.startswith(("Observation/", "Patient/")) for piece in finding.evidence)


def test_an_explanation_adds_up_to_the_risk(sepsis: Sepsis) -> None:
    finding = _found(sepsis, as_chart(hourly(WORSENING)))
    explanation = finding.explanation
    assert explanation is not None
    assert finding.estimate is not None
    assert explanation.total == pytest.approx(100 * finding.estimate.value)
    assert explanation.unit == "percentage points"
    sizes = [abs(each.amount) for each in explanation.contributions]
    assert sizes == sorted(sizes, reverse=True)
    by_label = {each.label: each for each in explanation.contributions}
    rate = by_label["Heart rate"]
    assert (rate.source, rate.value) == ("Observation/heart_rate-29", "128 /min")
    assert by_label["Platelets"].value == "not measured in 48 hours"
    assert by_label["Hours in intensive care"].value == "30 h"


def test_a_missing_input_says_between_which_risks_it_decides(sepsis: Sepsis) -> None:
    values = hourly(WORSENING)
    explanation = _found(sepsis, as_chart(values)).explanation
    assert explanation is not None
    assert explanation.missing
    for each in explanation.missing:
        assert 0 < each.low <= each.high < 100
    widths = [each.high - each.low for each in explanation.missing]
    assert widths == sorted(widths, reverse=True)
    widest = explanation.missing[0]
    (name,) = (signal for signal in SIGNALS if label_of(signal) == widest.label)
    supposed = [
        100 * _risk(sepsis, **as_inputs({**values, name: [None] * 29 + [value]}))
        for value in sepsis._typical[name]
    ]
    assert (widest.low, widest.high) == pytest.approx((min(supposed), max(supposed)))


@pytest.mark.parametrize(("soon", "urgent", "urgency"), [(0, 1, "soon"), (0, 0, "urgent"), (-1, 0, "urgent")])
def test_the_threshold_itself_already_warns(
    sepsis: Sepsis, monkeypatch: pytest.MonkeyPatch, soon: int, urgent: int, urgency: str
) -> None:
    values = hourly(WORSENING)
    risk = _risk(sepsis, **as_inputs(values))
    above = math.nextafter(risk, 1)
    limits = {-1: 0.0, 0: risk, 1: above}
    monkeypatch.setattr(sepsis, "_settings", {"soon": limits[soon], "urgent": limits[urgent]})
    assert _found(sepsis, as_chart(values)).urgency == urgency
    monkeypatch.setattr(sepsis, "_settings", {"soon": above, "urgent": above})
    assert sepsis.assess(as_chart(values), SETTINGS).findings == ()


def test_below_the_threshold_there_is_no_finding_and_no_abstention(sepsis: Sepsis) -> None:
    assessment = sepsis.assess(as_chart(hourly(STEADY)), SETTINGS)
    assert (assessment.findings, assessment.abstentions) == ((), ())


@pytest.mark.parametrize(
    ("change", "cause", "words"),
    [
        ({"encounters": ()}, "not-indicated", "not in hospital"),
        ({"patient": person(12)}, "outside-population", "adults"),
        ({"patient": replace(person(60), birth_date=None)}, "missing-input", "birth date"),
        ({"conditions": [condition("Z51.5")]}, "outside-population", "end-of-life"),
        ({"conditions": [condition("O80", days=2), condition("Z33.1", days=2)],
          "patient": person(30)}, "outside-population", "pregnancy"),
        ({"conditions": [condition("A41.9", days=1)]}, "not-indicated", "sepsis is documented"),
        ({"conditions": [condition("76571007", days=1)]}, "not-indicated", "sepsis is documented"),
    ],
)  # fmt: skip
def test_where_it_does_not_answer(sepsis: Sepsis, change: dict[str, Any], cause: str, words: str) -> None:
    abstention = _abstained(sepsis, as_chart(hourly(WORSENING), **change))
    assert abstention.cause == cause
    assert words in abstention.reason


def test_a_sepsis_of_the_past_does_not_silence_it(sepsis: Sepsis) -> None:
    record = as_chart(hourly(WORSENING), conditions=[condition("A41.9", days=60)])
    assert sepsis.assess(record, SETTINGS).findings


def test_a_stay_that_ended_is_none(sepsis: Sepsis) -> None:
    ended = tuple(replace(each, status="finished", end=NOW) for each in stays(30, unit=True))
    assert _abstained(sepsis, as_chart(hourly(WORSENING), encounters=ended)).cause == "not-indicated"


def test_old_vital_signs_are_missing_ones(sepsis: Sepsis) -> None:
    values = {name: [*row, *[None] * 7] for name, row in hourly(WORSENING).items()}
    abstention = _abstained(sepsis, as_chart(values))
    assert abstention.cause == "missing-input"
    assert "last 6 hours" in abstention.missing[0]


def test_an_emergency_encounter_is_a_stay(sepsis: Sepsis) -> None:
    emergency = Encounter(source="Encounter/e", setting="emergency", status="in-progress")
    found = _found(sepsis, as_chart(hourly(WORSENING), encounters=(emergency,)))
    assert "Hours in intensive care are not known" in found.rationale


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("heart_rate", 900), ("heart_rate", [80, -5]), ("lactate", "4.2"), ("wbc", True), ("sbp", math.nan),
        ("temperature", 98.6), ("creatinine", 186), ("icu_hours", -1), ("age", 150),
    ],
)  # fmt: skip
def test_what_is_impossible_is_refused(sepsis: Sepsis, name: str, value: object) -> None:
    with pytest.raises(ScoreInputError) as refused:
        sepsis.calculate(as_inputs(hourly(STEADY), **{name: value}))
    assert refused.value.cause == "out-of-range"


def test_children_and_empty_inputs_are_refused(sepsis: Sepsis) -> None:
    with pytest.raises(ScoreInputError) as young:
        sepsis.calculate(as_inputs(hourly(STEADY), age=17))
    assert young.value.cause == "outside-population"
    with pytest.raises(ScoreInputError) as empty:
        sepsis.calculate({})
    assert (empty.value.cause, empty.value.missing) == ("missing-input", ("age",))


def test_impossible_values_in_a_chart_never_score(sepsis: Sepsis) -> None:
    values = hourly(STEADY)
    chart = as_chart(values)
    wrong = measurement("lactate", 400, 0.001, unit="mmol/L")
    lactate = replace(chart.series("lactate"), points=(*chart.series("lactate").points, wrong))
    spoiled = replace(chart, measurements={**chart.measurements, "lactate": lactate})
    first, second = (sepsis.compute(each, SETTINGS) for each in (chart, spoiled))
    assert isinstance(first, ScoreResult)
    assert isinstance(second, ScoreResult)
    assert first.results == second.results


WORSE = {
    "lactate": 1,
    "bun": 1,
    "creatinine": 1,
    "bilirubin_total": 1,
    "ph_arterial": -1,
    "sbp": -1,
    "dbp": -1,
}


@given(st.sampled_from(["lactate", "ph_arterial", "bilirubin_total"]), st.data())
def test_a_single_result_that_is_worse_never_lowers_the_risk(name: str, data: st.DataObject) -> None:
    low, high = {"lactate": (0.5, 20.0), "ph_arterial": (6.8, 7.6), "bilirubin_total": (0.1, 30.0)}[name]
    first, second = sorted(data.draw(st.tuples(st.floats(low, high), st.floats(low, high))))
    inputs = {key: value for key, value in as_inputs(hourly(STEADY)).items() if key != name}
    lower, higher = (_risk(_SHARED, **inputs, **{name: value}) for value in (first, second))
    assert (higher - lower) * WORSE[name] >= -1e-12


_SHARED = Sepsis()


@given(
    st.fixed_dictionaries(
        {"age": st.integers(18, 110), "heart_rate": st.floats(15, 300), "sbp": st.floats(30, 320)},
        optional={
            "spo2": st.floats(30, 100), "resp_rate": st.floats(2, 90), "temperature": st.floats(25, 45),
            "lactate": st.floats(0.1, 40), "wbc": st.floats(0, 500), "icu_hours": st.floats(0, 400),
            "hours_before_icu": st.floats(0, 900),
        },
    )
)  # fmt: skip
def test_every_answer_is_a_probability_or_a_reason(inputs: dict[str, Any]) -> None:
    breathes = "spo2" in inputs or "resp_rate" in inputs
    if breathes:
        assert 0 < _risk(_SHARED, **inputs) < 1
        return
    with pytest.raises(ScoreInputError) as refused:
        _risk(_SHARED, **inputs)
    assert refused.value.cause == "missing-input"
