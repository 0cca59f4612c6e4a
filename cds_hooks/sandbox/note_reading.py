"""Reads a note for the mock EHR's page: its text in, what it asserts out; nothing is kept or logged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from flask import Blueprint, Response, request

from cds_hooks.errors import BadRequest, CallError
from cds_hooks.json_body import read_json
from cds_hooks.sandbox.own_pages import json_answer, require_own_page

ReadNote = Callable[[str], Mapping[str, Any]]

MAX_BODY_BYTES: Final = 512 * 1024


class ReaderOff(CallError):  # noqa: N818 - named as its relatives in cds_hooks.errors
    """There is no note reader in this process."""

    status = 503
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
        require_own_page()
        if read_note is None:
            raise ReaderOff("the note reader is off: this process has no weights for it")
        return json_answer(read_note(_text_of(read_json(request, MAX_BODY_BYTES))))


def _text_of(body: Mapping[str, Any]) -> str:
    text = body.get("text")
    if not isinstance(text, str) or not text:
        raise BadRequest("text", "must be a string that is not empty", issue="required")
    return text
