"""i2b2 2010: NAME.txt with concepts in NAME.con and assertions in NAME.ast."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType

from models.training.notes.corpora.document import CorpusError, Document, Entity, GoldAssertion

_LINE = re.compile(
    r'c="(?P<words>.*)" (?P<line>\d{1,7}):(?P<token>\d{1,7}) (?P<last_line>\d{1,7}):(?P<last_token>\d{1,7})'
    r'\|\|t="(?P<label>[^"|]+)"(?:\|\|a="(?P<assertion>[^"|]+)")?\s*'
)
_TOKEN = re.compile(r"\S+")

# The task's "conditional" is a problem that the patient has at certain times (on exertion): present. What may
# come, with advice for that case, is its "hypothetical".
ASSERTIONS: Mapping[str, GoldAssertion] = MappingProxyType(
    {
        "present": GoldAssertion(presence="present", whose="patient"),
        "absent": GoldAssertion(presence="absent", whose="patient"),
        "possible": GoldAssertion(presence="possible", whose="patient"),
        "conditional": GoldAssertion(presence="present", whose="patient"),
        "hypothetical": GoldAssertion(presence="conditional", whose="patient"),
        "associated_with_someone_else": GoldAssertion(whose="family"),
    }
)

# First and last character of each token, by line.
_Tokens = list[list[tuple[int, int]]]


def read_i2b2(path: Path) -> list[Document]:
    """Reads a folder, with all files together or in subfolders (txt, concept, ast), in the order of names.

    Offsets in the files count lines from 1 and tokens between white space from 0; both ends are included.

    Raises:
        CorpusError: A text has neither .con nor .ast, two files have one name, or a line is malformed, lies
            outside its text or names other words than stand there; names file and line.

    Source:
        Uzuner O et al. J Am Med Inform Assoc 2011;18:552 (concepts, assertions).
    """
    texts, concepts, assertions = (_by_stem(path, ending) for ending in ("txt", "con", "ast"))
    texts = {stem: text for stem, text in texts.items() if stem.lower() != "readme"}
    return [_read(text, concepts.get(stem), assertions.get(stem)) for stem, text in sorted(texts.items())]


def _by_stem(folder: Path, ending: str) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for path in sorted(folder.rglob(f"*.{ending}")):
        if found.setdefault(path.stem, path) != path:
            raise CorpusError(f"{path.name}: there are two files of this name")
    return found


def _read(path: Path, concepts: Path | None, assertions: Path | None) -> Document:
    if concepts is None and assertions is None:
        raise CorpusError(f"{path.name}: there is neither {path.stem}.con nor {path.stem}.ast")
    text = path.read_text(encoding="utf-8")
    tokens = _tokens(text)
    # Read second, an assertion takes the place of the bare concept that it belongs to.
    entities: dict[Entity, Entity] = {}
    for marked in (concepts, assertions):
        if marked is not None:
            entities.update((entity, entity) for entity in _entities(marked, text, tokens))
    return Document(key=path.stem, text=text, entities=tuple(sorted(entities.values())))


def _tokens(text: str) -> _Tokens:
    tokens, start = [], 0
    for line in text.split("\n"):
        tokens.append([(start + found.start(), start + found.end()) for found in _TOKEN.finditer(line)])
        start += len(line) + 1
    return tokens


def _entities(path: Path, text: str, tokens: _Tokens) -> Iterator[Entity]:
    for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1):
        if not line.strip():
            continue
        where = f"{path.name}, line {number}"
        match = _LINE.fullmatch(line)
        if match is None:
            raise CorpusError(f"{where}: not a concept or an assertion")
        start, end = _offsets(match, tokens, where)
        if text[start:end].lower().split() != match["words"].lower().split():
            raise CorpusError(f"{where}: the words are not those at these offsets")
        yield Entity(start, end, match["label"], _assertion(match["assertion"], where))


def _offsets(match: re.Match[str], tokens: _Tokens, where: str) -> tuple[int, int]:
    line, token, last_line, last_token = map(int, match.group("line", "token", "last_line", "last_token"))
    try:
        start, end = tokens[line - 1][token][0], tokens[last_line - 1][last_token][1]
    except IndexError:
        start = end = 0
    if line < 1 or last_line < 1 or start >= end:
        raise CorpusError(f"{where}: the concept lies outside the text")
    return start, end


def _assertion(name: str | None, where: str) -> GoldAssertion | None:
    if name is None:
        return None
    try:
        return ASSERTIONS[name]
    except KeyError:
        raise CorpusError(f"{where}: not an assertion of the task") from None
