"""The ledger that a command works on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from cds_hooks.errors import LedgerUnavailable
from cds_hooks.ledger import Database
from cds_hooks.settings import Settings


@contextmanager
def ledger_database(settings: Settings) -> Iterator[Database]:
    """The database of a ledger that is there and up to date; closed on leaving.

    Raises:
        LedgerUnavailable: It is not, or can't be read; an empty one in its place would look in order.
    """
    database = Database(settings.ledger.url, connections=1)
    if not database.up_to_date:
        raise LedgerUnavailable("there is no ledger of this program's tables; see `cuecard store check`")
    try:
        yield database
    finally:
        database.close()
