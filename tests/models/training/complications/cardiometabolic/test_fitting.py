from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from sksurv.linear_model import CoxPHSurvivalAnalysis
from sksurv.metrics import concordance_index_censored
from sksurv.nonparametric import nelson_aalen_estimator
from sksurv.util import Surv

from models.complications._cardiometabolic_inputs import FEATURES, OUTCOMES
from models.complications._cardiometabolic_risk import load_hazards
from models.model_card import ModelCard
from models.training.card_files import RecipeError
from models.training.complications.cardiometabolic import hazards, terms
from models.training.complications.cardiometabolic.hazards import Times
from models.training.complications.cardiometabolic.landmarks import Followed, landmark
from models.training.complications.cardiometabolic.measures import calibration, concordance
from models.training.complications.cardiometabolic.reader import read_cohort
from models.training.complications.cardiometabolic.train import TRAINER, Settings, hazards_of
from models.training.complications.recipe import Recipe, settings_as
from models.weights import Manifest, load_manifest
from tests.models.training.complications.cardiometabolic.cohort_files import made_up

CHANCE = np.random.default_rng(5)
PENALTIES = terms.Penalties(flag=2.0, ramp=0.3, bend=6.0)


def _times(people: int = 400, ties: bool = True) -> tuple[np.ndarray, Times]:
    matrix = CHANCE.normal(size=(people, 3))
    years = CHANCE.exponential(1 / np.exp(matrix @ [0.8, -0.5, 0.0]))
    years = np.ceil(20 * years) / 20 if ties else years
    return matrix, Times(years, CHANCE.random(people) < 0.6, np.zeros(people, np.int64))


@pytest.mark.parametrize("ties", [True, False])
def test_without_penalty_and_bounds_the_fit_is_that_of_another_program(ties: bool) -> None:
    matrix, times = _times(ties=ties)
    own = hazards.fit(matrix, times, np.zeros((3, 3)), np.full(3, -np.inf))
    other = CoxPHSurvivalAnalysis().fit(matrix, Surv.from_arrays(times.happened, times.years)).coef_
    np.testing.assert_allclose(own, other, atol=2e-3)


def test_people_are_compared_within_their_stratum_only() -> None:
    matrix, times = _times()
    halves = np.arange(len(matrix)) % 2
    # Another clock in the second stratum changes nothing.
    slower = Times(np.where(halves, 1000 * times.years, times.years), times.happened, halves)
    same = Times(times.years, times.happened, halves)
    free = np.full(3, -np.inf)
    np.testing.assert_allclose(
        hazards.fit(matrix, slower, np.zeros((3, 3)), free),
        hazards.fit(matrix, same, np.zeros((3, 3)), free),
        atol=1e-3,
    )


def test_a_bound_holds() -> None:
    matrix, times = _times()
    assert hazards.fit(matrix, times, np.zeros((3, 3)), np.zeros(3))[1] == 0


def test_the_baseline_of_nobody_at_more_risk_is_that_of_nelson_and_aalen() -> None:
    _, times = _times()
    at, summed = nelson_aalen_estimator(times.happened, times.years)
    own = hazards.baseline(np.zeros(len(times.years)), times.years, times.happened, at)
    np.testing.assert_allclose(own, summed)


def test_the_slope_of_log_hazards_that_are_too_sure_is_below_one() -> None:
    matrix, times = _times(4000)
    told = matrix @ [0.8, -0.5, 0.0]
    assert hazards.slope_of(2 * told, times) == pytest.approx(hazards.slope_of(told, times) / 2, rel=1e-3)


@pytest.mark.parametrize("outcome", [outcome.key for outcome in OUTCOMES])
def test_exported_tables_say_what_was_fitted(outcome: str) -> None:
    blocks = terms.blocks_of(outcome)
    columns = {name: CHANCE.normal(60, 40, 300) for name in FEATURES}
    for name in FEATURES:
        if name == "male" or name not in terms.MEASURED:
            columns[name] = (columns[name] > 60).astype(float)
        if name not in ("age", "male"):
            columns[name][CHANCE.random(300) < 0.3] = np.nan
    matrix = terms.design(blocks, columns)
    coefficients = CHANCE.normal(size=matrix.shape[1])
    np.testing.assert_allclose(
        terms.exported(blocks, coefficients).total(columns), matrix @ coefficients, atol=1e-9
    )
    assert outcome not in terms.exported(blocks, coefficients).features


def test_a_penalty_of_bends_spares_a_straight_line() -> None:
    (block,) = (each for each in terms.blocks_of("death") if each.feature == "bmi")
    straight = np.append(np.diff(block.knots) * 0.1, 0.0)
    bends = terms.penalty([block], terms.Penalties(flag=0, ramp=0, bend=1))
    assert straight @ bends @ straight == pytest.approx(0)
    assert CHANCE.normal(size=block.size) @ bends @ CHANCE.normal(size=block.size) != 0


def test_concordance_is_that_of_another_program() -> None:
    matrix, times = _times()
    followed = Followed(
        asked=np.ones(400, bool), happened=times.happened, died=np.zeros(400, bool), years=times.years
    )
    (own,) = concordance(followed, np.round(matrix[:, 0], 1), np.ones((1, 400)))
    other = concordance_index_censored(times.happened, times.years, np.round(matrix[:, 0], 1))[0]
    assert own == pytest.approx(other, abs=1e-6)


