"""`cuecard train notes RECIPE.toml`: trains a note reader into a weights folder; resumes a broken-off run."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping

from tqdm.auto import tqdm

from models.training.notes.pipeline import train_notes
from models.training.notes.recipe import read_recipe


def run(options: argparse.Namespace) -> None:
    """Runs the command."""
    recipe = read_recipe(options.recipe)
    manifest = train_notes(recipe, options.data, options.out, Bar())
    sys.stdout.write(f"{manifest.name} is in {options.out}\n")
    sys.stdout.write(f"Next: cuecard evaluate notes --model {options.out} --data DIR --format FORMAT\n")


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
