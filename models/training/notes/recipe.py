"""Recipes: one TOML file says what is read, how long, with which seed, and what comes out."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, TypeVar

from models.training.card_files import RecipeError
from models.training.notes.backbone import Backbone

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file or folder of a corpus, relative to the data folder that the command names.

    Attributes:
        format: See `corpora.registry`.
        options: Passed to the reader.
        licence: As the corpus states it; goes into the model card.
    """

    path: str
    format: str
    options: Mapping[str, Any] = field(default_factory=dict)
    licence: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PretrainSettings:
    """Masked language modelling; `epochs` 0 leaves it out."""

    epochs: int = 0
    learning_rate: float = 3e-4
    warm_up: float = 0.1
    window: int = 126
    batch_tokens: int = 4096
    masked: float = 0.2
    sources: tuple[Source, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskSettings:
    """One annotated corpus and the head that learns it.

    Attributes:
        name: Of the head.
        labels: Corpus label to head label; a label not named here is not learned. Empty: all as they are.
        train, dev, test: Sources of each split.
        folds: Instead of a published split: documents are dealt by a hash of their key into ten parts, of
            which `dev_folds` and `test_folds` are held out.
        share: How often the corpus is read in an epoch, cut into windows anew each time: 2.0 is twice, 0.35
            a part of it.
        until: Last epoch that reads it (auxiliary corpora are dropped before the end); 0 is all epochs.
        served: Whether the head is kept in the served model.
        lean: Taken from the scores of a type's marks when training is over, in place of `outside`; by type.
    """

    name: str
    labels: Mapping[str, str] = field(default_factory=dict)
    train: tuple[Source, ...] = ()
    dev: tuple[Source, ...] = ()
    test: tuple[Source, ...] = ()
    dev_folds: tuple[int, ...] = ()
    test_folds: tuple[int, ...] = ()
    share: float = 1.0
    until: int = 0
    weight: float = 1.0
    served: bool = True
    lean: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class FinetuneSettings:
    """All heads together on one encoder.

    Attributes:
        start: A weights folder that `export` wrote. Training goes on from its network, and the backbone is
            only named in the card. Its heads must be those of the tasks.
        windows: Lengths in word pieces, one drawn for each document and epoch.
        word_shapes: Whether capitals are shown to the encoder.
        word_dropout: Share of words read as [MASK], against learning names by heart.
        average: Decay of the running average of the weights that is kept; 0 keeps the last weights.
        patience: Epochs without a better development score before it stops; 0 never stops early.
        outside: Taken from the scores of all marks when training is over; chosen on development documents,
            where it weighs marks that are wrong against marks that are missed.
    """

    start: str = ""
    epochs: int = 6
    learning_rate: float = 2e-4
    warm_up: float = 0.1
    layer_decay: float = 1.0
    windows: tuple[int, ...] = (126,)
    batch_tokens: int = 2048
    word_shapes: bool = True
    word_dropout: float = 0.0
    smoothing: float = 0.0
    average: float = 0.0
    patience: int = 0
    outside: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a training run besides the data themselves.

    Attributes:
        card: The attributes of `models.model_card.ModelCard`.
    """

    name: str
    version: str
    seed: int = 13
    backbone: Backbone
    pretrain: PretrainSettings = field(default_factory=PretrainSettings)
    finetune: FinetuneSettings = field(default_factory=FinetuneSettings)
    tasks: tuple[TaskSettings, ...] = ()
    card: Mapping[str, str] = field(default_factory=dict)


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe.

    Raises:
        RecipeError: Not TOML, an unknown or missing key, or a value of the wrong kind.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path.name}: {error}") from None
    table["backbone"] = _built(Backbone, table.get("backbone", {}), "backbone")
    table["pretrain"] = _built(PretrainSettings, table.get("pretrain", {}), "pretrain")
    table["finetune"] = _built(FinetuneSettings, table.get("finetune", {}), "finetune")
    table["tasks"] = tuple(_built(TaskSettings, task, "tasks") for task in table.get("tasks", []))
    return _built(Recipe, table, "recipe")


def _built(cls: type[T], table: Mapping[str, Any], where: str) -> T:
    known = {item.name for item in fields(cls)}  # type: ignore[arg-type]
    unknown = sorted(set(table) - known)
    if unknown:
        raise RecipeError(f"[{where}]: unknown key '{unknown[0]}'")
    values: dict[str, Any] = {}
    for key, value in table.items():
        if key in {"sources", "train", "dev", "test"}:
            values[key] = tuple(_built(Source, item, f"{where}.{key}") for item in value)
        else:
            values[key] = tuple(value) if isinstance(value, list) else value
    try:
        return cls(**values)
    except TypeError as error:
        raise RecipeError(f"[{where}]: {error}") from None
