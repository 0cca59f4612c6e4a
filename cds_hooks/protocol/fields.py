"""Reads fields of untrusted JSON; every refusal names the field and never repeats its value."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from cds_hooks.errors import BadRequest

FHIR_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
RESOURCE_TYPE = re.compile(r"[A-Z][A-Za-z]{1,39}")
UUID_FORM = re.compile(r"[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}")
MOST_CHARACTERS = 4096

JsonObject = Mapping[str, Any]


def required(parent: JsonObject, name: str, path: str) -> Any:
    """The value of a field that must be there. Raises BadRequest when it is absent or null."""
    value = parent.get(name)
    if value is None:
        raise BadRequest(path, "is required", issue="required")
    return value


def text_of(value: Any, path: str, *, longest: int = MOST_CHARACTERS) -> str:
    """A non-empty string of at most `longest` characters.

    Raises:
        BadRequest: It is of another type, empty or longer.
    """
    if not isinstance(value, str):
        raise BadRequest(path, "must be a string", issue="structure")
    if not value.strip():
        raise BadRequest(path, "must not be empty", issue="value")
    if len(value) > longest:
        raise BadRequest(path, f"must have at most {longest} characters", issue="too-long")
    return value


def object_of(value: Any, path: str) -> JsonObject:
    """A JSON object. Raises BadRequest when it is anything else."""
    if not isinstance(value, dict):
        raise BadRequest(path, "must be a JSON object", issue="structure")
    return value


def array_of(value: Any, path: str, *, longest: int) -> list[Any]:
    """A JSON array of at most `longest` entries. Raises BadRequest when it is anything else."""
    if not isinstance(value, list):
        raise BadRequest(path, "must be a JSON array", issue="structure")
    if len(value) > longest:
        raise BadRequest(path, f"must have at most {longest} entries", issue="too-long")
    return value


def required_text(parent: JsonObject, name: str, path: str) -> str:
    """The text of a field that must be there. Raises BadRequest as `required` and `text_of` do."""
    return text_of(required(parent, name, path), path)


def required_object(parent: JsonObject, name: str, path: str) -> JsonObject:
    """The object of a field that must be there. Raises BadRequest as `required` and `object_of` do."""
    return object_of(required(parent, name, path), path)


def required_uuid(parent: JsonObject, name: str, path: str) -> str:
    """A UUID in lower case. Raises BadRequest when it is absent or no UUID."""
    value = required_text(parent, name, path)
    if not UUID_FORM.fullmatch(value):
        raise BadRequest(path, "must be a UUID", issue="value")
    return str(UUID(value))


def id_of(value: str, path: str) -> str:
    """A bare FHIR id. Raises BadRequest when it is not of the form [A-Za-z0-9-.]{1,64}."""
    if not FHIR_ID.fullmatch(value):
        raise BadRequest(path, "must be a FHIR id (1 to 64 letters, digits, '-' or '.')", issue="value")
    return value


def reference_of(value: str, path: str, types: tuple[str, ...] = ()) -> str:
    """A relative reference `Type/id`, of one of the given types where there are any.

    Raises:
        BadRequest: It is of another form or of another type.
    """
    kind, slash, bare = value.partition("/")
    known = kind in types if types else RESOURCE_TYPE.fullmatch(kind)
    if not slash or not known or not FHIR_ID.fullmatch(bare):
        among = f" with one of the types {', '.join(types)}" if types else ""
        raise BadRequest(path, f"must be Type/id{among}", issue="value")
    return value
