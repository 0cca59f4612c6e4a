"""`cuecard purge`: removes from the ledger what the settings keep no longer."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime

from cds_hooks.commands.ledgers import ledger_database
from cds_hooks.commands.output import say
from cds_hooks.ledger.purging import purge
from cds_hooks.settings import load_settings


def run(options: Namespace) -> None:
    """Purges once; run it daily.

    Raises:
        SettingsError: The settings can't be used.
        LedgerUnavailable: The ledger can't be written; nothing was removed.
    """
    settings = load_settings(options.config)
    with ledger_database(settings) as database:
        say(f"removed: {purge(database, settings.retention.periods(), datetime.now(UTC))}")
