"""Reads an untrusted JSON body: capped while it is read, UTF-8 only, no duplicate keys, bounded depth."""

from __future__ import annotations

import json
from typing import Any

import orjson
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.wrappers import Request
from werkzeug.wsgi import get_input_stream

from cds_hooks.errors import BadRequest, BodyTooLarge, UnsupportedBody

MEDIA_TYPES = ("application/json", "application/fhir+json")
MAX_DEPTH = 254  # what orjson can write; nothing in FHIR comes near it
_NOT_JSON = "the body is not valid JSON in UTF-8"
_CUT_OFF = "the body ended before its announced length"


def read_json(request: Request, max_bytes: int) -> dict[str, Any]:
    """Reads the body of a request as one JSON object.

    Args:
        request: The request, its body not yet read.
        max_bytes: Largest body that is read; a larger one is refused before or while reading it.

    Raises:
        UnsupportedBody: Another media type, character set or content encoding.
        BodyTooLarge: More than `max_bytes`.
        BadRequest: Truncated, not JSON, not UTF-8, NaN or Infinity, a duplicate key, nested too
            deeply, or no JSON object.
    """
    _check_headers(request)
    tree = parse_json(_read(request, max_bytes))
    if not isinstance(tree, dict):
        raise BadRequest("", "the body must be a JSON object", issue="structure")
    return tree


def parse_json(raw: bytes) -> Any:
    """Parses JSON and refuses what Python's parsers let through: duplicate keys and deep nesting.

    Writing the tree back costs a fifth of reading it and bounds the depth. A key that was given twice
    is written once, so when the two texts are equal, or hold equally many colons and none is written
    as an escape, no key was given twice. Only a body that fails both is read a second time, slowly.

    Raises:
        BadRequest: It is not JSON, has a duplicate key or is nested too deeply.
    """
    try:
        tree = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise BadRequest("", _too_deep() if "depth limit" in str(error) else _NOT_JSON) from None
    try:
        written = orjson.dumps(tree)
    except TypeError:
        raise BadRequest("", _too_deep()) from None
    if raw != written and (raw.count(b":") != written.count(b":") or b"\\u003" in raw):
        _refuse_duplicate_keys(raw)
    return tree


def _too_deep() -> str:
    return f"the body is nested too deeply (at most {MAX_DEPTH} levels)"


def _refuse_duplicate_keys(raw: bytes) -> None:
    json.loads(raw, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, Any]]) -> None:
    if len({key for key, _ in pairs}) != len(pairs):
        raise BadRequest("", "the body has the same key twice in one object", issue="structure")


def _check_headers(request: Request) -> None:
    charset = request.mimetype_params.get("charset", "utf-8").lower()
    if request.mimetype not in MEDIA_TYPES or charset not in ("utf-8", "utf8"):
        raise UnsupportedBody(f"Content-Type must be {' or '.join(MEDIA_TYPES)} in UTF-8")
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise UnsupportedBody("Content-Encoding must be identity: compressed bodies are not read")


def _read(request: Request, max_bytes: int) -> bytes:
    # One byte more than allowed, so that a chunked body of unknown length is refused and not cut off.
    try:
        raw = get_input_stream(request.environ, max_content_length=max_bytes + 1).read()
    except RequestEntityTooLarge:
        raise _too_large(max_bytes) from None
    except Exception:  # each WSGI server has its own errors for a broken transfer coding
        raise BadRequest("", _CUT_OFF) from None
    if len(raw) > max_bytes:
        raise _too_large(max_bytes)
    if request.content_length is not None and len(raw) != request.content_length:
        raise BadRequest("", _CUT_OFF)
    received = request.environ.get("cuecard.received")
    if received is not None:  # our server stops waiting for the client
        received()
    return raw


def _too_large(max_bytes: int) -> BodyTooLarge:
    return BodyTooLarge(f"the body must have at most {max_bytes} bytes")
