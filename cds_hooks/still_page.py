"""The answer that holds a page which loads nothing and runs nothing."""

from __future__ import annotations

from flask import Response


def still_page(html: str) -> Response:
    """The page, under a policy by which the browser itself refuses scripts, frames and other addresses."""
    page = Response(html, mimetype="text/html")
    page.headers["Content-Security-Policy"] = (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'; "
        "form-action 'none'"
    )
    page.headers["Referrer-Policy"] = "no-referrer"
    return page
