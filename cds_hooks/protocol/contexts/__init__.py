"""The contexts of the hooks: one file per hook, found by scanning this folder.

A file defines `HOOK`, the hook's name, and `parse(context) -> HookContext`.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Protocol

import cds_hooks.protocol.contexts as package


class HookContext(Protocol):
    """What every hook's context tells, whatever else it holds."""

    @property
    def patient_id(self) -> str:
        """The bare FHIR id of the patient."""
        ...

    @property
    def user_id(self) -> str:
        """The user as `Type/id`; "" for a hook that has none."""
        ...


ContextParser = Callable[[Mapping[str, Any]], HookContext]


@cache
def context_parsers() -> Mapping[str, ContextParser]:
    """Finds the parser of every hook that this service understands, by hook name.

    Raises:
        ValueError: Two files define the same hook; the text names both.
    """
    parsers: dict[str, ContextParser] = {}
    for info in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{info.name}")
        if module.HOOK in parsers:
            raise ValueError(f"{module.__name__}: hook '{module.HOOK}' is already defined in another file")
        parsers[module.HOOK] = module.parse
    return parsers
