"""Binds the numbers of a sentence to the tests that they are results of."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from fhir_adapters.record import NoteValue, Span
from models.notes.values.context import (
    FILLERS,
    MARKS,
    group_end,
    is_dosed,
    is_elsewhere,
    is_reference,
    is_wanted,
    says_before,
    says_change,
    says_later,
    wanted_after,
    wanted_before,
)
from models.notes.values.lexer import Token
from models.notes.values.named import Named
from models.notes.values.names import NONE, PANELS, PRESSURE, WITH_UNIT
from models.notes.values.pressures import pressures
from models.notes.values.quantities import Quantity, quantity_at
from models.notes.values.sentence import Sentence
from models.notes.values.units import degrees_end, fitting_unit, has_other_unit, unit_behind

_REACH = 16
_OUNCES = re.compile(r"[,\s]{0,2}(?:and\s)?(\d{1,2}(?:\.\d)?)\s?(?:oz|ozs|ounces?)\b", re.IGNORECASE)
# "From" begins a range behind these, and an earlier value behind others.
_RANGING = frozenset({"ranging", "ranges", "ranged", "range", "varying", "varies", "running", "between"})
_PARTS = re.compile(r"\d+(?:\.\d+)?")
# A result of these is a whole number.
_WHOLE = frozenset({"heart_rate", "resp_rate", "gcs", "phq9", "gad7", "sbp", "dbp", "spo2"})
# Their numbers in brackets may be ranges: they are read by people, not printed by a laboratory.
_READ = frozenset({"lvef", "heart_rate", "temperature", "spo2", PRESSURE, "resp_rate"})
# "CO2" is bicarbonate in a chemistry and a partial pressure in a blood gas; above this it may be either.
_EITHER_CO2 = frozenset({"co2", "carbon dioxide"})
_MOST_CO2 = 45
_NEGATIVE = frozenset({"tscore_dxa", "anion_gap"})
# Also a drug or a food: a whole number with a dosing word behind is a dose.
_JOINTS = frozenset({"/", "and", "&", ",", "-"})


def bound_values(sentence: Sentence) -> Iterator[NoteValue]:
    """The results of a sentence, each with the test that it belongs to.

    A number belongs to the nearest test before it that it is plausible for, with nothing but fillers
    between. Of several numbers of one test the current one is bound: behind "from" and "baseline" stands
    an earlier one.
    """
    names, at = sentence.names, 0
    while at < len(names):
        size = _chain(sentence, at)
        several = _respective(sentence, at, size) if size > 1 else []
        if several:
            yield from several
            at += size
            continue
        name = names[at]
        limit = names[at + 1].first if at + 1 < len(names) else len(sentence.tokens)
        if name.key in PANELS:
            yield from _panel(sentence, name, limit)
        elif name.key == PRESSURE:
            yield from pressures(sentence, name, limit)
        elif name.key != NONE:
            yield from _single(sentence, name, limit)
        at += 1


def _chain(sentence: Sentence, at: int) -> int:
    """How many tests stand joined: "AST/ALT", "hemoglobin and hematocrit"."""
    names, size = sentence.names, 1
    while at + size < len(names):
        left, right = names[at + size - 1], names[at + size]
        between = sentence.tokens[left.last : right.first]
        if not between or len(between) > 2 or any(token.words not in _JOINTS for token in between):
            break
        size += 1
    return size


def _respective(sentence: Sentence, at: int, size: int) -> list[NoteValue]:
    """Results of joined tests, in their order: "BUN/creatinine 18/1.4"."""
    names = sentence.names[at : at + size]
    index = names[-1].last
    index = _first_number(sentence, index)
    found: list[NoteValue] = []
    for name in names:
        if index < len(sentence.tokens) and found and sentence.tokens[index].words in _JOINTS:
            while index < len(sentence.tokens) and sentence.tokens[index].words in _JOINTS:
                index += 1
        read = _read_one(sentence, name, index)
        if read is None:
            return []
        value, index = read
        found.append(value)
    return [] if wanted_before(sentence.tokens, names[0].first, compared=False) else found


def _read_one(sentence: Sentence, name: Named, index: int) -> tuple[NoteValue, int] | None:
    """One plain number of several, without its range or fraction."""
    tokens = sentence.tokens
    if index >= len(tokens) or tokens[index].kind != "number" or name.key not in _plain_keys(name):
        return None
    single = quantity_at([tokens[index]], 0)
    value = None if single is None else _value(sentence, name, single)
    if value is None:
        return None
    after = index + 1
    while after < len(tokens) and tokens[after].start < value.span.end:
        after += 1
    return value, after


def _plain_keys(name: Named) -> frozenset[str]:
    return frozenset() if name.key in {NONE, PRESSURE} or name.key in PANELS else frozenset({name.key})


def _first_number(sentence: Sentence, index: int) -> int:
    tokens = sentence.tokens
    for at in range(index, min(len(tokens), index + 8)):
        token = tokens[at]
        if token.kind == "number":
            return at
        if (
            token.words not in FILLERS
            and token.words not in MARKS
            and token.words not in {",", "respectively"}
        ):
            break
    return len(tokens)


def _panel(sentence: Sentence, name: Named, limit: int) -> Iterator[NoteValue]:
    index = _first_number(sentence, name.last)
    found: list[NoteValue] = []
    for key in PANELS[name.key]:
        while found and index < limit and sentence.tokens[index].words in _JOINTS:
            index += 1
        read = _read_one(sentence, Named(key, name.first, name.last), index) if index < limit else None
        if read is None:
            return
        value, index = read
        found.append(value)
    if not _is_swapped(found):
        yield from found


def _is_swapped(values: Sequence[NoteValue]) -> bool:
    """True for a hemoglobin above its hematocrit: which is which is not sure."""
    first, second = values[0], values[1]
    return first.analyte == "hemoglobin" and (first.value or 0) > (second.value or 0)


def _single(sentence: Sentence, name: Named, limit: int) -> Iterator[NoteValue]:
    found = _search(sentence, name, name.last, limit)
    if found is None:
        return
    value, index = found
    newer = _newer(sentence, name, index, limit)
    yield newer if newer is not None else value


def _newer(sentence: Sentence, name: Named, index: int, limit: int) -> NoteValue | None:
    """The last of the values that follow as newer ones ("0.9 -> 1.8", "3.1, now 1.5")."""
    newest = None
    while True:
        at = next(
            (i for i in range(index, min(limit, index + 7)) if sentence.tokens[i].kind == "number"), None
        )
        words = [token.words for token in sentence.tokens[index : at or index]]
        if at is None or not says_later(words, vital=name.key in _READ):
            return newest
        found = _search(sentence, name, index, limit)
        if found is None:
            return newest
        newest, index = found


def _search(sentence: Sentence, name: Named, index: int, limit: int) -> tuple[NoteValue, int] | None:
    """The first number behind a test that is its current value, and the index behind it."""
    tokens = sentence.tokens
    stop = min(limit, index + _REACH)
    earlier = False
    while index < stop:
        token = tokens[index]
        quantity = _quantity(tokens, index, name)
        if quantity is not None and quantity.next <= limit:
            if _is_year(tokens, index, token):
                index += 1
                continue
            if earlier and tokens[index - 1].words != "to":
                index = index + 1 if _is_way(tokens, index) else quantity.next
                earlier = False
                continue
            return _result(sentence, name, quantity, index)
        if (
            token.words in {"(", "["}
            and is_reference(tokens, index, group_end(tokens, index))
            and name.key not in _READ
        ):
            index = group_end(tokens, index)
            continue
        if is_wanted(token.words) or not _passes(tokens, index):
            return None
        earlier = earlier or (says_before(token.words) and tokens[index - 1].words not in _RANGING)
        index += 1
    return None


def _is_way(tokens: Sequence[Token], index: int) -> bool:
    """True at the first number of "from 0.9 to 1.8", which is a way and no range."""
    return tokens[index - 1].words == "from" and index + 1 < len(tokens) and tokens[index + 1].words == "to"


def _quantity(tokens: Sequence[Token], index: int, name: Named) -> Quantity | None:
    token = tokens[index]
    if token.words in {"-", "−"} and name.key not in _NEGATIVE:
        return None
    if token.kind == "feet":
        return Quantity(
            value=_inches(token.words), start=token.start, end=token.end, first_end=token.end, next=index + 1
        )
    return quantity_at(tokens, index) if token.kind in {"number", "mark", "word"} else None


def _inches(words: str) -> Decimal:
    feet, *inches = [Decimal(part) for part in _PARTS.findall(words)]
    return feet * 12 + sum(inches)


def _passes(tokens: Sequence[Token], index: int) -> bool:
    token = tokens[index]
    if token.kind == "skip" or token.words in FILLERS or token.words in MARKS or says_before(token.words):
        return True
    if token.words == ",":
        return index + 1 < len(tokens) and _goes_on(tokens[index + 1])
    if token.words == ";":
        after = tokens[index + 1 : index + 2]
        return tokens[index - 1].kind == "word" and bool(after) and after[0].kind == "number"
    return (
        token.words == "."
        and index + 1 < len(tokens)
        and tokens[index - 1].words in {"temp", "wt", "ht", "resp", "approx"}
    )


def _goes_on(token: Token) -> bool:
    return token.kind in {"number", "skip"} or token.words in FILLERS or token.words in {"<", ">", "≤", "≥"}


def _is_year(tokens: Sequence[Token], index: int, token: Token) -> bool:
    if not token.words.isdigit() or len(token.words) != 4 or token.words[:2] not in {"19", "20"}:
        return False
    before = tokens[index - 1] if index else None
    return (
        before is not None
        and before.words not in {":", "="}
        and (before.kind == "skip" or before.words in FILLERS or before.words in {"/", "from", "(", ","})
    )


def _result(sentence: Sentence, name: Named, quantity: Quantity, index: int) -> tuple[NoteValue, int] | None:
    tokens = sentence.tokens
    if says_change(tokens[index - 1].words) and index - 1 >= name.last:
        return None
    if wanted_before(tokens, name.first, compared=bool(quantity.comparator)):
        return None
    if is_elsewhere(tokens, name.first, name.key) or _has_decimal_comma(tokens, quantity.next):
        return None
    value = _value(sentence, name, quantity)
    if value is None:
        return None
    if name.key == "bands_pct" and _is_counted(tokens, name):
        return None  # "3 bands, 42 lymphocytes" counts before the name
    after = quantity.next
    while after < len(tokens) and tokens[after].start < value.span.end:
        after += 1
    if wanted_after(tokens, after) or is_dosed(tokens, after):
        return None
    return value, after


def _is_counted(tokens: Sequence[Token], name: Named) -> bool:
    before = tokens[name.first - 1] if name.first else None
    return before is not None and (before.kind == "number" or before.words == "%")


def _has_decimal_comma(tokens: Sequence[Token], index: int) -> bool:
    """True behind the first part of "9,11", which is neither nine nor 911."""
    if index + 1 >= len(tokens) or tokens[index].words != "," or tokens[index + 1].kind != "number":
        return False
    return tokens[index - 1].end == tokens[index].start and tokens[index].end == tokens[index + 1].start


def _value(sentence: Sentence, name: Named, quantity: Quantity) -> NoteValue | None:
    """The number as a result of the test, when its unit and its size allow it."""
    if quantity.over is not None and not _fraction_allowed(name.key, quantity):
        return None
    if name.key == "bicarbonate" and name.words in _EITHER_CO2 and quantity.value > _MOST_CO2:
        return None  # of the gas in blood
    if name.key in _WHOLE and quantity.value != int(quantity.value):
        return None
    unit, end = _unit(sentence, name.key, quantity)
    if unit is None:
        return None
    if name.key == "weight" and unit == "g":
        return None  # of a specimen
    unit, number = _in_inches(unit, quantity.value)
    if unit == "[lb_av]":
        number, end = _with_ounces(sentence, number, end)
    fitting = fitting_unit(name.key, float(number), unit)
    if fitting is None or (name.words in WITH_UNIT and not unit):
        return None
    return NoteValue(
        analyte=name.key,
        value=number,
        unit=fitting,
        comparator=quantity.comparator,
        span=Span(quantity.start, end),
        test=Span(sentence.tokens[name.first].start, sentence.tokens[name.last - 1].end),
    )


def _fraction_allowed(key: str, quantity: Quantity) -> bool:
    if key == "gcs":
        return quantity.over == 15
    return key in {"temperature", "weight", "spo2", "phq9", "gad7", "hemoglobin"}


def _with_ounces(sentence: Sentence, pounds: Decimal, end: int) -> tuple[Decimal, int]:
    """The pounds with the ounces behind them, and where those end."""
    found = _OUNCES.match(sentence.text, end, sentence.end)
    return (pounds + Decimal(found[1]) / 16, found.end()) if found else (pounds, end)


def _in_inches(unit: str, value: Decimal) -> tuple[str, Decimal]:
    return ("[in_i]", value * 12) if unit == "[ft_i]" else (unit, value)


def _unit(sentence: Sentence, key: str, quantity: Quantity) -> tuple[str | None, int]:
    """The unit behind a number and where it ends; None when the unit is that of something else."""
    text = sentence.text
    if key == "height" and not text[quantity.start : quantity.end].replace(".", "").isdigit():
        return "[in_i]", quantity.end
    found = unit_behind(text, quantity.end, sentence.end, key)
    if found is not None:
        return found
    end = degrees_end(text, quantity.end, sentence.end) if key == "temperature" else quantity.end
    if end == quantity.end and has_other_unit(text, quantity.end, sentence.end):
        return None, end
    later = _unit_in_next_cell(sentence, key, end)
    return later or "", end


def _unit_in_next_cell(sentence: Sentence, key: str, end: int) -> str | None:
    text = sentence.text
    at = end
    while at < min(sentence.end, end + 12) and (text[at] in " \t|*HL#()"):
        at += 1
    if at == end or not any(mark in text[end:at] for mark in "|\t*()"):
        return None
    found = unit_behind(text, at, sentence.end, key)
    return found[0] if found else None
