"""The registry: one file per model, found by scanning the plug-in folders and entry points.

A model file decorates its class with `@clinical_model`. A duplicate name, a blank card, or a file
that fails on import is a start-up error that names the file.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterable, Iterator
from importlib.metadata import entry_points
from types import ModuleType
from typing import TypeVar

from models.contract import Calculator, ClinicalModel
from models.model_card import ModelCardError

T = TypeVar("T", bound=type)

ENTRY_POINT_GROUP = "cuecard.models"
PLUGIN_PACKAGES = (
    "models.risk_scores",
    "models.diagnosis.criteria",
    "models.diagnosis.documented",
    "models.complications",
    "models.medication_safety",
)


class RegistryError(RuntimeError):
    """A plug-in can't be used; the text names the file and the reason."""


class ModelRegistry:
    """Models by versioned name ("prevent.v1"), in order of registration."""

    def __init__(self) -> None:
        self._models: dict[str, ClinicalModel] = {}
        self._origins: dict[str, str] = {}

    def add(self, model: ClinicalModel, origin: str) -> None:
        """Registers one model.

        Raises:
            RegistryError: The name is taken, or the object or its card is incomplete.
        """
        name = getattr(model, "name", "")
        if not isinstance(model, ClinicalModel) or not name:
            raise RegistryError(f"{origin}: not a clinical model (name, card, requires, stamp, assess)")
        if name in self._models:
            raise RegistryError(f"{origin}: model '{name}' is already defined in {self._origins[name]}")
        try:
            model.card.check(name)
        except ModelCardError as error:
            raise RegistryError(f"{origin}: {error}") from error
        self._models[name] = model
        self._origins[name] = origin

    def names(self) -> tuple[str, ...]:
        """All registered names, sorted."""
        return tuple(sorted(self._models))

    def get(self, name: str) -> ClinicalModel:
        """The model of a name.

        Raises:
            RegistryError: No such model; the text lists what there is.
        """
        try:
            return self._models[name]
        except KeyError:
            known = ", ".join(self.names())
            raise RegistryError(f"no model '{name}'; there are: {known}") from None

    def select(self, names: Iterable[str]) -> tuple[ClinicalModel, ...]:
        """The models of several names, in that order. Raises RegistryError as `get` does."""
        return tuple(self.get(name) for name in names)

    def calculators(self) -> dict[str, Calculator]:
        """The published scores that can be computed from bare inputs, by calculator name."""
        found: dict[str, Calculator] = {}
        for model in self._models.values():
            if isinstance(model, Calculator):
                found[model.calculator_name] = model
        return found


_DECLARED: list[tuple[type, str]] = []


def clinical_model(cls: T) -> T:
    """Marks a class as a model; `load_models` makes one instance of it without arguments."""
    _DECLARED.append((cls, cls.__module__))
    return cls


def load_models() -> ModelRegistry:
    """Imports every plug-in and registers every declared model.

    Raises:
        RegistryError: A file fails on import, repeats a name or has an incomplete card.
    """
    for module in _plugin_modules():
        try:
            importlib.import_module(module)
        except Exception as error:
            raise RegistryError(f"{module}: import failed: {type(error).__name__}: {error}") from error
    registry = ModelRegistry()
    for cls, origin in sorted(_DECLARED, key=lambda item: item[1]):
        registry.add(cls(), origin)
    return registry


def _plugin_modules() -> Iterator[str]:
    for package_name in PLUGIN_PACKAGES:
        package: ModuleType = importlib.import_module(package_name)
        for info in pkgutil.iter_modules(package.__path__):
            if not info.name.startswith("_"):
                yield f"{package_name}.{info.name}"
    for entry in entry_points(group=ENTRY_POINT_GROUP):
        yield entry.value.partition(":")[0]
