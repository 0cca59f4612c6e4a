"""JSON Schemas of what the service reads: the context of each hook, a call, and feedback.

They say what is accepted, which is more than what the specification asks a client to send: an optional
element may be null, unknown ones are ignored, and the older shapes that are read are there too.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, get_args
from uuid import UUID

from cds_hooks.openapi.answers import Schema, named
from cds_hooks.protocol.context import MOST_ENTRIES as MOST_RESOURCES
from cds_hooks.protocol.feedback import MOST_ENTRIES, MOST_SUGGESTIONS, Outcome
from cds_hooks.protocol.fields import FHIR_ID, MOST_CHARACTERS, RESOURCE_TYPE, UUID_FORM
from cds_hooks.protocol.hooks import HOOKS, ContextField, Hook
from cds_hooks.services.registry import BoundService
from fhir_adapters.prefetch import Query

_NULL: Schema = {"type": "null"}
# Some character that is no white space, as Python counts it: more than `\S` does in other languages.
_WORD: Schema = {"type": "string", "pattern": r"[^\s\x1c-\x1f\x85]"}
_TEXT: Schema = _WORD | {"maxLength": MOST_CHARACTERS}
_UUID: Schema = {"type": "string", "format": "uuid", "pattern": f"^{UUID_FORM.pattern}$"}
_EXAMPLE_INSTANCE = str(UUID(int=0x0F0E0D0C0B0A4000800000000000_0001))
_EXAMPLE_PATIENT = "p1"


def request_schemas(services: Iterable[BoundService], *, allow_loopback: bool) -> dict[str, Schema]:
    """The schemas of what calls are made of, by their names among the components.

    Args:
        services: Each with the hook that it answers.
        allow_loopback: Whether a FHIR server on this machine may be named, over http too.
    """
    bound = tuple(services)
    hooks = {service.declared.hook: HOOKS[service.declared.hook] for service in bound}
    calls = {call_name(service): _call(service, allow_loopback=allow_loopback) for service in bound}
    contexts = {_context_name(hook): _context(hook) for hook in hooks.values()}
    return calls | contexts | {"FhirAuthorization": _authorization(), "Feedback": _feedback()}


def call_name(service: BoundService) -> str:
    """Name of a call among the components, e.g. "ChartReviewPatientViewCall"."""
    return f"{_joined(service.declared.id)}{_joined(service.declared.hook)}Call"


def call_example(service: BoundService) -> dict[str, Any]:
    """A legal call: a patient of whom nothing but birth date and sex is known."""
    patient = {
        "resourceType": "Patient",
        "id": _EXAMPLE_PATIENT,
        "gender": "female",
        "birthDate": "1960-01-01",
    }
    hook = HOOKS[service.declared.hook]
    known = {query.key: patient if query.resource == "Patient" else None for query in service.queries}
    return {
        "hook": hook.name,
        "hookInstance": _EXAMPLE_INSTANCE,
        "context": {row.name: _example(row) for row in hook.fields if row.required},
        "prefetch": known,
    }


def _context_name(hook: Hook) -> str:
    return f"{_joined(hook.name)}Context"


def _joined(name: str) -> str:
    return "".join(word.capitalize() for word in name.split("-"))


def _call(service: BoundService, *, allow_loopback: bool) -> Schema:
    hook = HOOKS[service.declared.hook]
    schemes = "^https?://" if allow_loopback else "^https://"
    server = {"type": "string", "format": "uri", "pattern": f"{schemes}[^?#@]+$"}
    return {
        "type": "object",
        "title": f"{service.declared.id} at {hook.name}",
        "properties": {
            "hook": {"const": hook.name},
            "hookInstance": _UUID | {"description": "Of this call, made up by the client."},
            "context": named(_context_name(hook)),
            "fhirServer": _or_null(server, "Base URL of the FHIR server that holds the chart."),
            "fhirAuthorization": _or_null(named("FhirAuthorization"), "How to read from that server."),
            "prefetch": _or_null(_prefetch(service.queries), "What the client fetched already."),
        },
        "required": ["hook", "hookInstance", "context"],
        "if": {"required": ["fhirAuthorization"], "properties": {"fhirAuthorization": {"type": "object"}}},
        "then": {"required": ["fhirServer"], "properties": {"fhirServer": {"type": "string"}}},
    }


def _context(hook: Hook) -> Schema:
    single = [row for row in hook.fields if not row.also]
    properties = {row.name: _field(row) if row.required else _or_null(_field(row)) for row in single}
    by_many_names = [_by_first_name(row) for row in hook.fields if row.also]
    return {
        "type": "object",
        "title": f"Context of {hook.name} {hook.version}",
        "properties": properties,
        "required": [row.name for row in single if row.required],
    } | ({"allOf": by_many_names} if by_many_names else {})


def _by_first_name(row: ContextField) -> Schema:
    """The field under one of its names: the first that is not null counts, the others are not read."""
    names = (row.name, *row.also)
    choices: list[Schema] = [
        {"properties": dict.fromkeys(names[:n], _NULL) | {name: _field(row)}, "required": [name]}
        for n, name in enumerate(names)
    ]
    return {"anyOf": choices if row.required else [*choices, {"properties": dict.fromkeys(names, _NULL)}]}


def _field(row: ContextField) -> Schema:
    kinds = "|".join(row.types) or RESOURCE_TYPE.pattern
    reference = {"type": "string", "pattern": f"^(?:{kinds})/{FHIR_ID.pattern}$"}
    if row.kind == "id":
        return {"type": "string", "pattern": f"^{FHIR_ID.pattern}$"}
    if row.kind == "reference":
        return reference
    if row.kind == "references":
        listed = {"type": "array", "items": reference, "minItems": 1, "maxItems": MOST_RESOURCES}
        return {"anyOf": [listed, reference]}
    one = _resource(row.types)
    if row.kind == "array":
        return {"anyOf": [{"type": "array", "items": one, "maxItems": MOST_RESOURCES}, one]}
    single = _resource(row.types) if row.types else _resource() | {"not": _is_bundle()}
    held = {"anyOf": [_bundle(one), single]}
    wrapped = {"type": "object", "properties": {"resource": held}, "required": ["resource"]}
    return {"anyOf": [*held["anyOf"], wrapped | {"not": {"required": ["resourceType"]}}]}


def _resource(types: tuple[str, ...] = ()) -> Schema:
    named_type: Schema = {"enum": list(types)} if types else {"type": "string", "minLength": 1}
    return {"type": "object", "properties": {"resourceType": named_type}, "required": ["resourceType"]}


def _is_bundle() -> Schema:
    return {"properties": {"resourceType": {"const": "Bundle"}}, "required": ["resourceType"]}


def _bundle(resource: Schema) -> Schema:
    entry = {"type": "object", "properties": {"resource": resource}, "required": ["resource"]}
    listed = {"type": "array", "items": entry, "maxItems": MOST_RESOURCES}
    properties = {"resourceType": {"const": "Bundle"}, "entry": _or_null(listed)}
    return {"type": "object", "properties": properties, "required": ["resourceType"]}


def _prefetch(asked: tuple[Query, ...]) -> Schema:
    return {"type": "object", "properties": {query.key: _prefetched(query) for query in asked}}


def _prefetched(query: Query) -> Schema:
    """What stands under one key: the resource itself, a searchset of them, or null for none.

    Of a searchset, what can't be read is passed over and told, so nothing is asked of its entries.
    """
    bundle = {
        "type": "object",
        "properties": {"resourceType": {"const": "Bundle"}, "entry": _or_null({"type": "array"})},
        "required": ["resourceType"],
    }
    found = [_resource((query.resource,)), bundle, _resource(("OperationOutcome",)), _NULL]
    return {"anyOf": found, "description": query.template}


def _authorization() -> Schema:
    return {
        "type": "object",
        "properties": {
            "access_token": {"type": "string", "pattern": r"^[A-Za-z0-9\-._~+/]+=*$"},
            "token_type": {"enum": ["Bearer", "bearer"]},
            "expires_in": {"type": "integer", "description": "Seconds."},
            "scope": _WORD | {"description": "SMART scopes, of either grammar."},
            "subject": _WORD,
            "patient": _or_null(_WORD),
        },
        "required": ["access_token", "token_type", "expires_in", "scope", "subject"],
    }


def _feedback() -> Schema:
    coding = {
        "type": "object",
        "properties": {"system": _TEXT, "code": _TEXT, "display": _or_null(_TEXT)},
        "required": ["system", "code"],
    }
    commented = {"type": "object", "properties": {"userComment": _TEXT}, "required": ["userComment"]}
    reasoned = {"type": "object", "properties": {"reason": coding}, "required": ["reason"]}
    comment: Schema = {"properties": {"userComment": _or_null({"anyOf": [{"const": ""}, _TEXT]})}}
    without_code: Schema = {"not": {"required": ["code"]}}
    override = {
        "anyOf": [
            coding,
            without_code | commented | {"properties": {"userComment": _TEXT, "reason": _or_null(coding)}},
            {"allOf": [reasoned, comment, without_code]},
        ]
    }
    accepted = {"type": "object", "properties": {"id": _UUID}, "required": ["id"]}
    suggestions = {"type": "array", "items": {"anyOf": [accepted, _UUID]}, "maxItems": MOST_SUGGESTIONS}
    entry = {
        "type": "object",
        "properties": {
            "card": _UUID | {"description": "`uuid` of the card."},
            "outcome": {"enum": list(get_args(Outcome))},
            "outcomeTimestamp": {"type": "string", "format": "date-time", "description": "With a zone."},
            "acceptedSuggestions": _or_null(suggestions),
            "overrideReason": _or_null(override),
        },
        "required": ["card", "outcome", "outcomeTimestamp"],
        "if": {"properties": {"outcome": {"const": "accepted"}}, "required": ["outcome"]},
        "then": {
            "required": ["acceptedSuggestions"],
            "properties": {"acceptedSuggestions": {"type": "array", "minItems": 1}},
        },
    }
    listed = {"type": "array", "items": entry, "maxItems": MOST_ENTRIES}
    return {"type": "object", "properties": {"feedback": listed}, "required": ["feedback"]}


def _or_null(shape: Schema, told: str = "") -> Schema:
    """The shape, or null, which is read as absent."""
    return {"anyOf": [shape, _NULL]} | ({"description": told} if told else {})


def _example(row: ContextField) -> Any:
    if row.name == "patientId":
        return _EXAMPLE_PATIENT
    kind = row.types[0] if row.types else "MedicationRequest"
    resource: Mapping[str, Any] = {"resourceType": kind, "id": "x1"}
    return {
        "id": "x1",
        "reference": f"{kind}/x1",
        "references": [f"{kind}/x1"],
        "resources": {"resourceType": "Bundle", "type": "collection", "entry": [{"resource": resource}]},
        "array": [resource],
    }[row.kind]
