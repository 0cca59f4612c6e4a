"""`cuecard store`: the tables of the ledger, brought up to date or looked at."""

from __future__ import annotations

from argparse import Namespace

from cds_hooks.commands.output import say
from cds_hooks.ledger import Database
from cds_hooks.ledger.migrating import HEAD
from cds_hooks.settings import load_settings


def run(options: Namespace) -> int:
    """Migrates or looks; returns 1 when the tables are not up to date.

    Raises:
        SettingsError: The settings can't be used.
        LedgerUnavailable, LedgerVersionError: The ledger can't.
    """
    database = Database(load_settings(options.config).ledger.url, connections=1)
    before = database.revision()
    if options.what == "migrate" and before != HEAD:
        database.check()
        database.close()
        say(f"{database.dialect}: from revision {before or 'none'} to {HEAD}")
        return 0
    if before == HEAD:
        say(f"{database.dialect}: revision {HEAD}, up to date")
        return 0
    say(f"{database.dialect}: revision {before or 'none'}; this program reads {HEAD}: cuecard store migrate")
    return 1
