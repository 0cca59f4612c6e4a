"""Batch and transaction Bundles posted to the base of the embedded server."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import urlsplit

import orjson

from fhir_adapters.bundles import resources_of
from fhir_adapters.embedded.content import check_id, check_resource, checked_type
from fhir_adapters.embedded.reply import Refusal, Reply, Resource
from fhir_adapters.embedded.search import parse_search, run_search
from fhir_adapters.embedded.store import Store

_JSON = {"Content-Type": "application/fhir+json", "Accept": "application/fhir+json"}
# FHIR R4 3.1.0.11.2: the order in which a transaction takes effect.
_ORDER = ("DELETE", "POST", "PUT", "GET")


class Server(Protocol):
    """What carries out the entries."""

    base_url: str
    store: Store

    def handle(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Answers one request."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """One entry, checked: what to do, where, with what."""

    position: int
    method: str
    path: str
    query: str
    content: Resource | None
    if_match: str
    if_none_exist: str


def process_bundle(server: Server, bundle: Resource) -> Resource:
    """Carries out a batch or a transaction.

    Returns:
        The batch-response or transaction-response Bundle, entries in the order of the request.

    Raises:
        Refusal: 400 for another kind of Bundle; for a transaction, the first entry that can't be
            carried out, and then nothing is.
    """
    if bundle.get("resourceType") != "Bundle" or bundle.get("type") not in ("batch", "transaction"):
        raise Refusal(400, "invalid", "post a Bundle of type batch or transaction here")
    entries = bundle.get("entry", [])
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise Refusal(400, "structure", "Bundle.entry must be an array of objects")
    if bundle["type"] == "batch":
        return _response("batch", [_batch_entry(server, index, entry) for index, entry in enumerate(entries)])
    return _response("transaction", _transaction(server, bundle, entries))


def _response(kind: str, entries: list[Resource]) -> Resource:
    response: Resource = {"resourceType": "Bundle", "type": f"{kind}-response"}
    if entries:
        response["entry"] = entries
    return response


def _batch_entry(server: Server, position: int, entry: Resource) -> Resource:
    try:
        return _carry_out(server, _step(server.base_url, position, entry, entry.get("resource")))
    except Refusal as refusal:
        return {"response": {"status": str(refusal.status), "outcome": refusal.outcome()}}


def _transaction(server: Server, bundle: Resource, entries: list[Resource]) -> list[Resource]:
    with server.store.exclusively():
        named = [_named(server, position, entry) for position, entry in enumerate(entries)]
        contents = _resolved(bundle, named)
        steps = [_checked_step(server, *numbered, contents) for numbered in enumerate(named)]
        answers: dict[int, Resource] = {}
        for step in sorted(steps, key=lambda step: _ORDER.index(step.method)):
            answers[step.position] = _carry_out(server, step)
    return [answers[position] for position in range(len(entries))]


def _named(server: Server, position: int, entry: Resource) -> Resource:
    """A POST entry as a PUT of the id that it gets, or as a GET of what its condition finds."""
    resource, request = entry.get("resource"), entry.get("request")
    if not isinstance(request, dict) or request.get("method") != "POST" or not isinstance(resource, dict):
        return entry
    try:
        resource_type = checked_type(str(request.get("url")).removeprefix(server.base_url).strip("/"))
        check_resource(resource, resource_type)
        existing = _existing(server, resource_type, str(request.get("ifNoneExist", "")))
    except Refusal as refusal:
        raise _at(position, refusal) from None
    resource_id = existing or str(uuid.uuid4())
    request = {"method": "GET" if existing else "PUT", "url": f"{resource_type}/{resource_id}"}
    return {**entry, "resource": {**resource, "id": resource_id}, "request": request}


def _existing(server: Server, resource_type: str, condition: str) -> str:
    if not condition:
        return ""
    found = run_search(server.store, parse_search(resource_type, condition, strict=True))
    if len(found) > 1:
        raise Refusal(412, "multiple-matches", "the condition is not specific enough")
    return found[0].resource_id if found else ""


def _resolved(bundle: Resource, entries: list[Resource]) -> dict[int, Resource]:
    """The resources by position, with every reference to a fullUrl turned into `Type/id`."""
    positions = [
        position
        for position, entry in enumerate(entries)
        if isinstance(entry.get("resource"), dict) and entry["resource"].get("resourceType") != "Bundle"
    ]
    resources = resources_of({**bundle, "entry": [entries[position] for position in positions]})
    return dict(zip(positions, resources, strict=True))


def _checked_step(server: Server, position: int, entry: Resource, contents: dict[int, Resource]) -> _Step:
    try:
        step = _step(server.base_url, position, entry, contents.get(position))
        if step.method == "PUT" and step.if_match:
            stored = server.store.get(*step.path.split("/"))
            if stored is None or stored.etag != step.if_match:
                raise Refusal(412, "conflict", "the resource has another version by now")
    except Refusal as refusal:
        raise _at(position, refusal) from None
    return step


def _at(position: int, refusal: Refusal) -> Refusal:
    return Refusal(refusal.status, refusal.code, f"entry {position}: {refusal.diagnostics}")


def _step(base_url: str, position: int, entry: Resource, content: Any) -> _Step:
    request = entry.get("request")
    if not isinstance(request, dict) or not isinstance(request.get("url"), str):
        raise Refusal(400, "required", "request with method and url is required")
    method = request.get("method")
    if method not in _ORDER:
        raise Refusal(400, "not-supported", "request.method must be GET, POST, PUT or DELETE")
    url = urlsplit(request["url"].removeprefix(base_url))
    segments = [segment for segment in url.path.split("/") if segment]
    if method in ("POST", "PUT"):
        content = _checked(method, segments, content)
    return _Step(
        position=position,
        method=method,
        path="/".join(segments),
        query=url.query,
        content=content if method in ("POST", "PUT") else None,
        if_match=str(request.get("ifMatch", "")),
        if_none_exist=str(request.get("ifNoneExist", "")),
    )


def _checked(method: str, segments: list[str], content: Any) -> Resource:
    match segments:
        case [resource_type] if method == "POST":
            return check_resource(content, checked_type(resource_type))
        case [resource_type, resource_id] if method == "PUT":
            return check_id(check_resource(content, checked_type(resource_type)), resource_id)
        case _:
            raise Refusal(400, "invalid", f"request.url does not fit {method}")


def _carry_out(server: Server, step: _Step) -> Resource:
    headers = dict(_headers(step))
    body = b"" if step.content is None else orjson.dumps(step.content)
    return _answer(server.handle(step.method, step.path, step.query, body, headers))


def _headers(step: _Step) -> Iterator[tuple[str, str]]:
    yield from _JSON.items()
    if step.if_match:
        yield "If-Match", step.if_match
    if step.if_none_exist:
        yield "If-None-Exist", step.if_none_exist


def _answer(reply: Reply) -> Resource:
    response: Resource = {"status": str(reply.status)}
    for name, element in (("Location", "location"), ("ETag", "etag")):
        if reply.header(name):
            response[element] = reply.header(name)
    if reply.status >= 400:
        return {"response": {**response, "outcome": orjson.Fragment(reply.body)}}
    if not reply.body:
        return {"response": response}
    return {"resource": orjson.Fragment(reply.body), "response": response}
