"""What a recipe decides once training is over, for weights that are trained already.

    python -m models.training.notes.finishing RECIPE.toml DATA FOLDER

gives the served weights of a folder the lean (`lean.py`), known names (`names.py`), name, version and card of
a recipe. Nothing is trained: of the network, the offsets of the heads change. DATA holds the corpora of the
heads that are served.
"""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
from onnx import numpy_helper

from models.model_card import ModelCard
from models.training.card_files import attributes
from models.training.notes.card import write_card
from models.training.notes.corpora.registry import read_corpus
from models.training.notes.lean import KEY, lean_of
from models.training.notes.names import names_file
from models.training.notes.pipeline import CorpusReader, tasks_of
from models.training.notes.recipe import Recipe, read_recipe
from models.weights import (
    MANIFEST,
    MODEL,
    NAMES,
    REFERENCE,
    NetworkManifest,
    load_network_manifest,
    load_tokenizer,
    verified_path,
)

_OFFSETS = "heads.offset"


def finish(folder: Path, recipe: Recipe, data: Path, read: CorpusReader = read_corpus) -> NetworkManifest:
    """Changes served weights as the recipe says; see above.

    Returns:
        The manifest that was written. It names no reference weights: they would have the former lean.

    Raises:
        CorpusError, ModelCardError, RecipeError, WeightsError: Something can't be used; nothing is changed.
    """
    card = ModelCard(**attributes(recipe.card))
    name = f"{recipe.name}.v{recipe.version}"
    card.check(name)
    manifest = load_network_manifest(folder)
    served = replace(recipe, tasks=tuple(task for task in recipe.tasks if task.name in manifest.heads))
    before, after = manifest.details.get(KEY, {}), lean_of(served, manifest.heads)
    _, tasks = tasks_of(served, data, read)
    names = names_file(tasks, load_tokenizer(folder, manifest), manifest.heads)
    model = onnx.load(verified_path(folder, manifest, MODEL), load_external_data=False)
    taken = [
        after[head].get(label[2:], 0.0) - before.get(head, {}).get(label[2:], 0.0)
        for head, labels in manifest.heads.items()
        for label in labels
    ]
    (offsets,) = (each for each in model.graph.initializer if each.name == _OFFSETS)
    leant = numpy_helper.to_array(offsets) - np.array(taken, np.float32)
    offsets.CopyFrom(numpy_helper.from_array(leant.astype(np.float32), _OFFSETS))
    changed = {MODEL: model.SerializeToString(deterministic=True), NAMES: names}
    table = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    table |= {"name": name, "version": recipe.version, KEY: after}
    table["files"].pop(REFERENCE, None)
    for file, content in changed.items():
        (folder / file).write_bytes(content)
        table["files"][file] = hashlib.sha256(content).hexdigest()
    (folder / MANIFEST).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    written = load_network_manifest(folder)
    write_card(folder, written, card, recipe)
    return written


if __name__ == "__main__":
    finish(Path(sys.argv[3]), read_recipe(Path(sys.argv[1])), Path(sys.argv[2]))
