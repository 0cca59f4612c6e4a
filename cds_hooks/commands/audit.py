"""`cuecard audit`: whether the audit is whole, and the audit as FHIR."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import BinaryIO

from cds_hooks.commands.ledgers import ledger_database
from cds_hooks.commands.output import say
from cds_hooks.ledger import Database
from cds_hooks.ledger.audit_events import Selection, exported
from cds_hooks.ledger.verification import Head, verify
from cds_hooks.settings import load_settings


def run(options: Namespace) -> int:
    """Verifies or exports.

    Raises:
        SettingsError: The settings can't be used.
        LedgerUnavailable: The ledger can't be read.
        AuditExportError: An event makes no valid AuditEvent.
    """
    with ledger_database(load_settings(options.config)) as database:
        return _verify(database, options) if options.what == "verify" else _export(database, options)


def _verify(database: Database, options: Namespace) -> int:
    verdict = verify(database, Head(*options.head) if options.head else None)
    say(f"events {verdict.first} to {verdict.last}\nhead {verdict.head}")
    for fault in verdict.faults:
        say(f"FAULT {fault}")
    say("the chain is whole" if verdict.intact else "the chain is NOT whole")
    return 0 if verdict.intact else 1


def _export(database: Database, options: Namespace) -> int:
    until = options.until + timedelta(days=1) if options.until else None
    selection = Selection(since=_start(options.since), before=_start(until), patient=options.patient)
    with _output(options) as out:
        for line in exported(database, selection):
            out.write(line + b"\n")
    return 0


def _start(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), UTC) if day else None


@contextmanager
def _output(options: Namespace) -> Iterator[BinaryIO]:
    if not options.out:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    # It says who opened whose chart: only who runs the command may read it.
    handle = os.open(options.out, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        yield file
