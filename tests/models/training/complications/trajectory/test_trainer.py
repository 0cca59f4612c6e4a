"""A recipe from end to end on the small world, and the evaluation on the public files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.complications._trajectory_forecast import Told, log_rates
from models.complications._trajectory_network import FEMALE, Row, network_from
from models.complications._weights import FOLDER
from models.model_card import ModelCard
from models.training.card_files import RecipeError
from models.training.complications.catalogue import DataError, trainer_of
from models.training.complications.recipe import Recipe, Source, read_recipe
from models.training.complications.trajectory.batches import Cutting, reading_batches
from models.training.complications.trajectory.export import by_age_and_sex, trainable
from models.training.complications.trajectory.histories import read_histories
from models.training.complications.trajectory.incidence import log_rates as incidence
from models.training.complications.trajectory.landmarks import adjusted_auc, draws, landmarks_of
from models.training.complications.trajectory.measure import measure
from models.training.complications.trajectory.network import visible
from models.training.complications.trajectory.trainer import TRAINER, people_to_ask, split
from models.weights import Manifest, load_manifest
from tests.models.training.complications.trajectory.people import (
    CHOLERA,
    LABELS,
    SALMONELLA,
    TYPHOID,
    write_files,
)

REPO = Path(__file__).resolve().parents[5]
DATA = REPO.parent / "shared" / "data" / "delphi_sim"
RECIPE = Recipe(
    model="trajectory",
    version="9",
    sources=(Source(title="Made for this test", licence="CC0"),),
    settings={
        "demonstration": False,
        "shape": {"layers": 1, "heads": 2, "width": 16, "age_curves": 4, "once": True},
        "cutting": {"context": 24},
        "learning": {
            "steps": 160, "epoch_steps": 40, "batch": 32, "learning_rate": 2e-2, "kept": ["norm"],
            "average": 0.5, "patience": 2,
        },
    },
    card={item.name: f"Said of {item.name}." for item in fields(ModelCard)},
)  # fmt: skip


class Quiet:
    """Counts the epochs of a run."""

    def __init__(self, stop_after: int = 1000) -> None:
        self.epochs: list[int] = []
        self._stop_after = stop_after

    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None:
        if len(self.epochs) == self._stop_after:
            raise KeyboardInterrupt
        self.epochs.append(epoch)

    def step(self, loss: float) -> None:
        assert np.isfinite(loss)

    def scores(self, scores: Mapping[str, float]) -> None:
        assert set(scores) == {"which event", "how long"}


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data")
    write_files(folder, people=200)
    return folder


@pytest.fixture(scope="module")
def trained(data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Manifest]:
    out = tmp_path_factory.mktemp("out")
    return out, trainer_of(RECIPE.name).train(RECIPE, data, out, Quiet())


def test_it_learns_what_follows_what(trained: tuple[Path, Manifest]) -> None:
    network = network_from(*trained)
    with_typhoid = Told(sex=FEMALE, events=((CHOLERA, 20.0), (TYPHOID, 54.0)), age=55.5)
    without = replace(with_typhoid, events=((CHOLERA, 20.0),))
    high, low = log_rates(network, [with_typhoid, without])[0, :, SALMONELLA]
    assert high > low + 0.5


def test_the_manifest_says_what_a_site_must_know(trained: tuple[Path, Manifest]) -> None:
    _, manifest = trained
    assert manifest.name == "trajectory.v9"
    assert manifest.details["demonstration"] is False
    assert manifest.details["people"] == {"trained on": 200, "choices": 100}
    assert load_manifest(trained[0]) == manifest


def test_numpy_gives_the_same_rates_as_torch(trained: tuple[Path, Manifest], data: Path) -> None:
    network = network_from(*trained)
    people = read_histories(data / "val.bin").people[:20]
    model = trainable(network)
    for batch in reading_batches(people, Cutting(context=24), 20):
        # Served histories have no next event, so nothing is hidden by its date.
        open_end = replace(batch, next_ages=torch.full_like(batch.next_ages, -1))
        asked = (torch.arange(len(batch.events)), torch.full((len(batch.events),), batch.events.shape[1] - 1))
        expected = model(open_end, visible(open_end), asked).detach().numpy()
        rows = [
            Row(events=events[events > 0], ages=ages[events > 0])
            for events, ages in zip(batch.events.numpy(), batch.ages.numpy(), strict=True)
        ]
        np.testing.assert_allclose(network.log_rates(rows), expected, rtol=1e-4, atol=1e-4)


def test_an_interrupted_run_ends_where_an_uninterrupted_one_does(
    data: Path, tmp_path: Path, trained: tuple[Path, Manifest]
) -> None:
    with pytest.raises(KeyboardInterrupt):
        TRAINER.train(RECIPE, data, tmp_path, Quiet(stop_after=2))
    again = Quiet()
    manifest = TRAINER.train(RECIPE, data, tmp_path, again)
    assert again.epochs[0] == 2
    assert manifest.files == trained[1].files


def test_settings_that_no_trainer_knows_and_missing_data_are_refused(data: Path, tmp_path: Path) -> None:
    odd = replace(RECIPE, settings={**RECIPE.settings, "layers": 2})
    with pytest.raises(RecipeError, match="layers"):
        TRAINER.train(odd, data, tmp_path, Quiet())
    with pytest.raises(DataError, match=r"train\.bin"):
        TRAINER.train(RECIPE, tmp_path, tmp_path, Quiet())


def test_an_evaluation_asks_people_whom_no_choice_saw(trained: tuple[Path, Manifest], data: Path) -> None:
    evaluation = TRAINER.evaluate(trained[0], data)
    _, choices, figures = split(data)
    asked = {number for question in evaluation.questions for number in question.people.tolist()}
    assert asked <= {person.number for person in figures}
    assert not asked & {person.number for person in choices}
    (salmonella,) = (each for each in evaluation.questions if "salmonella" in each.name)
    model, baseline = salmonella.rivals
    assert (model.kind, baseline.kind) == ("model", "baseline")
    assert model.risks[salmonella.happened].mean() > 2 * model.risks[~salmonella.happened].mean()
    assert "age and sex: parameters" in dict(evaluation.facts)


def test_on_other_data_everybody_held_out_is_asked(trained: tuple[Path, Manifest], tmp_path: Path) -> None:
    write_files(tmp_path, people=30, seed=5)
    people, caution = people_to_ask(trained[1], tmp_path, len(LABELS))
    assert len(people) == 30
    assert not caution


def test_a_person_of_both_files_is_not_held_out(tmp_path: Path) -> None:
    write_files(tmp_path, people=10)
    rows = np.fromfile(tmp_path / "val.bin", "<u4").reshape(-1, 3)
    rows[rows[:, 0] == 11, 0] = 10
    rows.tofile(tmp_path / "val.bin")
    _, choices, figures = split(tmp_path)
    assert sorted(person.number for person in (*choices, *figures)) == list(range(12, 21))


def test_the_curves_alone_can_not_tell_people_of_one_age_and_sex_apart(
    trained: tuple[Path, Manifest], data: Path
) -> None:
    network = network_from(*trained)
    people = split(data)[2]
    marks = landmarks_of(people, network)
    whole, curves = (measure(each, people, marks) for each in (network, by_age_and_sex(network)))
    assert curves.aucs[SALMONELLA] == 0.5
    assert whole.aucs[SALMONELLA] > 0.8
    assert whole.total[1] <= whole.total[0] <= whole.total[2]


def test_the_adjusted_auc_counts_pairs_within_age_and_sex(trained: tuple[Path, Manifest], data: Path) -> None:
    marks = landmarks_of(split(data)[2], network_from(*trained))
    scores = np.random.default_rng(1).integers(0, 4, len(marks.told)).astype(float)
    right = pairs = 0.0
    for case in np.flatnonzero(marks.within[:, SALMONELLA] & ~marks.before[:, SALMONELLA]):
        others = (
            (marks.strata == marks.strata[case]) & ~marks.within[:, SALMONELLA] & ~marks.before[:, SALMONELLA]
        )
        right += (scores[others] < scores[case]).sum() + (scores[others] == scores[case]).sum() / 2
        pairs += others.sum()
    found = adjusted_auc(scores, marks, SALMONELLA, draws(marks.people, 5, 1))
    assert found[0] == pytest.approx(right / pairs)
    assert len(set(found.tolist())) > 1


def test_incidence_is_events_by_years_at_risk(data: Path) -> None:
    people = read_histories(data / "train.bin").people
    rates = np.exp(incidence(people, 10, len(LABELS))) * 365.25
    # Cholera comes once to everybody, at about 20 years of age: nobody is at risk afterwards.
    assert rates[0, 2, CHOLERA] > 2 * rates[0, 5, CHOLERA]


@pytest.mark.data
def test_the_shipped_weights_beat_age_and_sex_on_the_public_files() -> None:
    if not DATA.exists():
        pytest.skip("public data sets are not beside the checkout")
    manifest = load_manifest(FOLDER / "trajectory")
    network = network_from(FOLDER / "trajectory", manifest)
    people, caution = people_to_ask(manifest, DATA, len(network.events))
    assert len(people) == 3571
    assert "simulated" in caution
    marks = landmarks_of(people[:400], network)
    ours, curves = (measure(each, people[:400], marks) for each in (network, by_age_and_sex(network)))
    assert ours.total[0] < curves.total[0] - 0.1
    assert ours.auc_mean[0] > 0.55


@pytest.mark.parametrize("name", ["trajectory", "trajectory_reference"])
def test_the_recipes_can_be_read(name: str) -> None:
    recipe = read_recipe(REPO / "models/training/complications/recipes" / f"{name}.toml")
    assert recipe.settings["demonstration"] is True
