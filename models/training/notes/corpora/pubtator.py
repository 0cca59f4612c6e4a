"""PubTator: an abstract as PMID|t| and PMID|a| lines, then a tab-separated line for each mention."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from models.training.notes.corpora.document import CorpusError, Document, Entity

# The second column of a mention is a number, that of a relation a word.
_MENTION_COLUMNS = 5


def read_pubtator(path: Path) -> list[Document]:
    """Reads one file, gzip or plain, of MedMentions, BC5CDR, NCBI-disease and the like.

    Title and abstract become one text with a line break between them, which is how offsets count. A mention
    with several semantic types ("T116,T123") becomes an entity of each. Relations are not read.

    Raises:
        CorpusError: A line is of none of these kinds, lies outside its abstract or does not agree with the
            text there, or an id comes twice; names file and line.

    Source:
        Wei C-H et al. Nucleic Acids Res 2013;41:W518 (PubTator); Mohan S, Li D. AKBC 2019 (MedMentions).
    """
    documents: dict[str, Document] = {}
    for draft in _drafts(path):
        if draft.key in documents:
            raise CorpusError(f"{draft.where}: this document came before")
        documents[draft.key] = Document(
            key=draft.key, text=draft.text, entities=tuple(sorted(set(draft.entities)))
        )
    return list(documents.values())


@dataclass(slots=True)
class _Draft:
    key: str
    where: str
    text: str
    has_abstract: bool = False
    entities: list[Entity] = field(default_factory=list)


def _drafts(path: Path) -> Iterator[_Draft]:
    opener = gzip.open if path.suffix == ".gz" else open
    draft: _Draft | None = None
    with opener(path, "rt", encoding="utf-8") as lines:
        for where, line in _numbered(path.name, lines):
            key, kind, text = _text_line(line)
            if kind == "t":
                if draft:
                    yield draft
                draft = _Draft(key, where, text + "\n")
            elif draft is None:
                raise CorpusError(f"{where}: a document begins with its title, PMID|t|...")
            elif kind == "a":
                _add_abstract(draft, key, text, where)
            else:
                draft.entities += _entities(line, draft, where)
    if draft:
        yield draft


def _numbered(name: str, lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield f"{name}, line {number}", line.rstrip("\n")


def _text_line(line: str) -> tuple[str, str, str]:
    """Id, "t" or "a", and the text; ("", "", "") for another kind of line."""
    key, _, rest = line.partition("|")
    kind, bar, text = rest.partition("|")
    if bar and kind in ("t", "a") and "\t" not in key:
        return key, kind, text
    return "", "", ""


def _add_abstract(draft: _Draft, key: str, text: str, where: str) -> None:
    if key != draft.key or draft.has_abstract:
        raise CorpusError(f"{where}: the abstract belongs to no title before it")
    draft.text += text
    draft.has_abstract = True


def _entities(line: str, draft: _Draft, where: str) -> Iterator[Entity]:
    columns = line.split("\t")
    if columns[0] != draft.key or len(columns) < _MENTION_COLUMNS - 1:
        raise CorpusError(f"{where}: neither a title, an abstract, a mention nor a relation of this document")
    if not columns[1].isdecimal():
        return  # a relation: its second column names its kind
    if len(columns) < _MENTION_COLUMNS or not columns[2].isdecimal() or not columns[4]:
        raise CorpusError(f"{where}: a mention has start, end, words and type")
    start, end = int(columns[1]), int(columns[2])
    if not start < end <= len(draft.text):
        raise CorpusError(f"{where}: the mention lies outside its abstract")
    if draft.text[start:end].split() != columns[3].split():
        raise CorpusError(f"{where}: the words are not those at these offsets")
    for label in columns[4].split(","):
        yield Entity(start, end, label)
