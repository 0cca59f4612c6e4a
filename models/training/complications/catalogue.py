"""The learned complication models that can be trained and evaluated, by name."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Protocol

from models.evaluation.complications.cases import Evaluation
from models.training.card_files import RecipeError
from models.training.complications.recipe import Recipe
from models.training.loop import Progress
from models.weights import Manifest

# A module holds a `TRAINER`; it is imported when it is asked for, since each brings its own libraries.
TRAINERS: Mapping[str, str] = {
    "cardiometabolic": "models.training.complications.cardiometabolic.train",
    "readmission": "models.training.complications.readmission.training",
    "sepsis": "models.training.complications.sepsis.trainer",
    "trajectory": "models.training.complications.trajectory.trainer",
}


class DataError(ValueError):
    """A data set can't be read; names the file and what is wrong, never a row of it."""


class Trainer(Protocol):
    """How one model is trained and measured."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """Trains by a recipe into a weights folder.

        Args:
            data: Folder of the data set, as `evaluate` takes it.
            out: Weights folder; created when absent.

        Raises:
            DataError: The data can't be read.
            RecipeError: The recipe's settings don't fit.
        """
        ...

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """What the weights say of the people of a data set whose outcomes are known.

        Where the data are those it was trained on, only people that training held out are used; of other data
        everybody is.

        Raises:
            DataError: The data can't be read.
            WeightsError: The weights can't be used.
        """
        ...


def trainer_of(model: str) -> Trainer:
    """The trainer of a model's name, with or without its version.

    Raises:
        RecipeError: There is none.
    """
    module = TRAINERS.get(model.partition(".")[0])
    if module is None:
        raise RecipeError(f"there is no trainer '{model}'; there are: {', '.join(sorted(TRAINERS))}")
    trainer: Trainer = import_module(module).TRAINER
    return trainer
