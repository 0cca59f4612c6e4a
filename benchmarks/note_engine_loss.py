"""What the integers of the note reader's engine cost in strict F1, on the held-out documents.

    python benchmarks/note_engine_loss.py --data ../shared/data

Three engines read what the recipe holds out: the served one; one with the same weights and exact products;
and one with exact products whose weights were rounded to 8 bits once more, on another grid. The first two
differ by the rounding of what goes into the products. The weights before their own rounding are not kept, so
the last two tell what a rounding of that size does.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from benchmarks.note_engine import WEIGHTS, exact_weights, float32_engine
from models.evaluation.notes.entities import EntityEvaluation, evaluate_entities
from models.evaluation.notes.runners import read_entities, types_of
from models.inference import Engine, OnnxEngine
from models.inference.contract import Float
from models.training.notes.corpora.document import Document
from models.training.notes.pipeline import held_out
from models.training.notes.recipe import read_recipe

RECIPE = WEIGHTS.parent.parent / "training" / "notes" / "recipes" / "notes.toml"
# Steps from zero to the largest weight of a row. Served weights have 127: on this grid they lie anywhere.
_STEPS = 121.3


def rounded_again(weights: Mapping[str, Float]) -> dict[str, Float]:
    """The weights of the products and of the words, rounded once more by the row as serving rounds them."""
    found = dict(weights)
    for name, value in weights.items():
        if name.endswith("weight") and value.ndim == 2 and ("layer." in name or "word_emb" in name):
            step = np.abs(value).max(axis=1, keepdims=True) / _STEPS
            step = np.where(step == 0, 1, step)
            found[name] = (np.rint(value / step) * step).astype(np.float32)
    return found


def score(engine: Engine, documents: list[Document], head: str) -> EntityEvaluation:
    """How an engine does on the documents."""
    cases = read_entities(documents, engine, engine.tokenizer, head)
    return evaluate_entities(list(cases), types_of(engine, head))


def main() -> None:
    """Lets the three read, and prints their scores."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="the folder that the recipe's paths are in")
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    options = parser.parse_args()
    weights = exact_weights(options.weights)
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        engines = {
            "served": OnnxEngine(options.weights),
            "exact products": float32_engine(options.weights, weights, Path(one)),
            "rounded once more": float32_engine(options.weights, rounded_again(weights), Path(other)),
        }
        for task in read_recipe(options.recipe).tasks:
            documents = held_out(task, options.data) if task.served else []
            for name, engine in engines.items() if documents else ():
                print(f"{task.name:10}{name:20}{_line(score(engine, documents, task.name))}", flush=True)


def _line(evaluation: EntityEvaluation) -> str:
    by_type = ", ".join(f"{each.name} {each.f1.value:.2%}" for each in evaluation.strict.classes)
    return f"strict F1 {evaluation.strict.micro.f1.value:.2%}   {by_type}"


if __name__ == "__main__":
    main()
