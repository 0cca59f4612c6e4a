"""The model card of a note reader."""

from __future__ import annotations

from pathlib import Path

from models.model_card import ModelCard
from models.training import card_files
from models.training.notes.recipe import Recipe
from models.weights import Manifest

_ATTRIBUTION = """\
## Origin and licence of the weights
The encoder was initialised from {backbone} and then trained further: the weights here are a modified version.
{licence}
"""


def write_card(out: Path, manifest: Manifest, card: ModelCard, recipe: Recipe) -> None:
    """Writes the card with the corpora, their licences, and where the encoder comes from."""
    data = [(item["corpus"], item["licence"]) for item in manifest.details["trained_on"]]
    origin = _ATTRIBUTION.format(backbone=recipe.backbone.title, licence=recipe.backbone.licence)
    card_files.write_card(out, manifest.name, card, data, origin.splitlines())
