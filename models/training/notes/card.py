"""The model card that lies beside trained weights."""

from __future__ import annotations

import json
from dataclasses import asdict, fields
from pathlib import Path

from models.model_card import ModelCard
from models.training.notes.recipe import Recipe, RecipeError
from models.weights import Manifest

CARD = "model_card.json"
README = "README.md"

_ATTRIBUTION = """\
## Origin and licence of the weights
The encoder was initialised from {backbone} and then trained further: the weights here are a modified version.
{licence}
"""


def attributes(recipe: Recipe) -> dict[str, str]:
    """The 31 attributes as the recipe gives them.

    Raises:
        RecipeError: One is missing or is not one of the 31.
    """
    names = [item.name for item in fields(ModelCard)]
    missing = [name for name in names if name not in recipe.card]
    unknown = [name for name in recipe.card if name not in names]
    if missing or unknown:
        raise RecipeError(f"[card]: {'missing' if missing else 'unknown'} '{(missing or unknown)[0]}'")
    return {name: recipe.card[name] for name in names}


def write_card(out: Path, manifest: Manifest, card: ModelCard, recipe: Recipe) -> None:
    """Writes the card as JSON and as a page to read, with the corpora and their licences."""
    values = asdict(card)
    (out / CARD).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"# {manifest.name}", ""]
    lines += [f"- **{name.replace('_', ' ')}**: {text}" for name, text in values.items()]
    lines += ["", "## Training data", "", "| Corpus | Licence |", "|---|---|"]
    lines += [
        f"| {item['corpus']} | {item['licence'] or 'not stated'} |" for item in manifest.details["trained_on"]
    ]
    lines += ["", _ATTRIBUTION.format(backbone=recipe.backbone.title, licence=recipe.backbone.licence)]
    (out / README).write_text("\n".join(lines), encoding="utf-8")
