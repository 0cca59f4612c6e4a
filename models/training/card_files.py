"""The model card that lies beside trained weights: as JSON, and as a page to read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path

from models.model_card import ModelCard

CARD = "model_card.json"
README = "README.md"


class RecipeError(ValueError):
    """A recipe can't be used; names the table and the key."""


def attributes(table: Mapping[str, str]) -> dict[str, str]:
    """The 31 attributes as a recipe's [card] gives them.

    Raises:
        RecipeError: One is missing or is not one of the 31.
    """
    names = [item.name for item in fields(ModelCard)]
    missing = [name for name in names if name not in table]
    unknown = [name for name in table if name not in names]
    if missing or unknown:
        raise RecipeError(f"[card]: {'missing' if missing else 'unknown'} '{(missing or unknown)[0]}'")
    return {name: table[name] for name in names}


def write_card(
    out: Path,
    name: str,
    card: ModelCard,
    data: Iterable[tuple[str, str]],
    closing: Sequence[str] = (),
) -> None:
    """Writes the card as JSON and as a page.

    Args:
        data: What it was trained on, and the licence of each.
        closing: Further lines of the page.
    """
    values = asdict(card)
    (out / CARD).write_text(json.dumps(values, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    lines = [f"# {name}", ""]
    lines += [f"- **{key.replace('_', ' ')}**: {text}" for key, text in values.items()]
    lines += ["", "## Training data", "", "| Corpus | Licence |", "|---|---|"]
    lines += [f"| {corpus} | {licence or 'not stated'} |" for corpus, licence in data]
    lines += ["", *closing]
    (out / README).write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")
