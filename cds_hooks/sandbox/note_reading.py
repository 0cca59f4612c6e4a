"""Reads a note for the mock EHR's page: its text in, what it asserts out; nothing is kept or logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, g, request

from cds_hooks.errors import BadRequest, CallError
from cds_hooks.json_body import read_json
from cds_hooks.protocol.response import operation_outcome

ReadNote = Callable[[str], Mapping[str, Any]]

MAX_BODY_BYTES: Final = 512 * 1024


class ReaderOff(CallError):  # noqa: N818 - named as its relatives in cds_hooks.errors
    """There is no note reader in this process."""

    status = 503
    issue = "not-supported"


class ForeignPage(CallError):  # noqa: N818 - the same
    """The request comes from a page of another origin, which has no business here."""

    status = 403
    issue = "not-supported"


def add_note_reading(blueprint: Blueprint, read_note: ReadNote | None) -> None:
    """Adds POST /ehr/read-note: `{"text": ...}` is answered with what the text asserts.

    The offsets in the answer count characters (code points) of exactly the text that was sent.

    Args:
        blueprint: The mock EHR.
        read_note: Gives the reading of a text, ready for JSON; None when the reader is off.
    """

    @blueprint.post("/ehr/read-note")
    def read_a_note() -> Response:
        _require_own_page()
        if read_note is None:
            raise ReaderOff("the note reader is off: this process has no weights for it")
        return _json(read_note(_text_of(read_json(request, MAX_BODY_BYTES))))

    @blueprint.errorhandler(CallError)
    def refuse(error: CallError) -> Response:
        response = _json(operation_outcome(error, g.get("correlation_id", "none")))
        response.status_code = error.status
        return response


def _require_own_page() -> None:
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin is not None and urlsplit(origin).netloc != request.host):
        raise ForeignPage("notes are read for pages of this origin only")


def _text_of(body: Mapping[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text:
        raise BadRequest("text", "must be a string that is not empty", issue="required")
    return text


def _json(tree: Mapping[str, Any]) -> Response:
    response = Response(orjson.dumps(tree), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
