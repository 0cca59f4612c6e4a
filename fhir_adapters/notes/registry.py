"""Which module reads which media type: every module in `formats/` takes part by being there."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING

from fhir_adapters.notes import formats

if TYPE_CHECKING:
    from fhir_adapters.notes.attachment import NoteText

# The text, or a NoteText where the reader stopped before the end.
Reader = Callable[[bytes, str], "str | NoteText"]


@cache
def readers() -> Mapping[str, Reader]:
    """The reader of each media type.

    Raises:
        ValueError: Two modules claim one media type.
    """
    found: dict[str, Reader] = {}
    owners: dict[str, str] = {}
    for info in iter_modules(formats.__path__, f"{formats.__name__}."):
        module = import_module(info.name)
        for media_type in module.MEDIA_TYPES:
            if media_type in owners:
                raise ValueError(f"{media_type} is read by both {owners[media_type]} and {info.name}")
            owners[media_type] = info.name
            found[media_type] = module.read
    return found
