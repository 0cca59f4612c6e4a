"""From a recipe to a weights folder: pre-training, fine-tuning, export, test."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch

from models.model_card import ModelCard
from models.training.card_files import RecipeError, attributes
from models.training.loop import Progress
from models.training.notes.backbone import load_encoder, load_tokenizer
from models.training.notes.card import write_card
from models.training.notes.corpora.document import Document
from models.training.notes.corpora.registry import read_corpus
from models.training.notes.export import export
from models.training.notes.finetune import Task, finetune, relabelled
from models.training.notes.leakage import without
from models.training.notes.lean import KEY, lean_of
from models.training.notes.names import names_file
from models.training.notes.network import NoteNetwork, bio_labels
from models.training.notes.pretrain import pretrain
from models.training.notes.recipe import Recipe, Source, TaskSettings
from models.training.notes.served_weights import network_from
from models.training.notes.tagging import documents_in, fold_of
from models.weights import Manifest, load_manifest

CorpusReader = Callable[[str, Path, Mapping[str, Any]], list[Document]]


def train_notes(
    recipe: Recipe,
    data: Path,
    out: Path,
    progress: Progress,
    read: CorpusReader = read_corpus,
) -> Manifest:
    """Runs a recipe, going on where an interrupted run stopped.

    Args:
        data: Folder that the recipe's sources are relative to.
        out: The weights folder; the state of the run is kept in its folder `run` and may be deleted after.
        read: Reads a corpus by format, path and options.

    Returns:
        The manifest of the weights that were written.

    Raises:
        BackboneError, CorpusError, ModelCardError, RecipeError, WeightsError: What the run needs is missing
            or not what it should be; all of it is checked before the first step.
    """
    card = ModelCard(**attributes(recipe.card))
    card.check(f"{recipe.name}.v{recipe.version}")
    start = Path(recipe.finetune.start) if recipe.finetune.start else None
    folder = start or recipe.backbone.folder()
    tokenizer = load_tokenizer(folder)
    kept_apart, tasks = tasks_of(recipe, data, read)
    heads = {task.settings.name: bio_labels(task.types()) for task in tasks}
    started = _started(start, heads) if start else None
    encoder = load_encoder(folder) if started is None else started.encoder
    unlabelled = without(_documents(recipe.pretrain.sources, data, read), kept_apart)
    texts = [document.text for document in unlabelled]
    if recipe.pretrain.epochs:
        state = out / "run" / "pretrain.pt"
        pretrain(
            encoder,
            tokenizer,
            texts,
            recipe.pretrain,
            seed=recipe.seed,
            state=state,
            progress=progress,
        )
    torch.manual_seed(recipe.seed)  # the heads begin at random
    network = NoteNetwork(encoder, heads) if started is None else started
    state = out / "run" / "finetune.pt"
    trained, history = finetune(
        network, tokenizer, tasks, recipe.finetune, seed=recipe.seed, state=state, progress=progress
    )
    lean = lean_of(recipe, heads)
    trained.lean(lean)
    served = [task.settings.name for task in tasks if task.settings.served]
    manifest = export(
        trained,
        folder,
        out,
        {
            "name": f"{recipe.name}.v{recipe.version}",
            "version": recipe.version,
            "development": history,
            "trained_on": _trained_on(recipe, start),
            KEY: {name: lean[name] for name in served},
        },
        served=served,
        names=names_file(tasks, tokenizer, heads),
    )
    write_card(out, manifest, card, recipe)
    return manifest


def tasks_of(
    recipe: Recipe, data: Path, read: CorpusReader = read_corpus
) -> tuple[list[Document], list[Task]]:
    """The held-out documents of all tasks, and the tasks without what those contain."""
    kept_apart = [document for settings in recipe.tasks for document in held_out(settings, data, read)]
    return kept_apart, [_task(settings, data, read, kept_apart) for settings in recipe.tasks]


def held_out(settings: TaskSettings, data: Path, read: CorpusReader = read_corpus) -> list[Document]:
    """The held-out documents of a task, with the head's labels; for the one evaluation at the end."""
    if settings.test_folds:
        return documents_in(relabelled(_documents(settings.train, data, read), settings), settings.test_folds)
    return relabelled(_documents(settings.test, data, read), settings)


def _started(folder: Path, heads: Mapping[str, Sequence[str]]) -> NoteNetwork:
    network = network_from(folder)
    if network.labels != heads:
        raise RecipeError(f"[finetune]: the heads of '{folder.name}' are not those of the tasks")
    network.lean(load_manifest(folder).details.get(KEY, {}), sign=1.0)
    return network


def _task(settings: TaskSettings, data: Path, read: CorpusReader, kept_apart: Sequence[Document]) -> Task:
    train = relabelled(_documents(settings.train, data, read), settings)
    dev = relabelled(_documents(settings.dev, data, read), settings)
    apart = {*settings.dev_folds, *settings.test_folds}
    if apart:
        dev = documents_in(train, settings.dev_folds)
        train = [document for document in train if fold_of(document.key) not in apart]
    return Task(settings=settings, train=without(train, [*kept_apart, *dev]), dev=dev)


def _documents(sources: Iterable[Source], data: Path, read: CorpusReader) -> list[Document]:
    return [
        document for source in sources for document in read(source.format, data / source.path, source.options)
    ]


def _trained_on(recipe: Recipe, start: Path | None) -> list[dict[str, str]]:
    """Corpora with licences: those the weights it starts from were trained on, then this recipe's own."""
    before = load_manifest(start).details.get("trained_on", []) if start else []
    own = [{"corpus": source.path, "licence": source.licence} for source in _sources(recipe)]
    return [*before, *(each for each in own if each["corpus"] not in {known["corpus"] for known in before})]


def _sources(recipe: Recipe) -> list[Source]:
    listed = [
        *recipe.pretrain.sources,
        *(source for task in recipe.tasks for source in (*task.train, *task.dev)),
    ]
    # A corpus that is read twice may give its licence once.
    listed.sort(key=lambda source: bool(source.licence))
    return list({source.path: source for source in listed}.values())
