"""Finds the words of a sentence that name a test."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from models.notes.values.lexer import Token
from models.notes.values.names import CASED, FIRST_WORDS, KEYS, LETTERS, MOST_WORDS, PANELS, PRESSURE

_JOINERS = frozenset({"-", "/", "&", "(", ")", "'", "‐", "–"})
_VITAL = frozenset({PRESSURE, "temperature", "heart_rate", "resp_rate", "spo2", "sbp"})


class Named(NamedTuple):
    """Tokens [first, last) that name a test; `words` as written in the table of names."""

    key: str
    first: int
    last: int
    words: str = ""


def named_tests(text: str, tokens: Sequence[Token], *, vitals: bool = False) -> list[Named]:
    """The tests that a sentence names, in order, the longest name first.

    Args:
        text: The note.
        tokens: Of the sentence.
        vitals: The section is of vital signs, so that single letters are too.
    """
    found: list[Named] = []
    index = 0
    while index < len(tokens):
        name = _name_at(text, tokens, index)
        if name is None:
            index += 1
            continue
        found.append(name)
        index = name.last
    if vitals or any(name.key in _VITAL and name.words not in LETTERS for name in found):
        return found
    return [name for name in found if name.words not in LETTERS or _is_decimal(tokens, name.last)]


def _is_decimal(tokens: Sequence[Token], index: int) -> bool:
    return index < len(tokens) and tokens[index].kind == "number" and "." in tokens[index].words


def _name_at(text: str, tokens: Sequence[Token], index: int) -> Named | None:
    token = tokens[index]
    if token.kind != "word" and token.words not in {"24", "25"}:
        return None
    long = _longest(tokens, index) if token.words in FIRST_WORDS else None
    if long is not None and long.last - index > 1:
        return long
    written = text[token.start : token.end]
    if written in CASED and _number_follows(text, tokens, index):
        return Named(CASED[written], index, index + 1, written)
    return long


def _number_follows(text: str, tokens: Sequence[Token], index: int) -> bool:
    """True when a number stands right behind a short name, and the name is no part of "CA 19-9"."""
    at = index + 1
    while (
        at < len(tokens)
        and tokens[at].words in {":", ";", "=", "-", "of", "is", "was", "+", "2", "at", "|"}
        and at < index + 3
    ):
        if tokens[at].words == "2" and at + 1 < len(tokens) and tokens[at + 1].words != "+":
            break
        at += 1
    if at >= len(tokens) or tokens[at].kind != "number":
        return False
    behind = tokens[at + 1] if at + 1 < len(tokens) else None
    marker = tokens[at].words in {"19", "125", "15", "27.29", "72"} and tokens[index].words == "ca"
    return not marker and (behind is None or behind.words != "-" or text[behind.start - 1].isspace())


def _longest(tokens: Sequence[Token], index: int) -> Named | None:
    words: list[str] = []
    best: Named | None = None
    at = index
    while at < len(tokens) and len(words) < MOST_WORDS and at < index + 2 * MOST_WORDS:
        token = tokens[at]
        if token.words in _JOINERS:
            at += 1
            continue
        if token.kind not in {"word", "number"}:
            break
        words.append(token.words.removesuffix("'s"))
        at += 1
        name = " ".join(words)
        key = KEYS.get(name, name if name in PANELS else None)
        if key is not None:
            best = Named(key, index, at, name)
    return best
