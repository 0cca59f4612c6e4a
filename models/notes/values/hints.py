"""Values of tests that are not in our table, where the transformer marked the test and the value."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence

from fhir_adapters.record import NoteValue, Span
from models.notes.typed_span import TypedSpan
from models.notes.values.context import FILLERS, MARKS, wanted_before
from models.notes.values.named import Named
from models.notes.values.quantities import quantity_at
from models.notes.values.results import result_behind
from models.notes.values.sentence import Sentence
from models.notes.values.units import unit_behind

_FURTHEST = 40
# The code of a diagnosis in brackets behind its name, as notes have had it since ICD-9-CM.
_CODE = re.compile(r"\(\s?[VE]?\d{3}(?:\.\d{1,2})?\s?\)")
# What reacts to light is not reactive as a serology is.
_REACTING = re.compile(r"pupil|\beyes?\b|perrl", re.IGNORECASE)
# "Alert and oriented x 3" counts persons, places and times.
_TIMES = frozenset({"x", "times"})
_AMBIGUOUS = frozenset({"[in_i]", "Cel", "[degF]"})
# "0.65 in the right eye" is no length, and "38C" no temperature unless the test is one.
_GOES_ON = re.compile(r"\s{1,3}[A-Za-z]")


def hinted_values(
    sentence: Sentence, hints: Sequence[TypedSpan], taken: frozenset[int]
) -> Iterator[NoteValue]:
    """Values marked right behind a marked test that our names do not know; their `analyte` is "".

    Args:
        sentence: The sentence.
        hints: Spans of tests and values inside it, in order.
        taken: Where the values begin that are bound already.
    """
    for test, value in itertools.pairwise(hints):
        apart = value.start - test.end
        if test.type == "test" and value.type == "value" and 0 <= apart <= _FURTHEST:
            found = _bound(sentence, test, value)
            if found is not None and found.span.start not in taken:
                yield found


def _is_code(text: str, start: int, end: int) -> bool:
    first = text.rfind("(", max(0, start - 3), start)
    found = _CODE.match(text, first) if first >= 0 else None
    return found is not None and found.end() >= end


def _is_no_unit(text: str, end: int, unit: str) -> bool:
    return unit in _AMBIGUOUS and (unit != "[in_i]" or _GOES_ON.match(text, end) is not None)


def _bound(sentence: Sentence, test: TypedSpan, value: TypedSpan) -> NoteValue | None:
    tokens = sentence.tokens
    first = next((i for i, token in enumerate(tokens) if token.start >= test.start), len(tokens))
    last = next((i for i, token in enumerate(tokens) if token.start >= test.end), len(tokens))
    if {token.words for token in tokens[first:last]} <= _TIMES:
        return None
    known = any(name.first < last and first < name.last for name in sentence.names)
    if known or first == last:
        return None
    index = last
    while index < len(tokens) and tokens[index].start < value.start:
        if tokens[index].words not in FILLERS and tokens[index].words not in MARKS:
            return None
        index += 1
    name = Span(test.start, test.end)
    quantity = quantity_at(tokens, index)
    if quantity is None or quantity.over is not None:
        if _REACTING.search(sentence.text, test.start, test.end):
            return None
        worded = result_behind(tokens, Named("", first, last), len(tokens))
        return (
            None
            if worded is None
            else NoteValue(analyte="", value=None, text=worded[0], span=worded[1], test=name)
        )
    if wanted_before(tokens, first, compared=bool(quantity.comparator)):
        return None
    if _is_code(sentence.text, quantity.start, quantity.end):
        return None
    unit = unit_behind(sentence.text, quantity.end, sentence.end, "")
    if unit and _is_no_unit(sentence.text, unit[1], unit[0]):
        unit = None
    return NoteValue(
        analyte="",
        value=quantity.value,
        unit=unit[0] if unit else "",
        comparator=quantity.comparator,
        span=Span(quantity.start, unit[1] if unit else quantity.end),
        test=name,
    )
