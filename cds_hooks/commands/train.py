"""`cuecard train WHAT RECIPE.toml`: trains a model into a weights folder by a recipe."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from tqdm.auto import tqdm

from models.training.complications import recipe as complications
from models.training.complications.catalogue import trainer_of
from models.training.differential.train import train_differential
from models.training.notes.pipeline import train_notes
from models.training.notes.recipe import read_recipe
from models.weights import Manifest


def run(options: argparse.Namespace) -> None:
    """Runs the command."""
    train = {"notes": _notes, "complications": _complications, "differential": _differential}[options.what]
    manifest = train(options)
    sys.stdout.write(f"{manifest.name} is in {options.out}\n")
    sys.stdout.write(f"Next: cuecard evaluate {options.what} --model {options.out} --data DIR\n")


def _notes(options: argparse.Namespace) -> Manifest:
    return train_notes(read_recipe(options.recipe), options.data, options.out, Bar())


def _complications(options: argparse.Namespace) -> Manifest:
    recipe = complications.read_recipe(options.recipe)
    return trainer_of(recipe.model).train(recipe, options.data, options.out, Bar())


def _differential(options: argparse.Namespace) -> Manifest:
    recipe = complications.read_recipe(options.recipe)
    return train_differential(recipe, options.data, options.out, Bar())


class Bar:
    """A progress bar for each epoch; its last loss stays visible."""

    def __init__(self) -> None:
        self._bar: tqdm[None] | None = None

    def begin(self, stage: str, epoch: int, epochs: int, batches: int) -> None:
        """An epoch begins."""
        self._close()
        self._bar = tqdm(total=batches, desc=f"{stage} {epoch + 1}/{epochs}", unit="batch")

    def step(self, loss: float) -> None:
        """One batch is done."""
        if self._bar is not None:
            self._bar.set_postfix_str(f"loss {loss:.3f}", refresh=False)
            self._bar.update()

    def scores(self, scores: Mapping[str, float]) -> None:
        """Development scores at the end of an epoch."""
        self._close()
        for name, score in scores.items():
            tqdm.write(f"  development, {name}: {score:.4f}", file=sys.stderr)

    def _close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
