"""The tables of the ledger. Times are ISO 8601 text in UTC with microseconds, so they sort as text.

No table holds a chart's words: what was read is kept as references, what was said as finding keys, what a
note asserts as offsets, codes and numbers under a key that only the note's text gives. The clinician's own
words are in a table of their own, so that access to them can be granted apart.
"""

from __future__ import annotations

from sqlalchemy import (
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
)

SCHEMA_VERSION = 1

metadata = MetaData()

about = Table(
    "ledger",
    metadata,
    Column("schema_version", Integer, nullable=False),
    Column("checked_at", String(32), nullable=False),
)

calls = Table(
    "calls",
    metadata,
    Column("id", String(36), primary_key=True),  # the correlation id of the answer and the logs
    Column("at", String(32), nullable=False, index=True),
    Column("service", String(128), nullable=False),
    Column("hook", String(128), nullable=False),
    Column("hook_instance", String(36), nullable=False, index=True),
    Column("fhir_server", Text, nullable=False),
    Column("patient_id", String(64), nullable=False, index=True),
    Column("user_id", String(128), nullable=False),
    Column("outcome", String(64), nullable=False),
    Column("resources", Text, nullable=False),  # JSON: references that were read
    Column("models", Text, nullable=False),  # JSON: name, version and digest of each
    Column("timings", Text, nullable=False),  # JSON: milliseconds by stage
)

cards = Table(
    "cards",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("call_id", String(36), ForeignKey("calls.id"), nullable=False, index=True),
    Column("finding_group", String(64), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("finding_keys", Text, nullable=False),  # JSON
    Column("models", Text, nullable=False),  # JSON
    Column("suggestions", Text, nullable=False),  # JSON: uuids
)

feedback = Table(
    "feedback",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("card_uuid", String(36), ForeignKey("cards.uuid"), nullable=False),
    Column("digest", String(64), nullable=False),  # of the whole entry: a repeated one is stored once
    Column("outcome", String(16), nullable=False),
    Column("accepted_suggestions", Text, nullable=False),  # JSON: uuids
    Column("reason_system", Text, nullable=False),
    Column("reason_code", Text, nullable=False),
    Column("reason_display", Text, nullable=False),
    Column("at", String(32), nullable=False),  # by the client's clock, never later than `received`
    Column("received", String(32), nullable=False),
    # Copied from the card and its call: whether a card was declined is asked on every call.
    Column("fhir_server", Text, nullable=False),
    Column("patient_id", String(64), nullable=False),
    Column("user_id", String(128), nullable=False),
    Column("finding_group", String(64), nullable=False),
    Column("urgency", String(16), nullable=False),
    UniqueConstraint("card_uuid", "digest"),
    Index("feedback_by_patient", "patient_id", "user_id", "at"),
)

comments = Table(
    "feedback_comments",
    metadata,
    Column("feedback_id", String(36), ForeignKey("feedback.id"), primary_key=True),
    Column("text", Text, nullable=False),
)

readings = Table(
    "note_readings",
    metadata,
    Column("key", String(64), primary_key=True),  # HMAC-SHA-256 of the digest of the note's text
    Column("model", String(160), primary_key=True),
    Column("at", String(32), nullable=False, index=True),
    Column("content", LargeBinary, nullable=False),  # see reading_codec
)

reading_key = Table(
    "note_reading_key",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("secret", String(64), nullable=False),  # hexadecimal, random, of this database only
)
