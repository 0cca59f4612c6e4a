"""A sentence as the reading of values sees it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from models.notes.values.lexer import Token
from models.notes.values.named import Named


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence with its tokens and the tests that it names."""

    text: str
    end: int
    tokens: Sequence[Token]
    names: Sequence[Named]