def test_true_risks_with_death_competing_and_people_leaving_are_found_calibrated() -> None:
    people = 20_000
    told = CHANCE.normal(-2.5, 0.8, people)
    own, death, leaving = np.exp(told), np.full(people, 0.1), CHANCE.uniform(1, 15, people)
    first, died = CHANCE.exponential(1 / own), CHANCE.exponential(1 / death)
    end = np.minimum(np.minimum(first, died), leaving)
    followed = Followed(asked=np.ones(people, bool), happened=first == end, died=died == end, years=end)
    risks = own / (own + death) * (1 - np.exp(-5 * (own + death)))
    found = calibration(followed, risks, np.ones((2, people)), 5.0)
    assert found["happened_to_told"]["value"] == pytest.approx(1, abs=0.05)
    assert found["slope"]["value"] == pytest.approx(1, abs=0.06)


class Silent:
    """A progress that nobody watches."""

    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None: ...

    def step(self, loss: float) -> None: ...

    def scores(self, scores: Mapping[str, float]) -> None: ...


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Manifest]:
    data = made_up(tmp_path_factory.mktemp("cohort"))
    out = tmp_path_factory.mktemp("weights")
    return data, out, TRAINER.train(_recipe(), data, out, Silent())


def _recipe(**changed: object) -> Recipe:
    settings = {
        "flag_penalty": 2.0, "ramp_penalty": 0.3, "bend_penalty": 6.0, "hidden": 0.3, "folds": 3, "draws": 20,
    }  # fmt: skip
    card = {item.name: "made up" for item in fields(ModelCard)}
    return Recipe(model="cardiometabolic", version="0", settings={**settings, **changed}, card=card)


def test_training_finds_what_was_put_in(trained: tuple[Path, Path, Manifest]) -> None:
    _, out, manifest = trained
    models = load_hazards(out, manifest).models
    person = {
        **dict.fromkeys(FEATURES, 0.0),
        "age": 60.0,
        "bmi": 30.0,
        "height": 170.0,
        "hdl_c": 50.0,
        "sbp": 120.0,
    }
    heavier, older = {**person, "bmi": 40.0}, {**person, "age": 70.0}
    assert models["diabetes"].of(heavier) - models["diabetes"].of(person) > 1
    for outcome in ("af", "hf", "mi", "stroke", "death"):
        assert models[outcome].of(older) - models[outcome].of(person) > 0.4
    assert manifest.details["metrics"]["diabetes"]["concordance"]["value"] > 0.6


def test_cross_validation_is_told_and_changes_nothing(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    data, _, manifest = trained
    otherwise = TRAINER.train(_recipe(folds=2), data, tmp_path, Silent())
    assert otherwise.files == manifest.files
    for outcome in OUTCOMES:
        three, two = (each.details["development"][outcome.key] for each in (manifest, otherwise))
        assert (three["people"], three["events"]) == (two["people"], two["events"])
        assert three["slope"] != two["slope"]
    # What was put in is found again in people whom no fit had seen.
    assert 0.6 < manifest.details["development"]["diabetes"]["concordance"] < 1


def test_what_happened_to_held_out_people_changes_no_fit(trained: tuple[Path, Path, Manifest]) -> None:
    seen = landmark(read_cohort(trained[0]))
    settings: Settings = settings_as(Settings, _recipe().settings)
    chance = np.random.default_rng(3)
    shuffled = {}
    for key, followed in seen.followed.items():
        years = followed.years.copy()
        years[seen.held_out] = chance.permutation(years[seen.held_out])
        shuffled[key] = replace(followed, years=years)
    own = hazards_of(seen, settings, 13)
    same = hazards_of(replace(seen, followed=shuffled), settings, 13)
    other = hazards_of(replace(seen, held_out=~seen.held_out), settings, 13)
    for outcome in OUTCOMES:
        risks = [each.risks(seen.columns, [outcome.key])[outcome.key][0] for each in (own, same, other)]
        np.testing.assert_array_equal(risks[0], risks[1])
        assert not np.allclose(risks[0], risks[2])


def test_stronger_penalties_leave_log_hazards_closer_together(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    data, out, manifest = trained
    TRAINER.train(_recipe(flag_penalty=50.0, ramp_penalty=20.0, bend_penalty=100.0), data, tmp_path, Silent())
    weak, strong = load_hazards(out, manifest).models, load_hazards(tmp_path, load_manifest(tmp_path)).models
    for outcome in OUTCOMES:
        spreads = [
            sum(float(np.ptp(term.values)) for term in models[outcome.key].terms) for models in (weak, strong)
        ]
        assert spreads[1] < spreads[0]


def test_an_evaluation_asks_held_out_people_of_its_own_data_and_everybody_of_others(
    trained: tuple[Path, Path, Manifest], tmp_path: Path
) -> None:
    data, out, manifest = trained
    own, other = TRAINER.evaluate(out, data), TRAINER.evaluate(out, made_up(tmp_path, 400, seed=2))
    assert len(own.questions) == 12
    death = [one.questions[-1] for one in (own, other)]
    assert 200 < len(death[0].people) < 400
    assert len(death[1].people) == 400
    assert death[0].rivals[0].is_probability
    assert {rival.name for rival in death[0].rivals} >= {"plain Cox", "age", "CHA2DS2-VASc"}
    assert manifest.details["metrics"]["death"]["people"] == len(death[0].people)


def test_who_dies_first_is_free_of_the_outcome_at_the_horizon(trained: tuple[Path, Path, Manifest]) -> None:
    data, out, _ = trained
    for question in TRAINER.evaluate(out, data).questions:
        assert question.years is not None
        assert not np.isnan(question.rivals[0].risks).any()
        assert (question.rivals[0].risks < 1).all()


def test_a_setting_that_is_none_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="depth"):
        TRAINER.train(_recipe(depth=3), tmp_path, tmp_path, Silent())
