"""The page of the demonstration that shows what became of its cards."""

from __future__ import annotations

from flask import Flask, Response

from cds_hooks.ledger import Database
from cds_hooks.usage.counts import usage_of
from cds_hooks.usage.output import html_page

ADDRESS = "/usage"


def add_usage_page(app: Flask, database: Database) -> None:
    """Serves the page, made anew each time; it loads nothing and runs nothing."""

    @app.get(ADDRESS)
    def usage() -> Response:
        page = Response(html_page(usage_of(database)), mimetype="text/html")
        page.headers["Content-Security-Policy"] = (
            "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
        )
        page.headers["Referrer-Policy"] = "no-referrer"
        return page
