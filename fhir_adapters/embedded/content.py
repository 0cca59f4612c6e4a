"""Reading what a client sends: JSON bodies and the resources in them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import orjson

from fhir_adapters.embedded.reply import Refusal, Resource
from fhir_adapters.embedded.search_parameters import REQUIRED_ELEMENTS, SERVED_TYPES

JSON_TYPES = frozenset({"application/fhir+json", "application/json", "application/json+fhir"})
FORM_TYPE = "application/x-www-form-urlencoded"
RESOURCE_ID = re.compile(r"[A-Za-z0-9.-]{1,64}\Z")


def header(headers: Mapping[str, str], name: str) -> str:
    """The value of a request header, whatever its case; "" when absent."""
    wanted = name.lower()
    return next((value for key, value in headers.items() if key.lower() == wanted), "")


def media_type(headers: Mapping[str, str]) -> str:
    """The Content-Type without its parameters, in lower case."""
    return header(headers, "Content-Type").partition(";")[0].strip().lower()


def parse_json(headers: Mapping[str, str], body: bytes) -> Resource:
    """The JSON object of a body.

    Raises:
        Refusal: 415 for another media type, 400 for what is not a JSON object.
    """
    if media_type(headers) not in JSON_TYPES:
        raise Refusal(415, "not-supported", "send application/fhir+json")
    try:
        content: Any = orjson.loads(body)
        orjson.dumps(content)  # deeper than what can be written again
    except (orjson.JSONDecodeError, orjson.JSONEncodeError):
        raise Refusal(400, "structure", "the body is not valid JSON, or nested too deeply") from None
    if not isinstance(content, dict):
        raise Refusal(400, "structure", "the body is not a JSON object")
    return content


def checked_type(resource_type: str) -> str:
    """A served resource type.

    Raises:
        Refusal: 404 when the type is not served.
    """
    if resource_type not in SERVED_TYPES:
        raise Refusal(404, "not-supported", "this server has no such resource type")
    return resource_type


def check_resource(content: Any, resource_type: str) -> Resource:
    """A resource of the type that the URL says, with its required elements.

    Raises:
        Refusal: 400 for another resource type, 422 when a required element is missing or malformed.
    """
    if not isinstance(content, dict) or content.get("resourceType") != resource_type:
        raise Refusal(400, "invalid", f"resourceType must be {resource_type}")
    for required in REQUIRED_ELEMENTS.get(resource_type, ()):
        if not any(content.get(name) for name in required.split("|")):
            raise Refusal(422, "required", f"{resource_type}.{required.replace('|', ' or ')} is required")
    for name in ("subject", "patient", "encounter", "code", "meta"):
        if name in content and not isinstance(content[name], dict):
            raise Refusal(422, "structure", f"{resource_type}.{name} must be an object")
    return content


def check_id(content: Resource, resource_id: str) -> Resource:
    """A resource whose id is the one in the URL.

    Raises:
        Refusal: 400 when the URL's id is malformed or the resource has no or another id.
    """
    if not RESOURCE_ID.match(resource_id):
        raise Refusal(400, "value", "the id must be 1 to 64 letters, digits, '-' or '.'")
    if content.get("id") != resource_id:
        raise Refusal(400, "invalid", "the id of the resource and of the URL differ")
    return content
