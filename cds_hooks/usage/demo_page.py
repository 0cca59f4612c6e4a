"""The page of the demonstration that shows what became of its cards."""

from __future__ import annotations

from flask import Flask, Response

from cds_hooks.ledger import Database
from cds_hooks.still_page import still_page
from cds_hooks.usage.counts import usage_of
from cds_hooks.usage.output import html_page

ADDRESS = "/usage"


def add_usage_page(app: Flask, database: Database) -> None:
    """Serves the page, made anew each time; it loads nothing and runs nothing."""

    @app.get(ADDRESS)
    def usage() -> Response:
        return still_page(html_page(usage_of(database)))
