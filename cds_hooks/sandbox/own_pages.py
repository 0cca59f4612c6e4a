"""What the mock EHR's server answers to its own pages, and to nobody else's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import orjson
from flask import Blueprint, Response, g, request

from cds_hooks.errors import CallError
from cds_hooks.protocol.response import operation_outcome


class ForeignPage(CallError):  # noqa: N818 - named as its relatives in cds_hooks.errors
    """The request comes from a page of another origin, which has no business here."""

    status = 403
    issue = "not-supported"


def require_own_page() -> None:
    """Raises ForeignPage when the request comes from a page of another origin."""
    origin = request.headers.get("Origin")
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    if site != "same-origin" or (origin is not None and urlsplit(origin).netloc != request.host):
        raise ForeignPage("this is for pages of this origin only")


def answer_errors(blueprint: Blueprint) -> None:
    """Answers the typed errors of a blueprint with OperationOutcomes."""

    @blueprint.errorhandler(CallError)
    def refuse(error: CallError) -> Response:
        response = json_answer(operation_outcome(error, g.get("correlation_id", "none")))
        response.status_code = error.status
        return response


def json_answer(tree: Mapping[str, Any]) -> Response:
    """An answer that nobody keeps."""
    response = Response(orjson.dumps(tree), mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
