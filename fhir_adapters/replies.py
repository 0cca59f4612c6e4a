"""What a FHIR server's reply holds: a resource, or a file."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

import orjson

from fhir_adapters.errors import FhirError, FhirProtocolError
from fhir_adapters.paging import Resource
from fhir_adapters.transport import Reply

FHIR_JSON = "application/fhir+json"
_JSON_TYPES = (FHIR_JSON, "application/json", "application/json+fhir", "text/json")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LinkResult:
    """What was found behind a link: a file, or a resource, or why it could not be had."""

    content_type: str = ""
    data: bytes = b""
    resource: Resource | None = None
    error: FhirError | None = None


def resource_in(reply: Reply) -> Resource:
    """The resource of a reply.

    Raises:
        FhirProtocolError: It holds none.
    """
    if reply.media_type and reply.media_type not in _JSON_TYPES:
        raise FhirProtocolError("the FHIR server did not answer with FHIR JSON")
    try:
        body = orjson.loads(reply.body)
    except orjson.JSONDecodeError:
        # From None: the exception holds the document.
        raise FhirProtocolError("the FHIR server's JSON is malformed or cut off") from None
    if not isinstance(body, dict):
        raise FhirProtocolError("the FHIR server's JSON is not a resource")
    return body


def file_in(reply: Reply) -> LinkResult:
    """The file of a reply: its own bytes, or those of a Binary.

    Raises:
        FhirProtocolError: It is JSON and no Binary, or its base64 is damaged.
    """
    if reply.media_type not in _JSON_TYPES:
        return LinkResult(content_type=reply.content_type, data=reply.body)
    resource = resource_in(reply)
    data, content_type = resource.get("data"), resource.get("contentType")
    if resource.get("resourceType") != "Binary" or not isinstance(data, str):
        raise FhirProtocolError("the FHIR server answered with another kind of resource")
    try:
        decoded = base64.b64decode(data, validate=True)
    except binascii.Error:
        raise FhirProtocolError("the attachment's base64 is damaged") from None
    return LinkResult(content_type=content_type if isinstance(content_type, str) else "", data=decoded)
