"""What was measured, on what, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from hashlib import sha256

from models.training.notes.corpora.document import Document


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """The subject of an evaluation.

    Attributes:
        model: Name of the model, or of the part of the reader that was measured.
        version, digest: Of the weights; "" for a part that has none.
        head: The head that was measured; "" for assertions.
        data: Name of the file or folder.
        data_digest: SHA-256 of keys, texts and entities, hexadecimal.
        left_out: Entities of the corpus that the head has no type for, or that overlap a longer one.
        caution: Why the scores may be better than on data that the model never saw; "" when nothing says so.
        facts: Further rows for the reader of a report, e.g. from the model card.
    """

    model: str
    version: str = ""
    digest: str = ""
    head: str = ""
    data: str
    format: str
    data_digest: str
    documents: int
    characters: int
    left_out: int = 0
    measured: date
    caution: str = ""
    facts: tuple[tuple[str, str], ...] = ()


def digest_of_documents(documents: Sequence[Document]) -> str:
    """One SHA-256 of what was read, hexadecimal: equal for equal texts and marks in the same order."""
    running = sha256()
    for document in documents:
        for part in (document.key, document.text):
            running.update(f"{len(part)}:{part}".encode("utf-8", "surrogatepass"))
        for entity in document.entities:
            running.update(f"{entity.start},{entity.end},{entity.label},{entity.assertion}".encode())
    return running.hexdigest()
