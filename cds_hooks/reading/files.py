"""A note from a file: plain text, and an error in words for everything else."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, Final

from fhir_adapters.notes import sections_of
from fhir_adapters.notes.formats import plain_text
from fhir_adapters.record import Note

_MOST_BYTES: Final = 4 * 1024 * 1024
_OTHER_FORMATS: Final = {
    b"%PDF-": "a PDF",
    b"PK\x03\x04": "an archive or an office document",
    b"{\\rtf": "RTF",
    b"\x1f\x8b": "compressed",
}


class NoteFileError(ValueError):
    """A file can't be read as a note; the text says why and holds none of it."""


def note_of(file: BinaryIO, name: str) -> Note:
    """The note that a file of plain text is, with line ends as "\\n" and cut into sections.

    Args:
        file: UTF-8, or Latin-1 where it is not UTF-8.
        name: Of the file, for the errors.

    Raises:
        NoteFileError: It is empty, larger than 4 MB, or no text.
    """
    data = file.read(_MOST_BYTES + 1)
    if len(data) > _MOST_BYTES:
        raise NoteFileError(f"{name}: is larger than {_MOST_BYTES // 1024**2} MB")
    format_ = next((words for mark, words in _OTHER_FORMATS.items() if data.startswith(mark)), "")
    if format_:
        raise NoteFileError(f"{name}: is {format_}, not plain text")
    if b"\0" in data:
        raise NoteFileError(f"{name}: is binary, not plain text")
    text = plain_text.read(data, "")
    if not text.strip():
        raise NoteFileError(f"{name}: is empty")
    return Note(source=name, text=text, at=None, sections=sections_of(text))


def note_of_path(path: Path) -> Note:
    """As `note_of`. Raises OSError when the file can't be opened."""
    with path.open("rb") as file:
        return note_of(file, path.name)
