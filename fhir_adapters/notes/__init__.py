"""Clinical notes: the bytes of an attachment -> text -> sections."""

from fhir_adapters.notes.attachment import (
    MAX_CHARACTERS,
    Attachment,
    UnreadableNoteError,
    attachment_urls,
    attachments,
    is_used,
    read_text,
)
from fhir_adapters.notes.sections import sections_of

__all__ = [
    "MAX_CHARACTERS",
    "Attachment",
    "UnreadableNoteError",
    "attachment_urls",
    "attachments",
    "is_used",
    "read_text",
    "sections_of",
]
