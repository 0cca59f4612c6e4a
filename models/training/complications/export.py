"""A trained complication model to a weights folder: its files, a manifest with their hashes, a model card."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from models.model_card import ModelCard
from models.training.card_files import attributes, write_card
from models.training.complications.recipe import Recipe
from models.weights import MANIFEST, Manifest, load_manifest


def checked_card(recipe: Recipe) -> ModelCard:
    """The recipe's model card; called before anything is trained.

    Raises:
        RecipeError, ModelCardError: An attribute is missing, unknown or blank.
    """
    card = ModelCard(**attributes(recipe.card))
    card.check(recipe.name)
    return card


def write_weights(
    out: Path, recipe: Recipe, files: Mapping[str, bytes], details: Mapping[str, Any]
) -> Manifest:
    """Writes the folder.

    Args:
        files: Content by file name; safetensors, JSON or ONNX.
        details: Further fields of the manifest: metrics, how people were split, calibration.

    Raises:
        RecipeError, ModelCardError: As `checked_card`.
    """
    card = checked_card(recipe)
    out.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (out / name).write_bytes(content)
    table = {
        "name": recipe.name,
        "version": recipe.version,
        "seed": recipe.seed,
        "trained_on": [{"corpus": each.title, "licence": each.licence} for each in recipe.sources],
        "settings": dict(recipe.settings),
        **details,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in files.items()},
    }
    (out / MANIFEST).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    write_card(out, recipe.name, card, [(each.title, each.licence) for each in recipe.sources])
    return load_manifest(out)
