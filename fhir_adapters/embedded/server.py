"""A small FHIR R4 server in memory, without sockets: a request goes in, a reply comes out."""

from __future__ import annotations

import base64
import binascii
import uuid
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import orjson

from fhir_adapters.bundles import resources_of
from fhir_adapters.embedded.capability import capability_statement
from fhir_adapters.embedded.content import (
    FORM_TYPE,
    check_id,
    check_resource,
    checked_type,
    header,
    media_type,
    parse_json,
)
from fhir_adapters.embedded.reply import FHIR_JSON, Refusal, Reply, Resource, json_reply
from fhir_adapters.embedded.search import parse_search, run_search, searchset
from fhir_adapters.embedded.search_parameters import SERVED_TYPES
from fhir_adapters.embedded.store import Store, Stored
from fhir_adapters.embedded.transactions import process_bundle

MAX_BODY_BYTES = 64 * 1024 * 1024


class EmbeddedServer:
    """FHIR R4 over `handle`; safe to call from several threads.

    Args:
        base_url: The FHIR base as clients see it, without a slash at the end.
        clock: The time of a write; replaced in tests.
    """

    def __init__(self, base_url: str, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self.base_url = base_url.rstrip("/")
        self.store = Store()
        self._clock = clock
        self._started = clock()

    def handle(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Answers one HTTP request; every refusal is an OperationOutcome.

        Args:
            method: "GET", "POST"...
            path: Below the base, with or without a slash in front: "/Patient/7", "metadata", "".
            query: As in the URL, without the question mark.
            body: As sent; b"" when there is none.
            headers: By name, in any case.
        """
        try:
            if len(body) > MAX_BODY_BYTES:
                raise Refusal(413, "too-long", "the body is too large")
            _check_accept(headers, path)
            if method.upper() != "HEAD":
                return self._dispatch(method.upper(), path, query, body, headers)
            reply = self._dispatch("GET", path, query, body, headers)
            return Reply(reply.status, reply.headers)
        except Refusal as refusal:
            return refusal.reply()

    def load_bundle(self, bundle: Resource) -> int:
        """Stores every resource of a Bundle under its own id, replacing what was there.

        Returns:
            How many resources were stored.

        Raises:
            ValueError: A resource has no id or a type that the server does not serve.
        """
        resources = resources_of(bundle)
        for resource in resources:
            resource_type = str(resource.get("resourceType"))
            if resource_type not in SERVED_TYPES or not isinstance(resource.get("id"), str):
                raise ValueError(f"can't load a {resource_type[:40]} (type, or no id)")
        with self.store.exclusively():
            for resource in resources:
                self.store.put(resource, self._clock())
        return len(resources)

    def _dispatch(self, method: str, path: str, query: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        match [segment for segment in path.split("/") if segment]:
            case []:
                _allow(method, "POST")
                return json_reply(200, process_bundle(self, parse_json(headers, body)))
            case ["metadata"]:
                _allow(method, "GET")
                return json_reply(200, capability_statement(self.base_url, self._started))
            case [resource_type]:
                _allow(method, "GET", "POST")
                if method == "GET":
                    return self._search(checked_type(resource_type), query, headers)
                return self._create(checked_type(resource_type), parse_json(headers, body), headers)
            case [resource_type, "_search"]:
                _allow(method, "POST")
                return self._search(checked_type(resource_type), _form_query(query, body, headers), headers)
            case [resource_type, resource_id]:
                _allow(method, "GET", "PUT", "DELETE")
                return self._instance(method, checked_type(resource_type), resource_id, body, headers)
            case _:
                raise Refusal(404, "not-supported", "no such interaction")

    def _instance(
        self, method: str, resource_type: str, resource_id: str, body: bytes, headers: Mapping[str, str]
    ) -> Reply:
        if method == "GET":
            return self._read(resource_type, resource_id, headers)
        if method == "DELETE":
            self.store.delete(resource_type, resource_id)  # what is not there is deleted already
            return Reply(204)
        content = check_id(check_resource(parse_json(headers, body), resource_type), resource_id)
        stored = self.update(content, header(headers, "If-Match"))
        return self._written(201 if stored.version == 1 else 200, stored)

    def _search(self, resource_type: str, query: str, headers: Mapping[str, str]) -> Reply:
        strict = "handling=strict" in header(headers, "Prefer").replace(" ", "").lower()
        search = parse_search(resource_type, query, strict=strict)
        return json_reply(200, searchset(search, run_search(self.store, search), self.base_url))

    def _read(self, resource_type: str, resource_id: str, headers: Mapping[str, str]) -> Reply:
        stored = self.current(resource_type, resource_id)
        if header(headers, "If-None-Match") == stored.etag:
            return Reply(304, (("ETag", stored.etag),))
        if resource_type == "Binary" and "json" not in header(headers, "Accept"):
            return _raw_binary(stored)
        return Reply(200, (("Content-Type", FHIR_JSON), *_version_headers(stored)), stored.body)

    def _create(self, resource_type: str, content: Resource, headers: Mapping[str, str]) -> Reply:
        check_resource(content, resource_type)
        stored, created = self.create(content, header(headers, "If-None-Exist"))
        return self._written(201 if created else 200, stored)

    def _written(self, status: int, stored: Stored) -> Reply:
        location = f"{self.base_url}/{stored.resource_type}/{stored.resource_id}"
        found = ("Content-Type", FHIR_JSON), ("Location", location), *_version_headers(stored)
        return Reply(status, found, stored.body)

    def current(self, resource_type: str, resource_id: str) -> Stored:
        """The current version.

        Raises:
            Refusal: 404 when there never was one, 410 when it was deleted.
        """
        stored = self.store.get(resource_type, resource_id)
        if stored is None:
            if self.store.was_deleted(resource_type, resource_id):
                raise Refusal(410, "deleted", f"this {resource_type} was deleted")
            raise Refusal(404, "not-found", f"no such {resource_type}")
        return stored

    def create(self, content: Resource, if_none_exist: str = "") -> tuple[Stored, bool]:
        """Stores a checked resource under a new id, unless the condition finds one already.

        Returns:
            The stored version, and whether it is new.

        Raises:
            Refusal: 412 when the condition finds several, 400 when it can't be read.
        """
        with self.store.exclusively():
            if if_none_exist:
                search = parse_search(content["resourceType"], if_none_exist, strict=True)
                found = run_search(self.store, search)
                if len(found) > 1:
                    raise Refusal(412, "multiple-matches", "the condition is not specific enough")
                if found:
                    return found[0], False
            return self.store.put({**content, "id": str(uuid.uuid4())}, self._clock()), True

    def update(self, content: Resource, if_match: str = "") -> Stored:
        """Stores the next version of a checked resource.

        Raises:
            Refusal: 412 when `if_match` is not the current version.
        """
        with self.store.exclusively():
            if if_match:
                stored = self.store.get(content["resourceType"], content["id"])
                if stored is None or stored.etag != if_match:
                    raise Refusal(412, "conflict", "the resource has another version by now")
            return self.store.put(content, self._clock())


def _allow(method: str, *methods: str) -> None:
    if method not in methods:
        allowed = ", ".join(("HEAD", *methods) if "GET" in methods else methods)
        raise Refusal(405, "not-supported", f"allowed here: {allowed}", (("Allow", allowed),))


def _check_accept(headers: Mapping[str, str], path: str) -> None:
    accepted = header(headers, "Accept").lower()
    anything = not accepted or "json" in accepted or "*" in accepted or accepted.startswith("text/html")
    if not anything and not path.strip("/").startswith("Binary/"):
        raise Refusal(406, "not-supported", "this server answers application/fhir+json only")


def _form_query(query: str, body: bytes, headers: Mapping[str, str]) -> str:
    if body and media_type(headers) != FORM_TYPE:
        raise Refusal(415, "not-supported", f"send {FORM_TYPE}")
    return "&".join(filter(None, (query, body.decode("latin-1"))))


def _version_headers(stored: Stored) -> tuple[tuple[str, str], ...]:
    modified = stored.updated.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    return ("ETag", stored.etag), ("Last-Modified", modified)


def _raw_binary(stored: Stored) -> Reply:
    resource = orjson.loads(stored.body)
    try:
        data = base64.b64decode(str(resource.get("data", "")), validate=True)
    except (binascii.Error, ValueError):
        raise Refusal(422, "structure", "Binary.data is not base64") from None
    return Reply(200, (("Content-Type", str(resource["contentType"])), *_version_headers(stored)), data)
