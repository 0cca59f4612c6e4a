"""Reactive tests without follow-up."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.record import CodedObservation, Concept, PatientRecord
from tests.models.diagnosis.helpers import codes, keys, only
from tests.records import ago, condition, measurement, record


def _result(kind: str, words: str, days: float = 30) -> CodedObservation:
    source = f"Observation/{kind}-{days:g}"
    return CodedObservation(source=source, kind=kind, value=Concept((), words), at=ago(days))


def _tested(*results: CodedObservation, **more: Any) -> PatientRecord:
    return record(coded_observations=results, **more)


@pytest.mark.parametrize(
    ("kind", "key", "order"),
    [
        ("hcv_ab", "hepatitis_c_antibody", "11011-4"),
        ("hbsag", "hepatitis_b", "42595-9"),
        ("hiv_screen", "hiv", "20447-9"),
    ],
)
def test_a_reactive_test_without_follow_up_orders_the_next_one(kind: str, key: str, order: str) -> None:
    finding = only(_tested(_result(kind, "Reactive")))
    assert finding.key == key
    assert order in codes(finding, "order")
    assert codes(finding, "add-problem") == set()


@pytest.mark.parametrize("kind", ["hcv_ab", "hbsag", "hiv_screen"])
@pytest.mark.parametrize(
    "words", ["Non-reactive", "Nonreactive", "Not detected", "Negative", "See comment", ""]
)
def test_what_is_not_reactive_is_silent(kind: str, words: str) -> None:
    assert keys(_tested(_result(kind, words))) == set()


def test_a_later_negative_test_ends_the_question() -> None:
    assert keys(_tested(_result("hbsag", "Positive", 300), _result("hbsag", "Negative", 10))) == set()


def test_an_rna_test_or_the_problem_list_is_follow_up() -> None:
    antibody = _result("hcv_ab", "Reactive")
    assert keys(record(measurement("hcv_rna", 0, 10), coded_observations=(antibody,))) == set()
    assert keys(_tested(antibody, conditions=[condition("B18.2", status="resolved")])) == set()
    assert keys(_tested(_result("hiv_screen", "Reactive"), conditions=[condition("B20")])) == set()


def test_a_surface_antigen_over_six_months_is_chronic_and_may_go_on_the_problem_list() -> None:
    finding = only(_tested(_result("hbsag", "Positive", 300), _result("hbsag", "Positive", 10)))
    assert finding.confidence == "A"
    assert codes(finding, "add-problem") == {"61977001", "B18.1"}


def test_an_hiv_result_is_said_to_be_confidential() -> None:
    assert "confidential" in only(_tested(_result("hiv_screen", "Reactive"))).rationale
