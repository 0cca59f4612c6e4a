"""Clinical notes: the bytes of an attachment -> text -> sections."""

from fhir_adapters.notes.attachment import (
    MAX_CHARACTERS,
    Attachment,
    UnreadableNoteError,
    attachment_urls,
    attachments,
    is_used,
    narrative_text,
    read_text,
    replaced_by,
)
from fhir_adapters.notes.sections import sections_of

__all__ = [
    "MAX_CHARACTERS",
    "Attachment",
    "UnreadableNoteError",
    "attachment_urls",
    "attachments",
    "is_used",
    "narrative_text",
    "read_text",
    "replaced_by",
    "sections_of",
]
