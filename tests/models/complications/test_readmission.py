"""The readmission model: what it reads of a chart, when it is silent, and how it says what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from fhir_adapters.record import Coding, Concept, Condition, Encounter, PatientRecord
from models.complications._readmission_stay import (
    DESTINATIONS,
    Stay,
    features_of,
    stay_of,
    visits_before,
)
from models.complications.readmission import AT_DISCHARGE, IN_HOSPITAL, Readmission
from models.contract import Calculator, ClinicalModel, ClinicalSettings, ScoreInputError
from models.finding import Abstention
from models.scoring import ReportingScore, ScoreResult
from tests.records import NOW, ago, condition, person, record

MODEL = Readmission()
SETTINGS = ClinicalSettings()
BARE: dict[str, Any] = {
    "age": 72, "sex": "female", "length_of_stay_days": 4, "inpatient_stays_12m": 1, "emergency_visits_12m": 0,
    "outpatient_visits_12m": 2, "diagnosis_count": 8, "diagnosis_groups": ["heart_failure"],
}  # fmt: skip


def _encounter(name: str, setting: Any, start: float, end: float | None, **more: Any) -> Encounter:
    status = "in-progress" if end is None else "finished"
    ended = None if end is None else ago(end)
    return Encounter(
        source=f"Encounter/{name}", setting=setting, status=status, start=ago(start), end=ended, **more
    )


HERE = _encounter("stay", "inpatient", 4, None)
LEFT = _encounter("stay", "inpatient", 6, 1)


def _to(code: str, system: str = "http://terminology.hl7.org/CodeSystem/discharge-disposition") -> Concept:
    return Concept((Coding(system, code),))


def _before(stays: int) -> tuple[Encounter, ...]:
    return tuple(_encounter(f"b{n}", "inpatient", 60 + 20 * n, 57 + 20 * n) for n in range(stays))


def _chart(
    stay: Encounter = HERE, *more: Encounter, codes: tuple[str, ...] = ("E11.9",), **kw: Any
) -> PatientRecord:
    conditions = [condition(code) for code in codes]
    kw.setdefault("patient", person(72))
    return record(encounters=(stay, *more), conditions=conditions, **kw)


def _result(chart: PatientRecord) -> ScoreResult:
    result = MODEL.compute(chart, SETTINGS)
    assert isinstance(result, ScoreResult), result
    return result


def _why_not(chart: PatientRecord) -> Abstention:
    assessment = MODEL.assess(chart, SETTINGS)
    assert not assessment.findings
    return assessment.abstentions[0]


def test_it_is_a_model_a_calculator_and_a_score_that_reports() -> None:
    assert isinstance(MODEL, ClinicalModel)
    assert isinstance(MODEL, Calculator)
    assert isinstance(MODEL, ReportingScore)
    MODEL.card.check(MODEL.name)


def test_a_chart_gives_the_inputs_of_the_calculator() -> None:
    visits = (
        _encounter("e", "emergency", 40, 39.9),
        _encounter("a", "ambulatory", 30, 29.9),
        _encounter("old", "inpatient", 400, 395),
    )
    chart = _chart(HERE, *_before(2), *visits, codes=("E11.22", "I50.9", "N18.31"))
    inputs = dict(_result(chart).gathered.inputs)
    assert inputs == {
        "age": 72, "sex": "female", "length_of_stay_days": 4.0, "inpatient_stays_12m": 2,
        "emergency_visits_12m": 1, "outpatient_visits_12m": 1, "diagnosis_count": 3,
        "diagnosis_groups": ["chronic_kidney_disease", "complicated_diabetes", "heart_failure"],
        "destination": None,
    }  # fmt: skip
    assert MODEL.calculate(inputs) == _result(chart).results


def test_diagnoses_of_the_stay_go_before_the_problem_list() -> None:
    linked = replace(condition("I50.9"), encounter="Encounter/stay")
    chart = _chart(codes=("E11.9", "J44.9"))
    chart = replace(chart, conditions=(*chart.conditions, linked))
    inputs = _result(chart).gathered.inputs
    assert (inputs["diagnosis_groups"], inputs["diagnosis_count"]) == (["heart_failure"], 3)


def test_nothing_from_after_the_discharge_is_read() -> None:
    chart = _chart(replace(LEFT, discharged_to=_to("home")), *_before(1))
    late = (
        _encounter("e", "emergency", 0.5, 0.4),
        _encounter("c", "ambulatory", 0.9, 0.8),
    )
    after: tuple[Condition, ...] = (condition("A41.9", days=0.5), condition("C34.90", days=0.1))
    changed = replace(
        chart,
        encounters=(*chart.encounters, *late),
        conditions=(*chart.conditions, *after),
    )
    assert _result(changed).results == _result(chart).results
    assert _result(changed).gathered.inputs == _result(chart).gathered.inputs


def test_what_led_to_the_stay_is_part_of_it() -> None:
    door = _encounter("door", "emergency", 4.3, 4.0)
    chart = _chart(HERE, door, _encounter("other", "emergency", 20, 19.9))
    stay = stay_of(chart)
    assert stay == HERE
    assert [each.source for each in visits_before(chart, HERE, "emergency")] == ["Encounter/other"]


@pytest.mark.parametrize(
    ("system", "code", "version"),
    [
        ("http://terminology.hl7.org/CodeSystem/discharge-disposition", "home", AT_DISCHARGE),
        ("http://terminology.hl7.org/CodeSystem/discharge-disposition", "snf", AT_DISCHARGE),
        ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "01", AT_DISCHARGE),
        ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "62", AT_DISCHARGE),
        ("https://www.nubc.org/CodeSystem/PatDischargeStatus", "99", IN_HOSPITAL),
    ],
)
def test_the_destination_decides_which_tables_answer(system: str, code: str, version: str) -> None:
    chart = _chart(replace(LEFT, discharged_to=_to(code, system)))
    assert _result(chart).results["version"] == version


def test_without_a_destination_its_range_is_shown_as_missing() -> None:
    (finding,) = MODEL.assess(_chart(LEFT, *_before(8)), SETTINGS).findings
    assert finding.missing == ("discharge destination",)
    assert finding.explanation is not None
    (missing,) = finding.explanation.missing
    stay = dict(_result(_chart(LEFT, *_before(8))).gathered.inputs)
    risks = [
        100 * MODEL.calculate({**stay, "destination": destination})["readmission_30d"]
        for destination in DESTINATIONS
    ]
    assert (missing.low, missing.high) == pytest.approx((min(risks), max(risks)))


@pytest.mark.parametrize(
    ("chart", "cause"),
    [
        (_chart(codes=("I50.9",)), "outside-population"),
        (_chart(patient=person(17)), "outside-population"),
        (_chart(codes=("E11.9", "Z51.5")), "outside-population"),
        (_chart(replace(LEFT, discharged_to=_to("exp"))), "outside-population"),
        (_chart(replace(LEFT, discharged_to=_to("51"))), "outside-population"),
        (_chart(patient=person(72, deceased=True)), "outside-population"),
        (_chart(_encounter("s", "inpatient", 0.2, None)), "not-indicated"),
        (_chart(_encounter("s", "inpatient", 9, 2.1)), "not-indicated"),
        (_chart(_encounter("s", "ambulatory", 1, None)), "not-indicated"),
        (replace(_chart(), coverage={"Condition": "complete", "Encounter": "partial"}), "missing-input"),
        (replace(_chart(), coverage={"Encounter": "complete"}), "missing-input"),
        (_chart(patient=replace(person(), birth_date=None)), "missing-input"),
    ],
)
def test_it_abstains_outside_its_population_or_without_its_inputs(chart: PatientRecord, cause: str) -> None:
    assert _why_not(chart).cause == cause


def test_a_stay_that_ended_two_days_ago_still_counts() -> None:
    assert _result(_chart(_encounter("s", "inpatient", 9, 2))).results["version"] == IN_HOSPITAL


def test_it_speaks_from_its_threshold_on_and_not_below() -> None:
    chart = _chart(HERE, *_before(2))
    risk = _result(chart).results["readmission_30d"]
    model = Readmission()
    model._thresholds = dict.fromkeys(model._thresholds, risk)
    (finding,) = model.assess(chart, SETTINGS).findings
    assert (finding.kind, finding.group, finding.urgency) == ("complication_risk", "readmission", "routine")
    assert len(finding.statement) < 120
    model._thresholds = dict.fromkeys(model._thresholds, risk + 1e-9)
    assert not model.assess(chart, SETTINGS).findings


def test_the_explanation_adds_up_to_the_risk() -> None:
    chart = _chart(replace(LEFT, discharged_to=_to("snf")), *_before(5), codes=("E11.22", "I50.9"))
    (finding,) = MODEL.assess(chart, SETTINGS).findings
    assert finding.explanation is not None
    assert finding.estimate is not None
    assert finding.explanation.total == pytest.approx(100 * finding.estimate.value)
    assert finding.explanation.contributions[0].label == "Stays and visits in the year before"
    assert finding.learned_from


@pytest.mark.parametrize("destination", [None, *DESTINATIONS])
def test_more_stays_and_emergency_visits_never_lower_the_risk(destination: str | None) -> None:
    for name in ("inpatient_stays_12m", "emergency_visits_12m"):
        risks = [
            MODEL.calculate({**BARE, "destination": destination, name: count})["readmission_30d"]
            for count in range(15)
        ]
        assert risks == sorted(risks)
        assert risks[-1] > risks[0]


def test_a_stay_longer_than_any_of_training_counts_as_the_longest() -> None:
    risks = {MODEL.calculate({**BARE, "length_of_stay_days": days})["readmission_30d"] for days in (14, 40)}
    assert len(risks) == 1


@pytest.mark.parametrize(
    ("change", "cause"),
    [
        ({"age": 17}, "outside-population"),
        ({"length_of_stay_days": 0}, "outside-population"),
        ({"length_of_stay_days": -1}, "out-of-range"),
        ({"sex": "x"}, "out-of-range"),
        ({"inpatient_stays_12m": 1.5}, "out-of-range"),
        ({"emergency_visits_12m": None}, "missing-input"),
        ({"diagnosis_groups": "heart_failure"}, "out-of-range"),
        ({"diagnosis_groups": ["heart"]}, "out-of-range"),
        ({"destination": "moon"}, "out-of-range"),
    ],
)
def test_bare_inputs_are_read_strictly(change: dict[str, Any], cause: str) -> None:
    with pytest.raises(ScoreInputError) as caught:
        MODEL.calculate({**BARE, **change})
    assert caught.value.cause == cause


def test_another_sex_is_a_place_of_its_own_in_the_tables() -> None:
    stay = Stay(
        age=60, sex="unknown", days=2, inpatient=0, emergency=0, outpatient=0, diagnoses=3, groups=frozenset()
    )
    assert features_of(stay)["female"] is None
    assert 0 < MODEL.calculate({**BARE, "sex": "other"})["readmission_30d"] < 1


def test_stays_in_the_future_or_without_a_start_are_passed_over() -> None:
    odd = replace(HERE, start=None)
    future = replace(HERE, start=NOW + timedelta(days=1))
    assert stay_of(_chart(odd, future)) is None
