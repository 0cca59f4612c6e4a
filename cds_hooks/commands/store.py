"""`cuecard store`: the ledger's tables, brought up to date or looked at; its feedback; copies of it."""

from __future__ import annotations

from argparse import Namespace
from datetime import UTC, datetime, time

import orjson

from cds_hooks.commands.ledgers import ledger_database
from cds_hooks.commands.output import say
from cds_hooks.ledger import Database
from cds_hooks.ledger.backup import back_up, restore
from cds_hooks.ledger.feedback_export import joined_feedback
from cds_hooks.ledger.migrating import HEAD
from cds_hooks.settings import Settings, load_settings


def run(options: Namespace) -> int:
    """Migrates, looks, exports or copies; returns 1 when the tables are not up to date.

    Raises:
        SettingsError: The settings can't be used.
        LedgerUnavailable, LedgerVersionError: The ledger can't.
        BackupError: No copy was made.
    """
    settings = load_settings(options.config)
    if options.what == "feedback":
        return _export(settings, options)
    if options.what in ("backup", "restore"):
        return _copy(settings, options)
    database = Database(settings.ledger.url, connections=1)
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


def _copy(settings: Settings, options: Namespace) -> int:
    copy = back_up if options.what == "backup" else restore
    verdict = copy(settings.ledger.url, options.file)
    say(f"events {verdict.first} to {verdict.last}\nhead {verdict.head}\nthe chain is whole")
    return 0


def _export(settings: Settings, options: Namespace) -> int:
    since = datetime.combine(options.since, time(), UTC) if options.since else None
    with ledger_database(settings) as database:
        for each in joined_feedback(database, since):
            say(orjson.dumps(each).decode())
    return 0
