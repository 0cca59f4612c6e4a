"""JSON Schemas of what the service answers, made from the types that it answers with.

Source: JSON Schema 2020-12, the dialect of OpenAPI 3.1; CDS Hooks 2.0.1, "CDS Service Response".
"""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from cds_hooks.cards.override_reasons import OVERRIDE_REASONS
from cds_hooks.data_quality import QualityEntry
from cds_hooks.errors import IssueType
from cds_hooks.protocol.card import (
    SUMMARY_LIMIT,
    Action,
    Card,
    Link,
    OverrideReason,
    Source,
    Suggestion,
)
from cds_hooks.protocol.response import DATA_QUALITY
from cds_hooks.settings_explained import meanings
from fhir_adapters.record import Coding

Schema = dict[str, Any]

TEXT: Schema = {"type": "string", "minLength": 1}
UUID: Schema = {"type": "string", "format": "uuid"}
ADDRESS: Schema = {"type": "string", "format": "uri", "pattern": "^https?://"}
_LEFT_OUT = (None, "", (), False)
_UNION = (Union, types.UnionType)
_WORD_START = re.compile(r"_(\w)")
# What a type alone does not tell, by class and element.
_NARROWER: Mapping[tuple[type, str], Schema] = {
    (Card, "uuid"): UUID,
    (Card, "summary"): {"maxLength": SUMMARY_LIMIT},
    (Card, "detail"): {"contentMediaType": "text/markdown"},
    (Suggestion, "uuid"): UUID,
    (Suggestion, "isRecommended"): {"const": True},
    (Source, "url"): ADDRESS,
    (Source, "icon"): ADDRESS,
    (Link, "url"): ADDRESS,
    (Action, "resource"): {"required": ["resourceType"]},
}


def named(name: str) -> Schema:
    """A reference to a schema of the components."""
    return {"$ref": f"#/components/schemas/{name}"}


def schema_of(kind: type) -> Schema:
    """The object that a wire type of `protocol/card.py` goes over the wire as.

    Elements are named in camelCase, those whose default is nothing are left out when they hold it, and
    nothing is null or empty. Other wire types are references to components of their names.
    """
    hints = get_type_hints(kind)
    told = meanings(kind)
    properties: Schema = {}
    required: list[str] = []
    for item in fields(kind):
        name = _camel(item.name)
        described = {"description": told[item.name]} if item.name in told else {}
        properties[name] = _value(hints[item.name]) | described | _NARROWER.get((kind, name), {})
        if item.default is MISSING or item.default not in _LEFT_OUT:
            required.append(name)
    first = (kind.__doc__ or "").partition("\n")[0]
    return {
        "type": "object",
        "description": first,
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }


def answer_schemas() -> dict[str, Schema]:
    """The schemas of all answers, by their names among the components."""
    wire = (Card, Source, Suggestion, Action, Link, OverrideReason, Coding, QualityEntry)
    shapes = {kind.__name__: schema_of(kind) for kind in wire}
    shapes["Coding"]["description"] = "One code in one code system."
    # An override reason is one of a few, so that they can be counted.
    shapes["OverrideReason"]["properties"]["code"]["enum"] = [each.code for each in OVERRIDE_REASONS]
    return shapes | {
        "Cards": _cards(),
        "Discovery": _object({"services": {"type": "array", "items": named("Service")}}),
        "Service": _service(),
        "OperationOutcome": _operation_outcome(),
        "DataQuality": _object({"counts": _counts(), "entries": _array(named("QualityEntry"))}),
        "Live": _object({"status": {"const": "live"}}),
        "Ready": _object(
            {
                "status": {"const": "ready"},
                "notes": {"enum": ["read", "not read"]},
                "callers": {"enum": ["anyone", "known clients"]},
            }
        ),
    }


def _cards() -> Schema:
    quality = _object({DATA_QUALITY: named("DataQuality")})
    described = "In trials only: what of the chart was not used as it came."
    cards = _array(named("Card")) | {
        "description": "Most pressing first; empty when there is nothing to say."
    }
    return _object({"cards": cards}, extension=quality | {"description": described})


def _service() -> Schema:
    return _object(
        {"hook": TEXT, "id": TEXT, "description": TEXT},
        title=TEXT,
        prefetch={"type": "object", "additionalProperties": TEXT, "minProperties": 1},
        usageRequirements=TEXT,
        version=TEXT,
        extension={"type": "object"},
    )


def _operation_outcome() -> Schema:
    issue = _object(
        {
            "severity": {"const": "error"},
            "code": {"enum": list(get_args(IssueType))},
            "details": _object({"text": TEXT | {"description": "Why, without any value of the request."}}),
            "diagnostics": TEXT | {"description": "The correlation id: finds the call in log and ledger."},
        },
        expression=_array(TEXT) | {"description": "The element of the request at fault."},
    )
    members = {"resourceType": {"const": "OperationOutcome"}, "issue": _array(issue) | {"minItems": 1}}
    return _object(members) | {"description": "What went wrong, as FHIR R4 says it."}


def _counts() -> Schema:
    names = ("treatment", "problem", "resource", "reason")
    counted = {"count": {"type": "integer", "minimum": 1}}
    return _array(_object({name: {"type": "string"} for name in names} | counted))


def _array(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _object(required: dict[str, Schema], **optional: Schema) -> Schema:
    return {
        "type": "object",
        "properties": required | optional,
        "required": list(required),
        "additionalProperties": False,
    }


def _value(hint: Any) -> Schema:
    """The schema of one element; what is None or empty is not sent, so neither is part of it."""
    origin = get_origin(hint)
    if origin in _UNION:
        (some,) = (each for each in get_args(hint) if each is not type(None))
        return _value(some)
    if origin is Literal:
        return {"enum": list(get_args(hint))}
    if origin is tuple:
        return _array(_value(get_args(hint)[0])) | {"minItems": 1}
    if hint is str:
        return dict(TEXT)
    if hint is bool:
        return {"type": "boolean"}
    if is_dataclass(hint) and isinstance(hint, type):
        return named(hint.__name__)
    return {"type": "object"}


def _camel(name: str) -> str:
    return _WORD_START.sub(lambda match: match[1].upper(), name)
