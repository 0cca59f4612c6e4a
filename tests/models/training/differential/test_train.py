"""Training and evaluation from a small simulated data set to the command's answer."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Mapping
from pathlib import Path

import pytest

import models
from cds_hooks.cli import main
from models.diagnosis.differential.model import Findings, from_folder
from models.training.card_files import RecipeError
from models.training.complications.recipe import Recipe, read_recipe
from models.training.differential.train import train_differential
from models.weights import load_manifest
from tests.models.training.differential.simulated import write

RECIPE = Path(models.__file__).parent / "training/differential/recipes/differential.toml"
SHARED = Path(__file__).resolve().parents[5] / "shared" / "data" / "ddxplus"


class Silent:
    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None:
        pass

    def step(self, loss: float) -> None:
        pass

    def scores(self, scores: Mapping[str, float]) -> None:
        pass


def recipe(**settings: object) -> Recipe:
    shipped = read_recipe(RECIPE)
    quick = {**shipped.settings, "extra": [], "epochs": 8, "folds": 2, "known_from": [0, 3], **settings}
    return Recipe(model="differential", version="1", settings=quick, card=shipped.card)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("ddxplus"))
    packed = gzip.compress((folder / "patients_en.csv").read_bytes(), mtime=0)
    (folder / "patients_en.csv.gz").write_bytes(packed)
    return folder


@pytest.fixture(scope="module")
def weights(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("weights") / "differential"
    train_differential(recipe(), data, out, Silent())
    return out


def test_what_was_trained_tells_its_conditions_apart_and_what_it_learned_from(weights: Path) -> None:
    manifest = load_manifest(weights)
    model = from_folder(weights, manifest)
    chest = model.rank(Findings(present=frozenset({"fever", "cough"}))).candidates[0]
    fear = model.rank(Findings(present=frozenset({"palpitations", "fear_of_dying"}))).candidates[0]
    assert (chest.disease.key, fear.disease.key) == ("Pneumonia", "Panic attack")
    assert manifest.details["patients"]["held_out"] == 49
    assert {path.name for path in weights.iterdir()} == {
        *("manifest.json", "model.json", "model.safetensors", "rivals.safetensors"),
        *("model_card.json", "README.md"),
    }


def test_the_same_recipe_gives_the_same_weights(data: Path, weights: Path, tmp_path: Path) -> None:
    again = train_differential(recipe(), data, tmp_path / "again", Silent())
    assert again.files == load_manifest(weights).files


def test_a_setting_that_does_not_exist_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(RecipeError, match="unknown key 'dropout'"):
        train_differential(recipe(dropout=0.5), data, tmp_path, Silent())


def test_the_command_compares_the_model_with_its_rivals(
    data: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    given = ["evaluate", "differential", "--model", str(weights), "--data", str(data)]
    assert main([*given, "--report", str(page)]) == 0
    text = capsys.readouterr().out
    assert "the patients that training held out: 49 patients, 40% of their findings shown" in text
    assert [line.split("  ")[0] for line in text.splitlines()[5:8]] == [
        *("differential", "naive Bayes", "logistic regression")
    ]
    assert "<h2>Recall by condition</h2>" in page.read_text(encoding="utf-8")
    assert main([*given, "--keep", "1", "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert tree["scores"][0]["top"]["3"]["value"] > 0.7
    assert sum(each["patients"] for each in tree["recalls"]) == tree["patients"] == 49


def test_of_other_data_every_patient_is_used(
    data: Path, weights: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = shutil.copy(data / "patients_en.csv", tmp_path / "others.csv")
    assert main(["evaluate", "differential", "--model", str(weights), "--data", str(other), "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    assert (tree["patients"], tree["data"]) == (247, "others.csv, all patients")


@pytest.mark.parametrize("keep", ["0", "1.5", "some"])
def test_a_share_that_is_none_is_refused(keep: str, data: Path) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["evaluate", "differential", "--data", str(data), "--keep", keep])
    assert exited.value.code == 2


@pytest.mark.data
@pytest.mark.parametrize(
    ("keep", "first", "three", "calibration"), [("0.4", 0.87, 0.96, 0.05), ("1", 0.99, 0.99, 0.02)]
)
def test_the_shipped_weights_reach_on_held_out_patients_what_the_card_says(
    keep: str, first: float, three: float, calibration: float, capsys: pytest.CaptureFixture[str]
) -> None:
    if not SHARED.exists():
        pytest.skip("public data sets are not beside the checkout")
    assert main(["evaluate", "differential", "--data", str(SHARED), "--keep", keep, "--json"]) == 0
    tree = json.loads(capsys.readouterr().out)
    scores = tree["scores"][0]
    assert tree["patients"] == 365
    assert scores["top"]["1"]["value"] >= first
    assert scores["top"]["3"]["value"] >= three
    assert scores["calibration"]["value"] <= calibration
