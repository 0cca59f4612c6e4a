"""Recipes of learned complication models: one TOML file says which model, on what data, and how."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from models.training.card_files import RecipeError


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One data set, for the model card.

    Attributes:
        title: Name and origin.
        licence: As the data set states it.
    """

    title: str
    licence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """Everything that decides a training run besides the data themselves.

    Attributes:
        model: Which trainer, see `catalogue`: "sepsis", "cardiometabolic", ...
        version: The weights are named "model.vVERSION".
        settings: What the trainer reads; each trainer refuses keys that it doesn't know.
        card: The attributes of `models.model_card.ModelCard`.
    """

    model: str
    version: str
    seed: int = 13
    sources: tuple[Source, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    card: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Registry name of what is trained."""
        return f"{self.model}.v{self.version}"


def read_recipe(path: Path) -> Recipe:
    """Reads a recipe.

    Raises:
        RecipeError: Not TOML, an unknown or missing key, or a value of the wrong kind.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"{path.name}: {error}") from None
    known = {item.name for item in fields(Recipe)}
    unknown = sorted(set(table) - known)
    if unknown:
        raise RecipeError(f"[recipe]: unknown key '{unknown[0]}'")
    try:
        table["sources"] = tuple(Source(**each) for each in table.get("sources", ()))
        return Recipe(**table)
    except TypeError as error:
        raise RecipeError(f"[recipe]: {error}") from None


def settings_as(cls: type[Any], settings: Mapping[str, Any]) -> Any:
    """The recipe's settings as a trainer's dataclass; lists become tuples.

    Raises:
        RecipeError: A key is unknown or missing.
    """
    unknown = sorted(set(settings) - {item.name for item in fields(cls)})
    if unknown:
        raise RecipeError(f"[settings]: unknown key '{unknown[0]}'")
    try:
        return cls(**{key: tuple(v) if isinstance(v, list) else v for key, v in settings.items()})
    except TypeError as error:
        raise RecipeError(f"[settings]: {error}") from None
