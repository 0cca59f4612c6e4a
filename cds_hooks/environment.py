"""The environment variables that a settings file names: secrets are in them, never in the file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any


def variables(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    """Each variable that a file names, after the key that does: every text whose key ends in `_env`."""
    return tuple(_variables(document, ""))


def is_set(name: str) -> bool:
    """Whether a variable is there and not empty."""
    return bool(os.environ.get(name))


def faults(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Which variables are not set, each with the key that names it."""
    return tuple(
        f"{key}: the variable {name} is not set" for key, name in variables(document) if not is_set(name)
    )


def _variables(node: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(node, Mapping):
        for name, value in node.items():
            inner = f"{key}.{name}" if key else name
            if name.endswith("_env") and isinstance(value, str) and value:
                yield inner, value
            else:
                yield from _variables(value, inner)
    elif isinstance(node, list):
        for number, each in enumerate(node):
            yield from _variables(each, f"{key}[{number}]")
