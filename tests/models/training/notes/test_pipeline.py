"""A recipe from end to end: a tiny encoder learns a tiny corpus, is exported, and is read back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from models.inference import EncodedWindow, OnnxEngine
from models.model_card import ModelCard
from models.notes.spans import find_spans
from models.notes.tokens import NoteTokenizer
from models.training.card_files import RecipeError
from models.training.notes.backbone import Backbone, BackboneError
from models.training.notes.finishing import finish
from models.training.notes.pipeline import held_out, train_notes
from models.training.notes.recipe import Recipe, Source, read_recipe
from models.training.notes.served_weights import network_from
from models.weights import MODEL_DATA, NAMES, REFERENCE, TOKENIZER, Manifest
from tests.models.tiny_network import tiny_encoder, write_tokenizer

TEXT = (
    "the\tO\npatient\tO\nhas\tO\nchest\tB-Problem\npain\tI-Problem\n.\tO\n\nno\tO\nfever\tB-Problem\n.\tO\n\n"
)
CARD = "\n".join(f'{item.name} = "Said of {item.name}."' for item in fields(ModelCard))
RECIPE = """
name = "notes"
version = "9"
seed = 1
[backbone]
path = "{backbone}"
title = "a tiny encoder"
licence = "Made for this test."
[pretrain]
epochs = 1
sources = [{{ format = "iob", path = "train.tsv" }}]
[finetune]
epochs = 60
learning_rate = 5e-3
average = 0.5
[[tasks]]
name = "clinical"
train = [{{ format = "iob", path = "train.tsv", licence = "CC0" }}]
dev = [{{ format = "iob", path = "train.tsv" }}]
test = [{{ format = "iob", path = "train.tsv" }}]
[tasks.labels]
Problem = "problem"
[card]
{card}
"""


class Quiet:
    """Counts what a run reports."""

    def __init__(self, stop_after: int = 10_000) -> None:
        self.epochs: list[tuple[str, int]] = []
        self.last: Mapping[str, float] = {}
        self._left = stop_after

    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None:
        self.epochs.append((stage, epoch))

    def step(self, loss: float) -> None:
        self._left -= 1
        if not self._left:
            raise KeyboardInterrupt

    def scores(self, scores: Mapping[str, float]) -> None:
        self.last = scores


@pytest.fixture
def recipe(tmp_path: Path) -> Recipe:
    tiny_encoder(write_tokenizer(tmp_path / "backbone"))
    (tmp_path / "train.tsv").write_text(TEXT * 8)
    path = tmp_path / "recipe.toml"
    path.write_text(RECIPE.format(backbone=tmp_path / "backbone", card=CARD))
    return read_recipe(path)


def trained(recipe: Recipe, folder: Path, progress: Quiet | None = None) -> Manifest:
    return train_notes(recipe, folder, folder / "out", progress or Quiet())


def test_what_was_learned_is_found_by_the_served_engine(recipe: Recipe, tmp_path: Path) -> None:
    progress = Quiet()
    manifest = trained(recipe, tmp_path, progress)
    assert manifest.name == "notes.v9"
    assert progress.last == {"clinical": 1.0}
    engine = OnnxEngine(tmp_path / "out")
    tokenizer = NoteTokenizer.from_file(tmp_path / "out" / "tokenizer.json")
    spans = find_spans("the patient has chest pain .", engine, tokenizer).found
    assert [(span.start, span.end, span.type) for span in spans] == [(16, 26, "problem")]


def test_a_lean_towards_no_mark_is_part_of_what_is_served(recipe: Recipe, tmp_path: Path) -> None:
    trained(replace(recipe, finetune=replace(recipe.finetune, outside=50.0)), tmp_path)
    engine = OnnxEngine(tmp_path / "out")
    assert not find_spans("the patient has chest pain .", engine, engine.tokenizer).found


def test_training_goes_on_from_served_weights(recipe: Recipe, tmp_path: Path) -> None:
    trained(recipe, tmp_path)
    further = replace(recipe.finetune, start=str(tmp_path / "out"), epochs=1, learning_rate=1e-6, average=0.0)
    (tmp_path / "backbone" / "model.safetensors").unlink()
    progress = Quiet()
    pretrain = replace(recipe.pretrain, epochs=0)
    again = replace(recipe, version="10", finetune=further, pretrain=pretrain)
    manifest = train_notes(again, tmp_path, tmp_path / "further", progress)
    assert manifest.name == "notes.v10"
    assert progress.last == {"clinical": 1.0}


def test_the_lean_of_served_weights_is_taken_back_before_training_goes_on(
    recipe: Recipe, tmp_path: Path
) -> None:
    (task,) = recipe.tasks
    shy = replace(recipe, tasks=(replace(task, lean={"problem": 50.0}),))
    assert trained(shy, tmp_path).details["lean"] == {"clinical": {"problem": 50.0}}
    further = replace(recipe.finetune, start=str(tmp_path / "out"), epochs=1, learning_rate=1e-6, average=0.0)
    progress = Quiet()
    again = replace(recipe, finetune=further, pretrain=replace(recipe.pretrain, epochs=0))
    train_notes(again, tmp_path, tmp_path / "further", progress)
    assert progress.last == {"clinical": 1.0}


def test_a_lean_on_a_type_that_the_head_has_not_is_refused(recipe: Recipe, tmp_path: Path) -> None:
    (task,) = recipe.tasks
    with pytest.raises(RecipeError, match="no type 'drug'"):
        trained(replace(recipe, tasks=(replace(task, lean={"drug": 1.0}),)), tmp_path)


def test_finished_weights_are_those_of_a_run_with_that_recipe(recipe: Recipe, tmp_path: Path) -> None:
    (task,) = recipe.tasks
    other = replace(
        recipe,
        version="11",
        tasks=(replace(task, lean={"problem": 0.5}),),
        finetune=replace(recipe.finetune, outside=0.25),
    )
    whole = trained(other, tmp_path)
    files = {name: (tmp_path / "out" / name).read_bytes() for name in whole.files}
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "train.tsv").write_bytes((tmp_path / "train.tsv").read_bytes())
    trained(recipe, tmp_path / "again")
    finished = finish(tmp_path / "again" / "out", other, tmp_path)
    assert finished.details["lean"] == whole.details["lean"] == {"clinical": {"problem": 0.5}}
    assert (finished.name, finished.version) == ("notes.v11", "11")
    assert set(whole.files) - set(finished.files) == {REFERENCE}
    for name in (MODEL_DATA, NAMES, TOKENIZER):
        assert (tmp_path / "again" / "out" / name).read_bytes() == files[name]
    engines = [OnnxEngine(tmp_path / "out"), OnnxEngine(tmp_path / "again" / "out")]
    tokens = engines[0].tokenizer.encode("the patient has chest pain .")
    scores = [engine.run([EncodedWindow(tokens.ids, tokens.shapes)])[0]["clinical"] for engine in engines]
    np.testing.assert_allclose(scores[0], scores[1], atol=1e-5)


def test_weights_name_what_the_weights_they_began_as_were_trained_on(recipe: Recipe, tmp_path: Path) -> None:
    brief = replace(
        recipe, finetune=replace(recipe.finetune, epochs=1), pretrain=replace(recipe.pretrain, epochs=0)
    )
    trained(brief, tmp_path)
    (tmp_path / "site.tsv").write_text(TEXT * 8)
    own = replace(recipe.tasks[0], train=(Source(format="iob", path="site.tsv", licence="of the site"),))
    further = replace(brief.finetune, start=str(tmp_path / "out"))
    again = replace(brief, finetune=further, tasks=(own,))
    manifest = train_notes(again, tmp_path, tmp_path / "further", Quiet())
    assert manifest.details["trained_on"] == [
        {"corpus": "train.tsv", "licence": "CC0"},
        {"corpus": "site.tsv", "licence": "of the site"},
    ]
    assert "of the site" in (tmp_path / "further" / "README.md").read_text()


def test_served_weights_answer_in_training_as_they_are_served(recipe: Recipe, tmp_path: Path) -> None:
    trained(recipe, tmp_path)
    engine, network = OnnxEngine(tmp_path / "out"), network_from(tmp_path / "out").eval()
    tokens = engine.tokenizer.encode("the patient has chest pain .")
    (window,) = engine.run([EncodedWindow(tokens.ids, tokens.shapes)])
    ids = np.concatenate(([engine.tokenizer.cls_id], tokens.ids, [engine.tokenizer.sep_id]))
    shapes = np.concatenate(([0], tokens.shapes, [0]))
    batch = [torch.from_numpy(part)[None] for part in (ids, np.ones_like(ids), shapes)]
    scores = network.logits(network.hidden(*batch), "clinical")[0, 1:-1].detach().numpy()
    np.testing.assert_allclose(scores, window["clinical"], atol=0.3)
    assert np.abs(scores).max() > 1


def test_served_weights_with_other_heads_are_refused(recipe: Recipe, tmp_path: Path) -> None:
    trained(replace(recipe, finetune=replace(recipe.finetune, epochs=1)), tmp_path)
    further = replace(recipe.finetune, start=str(tmp_path / "out"))
    other = (replace(recipe.tasks[0], labels={"Problem": "finding"}),)
    progress = Quiet()
    with pytest.raises(RecipeError, match="the heads of 'out'"):
        train_notes(replace(recipe, finetune=further, tasks=other), tmp_path, tmp_path / "further", progress)
    assert not progress.epochs


def test_an_interrupted_run_resumes_to_the_same_weights(recipe: Recipe, tmp_path: Path) -> None:
    short = replace(recipe, finetune=replace(recipe.finetune, epochs=4))
    (tmp_path / "whole").mkdir()
    whole = train_notes(short, tmp_path, tmp_path / "whole", Quiet())
    with pytest.raises(KeyboardInterrupt):
        train_notes(short, tmp_path, tmp_path / "parts", Quiet(stop_after=4))
    resumed = Quiet()
    parts = train_notes(short, tmp_path, tmp_path / "parts", resumed)
    assert resumed.epochs[0] != ("pretrain", 0)
    assert parts.files == whole.files


def test_a_recipe_makes_the_same_weights_whatever_ran_before(recipe: Recipe, tmp_path: Path) -> None:
    short = replace(
        recipe, finetune=replace(recipe.finetune, epochs=1), pretrain=replace(recipe.pretrain, epochs=0)
    )
    torch.manual_seed(1)
    first = train_notes(short, tmp_path, tmp_path / "first", Quiet())
    torch.manual_seed(2)
    assert train_notes(short, tmp_path, tmp_path / "second", Quiet()).files == first.files


def test_the_card_and_the_licences_lie_beside_the_weights(recipe: Recipe, tmp_path: Path) -> None:
    trained(replace(recipe, finetune=replace(recipe.finetune, epochs=1)), tmp_path)
    card = json.loads((tmp_path / "out" / "model_card.json").read_text())
    assert set(card) == {item.name for item in fields(ModelCard)}
    page = (tmp_path / "out" / "README.md").read_text()
    assert "| train.tsv | CC0 |" in page
    assert "a tiny encoder" in page
    assert "modified" in page


def test_the_held_out_documents_have_the_labels_of_the_head(recipe: Recipe, tmp_path: Path) -> None:
    documents = held_out(recipe.tasks[0], tmp_path)
    assert {entity.label for document in documents for entity in document.entities} == {"problem"}


def test_what_a_held_out_document_says_teaches_nothing(recipe: Recipe, tmp_path: Path) -> None:
    leaked = "she was sent home on the second day and has taken".replace(" ", "\tO\n")
    leaked += "\tO\nstatins\tB-Drug\nsince\tO\nthen\tO\n.\tO\n\n"
    (tmp_path / "train.tsv").write_text(TEXT * 8 + leaked)
    (tmp_path / "test.tsv").write_text(leaked)
    (task,) = recipe.tasks
    (test,) = task.test
    task = replace(task, labels={**task.labels, "Drug": "drug"}, test=(replace(test, path="test.tsv"),))
    trained(replace(recipe, finetune=replace(recipe.finetune, epochs=1), tasks=(task,)), tmp_path)
    labels = OnnxEngine(tmp_path / "out").heads["clinical"]
    assert "B-problem" in labels
    assert "B-drug" not in labels


def test_a_recipe_without_a_whole_card_is_refused_before_training(recipe: Recipe, tmp_path: Path) -> None:
    progress = Quiet()
    with pytest.raises(RecipeError, match="'known_risks'"):
        trained(
            replace(recipe, card={k: v for k, v in recipe.card.items() if k != "known_risks"}),
            tmp_path,
            progress,
        )
    assert not progress.epochs


def test_other_weights_than_the_recipe_names_are_refused(recipe: Recipe) -> None:
    with pytest.raises(BackboneError, match="not those"):
        replace(recipe.backbone, sha256="0" * 64).folder()


def test_a_package_that_is_not_installed_is_told_with_its_command() -> None:
    with pytest.raises(BackboneError, match="pip install"):
        Backbone(package="no_such_package_of_ours").folder()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("name = ", "recipe.toml"),
        ('name = "a"\nversion = "1"\nspeed = 3', "unknown key 'speed'"),
        ('name = "a"\nversion = "1"\n[finetune]\nepoch = 3', r"\[finetune\]: unknown key 'epoch'"),
        ('name = "a"', "version"),
    ],
)
def test_a_wrong_recipe_names_what_is_wrong(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=message):
        read_recipe(path)


def test_training_leaves_the_number_of_threads_alone(recipe: Recipe, tmp_path: Path) -> None:
    before = torch.get_num_threads()
    trained(replace(recipe, finetune=replace(recipe.finetune, epochs=1)), tmp_path)
    assert torch.get_num_threads() == before


def test_training_leaves_small_numbers_as_they_are(recipe: Recipe, tmp_path: Path) -> None:
    trained(replace(recipe, finetune=replace(recipe.finetune, epochs=1)), tmp_path)
    assert torch.tensor([1e-40]).mul(1.0).item() > 0
    assert 5e-324 * 1.0 > 0
