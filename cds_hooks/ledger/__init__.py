"""The ledger: what was asked, read, said and answered."""

from cds_hooks.ledger.database import Database
from cds_hooks.ledger.ledger import CallEntry, Ledger
from cds_hooks.ledger.migrating import LedgerVersionError
from cds_hooks.ledger.readings import ReadingStore, Retention

__all__ = ["CallEntry", "Database", "Ledger", "LedgerVersionError", "ReadingStore", "Retention"]
