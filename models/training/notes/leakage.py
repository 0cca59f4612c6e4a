"""Keeps held-out text out of training: the same abstract often sits in several corpora."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from models.training.notes.corpora.document import Document

# Two lines that share so many words in a row are one text; stock phrases of abstracts are shorter.
_WORDS = 12
_WORD = re.compile(r"[^\W_]+")


def without(documents: Iterable[Document], held_out: Iterable[Document]) -> list[Document]:
    """The documents without the lines that held-out documents also contain.

    Corpora cut and space the same abstract differently, so runs of twelve words are compared, in lower case
    and without punctuation. Shorter lines stay: most of them are headings, which all abstracts share.

    Returns:
        Documents with their entities moved to the new offsets; one that is left empty is dropped.
    """
    runs: set[tuple[str, ...]] = set()
    for document in held_out:
        runs.update(_runs(_words(document.text)))
    cleared = (_cleared(document, runs) for document in documents)
    return [document for document in cleared if document.text.strip()]


def _cleared(document: Document, runs: set[tuple[str, ...]]) -> Document:
    lines = document.text.splitlines(keepends=True)
    kept = [not any(run in runs for run in _runs(_words(line))) for line in lines]
    if all(kept):
        return document
    text, entities, position, removed = "", [], 0, 0
    for line, stays in zip(lines, kept, strict=True):
        end = position + len(line)
        if stays:
            text += line
            entities += [
                replace(entity, start=entity.start - removed, end=entity.end - removed)
                for entity in document.entities
                if position <= entity.start and entity.end <= end
            ]
        else:
            removed += len(line)
        position = end
    return Document(key=document.key, text=text, entities=tuple(entities))


def _runs(words: Sequence[str]) -> Iterable[tuple[str, ...]]:
    return (tuple(words[start : start + _WORDS]) for start in range(len(words) - _WORDS + 1))


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())
