"""The tables of the ledger. Times are ISO 8601 text in UTC with microseconds, so they sort as text.

No table holds a chart's words: what was read is kept as references, what was said as finding keys, what a
note asserts as offsets, codes and numbers under a key that only the note's text gives. The clinician's own
words are in a table of their own, so that access to them can be granted apart.

The tables are made and changed by `migrations`; a test compares the two.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
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

metadata = MetaData()

about = Table(
    "ledger",
    metadata,
    # Read by programs from before the migrations only, so that they refuse what they can't read.
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
    Column("timings", Text, nullable=False),  # JSON: milliseconds by stage
    Column("issuer", Text, nullable=False, server_default=""),  # of the caller's token; "" for anyone
    Column("tenant", Text, nullable=False, server_default=""),
)

cards = Table(
    "cards",
    metadata,
    Column("uuid", String(36), primary_key=True),
    Column("call_id", String(36), ForeignKey("calls.id"), nullable=False, index=True),
    Column("finding_group", String(64), nullable=False),
    Column("urgency", String(16), nullable=False),
    Column("finding_keys", Text, nullable=False),  # JSON
    Column("models", Text, nullable=False),  # JSON: name, version and digest of each
    Column("suggestions", Text, nullable=False),  # JSON: uuids
    Column("evidence", Text, nullable=False, server_default="[]"),  # JSON: references, no values
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
    Column("issuer", Text, nullable=False, server_default=""),
    Column("tenant", Text, nullable=False, server_default=""),
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

audit = Table(
    "audit",
    metadata,
    Column("n", BigInteger, primary_key=True, autoincrement=False),  # 1, 2, 3... without a gap
    Column("at", String(32), nullable=False, index=True),
    Column("event", Text, nullable=False),  # canonical JSON, see events
    Column("hash", String(64), nullable=False),  # of the previous hash, n and the event, see chain
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # 1: there is one row
    Column("n", BigInteger, nullable=False),  # of the newest event; 0 for none
    Column("hash", String(64), nullable=False),
)

seen_tokens = Table(
    "seen_tokens",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of issuer and jti
    Column("until", String(32), nullable=False, index=True),  # when the token is expired anyway
)

# Looked up by key alone. Few rows are there at a time, so that the purge reads them all: an index on
# `full_at` would cost every lease more than it saves.
rate_buckets = Table(
    "rate_buckets",
    metadata,
    Column("key", String(64), primary_key=True),  # SHA-256 of what is limited and of whom, see rates
    Column(
        "full_at", BigInteger, nullable=False
    ),  # nanoseconds since 1970; from then on the row says nothing
    Column("granted", Integer, nullable=False),  # tokens of the last lease
)
