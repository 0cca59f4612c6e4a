"""Runs the steps on the connection, and within the transaction, that `migrating` hands over."""

from __future__ import annotations

from alembic import context

from cds_hooks.ledger.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
