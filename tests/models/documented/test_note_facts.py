"""What scores and criteria take from notes."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.record import PatientRecord
from models import chart_inputs
from models.contract import ClinicalSettings
from models.risk_scores.stroke_af import StrokeInAf
from tests.readings import mention, note, noted, valued
from tests.records import ago, condition, drug, measurement, person, record

ECG = "Atrial fibrillation with controlled ventricular rate."


def smoker(text: str, days: float = 10, **said: Any) -> PatientRecord:
    of = note("Tobacco: see below.", days=days)
    return noted((of, [mention(of.text, "Tobacco", "habit", value=valued("smoking", text=text), **said)]))


@pytest.mark.parametrize(
    ("stated", "smokes"),
    [("current-smoker", 1), ("former-smoker", 0), ("never-smoker", 0), ("non-smoker", 0)],
)
def test_smoking_comes_from_a_note_where_no_status_is_recorded(stated: str, smokes: int) -> None:
    answer = chart_inputs.smoking(smoker(stated))
    assert answer is not None
    assert answer.value == smokes
    assert answer.evidence.remark == "from a note"
    assert answer.evidence.quote == "Tobacco: see below."


@pytest.mark.parametrize("said", [{"whose": "family"}, {"score": 0.2}], ids=str)
def test_smoking_of_another_or_unsure_is_not_taken(said: dict[str, Any]) -> None:
    assert chart_inputs.smoking(smoker("current-smoker", **said)) is None


def test_smoking_of_an_old_note_is_not_taken() -> None:
    assert chart_inputs.smoking(smoker("current-smoker", days=2000)) is None


def test_alcohol_says_nothing_of_smoking() -> None:
    assert chart_inputs.smoking(smoker("alcohol-use")) is None


def echo(value: str, **said: Any) -> PatientRecord:
    of = note("LVEF 35%.")
    return noted((of, [mention(of.text, "LVEF", "test", value=valued("lvef", value), **said)]))


def test_the_ejection_fraction_comes_from_a_note_where_none_is_measured() -> None:
    found = chart_inputs.ejection_fraction(echo("35"), 731)
    assert found is not None
    assert found[0] == 35
    assert found[1].quote == "LVEF 35%."


def test_a_measured_ejection_fraction_comes_first() -> None:
    of = note("LVEF 35%.")
    said = mention(of.text, "LVEF", "test", value=valued("lvef", "35"))
    chart = noted((of, [said]), chart=record(measurement("lvef", 60, 30)))
    found = chart_inputs.ejection_fraction(chart, 731)
    assert found is not None
    assert found[0] == 60


@pytest.mark.parametrize(
    "said", [{"presence": "conditional"}, {"when": "past"}, {"whose": "family"}], ids=str
)
def test_an_ejection_fraction_that_is_not_so_now_is_not_taken(said: dict[str, Any]) -> None:
    assert chart_inputs.ejection_fraction(echo("35", **said), 731) is None


def fibrillating(*, title: str = "ECG report", days: tuple[float, ...] = (10,), **said: Any) -> PatientRecord:
    pairs = []
    for number, ago_days in enumerate(days):
        of = note(ECG, days=ago_days, name=f"n{number}", title=title)
        pairs.append((of, [mention(ECG, "Atrial fibrillation", section="", **said)]))
    chart = record(
        patient=person(age=78),
        conditions=[condition("I10"), condition("E11.9")],
        medications=[drug("lisinopril 10 MG")],
    )
    return noted(*pairs, chart=chart)


def test_fibrillation_on_an_ecg_report_asks_for_the_stroke_score_and_offers_the_problem() -> None:
    (finding,) = StrokeInAf().assess(fibrillating(), ClinicalSettings()).findings
    assert finding.confidence == "B"
    assert finding.evidence[0].quote == ECG
    assert finding.proposals[0].text == "Atrial fibrillation"
    assert "in notes only" in finding.rationale


def test_fibrillation_in_one_other_note_is_not_enough_and_in_two_it_is() -> None:
    once = fibrillating(title="Progress note")
    assert not StrokeInAf().assess(once, ClinicalSettings()).findings
    twice = fibrillating(title="Progress note", days=(10, 30))
    assert StrokeInAf().assess(twice, ClinicalSettings()).findings


@pytest.mark.parametrize(
    "said",
    [{"presence": "absent"}, {"presence": "possible"}, {"whose": "family"}, {"when": "planned"}],
    ids=str,
)
def test_fibrillation_that_is_not_asserted_is_none(said: dict[str, Any]) -> None:
    outcome = StrokeInAf().assess(fibrillating(days=(10, 30), **said), ClinicalSettings())
    assert not outcome.findings
    assert outcome.abstentions[0].cause == "not-indicated"


def test_dates_of_the_evidence_are_those_of_the_note() -> None:
    (finding,) = StrokeInAf().assess(fibrillating(), ClinicalSettings()).findings
    assert finding.evidence[0].at == ago(10)
