"""Annotated documents to labelled word pieces, and back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from models.notes.tokens import Int, Tokens
from models.training.notes.corpora.document import Document, Entity

# Not counted in a loss.
IGNORED = -100
_FOLDS = 10


def fold_of(key: str) -> int:
    """The tenth of a corpus that a document belongs to, by a hash of its key."""
    return int.from_bytes(hashlib.sha256(key.encode()).digest()[:4], "big") % _FOLDS


def mapped(entities: Iterable[Entity], labels: Mapping[str, str]) -> tuple[Entity, ...]:
    """The entities of interest under the head's labels, without overlap: the longer one stays.

    Args:
        labels: Corpus label to head label; empty keeps every label as it is.
    """
    named = [
        Entity(e.start, e.end, labels[e.label] if labels else e.label)
        for e in entities
        if not labels or e.label in labels
    ]
    kept: list[Entity] = []
    for entity in sorted(set(named), key=lambda e: (e.start - e.end, e.start, e.label)):
        if all(entity.end <= other.start or other.end <= entity.start for other in kept):
            kept.append(entity)
    return tuple(sorted(kept))


def tag(tokens: Tokens, entities: Sequence[Entity], labels: Sequence[str]) -> Int:
    """Label ids of each piece, shape (n,): BIO on the first piece of each word, `IGNORED` on the others.

    Args:
        entities: Disjoint, in order.
        labels: Of the head, "O" first.
    """
    ids = {label: number for number, label in enumerate(labels)}
    tags = np.where(tokens.first, ids["O"], IGNORED)
    heads = np.flatnonzero(tokens.first)
    starts = tokens.starts[heads]
    for entity in entities:
        low, high = np.searchsorted(starts, (entity.start, entity.end))
        inside = heads[low:high]
        if len(inside):
            tags[inside] = ids[f"I-{entity.label}"]
            tags[inside[0]] = ids[f"B-{entity.label}"]
    return tags


def documents_in(documents: Iterable[Document], folds: Sequence[int]) -> list[Document]:
    """The documents of some folds."""
    return [document for document in documents if fold_of(document.key) in folds]
