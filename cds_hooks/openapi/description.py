"""The OpenAPI document of a running service, made from its own parts: there is no second text to keep true.

Source: OpenAPI 3.1.1. The document holds what discovery tells and what the code accepts: no patient data, no
address of a FHIR server, no client.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib.metadata import version
from typing import Any

from cds_hooks.errors import (
    BadRequest,
    BodyTooLarge,
    CallError,
    DataUnavailable,
    Draining,
    Forbidden,
    HttpError,
    InternalError,
    LedgerUnavailable,
    ModelsFailed,
    OutOfTime,
    Overloaded,
    TooManyRequests,
    Unauthorized,
    UnknownCard,
    UnsupportedBody,
)
from cds_hooks.json_body import MEDIA_TYPES
from cds_hooks.openapi.answers import Schema, answer_schemas, named
from cds_hooks.openapi.requests import call_example, call_name, request_schemas
from cds_hooks.platform import Platform
from cds_hooks.services.registry import BoundService

DOCUMENT = "/openapi.json"
PAGE = "/docs"

Errors = tuple[type[CallError], ...]
_ANYWHERE: Errors = (InternalError, Overloaded)
_READS_A_BODY: Errors = (BadRequest, BodyTooLarge, UnsupportedBody)
_A_CALL: Errors = (*_READS_A_BODY, DataUnavailable, ModelsFailed, OutOfTime)
_ABOUT = (
    "CDS Hooks 2.0.1: discovery, calls and feedback. Every answer has `X-Correlation-ID`; every error is an "
    "OperationOutcome that repeats nothing of the request."
)


def describe(platform: Platform) -> dict[str, Any]:
    """The document of a service as its settings make it.

    Returns:
        JSON as of OpenAPI 3.1, with one path for each service and the schemas of what it reads and answers.
    """
    services = tuple(platform.services)
    public = platform.settings.callers.public_url
    allow_loopback = platform.settings.fhir.allow_loopback
    document: dict[str, Any] = {
        "openapi": "3.1.1",
        "info": {"title": "Cuecard", "version": version("cuecard"), "description": _ABOUT},
        "servers": [{"url": public or "/"}],
        "paths": _Description(platform).paths(services),
        "components": {
            "schemas": answer_schemas() | request_schemas(services, allow_loopback=allow_loopback),
            "examples": {call_name(service): {"value": call_example(service)} for service in services},
            "headers": _headers(),
        },
    }
    if not platform.gate.is_open:
        document["components"]["securitySchemes"] = {"client": _scheme()}
    return document


class _Description:
    """What is answered where, with the errors that the settings make possible."""

    def __init__(self, platform: Platform) -> None:
        self._is_open = platform.gate.is_open
        self._is_limited = platform.rates is not None

    def paths(self, services: tuple[BoundService, ...]) -> dict[str, Any]:
        """Every path, services in the order of discovery."""
        by_id: dict[str, list[BoundService]] = {}
        for service in services:
            by_id.setdefault(service.declared.id, []).append(service)
        paths = {"/cds-services": {"get": self._get("discovery", "What is offered, and for which hooks")}}
        for identity, bound in by_id.items():
            paths[f"/cds-services/{identity}"] = {"post": self._call(identity, bound)}
            paths[f"/cds-services/{identity}/feedback"] = {"post": self._feedback(identity)}
        return paths | {
            "/health/live": {"get": self._health("live", "Whether the process lives", ())},
            "/health/ready": {
                "get": self._health("ready", "Whether calls are taken", (Draining, LedgerUnavailable))
            },
            DOCUMENT: {"get": self._get("openapi", "This description", {"type": "object"})},
            PAGE: {"get": self._get("docs", "This description, to read", {"type": "string"}, "text/html")},
        }

    def _call(self, identity: str, bound: list[BoundService]) -> dict[str, Any]:
        hooks = {service.declared.hook: call_name(service) for service in bound}
        schemas = [named(name) for name in hooks.values()]
        examples = {hook: {"$ref": f"#/components/examples/{name}"} for hook, name in hooks.items()}
        first = bound[0].declared
        return {
            "operationId": f"call-{identity}",
            "summary": f"{first.title}, for {' and '.join(hooks)}",
            "description": " ".join(filter(None, (first.description, first.usage_requirements))),
            "requestBody": _body(schemas[0] if len(schemas) == 1 else {"oneOf": schemas}, examples),
            "responses": {
                "200": _answer("Cards; none when there is nothing to say.", named("Cards"), "Server-Timing")
            }
            | self._guarded(() if self._is_open else (Forbidden,), _A_CALL),
        } | self._security()

    def _feedback(self, identity: str) -> dict[str, Any]:
        return {
            "operationId": f"feedback-{identity}",
            "summary": f"What the clinician did with cards of {identity}",
            "requestBody": _body(named("Feedback")),
            "responses": {"200": {"description": "Kept; no content.", "headers": _sent("X-Correlation-ID")}}
            | self._guarded(_READS_A_BODY, (UnknownCard,)),
        } | self._security()

    def _get(
        self, identity: str, summary: str, schema: Schema | None = None, media: str = "application/json"
    ) -> dict[str, Any]:
        answer = _answer(f"{summary}.", schema or named("Discovery"), media=media)
        return {
            "operationId": identity,
            "summary": summary,
            "responses": {"200": answer} | self._guarded(),
        } | self._security()

    def _health(self, identity: str, summary: str, errors: Errors) -> dict[str, Any]:
        answer = _answer(f"{summary}.", named(identity.capitalize()))
        responses = {"200": answer} | _errors((*errors, *_ANYWHERE))
        return {"operationId": identity, "summary": summary, "responses": responses, "security": []}

    def _guarded(self, *more: Errors) -> dict[str, Any]:
        known: Errors = () if self._is_open else (Unauthorized,)
        limited: Errors = (TooManyRequests,) if self._is_limited else ()
        own = (error for group in more for error in group)
        return _errors((*known, *own, *limited, LedgerUnavailable, *_ANYWHERE))

    def _security(self) -> dict[str, Any]:
        return {"security": [] if self._is_open else [{"client": []}]}


def _scheme() -> dict[str, Any]:
    return {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "Signed by the client, as of CDS Hooks 2.0.1, one for each request; `aud` is the "
        "address that is called.",
    }


def _body(schema: Schema, examples: dict[str, Any] | None = None) -> dict[str, Any]:
    content = {"schema": schema, "examples": examples} if examples else {"schema": schema}
    return {"required": True, "content": dict.fromkeys(MEDIA_TYPES, content)}


def _answer(told: str, schema: Schema, *headers: str, media: str = "application/json") -> dict[str, Any]:
    sent = _sent("X-Correlation-ID", *headers)
    return {"description": told, "headers": sent, "content": {media: {"schema": schema}}}


def _sent(*names: str) -> dict[str, Any]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in names}


def _errors(kinds: Iterable[type[CallError]]) -> dict[str, Any]:
    """The answers of typed errors by status, each told by the first line of its class."""
    by_status: dict[int, list[type[CallError]]] = {}
    for kind in sorted(dict.fromkeys(kinds), key=lambda each: each.status):
        by_status.setdefault(kind.status, []).append(kind)
    answers = {str(status): _outcome(kinds) for status, kinds in by_status.items()}
    return answers | {"default": _outcome([HttpError])}


def _outcome(kinds: list[type[CallError]]) -> dict[str, Any]:
    told = " ".join((kind.__doc__ or "").partition("\n")[0] for kind in kinds)
    names = ["Retry-After"] if any(_may_retry(kind) for kind in kinds) else []
    names += ["WWW-Authenticate"] if Unauthorized in kinds else []
    return _answer(told, named("OperationOutcome"), *names)


def _may_retry(kind: type[CallError]) -> bool:
    return bool(kind.retry_after_s) or kind is TooManyRequests


def _headers() -> dict[str, Any]:
    def header(told: str, *, always: bool, **schema: Any) -> dict[str, Any]:
        return {"description": told, "required": always, "schema": {"type": "string"} | schema}

    return {
        "X-Correlation-ID": header("Finds the request in log and ledger.", always=True, format="uuid"),
        "Server-Timing": header("Milliseconds of each stage.", always=False),
        "Retry-After": header("Seconds.", always=False, pattern="^[0-9]+$"),
        "WWW-Authenticate": header("Bearer.", always=False),
    }
