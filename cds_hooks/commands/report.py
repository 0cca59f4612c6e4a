"""`cuecard report`: what became of the cards, from the ledger."""

from __future__ import annotations

import sys
from argparse import Namespace

import orjson

from cds_hooks.commands.output import say, width
from cds_hooks.ledger import Database
from cds_hooks.settings import load_settings
from cds_hooks.usage.counts import usage_of
from cds_hooks.usage.output import as_json, html_page, print_usage


def run(options: Namespace) -> None:
    """Prints tables, or JSON; writes a page where that is asked for.

    Raises:
        SettingsError: The settings have faults.
        LedgerUnavailable, LedgerVersionError: The ledger can't be read.
    """
    database = Database(load_settings(options.config).ledger.url, connections=1)
    try:
        usage = usage_of(database)
    finally:
        database.close()
    if options.html:
        options.html.write_text(html_page(usage), encoding="utf-8")
    if options.json:
        say(orjson.dumps(as_json(usage), option=orjson.OPT_INDENT_2).decode())
    elif not options.html:
        print_usage(usage, sys.stdout, width())
