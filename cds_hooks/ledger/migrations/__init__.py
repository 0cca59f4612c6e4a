"""The steps from one state of the ledger's tables to the next, run by Alembic."""
