"""Notes without marks: whatever can hand over notes of the record becomes a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from fhir_adapters.record import Note
from models.training.notes.corpora.document import Document

# Reads the notes of a file or folder; raises CorpusError when it can't.
NoteSource = Callable[[Path], Iterable[Note]]
Reader = Callable[..., list[Document]]


def reader_of_notes(source: NoteSource) -> Reader:
    """A corpus reader made of something that gets notes out of charts, which this package knows nothing of.

    A text that comes twice is read once; a reference that has several texts is numbered.
    """

    def read(path: Path) -> list[Document]:
        texts: dict[str, str] = {}
        for note in source(path):
            texts.setdefault(note.text.strip(), note.source)
        times: dict[str, int] = {}
        documents = []
        for text, reference in texts.items():
            if text:
                times[reference] = times.get(reference, 0) + 1
                key = reference if times[reference] == 1 else f"{reference}-{times[reference]}"
                documents.append(Document(key=key, text=text))
        return documents

    return read
