"""Intervals, differences, abstentions and subgroups of a whole evaluation."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from models.evaluation.complications.cases import Question
from models.evaluation.complications.measured import MeasuredQuestion
from models.evaluation.complications.measuring import FEWEST, measure
from models.evaluation.estimates import Estimate, Resampling
from tests.models.evaluation.complications.questions import (
    evaluation,
    question,
    score,
    timed,
    yes_or_no,
)

TODAY = date(2026, 6, 1)


def measured(asked: Question, draws: int = 200, seed: int = 13) -> MeasuredQuestion:
    made = measure(evaluation(asked), measured=TODAY, resampling=Resampling(draws=draws, seed=seed))
    return made.questions[0]


def inside(estimate: Estimate, value: float) -> bool:
    return estimate.low is not None and estimate.high is not None and estimate.low <= value <= estimate.high


def test_intervals_hold_the_truth_about_as_often_as_they_say() -> None:
    risks, happened = yes_or_no(200_000, seed=77)
    truth = roc_auc_score(happened, risks)
    held = {"auroc": 0, "slope": 0, "intercept": 0}
    for seed in range(40):
        told = measured(question(*yes_or_no(400, seed)), draws=150).model.measures
        held["auroc"] += inside(told["auroc"], truth)
        held["slope"] += inside(told["slope"], 1)
        held["intercept"] += inside(told["intercept"], 0)
    assert all(34 <= count <= 40 for count in held.values()), held


def test_intervals_are_drawn_over_people_and_not_over_rows() -> None:
    risks, happened = yes_or_no(150)
    once = measured(question(risks, happened)).model.measures
    again = np.repeat(np.arange(150), 8)
    people = measured(question(risks[again], happened[again], people=again)).model.measures
    rows = measured(question(risks[again], happened[again])).model.measures
    for name in ("auroc", "average_precision", "brier", "slope", "intercept"):
        assert people[name].value == pytest.approx(once[name].value)
        assert (people[name].low, people[name].high) == pytest.approx((once[name].low, once[name].high))
        assert width(rows[name]) < 0.6 * width(once[name])


def width(estimate: Estimate) -> float:
    assert estimate.low is not None
    assert estimate.high is not None
    return estimate.high - estimate.low


def test_the_same_seed_gives_the_same_intervals_and_no_draws_give_none() -> None:
    asked = question(*yes_or_no(120))
    assert measured(asked) == measured(asked)
    assert measured(asked).model.measures != measured(asked, seed=14).model.measures
    none = measured(asked, draws=0).model.measures["auroc"]
    assert none.value is not None
    assert (none.low, none.high) == (None, None)


def test_a_rival_that_abstains_is_compared_on_the_rows_where_it_spoke() -> None:
    risks, happened = yes_or_no(500)
    points = np.round(10 * risks + np.random.default_rng(3).normal(0, 1, 500))
    points[::3] = np.nan
    found = measured(question(risks, happened, score(points)))
    rival, spoke = found.told[1], ~np.isnan(points)
    assert (rival.rows, rival.events) == (spoke.sum(), happened[spoke].sum())
    mine, theirs = (roc_auc_score(happened[spoke], told[spoke]) for told in (risks, points))
    assert rival.measures["auroc"].value == pytest.approx(theirs)
    assert rival.model["auroc"].value == pytest.approx(mine)
    assert rival.difference["auroc"].value == pytest.approx(mine - theirs)
    assert found.model.measures["auroc"].value == pytest.approx(roc_auc_score(happened, risks))
    assert "brier" not in rival.measures  # points are no probabilities
    assert rival.net_benefit == ()


def test_where_the_model_abstains_nobody_is_measured() -> None:
    risks, happened = yes_or_no(300)
    silent = np.where(np.arange(300) < 100, np.nan, risks)
    found = measured(question(silent, happened, score(risks, is_probability=True)))
    assert found.rows == 300
    assert [told.rows for told in found.told] == [200, 200]
    assert found.model.measures["auroc"].value == pytest.approx(roc_auc_score(happened[100:], risks[100:]))
    assert found.share.value == pytest.approx(happened[100:].mean())


def test_differences_are_paired_so_that_a_copy_differs_by_nothing() -> None:
    risks, happened = yes_or_no(400)
    worse = np.clip(risks + np.random.default_rng(5).normal(0, 0.15, 400), 0, 1)
    found = measured(question(risks, happened, score(risks), score(worse)))
    assert found.told[1].difference["auroc"] == Estimate(0.0, 0.0, 0.0)
    difference = found.told[2].difference["auroc"]
    assert width(difference) < width(found.model.measures["auroc"])
    assert difference.low is not None
    assert difference.low > 0


def test_subgroups_are_measured_by_label_or_said_to_be_too_few() -> None:
    risks, happened = yes_or_no(600)
    labels = np.where(np.arange(600) < 400, "men", np.where(np.arange(600) < 590, "", "<1"))
    found = measured(question(risks, happened, subgroups={"who": labels}))
    few, men, unknown = found.subgroups
    assert [each.label for each in found.subgroups] == ["<1", "men", ""]
    assert (men.people, men.events) == (400, happened[:400].sum())
    assert men.measures["auroc"].value == pytest.approx(roc_auc_score(happened[:400], risks[:400]))
    assert men.measures["told"].value == pytest.approx(risks[:400].mean())
    assert men.measures["happened"].value == pytest.approx(happened[:400].mean())
    assert unknown.people == 190
    assert few.measures == {}


def test_subgroups_count_people_and_not_their_rows() -> None:
    risks, happened = yes_or_no(40)
    again = np.repeat(np.arange(40), 50)
    labels = {"all": np.full(2000, "x")}
    found = measured(question(risks[again], happened[again], people=again, subgroups=labels)).subgroups[0]
    assert (found.people, found.events) == (40, happened.sum())
    assert happened.sum() < FEWEST
    assert found.measures == {}


def test_questions_with_times_have_concordance_and_quarters_with_event_curves() -> None:
    found = measured(timed(800))
    assert found.headline == "concordance"
    assert found.told[1].difference["concordance"] == Estimate(0.0, 0.0, 0.0)  # the hazard ranks as the risk
    assert len(found.quarters) == 4
    ends = [group.curve[-1] for group in found.quarters]
    assert [years for years, _ in ends] == [5.0] * 4
    assert [share for _, share in ends] == sorted(share for _, share in ends)
    assert found.left_early > 0
    assert inside(found.model.measures["slope"], 1)


def test_treating_all_is_worth_the_share_less_the_weighed_rest() -> None:
    risks, happened = yes_or_no(400)
    found = measured(question(risks, happened), draws=0)
    share = happened.mean()
    for at, worth in zip(found.thresholds, found.treat_all, strict=True):
        assert worth == pytest.approx(share - (1 - share) * at / (1 - at))
    assert found.thresholds[-1] == pytest.approx(min(0.9, 4 * share))


def test_calibration_error_is_the_mean_distance_over_groups() -> None:
    risks = np.repeat([0.2, 0.6], [300, 100])
    happened = np.concatenate([np.arange(300) < 90, np.arange(100) < 50])
    assert measured(question(risks, happened), draws=0).calibration_error == pytest.approx(
        0.75 * 0.1 + 0.25 * 0.1
    )


@pytest.mark.parametrize("n", [0, 1, 30])
def test_nobody_or_nobody_with_the_outcome_gives_no_numbers_and_no_failure(n: int) -> None:
    for asked in (
        question(np.full(n, 0.1), np.zeros(n, bool), subgroups={"sex": np.full(n, "f")}),
        replace(timed(50), happened=np.zeros(50, bool)),
    ):
        found = measured(asked, draws=20)
        assert found.events == 0
        assert found.model.measures["auroc"] == Estimate(None)
        assert found.thresholds == ()
        assert found.model.measures["slope"] == Estimate(None)


def test_fewer_draws_are_made_of_more_rows() -> None:
    risks, happened = yes_or_no(20)
    few = measure(evaluation(question(risks, happened)), measured=TODAY)
    assert few.resampling.draws == 1000
    again = np.repeat(np.arange(20), 50_000)
    many = [question(risks[again], happened[again], people=again)] * 3
    assert 200 <= measure_draws(many) < 600


def measure_draws(questions: list[Question]) -> int:
    from models.evaluation.complications.measuring import _draws
    from models.evaluation.complications.rows import rows_of

    return _draws(questions, [rows_of(each) for each in questions])
