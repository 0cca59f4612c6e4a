"""The question about suicide, and drugs without a recorded reason."""

from __future__ import annotations

import pytest

from fhir_adapters.record import PatientRecord
from models.diagnosis.criteria.treated import TABLE
from tests.models.diagnosis.helpers import codes, keys, only
from tests.models.risk_scores.charts import coded
from tests.records import condition, drug, person, record


def _answered(code: str, days: float = 2, **more: object) -> PatientRecord:
    return record(coded_observations=(coded("phq9_item_9", code, days, "Several days"),), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize("code", ["LA6569-3", "LA6570-1", "LA6571-9"])
def test_any_yes_to_the_question_about_suicide_is_urgent_whatever_the_total(code: str) -> None:
    finding = only(_answered(code))
    assert (finding.key, finding.kind, finding.urgency) == ("suicide_risk", "safety", "urgent")
    assert "safety plan" in finding.rationale


def test_a_known_depression_does_not_silence_it() -> None:
    assert keys(_answered("LA6569-3", conditions=[condition("F33.1")])) == {"suicide_risk"}


@pytest.mark.parametrize("chart", [_answered("LA6568-5"), _answered("LA6569-3", days=40), _answered("")])
def test_no_an_old_answer_and_none_are_silent(chart: PatientRecord) -> None:
    assert keys(chart) == set()


EVERY = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.rule.key)


@EVERY
def test_a_drug_without_a_reason_is_named(row) -> None:  # type: ignore[no-untyped-def]
    finding = only(record(medications=[drug(f"{row.drugs.ingredients[0]} tablet")]))
    assert finding.key == row.rule.key
    assert bool(codes(finding, "add-problem")) == bool(row.likely)


@EVERY
def test_any_recorded_reason_past_or_present_silences_it(row) -> None:  # type: ignore[no-untyped-def]
    for reason in row.reasons:
        for status in ("active", "resolved"):
            known = condition(reason.icd10[0], status=status)
            chart = record(medications=[drug(row.drugs.ingredients[0])], conditions=[known])
            assert row.rule.key not in keys(chart)


@EVERY
def test_a_stopped_drug_a_child_and_an_unknown_list_are_silent(row) -> None:  # type: ignore[no-untyped-def]
    taken = row.drugs.ingredients[0]
    assert keys(record(medications=[drug(taken, status="stopped")])) == set()
    assert keys(record(medications=[drug(taken)], patient=person(9))) == set()
    assert keys(record(medications=None)) == set()
