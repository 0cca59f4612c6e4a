"""IOB and CoNLL files: a token and its tag a line, blank lines between sentences."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from pathlib import Path

from models.training.notes.corpora.document import CorpusError, Document, Entity

# A file names no documents, so neighbouring sentences are read together, this many to a document.
_SENTENCES = 32
_DOC_START = "-DOCSTART-"


def read_iob(path: Path, *, token: int = 0, tag: int = -1, sentence_end: str = "") -> list[Document]:
    """Reads one file, gzip or plain.

    The sentences of a file become documents of up to 32 neighbouring sentences (or of what stands between
    two -DOCSTART- lines), each a line of tokens joined by one space.

    Args:
        path: The file; columns are divided by tabs, or by spaces where a line has no tab.
        token: Column of the token.
        tag: Column of the tag: O, B-X, I-X (I-X after another type or after O begins an entity).
        sentence_end: A token that ends a sentence, for files without blank lines.

    Raises:
        CorpusError: A line has too few columns or no valid tag; names its number.
    """
    documents: list[Document] = []
    for rows in _documents(_sentences(path, token, tag, sentence_end)):
        documents.append(_document(f"{path.stem}-{len(documents)}", rows))
    return documents


_Row = tuple[str, str]


def _sentences(path: Path, token: int, tag: int, sentence_end: str) -> Iterator[list[_Row]]:
    opener = gzip.open if path.suffix == ".gz" else open
    rows: list[_Row] = []
    with opener(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            text = line.rstrip("\n\r")
            if not text.strip():
                if rows:
                    yield rows
                rows = []
                continue
            columns = text.split("\t") if "\t" in text else text.split()
            try:
                word, label = columns[token], columns[tag]
            except IndexError:
                raise CorpusError(f"{path.name}, line {number}: too few columns") from None
            if word != _DOC_START and label != "O" and label[:2] not in ("B-", "I-"):
                raise CorpusError(f"{path.name}, line {number}: the tag is not O, B-... or I-...")
            rows.append((word, label))
            if word == sentence_end:
                yield rows
                rows = []
    if rows:
        yield rows


def _documents(sentences: Iterable[list[_Row]]) -> Iterator[list[list[_Row]]]:
    gathered: list[list[_Row]] = []
    for sentence in sentences:
        if sentence[0][0] == _DOC_START:
            if gathered:
                yield gathered
            gathered = []
            continue
        gathered.append(sentence)
        if len(gathered) == _SENTENCES:
            yield gathered
            gathered = []
    if gathered:
        yield gathered


def _document(key: str, sentences: list[list[_Row]]) -> Document:
    text: list[str] = []
    entities: list[Entity] = []
    position = 0
    for rows in sentences:
        open_label, start, end = "", 0, 0
        for index, (word, tag) in enumerate(rows):
            begin = position
            position += len(word)
            text.append(word + (" " if index < len(rows) - 1 else "\n"))
            position += 1
            prefix, label = (tag[:1], tag[2:]) if tag != "O" else ("O", "")
            if open_label and (prefix != "I" or label != open_label):
                entities.append(Entity(start, end, open_label))
                open_label = ""
            if label and not open_label:
                open_label, start = label, begin
            end = begin + len(word)
        if open_label:
            entities.append(Entity(start, end, open_label))
    return Document(key=key, text="".join(text), entities=tuple(entities))
