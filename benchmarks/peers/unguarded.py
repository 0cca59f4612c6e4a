"""Cuecard without its guards: anyone may call, as often as they like, and no account is kept of it.

    python -m benchmarks.peers.unguarded SETTINGS.toml

Served as the command serves it, so that what it saves is what signed calls, audit and limits cost.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from cds_hooks.app import app_of
from cds_hooks.ledger import CallEntry, Database, Ledger
from cds_hooks.ledger.events import Event
from cds_hooks.platform import build_platform
from cds_hooks.protocol.request import HookCall
from cds_hooks.security.caller import ANYONE, Caller
from cds_hooks.server import run
from cds_hooks.settings import load_settings


class Unwritten(Ledger):
    """A ledger that forgets."""

    @contextmanager
    def account(
        self, service: str, call: HookCall, call_id: str, caller: Caller = ANYONE
    ) -> Iterator[CallEntry]:
        """An account that goes nowhere."""
        yield CallEntry(caller=caller)

    def record(self, event: Event) -> None:
        """Drops the event."""


def main() -> None:
    """Serves until it is told to stop."""
    settings = load_settings(Path(sys.argv[1]))
    built = build_platform(settings)
    platform = replace(
        built,
        ledger=Unwritten(Database(settings.ledger.url, connections=settings.service.threads)),
        rates=None,
        refusals=None,
    )
    platform.ledger.check()
    platform.ledger.close()  # a connection must not cross a fork
    service = settings.service
    run(app_of(platform), platform, bind=service.bind, workers=service.workers, threads=service.threads)


if __name__ == "__main__":
    main()
