"""Blood pressures: two numbers, a fraction or "over"."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters.record import NoteValue, Span
from models.notes.values.context import ARROWS, is_wanted, wanted_after, wanted_before
from models.notes.values.lexer import Token
from models.notes.values.named import Named
from models.notes.values.quantities import Quantity, quantity_at
from models.notes.values.sentence import Sentence
from models.notes.values.units import unit_behind

_REACH = 16


def pressures(sentence: Sentence, name: Named, limit: int) -> Iterator[NoteValue]:
    """Every pair of numbers behind "BP" that can be a blood pressure.

    Args:
        sentence: The sentence.
        name: The words for the blood pressure.
        limit: Index of the token where the next test begins.
    """
    index = name.last
    stop = min(limit, index + _REACH)
    while index < stop:
        token = sentence.tokens[index]
        if is_wanted(token.words):
            return
        quantity = quantity_at(sentence.tokens, index) if token.kind in {"number", "mark", "word"} else None
        if quantity is None or quantity.next > limit:
            if token.kind == "stop":
                return
            if token.words in ARROWS or _loose(token) or index == name.last:
                index += 1
                continue
            return
        compared = bool(quantity.comparator)
        if wanted_before(sentence.tokens, name.first, compared=compared) or wanted_after(
            sentence.tokens, quantity.next
        ):
            return
        pair = pressure_pair(sentence, quantity, name)
        if pair:
            yield from pair
            stop = min(limit, quantity.next + _REACH)
        index = quantity.next


def _loose(token: Token) -> bool:
    """After "BP" only a pair of numbers that is a pressure is taken, so that any word may stand between."""
    return token.kind in {"word", "skip"} or token.words not in {";", "."}


def pressure_pair(sentence: Sentence, quantity: Quantity, name: Named | None) -> tuple[NoteValue, ...]:
    """Systolic and diastolic pressure of a fraction; empty when it can't be one."""
    over = quantity.over
    if over is None or not 40 <= quantity.value <= 300 or not 15 <= over <= 200 or quantity.value <= over:
        return ()
    if quantity.value % 1 or over % 1:
        return ()
    found = unit_behind(sentence.text, quantity.end, sentence.end, "sbp")
    end = found[1] if found else quantity.end
    tokens = sentence.tokens
    test = None if name is None else Span(tokens[name.first].start, tokens[name.last - 1].end)
    return tuple(
        NoteValue(
            analyte=key,
            value=value,
            unit=found[0] if found else "mm[Hg]",
            comparator=quantity.comparator,
            span=span,
            test=test,
        )
        for key, value, span in (
            ("sbp", quantity.value, Span(quantity.start, quantity.first_end)),
            ("dbp", over, Span(quantity.over_start, end)),
        )
    )
