"""Weights folders as an evaluation is told of them: by a name or by a path."""

from __future__ import annotations

import json
from pathlib import Path

import models
from models.evaluation.estimates import EvaluationError
from models.weights import MANIFEST

WEIGHTS = Path(models.__file__).parent / "weights"
_CARD = "model_card.json"
_CARD_PARTS = ("intended_use", "out_of_scope", "known_risks")


def folder_of(model: str) -> Path:
    """The shipped weights of a name, or the folder itself. Raises EvaluationError when there is neither."""
    for folder in (WEIGHTS / model, Path(model)):
        if folder.is_dir():
            return folder
    shipped = ", ".join(sorted(each.parent.name for each in WEIGHTS.glob(f"*/{MANIFEST}"))) or "none"
    raise EvaluationError(f"--model: there is no such folder, nor shipped weights of this name ({shipped})")


def card_facts(folder: Path) -> tuple[tuple[str, str], ...]:
    """What a report repeats of the model card; nothing where a folder has none."""
    path = folder / _CARD
    if not path.is_file():
        return ()
    card = json.loads(path.read_text(encoding="utf-8"))
    return tuple((name.replace("_", " ").capitalize(), card[name]) for name in _CARD_PARTS if name in card)
