"""The ledger as it was before the migrations."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _text(name: str, length: int | None = None, *, key: bool = False, index: bool = False) -> sa.Column[str]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, primary_key=key, index=index)


def upgrade() -> None:
    """Makes the tables."""
    about = op.create_table(
        "ledger", sa.Column("schema_version", sa.Integer(), nullable=False), _text("checked_at", 32)
    )
    op.bulk_insert(about, [{"schema_version": 1, "checked_at": datetime.now(UTC).isoformat()}])
    op.create_table(
        "calls",
        _text("id", 36, key=True),
        _text("at", 32, index=True),
        _text("service", 128),
        _text("hook", 128),
        _text("hook_instance", 36, index=True),
        _text("fhir_server"),
        _text("patient_id", 64, index=True),
        _text("user_id", 128),
        _text("outcome", 64),
        _text("resources"),
        _text("models"),
        _text("timings"),
    )
    op.create_table(
        "cards",
        _text("uuid", 36, key=True),
        sa.Column("call_id", sa.String(36), sa.ForeignKey("calls.id"), nullable=False, index=True),
        _text("finding_group", 64),
        _text("urgency", 16),
        _text("finding_keys"),
        _text("models"),
        _text("suggestions"),
    )
    op.create_table(
        "feedback",
        _text("id", 36, key=True),
        sa.Column("card_uuid", sa.String(36), sa.ForeignKey("cards.uuid"), nullable=False),
        _text("digest", 64),
        _text("outcome", 16),
        _text("accepted_suggestions"),
        _text("reason_system"),
        _text("reason_code"),
        _text("reason_display"),
        _text("at", 32),
        _text("received", 32),
        _text("fhir_server"),
        _text("patient_id", 64),
        _text("user_id", 128),
        _text("finding_group", 64),
        _text("urgency", 16),
        sa.UniqueConstraint("card_uuid", "digest"),
    )
    op.create_index("feedback_by_patient", "feedback", ["patient_id", "user_id", "at"])
    op.create_table(
        "feedback_comments",
        sa.Column("feedback_id", sa.String(36), sa.ForeignKey("feedback.id"), primary_key=True),
        _text("text"),
    )
    op.create_table(
        "note_readings",
        _text("key", 64, key=True),
        _text("model", 160, key=True),
        _text("at", 32, index=True),
        sa.Column("content", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "note_reading_key",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        _text("secret", 64),
    )
