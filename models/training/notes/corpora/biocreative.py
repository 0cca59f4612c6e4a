"""BioCreative's tables: one file of abstracts, and beside it one of their mentions."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from models.training.notes.corpora.document import CorpusError, Document, Entity


def read_biocreative(path: Path, *, entities: str) -> list[Document]:
    """Reads abstracts (id, title, abstract) and their mentions (id, mention, type, start, end, words).

    Title and abstract become one text with a space between them, which is how offsets count. Mentions of
    abstracts that the first file lacks are left out.

    Args:
        path: The abstracts, tab-separated without a heading.
        entities: Name of the file of mentions in the same folder.

    Raises:
        CorpusError: A line has the wrong number of columns, or a mention does not agree with its text.

    Source:
        Miranda A et al. BioCreative VII 2021 (DrugProt); Krallinger M et al. BioCreative VI 2017 (ChemProt).
    """
    texts = {}
    for where, (key, title, abstract) in _rows(path, 3):
        if key in texts:
            raise CorpusError(f"{where}: this document came before")
        texts[key] = f"{title} {abstract}"
    found: dict[str, set[Entity]] = {key: set() for key in texts}
    for where, (key, _, label, start, end, words) in _rows(path.with_name(entities), 6):
        if key not in texts:
            continue
        if not (start.isdecimal() and end.isdecimal()) or texts[key][int(start) : int(end)] != words:
            raise CorpusError(f"{where}: the words are not those at these offsets")
        found[key].add(Entity(int(start), int(end), label))
    return [Document(key=key, text=text, entities=tuple(sorted(found[key]))) for key, text in texts.items()]


def _rows(path: Path, columns: int) -> Iterator[tuple[str, list[str]]]:
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if line.strip():
                where, row = f"{path.name}, line {number}", line.rstrip("\r\n").split("\t")
                if len(row) != columns:
                    raise CorpusError(f"{where}: there are not {columns} columns")
                yield where, row
