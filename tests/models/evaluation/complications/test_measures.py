"""Each measure is what the libraries and the definitions say it is."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.metrics import average_precision_score, brier_score_loss, roc_auc_score
from sksurv.metrics import (
    brier_score,
    concordance_index_censored,
    concordance_index_ipcw,
    cumulative_dynamic_auc,
)
from sksurv.nonparametric import kaplan_meier_estimator
from sksurv.util import Surv

from models.evaluation.complications.calibration import (
    Agreement,
    RiskGroups,
    event_curve,
    logistic_line,
    logit,
    share_with,
)
from models.evaluation.complications.decisions import Alerts, NetBenefit
from models.evaluation.complications.discrimination import Concordance, Ranking
from models.evaluation.complications.resampling import Measure
from models.evaluation.complications.rows import Rows, rows_of
from models.evaluation.estimates import EvaluationError
from tests.models.evaluation.complications.questions import model, question, timed, yes_or_no


def whole(measure: Measure, rows: Rows) -> dict[str, float]:
    values = measure.values(np.ones((1, rows.count)))[0]
    return dict(zip(measure.names, values.tolist(), strict=True))


@pytest.mark.parametrize("digits", [1, 9], ids=["many ties", "no ties"])
def test_ranking_is_that_of_scikit_learn(digits: int) -> None:
    risks, happened = yes_or_no(700)
    risks = np.round(risks, digits)
    rows = rows_of(question(risks, happened))
    found = whole(Ranking(rows, risks), rows)
    assert found["auroc"] == pytest.approx(roc_auc_score(happened, risks), abs=1e-12)
    assert found["average_precision"] == pytest.approx(average_precision_score(happened, risks), abs=1e-12)
    false, true = zip(*Ranking(rows, risks).curve(), strict=True)
    assert (false[0], true[0], false[-1], true[-1]) == (0, 0, 1, 1)
    assert np.trapezoid(true, false) == pytest.approx(found["auroc"], abs=0.01)


def test_a_person_drawn_twice_counts_twice() -> None:
    risks, happened = yes_or_no(60)
    rows = rows_of(question(risks, happened))
    counts = np.random.default_rng(2).integers(0, 4, 60)
    again = np.repeat(np.arange(60), counts)
    (found,) = Ranking(rows, risks).values(counts[None].astype(float))
    assert found[0] == pytest.approx(roc_auc_score(happened[again], risks[again]), abs=1e-12)
    assert found[1] == pytest.approx(average_precision_score(happened[again], risks[again]), abs=1e-12)


def test_censored_measures_are_those_of_scikit_survival() -> None:
    asked = timed(900)
    rows, risks = rows_of(asked), asked.rivals[0].risks
    assert asked.years is not None
    observed, before = Surv.from_arrays(asked.happened, asked.years), asked.happened & (asked.years <= 5)
    ranked = whole(Ranking(rows, risks), rows)
    assert ranked["auroc"] == pytest.approx(cumulative_dynamic_auc(observed, observed, risks, 5.0)[0][0])
    concordant = whole(Concordance(rows, risks), rows)
    harrell = concordance_index_censored(before, np.minimum(asked.years, 5), risks)[0]
    assert concordant["concordance"] == pytest.approx(harrell, abs=1e-9)
    weighed = concordance_index_ipcw(observed, observed, risks, tau=5.0)[0]
    assert concordant["concordance_ipcw"] == pytest.approx(weighed, abs=1e-6)
    agreed = whole(Agreement(rows, risks), rows)
    (expected,) = brier_score(observed, observed, 1 - risks[:, None], 5.0)[1]
    # The library divides by everybody, this by the sum of the weights, which is nearly that.
    assert agreed["brier"] * rows.weights.sum() / len(rows) == pytest.approx(expected, abs=1e-9)
    assert rows.weights.sum() == pytest.approx(len(rows), rel=0.01)


def test_concordance_with_ties_of_times_and_of_risks_is_that_of_the_library() -> None:
    rng = np.random.default_rng(8)
    years, risks, happened = (
        rng.integers(1, 6, 200) / 1.0,
        rng.integers(0, 5, 200) / 10,
        rng.random(200) < 0.5,
    )
    rows = rows_of(question(risks, happened, years=years, horizon_years=5.0))
    counts = rng.integers(0, 3, 200)
    again = np.repeat(np.arange(200), counts)
    (found,) = Concordance(rows, risks).values(counts[None].astype(float))
    expected = concordance_index_censored(happened[again], years[again], risks[again])[0]
    assert found[0] == pytest.approx(expected, abs=1e-6)


def test_the_share_with_the_outcome_is_kaplan_meiers() -> None:
    rng = np.random.default_rng(9)
    years, happened = rng.integers(1, 9, 300) / 1.0, rng.random(300) < 0.4
    rows = rows_of(question(np.full(300, 0.1), happened, years=years, horizon_years=6.0))
    times, free = kaplan_meier_estimator(happened, years)
    at_six = 1 - free[times <= 6][-1]
    assert share_with(rows, np.ones((1, 300)))[0] == pytest.approx(at_six, abs=1e-12)
    counts = rng.integers(0, 3, 300)
    again = np.repeat(np.arange(300), counts)
    times, free = kaplan_meier_estimator(happened[again], years[again])
    assert share_with(rows, counts[None].astype(float))[0] == pytest.approx(1 - free[times <= 6][-1])
    assert event_curve(rows)[-1] == pytest.approx((6.0, at_six))


def test_a_group_of_which_nobody_reached_the_horizon_has_no_share() -> None:
    years = np.array([1.0, 2.0, 9.0])
    rows = rows_of(question(np.full(3, 0.1), np.array([True, False, False]), years=years, horizon_years=5.0))
    assert np.isnan(share_with(rows.at(np.array([0, 1])), np.ones((1, 3)))[0])


def test_who_leaves_early_is_stood_for_by_those_who_stay() -> None:
    # At 2 one of the four still there leaves: each of the three others stands for 4/3.
    years = np.array([1.0, 2.0, 3.0, 6.0, 7.0])
    happened = np.array([True, False, True, False, False])
    rows = rows_of(question(np.full(5, 0.1), happened, years=years, horizon_years=5.0))
    assert rows.weights == pytest.approx([1, 0, 4 / 3, 4 / 3, 4 / 3])


def test_true_risks_have_slope_one_and_intercept_zero() -> None:
    risks, happened = yes_or_no(40_000)
    rows = rows_of(question(risks, happened))
    found = whole(Agreement(rows, risks), rows)
    assert found["slope"] == pytest.approx(1, abs=0.04)
    assert found["intercept"] == pytest.approx(0, abs=0.04)
    assert found["brier"] == pytest.approx(brier_score_loss(happened, risks), abs=1e-12)
    share = happened.mean()
    assert found["brier_skill"] == pytest.approx(1 - found["brier"] / (share * (1 - share)))


def test_true_risks_with_censoring_have_slope_one_and_intercept_zero() -> None:
    asked = timed(20_000)
    rows = rows_of(asked)
    found = whole(Agreement(rows, asked.rivals[0].risks), rows)
    assert found["slope"] == pytest.approx(1, abs=0.06)
    assert found["intercept"] == pytest.approx(0, abs=0.06)
    groups = whole(RiskGroups(rows, asked.rivals[0].risks, 5), rows)
    for group in range(5):
        assert groups[f"happened {group}"] == pytest.approx(groups[f"told {group}"], abs=0.03)


def test_risks_that_are_too_extreme_have_a_slope_below_one() -> None:
    risks, happened = yes_or_no(20_000)
    extreme = 1 / (1 + np.exp(-2 * logit(risks) - 1))
    rows = rows_of(question(extreme, happened))
    assert whole(Agreement(rows, extreme), rows)["slope"] == pytest.approx(0.5, abs=0.03)


def test_a_draws_slope_and_intercept_are_those_of_a_new_fit() -> None:
    risks, happened = yes_or_no(1500)
    given = 1 / (1 + np.exp(-1.5 * logit(risks) + 0.5))
    rows = rows_of(question(given, happened))
    measure, rng = Agreement(rows, given), np.random.default_rng(4)
    counts = rng.multinomial(1500, np.full(1500, 1 / 1500), size=40).astype(float)
    slopes, intercepts = measure.values(counts)[:, 3], measure.values(counts)[:, 2]
    fitted = [logistic_line(logit(given), happened, drawn) for drawn in counts]
    exact = np.array([line[1] for line in fitted if line is not None])
    assert len(exact) == 40
    assert np.abs(slopes - exact).max() < 0.05 * exact.std()  # nothing beside the width of an interval
    for drawn, intercept in zip(counts, intercepts, strict=True):
        told = 1 / (1 + np.exp(-logit(given) - intercept))
        assert drawn @ told == pytest.approx(drawn @ happened, rel=1e-3)


def test_perfect_and_useless_risks() -> None:
    happened = np.arange(100) < 30
    rows = rows_of(question(happened * 1.0, happened))
    perfect, useless = happened * 1.0, np.full(100, 0.3)
    assert whole(Ranking(rows, perfect), rows) == {"auroc": 1, "average_precision": 1}
    told = whole(Agreement(rows, perfect), rows)
    assert (told["brier"], told["brier_skill"]) == (0, 1)
    assert np.isnan(told["slope"])
    found = whole(Ranking(rows, useless), rows)
    assert found == pytest.approx({"auroc": 0.5, "average_precision": 0.3})
    told = whole(Agreement(rows, useless), rows)
    assert told["brier_skill"] == pytest.approx(0)
    assert told["intercept"] == pytest.approx(0, abs=1e-9)
    assert np.isnan(told["slope"])


def test_nothing_is_told_where_nobody_or_everybody_has_the_outcome() -> None:
    for happened in (np.zeros(5, bool), np.ones(5, bool)):
        risks = np.linspace(0.1, 0.5, 5)
        rows = rows_of(question(risks, happened))
        assert np.isnan(whole(Ranking(rows, risks), rows)["auroc"])
        assert np.isnan(whole(Agreement(rows, risks), rows)["slope"])
        assert Ranking(rows, risks).curve() == ()


def test_net_benefit_weighs_false_alarms_by_the_odds_of_the_threshold() -> None:
    risks = np.array([0.9, 0.6, 0.6, 0.2, np.nan])
    rows = rows_of(question(np.nan_to_num(risks), np.array([True, True, False, False, True])))
    found = whole(NetBenefit(rows, risks, np.array([0.1, 0.5, 0.8])), rows)
    assert list(found.values()) == pytest.approx([2 / 5 - 2 / 5 / 9, 2 / 5 - 1 / 5, 1 / 5])


def test_alerts_find_what_lies_above_their_threshold() -> None:
    risks, happened = np.arange(100) / 100, np.arange(100) >= 85
    rows = rows_of(question(risks, happened))
    found = whole(Alerts(rows, risks), rows)
    assert [found[f"rate {n}"] for n in range(5)] == pytest.approx([0.01, 0.02, 0.05, 0.1, 0.2])
    assert found["found 3"] == pytest.approx(10 / 15)
    assert found["right 3"] == 1
    assert (found["found 4"], found["right 4"]) == pytest.approx((1, 15 / 20))


def test_points_that_many_share_alert_at_the_nearest_rate() -> None:
    points = np.repeat([0.0, 1.0, 2.0], [80, 14, 6])
    rows = rows_of(question(points / 2, points > 1))
    alerts = Alerts(rows, points)
    assert alerts.thresholds == [2, 2, 2, 2, 1]
    assert whole(alerts, rows)["rate 0"] == pytest.approx(0.06)


def test_equal_risks_stay_in_one_group() -> None:
    risks = np.repeat([0.1, 0.4], [90, 10])
    rows = rows_of(question(risks, risks > 0.2))
    groups = RiskGroups(rows, risks, 10)
    assert groups.sizes == [90, 10]
    assert whole(groups, rows) == pytest.approx(
        {"told 0": 0.1, "happened 0": 0, "told 1": 0.4, "happened 1": 1}
    )


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"risks": np.array([0.2, 1.2])}, "not between 0 and 1"),
        ({"risks": np.array([0.2, np.inf])}, "not between 0 and 1"),
        ({"risks": np.array([0.2])}, "differ in number"),
        ({"years": np.array([1.0, 2.0])}, "no horizon"),
    ],
)
def test_questions_that_do_not_fit_are_refused(changes: dict[str, np.ndarray], words: str) -> None:
    risks = changes.pop("risks", np.array([0.1, 0.2]))
    with pytest.raises(EvaluationError, match=words):
        rows_of(question(risks, np.array([True, False]), **changes))


def test_points_may_be_any_numbers() -> None:
    asked = question(
        np.array([0.1, 0.2]), np.array([True, False]), model(np.array([-3.0, 40.0]), is_probability=False)
    )
    assert len(rows_of(asked)) == 2
