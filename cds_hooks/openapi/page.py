"""The description as a page for whoever connects an EHR; it loads nothing and runs nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from cds_hooks.openapi.answers import Schema
from cds_hooks.openapi.description import DOCUMENT
from cds_hooks.openapi.requests import call_example
from cds_hooks.platform import Platform
from cds_hooks.protocol.hooks import HOOKS, ContextField, Hook
from cds_hooks.services.registry import BoundService
from models.evaluation.page import environment

_KINDS: Mapping[str, str] = {
    "id": "FHIR id",
    "reference": "Type/id",
    "references": "one or more Type/id",
    "resources": "Bundle, or one resource",
    "array": "array of resources",
}
_PARTS = ("Card", "Source", "Suggestion", "Action", "Link", "OverrideReason", "Coding")


@dataclass(frozen=True, slots=True, kw_only=True)
class CallSection:
    """What the page says of one service at one hook."""

    service: BoundService
    hook: Hook
    path: str
    example: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswersSection:
    """What an operation answers, by status."""

    method: str
    path: str
    summary: str
    answers: Mapping[str, str]


def html_page(document: Mapping[str, Any], platform: Platform) -> str:
    """The page of a service.

    Args:
        document: As `describe` makes it of the same platform.
    """
    made = environment("cds_hooks.openapi")
    made.filters.update(kind=_kind, holds=_holds)
    schemas = document["components"]["schemas"]
    return made.get_template("own/description.html").render(
        info=document["info"],
        server=document["servers"][0]["url"],
        scheme=document["components"].get("securitySchemes", {}).get("client"),
        calls=[_call(service) for service in platform.services],
        operations=_operations(document),
        parts={name: schemas[name] for name in _PARTS},
        document=DOCUMENT,
    )


def _call(service: BoundService) -> CallSection:
    return CallSection(
        service=service,
        hook=HOOKS[service.declared.hook],
        path=f"/cds-services/{service.declared.id}",
        example=orjson.dumps(call_example(service), option=orjson.OPT_INDENT_2).decode(),
    )


def _operations(document: Mapping[str, Any]) -> list[AnswersSection]:
    return [
        AnswersSection(
            method=method.upper(),
            path=path,
            summary=operation["summary"],
            answers={status: answer["description"] for status, answer in operation["responses"].items()},
        )
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]


def _kind(row: ContextField) -> str:
    """What stands in a field, in words."""
    of = f" of {', '.join(row.types)}" if row.types else ""
    return f"{_KINDS[row.kind]}{of}"


def _holds(shape: Schema) -> str:
    """What an element of an answer holds, in words."""
    if "$ref" in shape:
        kind = shape["$ref"].rpartition("/")[2]
    elif shape.get("type") == "array":
        kind = f"list of {_holds(shape['items'])}"
    elif "enum" in shape:
        kind = " or ".join(shape["enum"])
    elif "const" in shape:
        kind = orjson.dumps(shape["const"]).decode()
    else:
        kind = {"string": "text", "object": "FHIR resource"}.get(shape["type"], shape["type"])
        kind = shape.get("format", kind)
    return f"{kind}: {shape['description']}" if "description" in shape else kind
