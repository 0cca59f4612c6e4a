"""The shipped weights of a learned model: by name, verified, with the card written in training."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from models.finding import ModelStamp
from models.model_card import ModelCard
from models.weights import Manifest, WeightsError, digest_of, load_manifest

FOLDER = Path(__file__).resolve().parent.parent / "weights"
_CARD = "model_card.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """A weights folder and what identifies it."""

    folder: Path
    manifest: Manifest
    stamp: ModelStamp
    card: ModelCard


def shipped(model: str) -> Shipped:
    """The weights that come with the program, or lie in a folder of the same layout.

    Args:
        model: Name of the folder below `models/weights`, e.g. "sepsis".

    Raises:
        WeightsError: The manifest or the card can't be used.
    """
    folder = FOLDER / model
    manifest = load_manifest(folder)
    try:
        card = ModelCard(**json.loads((folder / _CARD).read_bytes()))
    except (OSError, ValueError, TypeError) as error:
        raise WeightsError(f"{_CARD}: can't be used ({type(error).__name__})") from None
    digest = digest_of([manifest.files[name] for name in sorted(manifest.files)])
    stamp = ModelStamp(name=manifest.name, version=manifest.version, digest=digest)
    return Shipped(folder=folder, manifest=manifest, stamp=stamp, card=card)
