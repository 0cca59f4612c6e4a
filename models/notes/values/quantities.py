"""Numbers as notes write them: with a comparator, as a range, as a decade, as a fraction, with a unit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from models.notes.values.lexer import Token

_MOST_DIGITS = 12
_MARKS: Mapping[str, str] = {"<": "<", ">": ">", "≤": "<=", "≥": ">=", "<=": "<=", ">=": ">=", "=>": ">="}
_WORDS: Mapping[tuple[str, ...], str] = {
    ("less", "than"): "<",
    ("lower", "than"): "<",
    ("fewer", "than"): "<",
    ("greater", "than"): ">",
    ("more", "than"): ">",
    ("higher", "than"): ">",
    ("in", "excess", "of"): ">",
    ("at", "least"): ">=",
    ("above",): ">",
    ("below",): "<",
    ("under",): "<",
    ("over",): ">",
    ("exceeding",): ">",
    ("<", "or", "="): "<=",
    (">", "or", "="): ">=",
}
# What a quantity may begin with, besides a digit.
_STARTERS = frozenset({*_MARKS, *(words[0] for words in _WORDS), "-", "−", "~", "≈", "±"})
_PARTS: Mapping[str, Decimal] = {
    "1/2": Decimal("0.5"),
    "½": Decimal("0.5"),
    "1/4": Decimal("0.25"),
    "¼": Decimal("0.25"),
    "3/4": Decimal("0.75"),
    "¾": Decimal("0.75"),
}
_DASHES = frozenset({"-", "–", "—", "to", "−"})
_ABOUT = frozenset({"~", "≈", "±"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantity:
    """One number of a sentence.

    Attributes:
        value: The number; of a range ("35-40%") and of a decade ("120s") the lower bound, a number that
            the note itself gives. A middle would be a measurement that nobody made.
        upper: Upper bound of a range, else None.
        over: What stands behind a slash or "over" ("142/88"), else None.
        over_start: Where that begins.
        comparator: "<", "<=", ">", ">=" or "".
        start, end: Of the number, without its unit and its comparator.
        first_end: Where the number before the slash ends.
        next: Index of the token behind it.
    """

    value: Decimal
    upper: Decimal | None = None
    over: Decimal | None = None
    over_start: int = 0
    comparator: str = ""
    start: int
    end: int
    first_end: int
    next: int


def quantity_at(tokens: Sequence[Token], index: int) -> Quantity | None:
    """The quantity that begins at a token; None when none does."""
    if index >= len(tokens) or (tokens[index].kind != "number" and tokens[index].words not in _STARTERS):
        return None
    comparator, at = _comparator(tokens, index)
    while _words(tokens, at) in _ABOUT:
        at += 1
    found = _bound(tokens, at)
    if found is None:
        return None
    start = tokens[at].start
    value, at = found
    first_end = tokens[at - 1].end
    upper, at = _upper(tokens, at, value)
    over, over_start, at = _over(tokens, at)
    return Quantity(
        value=value,
        upper=upper,
        over=over,
        over_start=over_start,
        comparator=comparator,
        start=start,
        end=tokens[at - 1].end,
        first_end=first_end,
        next=at,
    )


def _words(tokens: Sequence[Token], index: int) -> str:
    return tokens[index].words if 0 <= index < len(tokens) else ""


def _comparator(tokens: Sequence[Token], index: int) -> tuple[str, int]:
    words = _words(tokens, index)
    if tokens[index].kind == "number":
        return "", index
    if words in _MARKS and _words(tokens, index + 1) == "=":
        return _MARKS[words].rstrip("=") + "=", index + 2
    if words in _MARKS and _words(tokens, index + 1) != "or":
        return _MARKS[words], index + 1
    for length in (3, 2, 1):
        said = tuple(_words(tokens, index + step) for step in range(length))
        if said in _WORDS:
            after = index + length + (said == ("at", "least") and _words(tokens, index + length) == "of")
            return _WORDS[said], after
    return "", index


def number(token: Token) -> Decimal | None:
    """The value of a number token; None when it is another kind or absurdly long."""
    if token.kind != "number" or len(token.words) > _MOST_DIGITS:
        return None
    whole, part = _split(token.words.rstrip("s'’"))
    return Decimal(whole.replace(",", "")) + part


def _split(words: str) -> tuple[str, Decimal]:
    for mark, part in _PARTS.items():
        if words.endswith(mark) and words != mark:
            return words.removesuffix(mark).rstrip("- "), part
    return words, Decimal(0)


def _bound(tokens: Sequence[Token], index: int) -> tuple[Decimal, int] | None:
    """One number, with the "s" of a decade."""
    if index >= len(tokens):
        return None
    negative = tokens[index].words in {"-", "−"} and _glued(tokens, index)
    at = index + negative
    value = number(tokens[at]) if at < len(tokens) else None
    if value is None:
        return None
    if tokens[at].words.endswith("s") and value % 10:
        return None
    return (-value if negative else value), at + 1


def _glued(tokens: Sequence[Token], index: int) -> bool:
    return index + 1 < len(tokens) and tokens[index].end == tokens[index + 1].start


def _upper(tokens: Sequence[Token], index: int, lower: Decimal) -> tuple[Decimal | None, int]:
    at = index
    if _words(tokens, at) == "%" or _words(tokens, at) == "percent":
        at += 1
    if _words(tokens, at) not in _DASHES or at + 1 >= len(tokens):
        return None, index
    found = _bound(tokens, at + 1)
    if found is None or found[0] <= lower:
        return None, index
    return found


def _over(tokens: Sequence[Token], index: int) -> tuple[Decimal | None, int, int]:
    if _words(tokens, index) not in {"/", "over", "\\"} or index + 1 >= len(tokens):
        return None, 0, index
    found = _bound(tokens, index + 1)
    if found is None:
        return None, 0, index
    value, at = found
    _, after = _upper(tokens, at, value)
    return value, tokens[index + 1].start, after
