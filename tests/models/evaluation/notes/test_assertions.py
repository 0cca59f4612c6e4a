"""Assertion scores by class agree with counts made by hand."""

from __future__ import annotations

import pytest

from fhir_adapters.record import Assertion
from models.evaluation.notes import (
    AssertedCase,
    AssertionEvaluation,
    ClassScores,
    EvaluationError,
    Resampling,
    evaluate_assertions,
)
from models.training.notes.corpora.document import Entity, GoldAssertion


def asserted(*pairs: tuple[GoldAssertion | None, Assertion]) -> AssertedCase:
    return AssertedCase(
        key="d",
        text="rash " * len(pairs),
        gold=tuple(Entity(5 * n, 5 * n + 4, "problem", gold) for n, (gold, _) in enumerate(pairs)),
        predicted=tuple(answer for _, answer in pairs),
    )


CASES = [
    asserted(
        (GoldAssertion(presence="absent", when="current"), Assertion(presence="absent", score=0.9)),
        (GoldAssertion(presence="absent", when="past"), Assertion(presence="present", score=0.6)),
    ),
    asserted((GoldAssertion(presence="present"), Assertion(presence="absent", when="past", score=0.7))),
]


def scores(evaluation: AssertionEvaluation, axis: str, name: str) -> ClassScores:
    (found,) = [each for each in evaluation.axes if each.axis == axis]
    return next(each for each in (*found.table.classes, found.table.micro) if each.name == name)


def test_each_class_of_an_aspect_has_its_own_scores() -> None:
    absent = scores(evaluate_assertions(CASES), "presence", "absent")
    assert (absent.right, absent.predicted, absent.gold) == (1, 2, 2)
    assert absent.f1.value == pytest.approx(0.5)
    assert scores(evaluate_assertions(CASES), "presence", "present").f1.value == 0.0


def test_the_micro_score_of_an_aspect_is_the_share_that_is_right() -> None:
    micro = scores(evaluate_assertions(CASES), "presence", "all")
    assert micro.precision.value == micro.recall.value == micro.f1.value == pytest.approx(1 / 3)


def test_an_aspect_that_the_corpus_does_not_speak_of_is_not_judged() -> None:
    evaluation = evaluate_assertions(CASES)
    assert [axis.axis for axis in evaluation.axes] == ["presence", "when"]
    assert scores(evaluation, "when", "all").gold == 2
    assert scores(evaluation, "when", "past").predicted == 0


def test_a_mention_is_right_for_calibration_when_all_judged_aspects_are() -> None:
    calibration = evaluate_assertions(CASES).calibration
    assert calibration.count == 3
    assert calibration.brier == pytest.approx((0.1**2 + 0.6**2 + 0.7**2) / 3)


def test_a_wrong_assertion_is_listed_by_its_aspect() -> None:
    mistakes = evaluate_assertions(CASES).mistakes
    assert [(each.kind, each.gold, each.found) for each in mistakes] == [
        ("presence", "present", "absent"),
        ("presence", "absent", "present"),
        ("when", "past", "current"),
    ]


def test_intervals_are_left_out_when_none_are_asked_for() -> None:
    assert scores(evaluate_assertions(CASES, resampling=Resampling(draws=0)), "when", "all").f1.low is None


def test_answers_and_entities_must_be_as_many() -> None:
    uneven = AssertedCase(key="d", text="rash", gold=(Entity(0, 4, "p", GoldAssertion()),), predicted=())
    with pytest.raises(EvaluationError, match="one answer for each"):
        evaluate_assertions([uneven])


def test_an_entity_without_assertion_is_refused() -> None:
    with pytest.raises(EvaluationError, match="no assertion"):
        evaluate_assertions([asserted((None, Assertion()))])


def test_no_assertions_are_refused() -> None:
    with pytest.raises(EvaluationError, match="no assertions"):
        evaluate_assertions([asserted()])
