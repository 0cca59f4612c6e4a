"""Brat stand-off: NAME.txt beside NAME.ann (MACCROBAT and corpora of its kind)."""

from __future__ import annotations

from pathlib import Path

from models.training.notes.corpora.document import CorpusError, Document, Entity


def read_brat(path: Path) -> list[Document]:
    """Reads a folder of .txt files with their .ann files, in the order of their names.

    Text-bound annotations ("T1<TAB>Label 10 20<TAB>text") become entities; a discontinuous one
    ("10 14;18 20") runs from its first to its last character. Relations, events, attributes and notes are
    not read.

    Raises:
        CorpusError: A .txt has no .ann, or an annotation lies outside its text; names file and line.
    """
    return [_read(text) for text in sorted(path.glob("*.txt")) if text.stem.lower() != "readme"]


def _read(path: Path) -> Document:
    annotations = path.with_suffix(".ann")
    if not annotations.is_file():
        raise CorpusError(f"{path.name}: there is no {annotations.name}")
    text = path.read_text(encoding="utf-8")
    entities = []
    for number, line in enumerate(annotations.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("T"):
            entities.append(_entity(line, len(text), f"{annotations.name}, line {number}"))
    return Document(key=path.stem, text=text, entities=tuple(sorted(entities)))


def _entity(line: str, length: int, where: str) -> Entity:
    try:
        _, body, *_ = line.split("\t")
        label, _, offsets = body.partition(" ")
        numbers = [int(number) for part in offsets.split(";") for number in part.split()]
        start, end = min(numbers), max(numbers)
    except ValueError:
        raise CorpusError(f"{where}: not a text-bound annotation") from None
    if not 0 <= start < end <= length:
        raise CorpusError(f"{where}: the annotation lies outside the text")
    return Entity(start, end, label)
