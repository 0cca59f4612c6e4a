"""Values whose test is not named before them: "35% EF", "142/88 mmHg", "94% on room air", "pain 7/10"."""

from __future__ import annotations

from collections.abc import Iterator

from fhir_adapters.record import NoteValue, Span
from models.notes.values.context import wanted_after, wanted_before
from models.notes.values.named import Named
from models.notes.values.names import PAIN
from models.notes.values.pressures import pressure_pair
from models.notes.values.quantities import Quantity, quantity_at
from models.notes.values.sentence import Sentence
from models.notes.values.words import words

_PRESSURE_CUES = frozenset(
    {
        "hypertensive",
        "hypotensive",
        "pressure",
        "pressures",
        "normotensive",
        "orthostatics",
        "orthostatic",
        "bp",
    }
)
_OTHER_PRESSURES = words(
    """
    artery pulmonary pa rv lv ventricle ventricular atrial aortic wedge aorta gradient intracranial cuff
    intraocular peak maximal maximum exercise catheterization opening ankle settings bipap cpap
    """
)
_OXYGEN = frozenset({"oxygen", "o2", "nc", "nasal", "cannula"})
_PAIN_WORDS = frozenset({"pain", "vas", "discomfort", "ache", "headache"})
_LOOK_BACK = 6


def loose_values(sentence: Sentence, taken: frozenset[int], *, vitals: bool) -> Iterator[NoteValue]:
    """Values that no test before them claims.

    Args:
        sentence: The sentence.
        taken: Where the numbers begin that are bound already.
        vitals: The section is of vital signs: a fraction there is a blood pressure.
    """
    index = 0
    while index < len(sentence.tokens):
        quantity = quantity_at(sentence.tokens, index)
        if quantity is None or quantity.start in taken:
            index += 1
            continue
        found = list(_values(sentence, quantity, index, vitals=vitals))
        if found and not _is_wanted(sentence, quantity, index):
            yield from found
        index = quantity.next


def _values(sentence: Sentence, quantity: Quantity, index: int, *, vitals: bool) -> Iterator[NoteValue]:
    if quantity.over is not None:
        if _is_pain(sentence, quantity, index):
            yield _of(PAIN, quantity, quantity.end, "{score}")
        elif _is_pressure(sentence, quantity, index, vitals=vitals):
            yield from pressure_pair(sentence, quantity, None)
        return
    following = [token.words for token in sentence.tokens[quantity.next : quantity.next + 6]]
    if following[:2] == ["out", "of"] and _is_pain(sentence, quantity, index):
        yield _of(PAIN, quantity, quantity.end, "{score}")
    elif following[:1] in (["%"], ["percent"]):
        yield from _percentage(sentence, quantity, following[1:])
    elif _is_flow(sentence, index, following):
        yield _of("o2_flow", quantity, sentence.tokens[quantity.next].end, "L/min")


def _is_wanted(sentence: Sentence, quantity: Quantity, index: int) -> bool:
    compared = bool(quantity.comparator)
    return wanted_before(sentence.tokens, index, compared=compared) or wanted_after(
        sentence.tokens, quantity.next
    )


def _of(key: str, quantity: Quantity, end: int, unit: str, test: Span | None = None) -> NoteValue:
    return NoteValue(
        analyte=key,
        value=quantity.value,
        unit=unit,
        comparator=quantity.comparator,
        span=Span(quantity.start, end),
        test=test,
    )


def _near(sentence: Sentence, index: int, reach: int = _LOOK_BACK) -> frozenset[str]:
    return frozenset(token.words for token in sentence.tokens[max(0, index - reach) : index])


def _is_pain(sentence: Sentence, quantity: Quantity, index: int) -> bool:
    out_of_ten = quantity.over == 10 or [
        t.words for t in sentence.tokens[quantity.next + 2 : quantity.next + 3]
    ] in (
        ["10"],
        ["ten"],
    )
    if not out_of_ten or quantity.value > 10:
        return False
    behind = {token.words for token in sentence.tokens[quantity.next : quantity.next + 6]}
    return bool(_PAIN_WORDS & (_near(sentence, index, 14) | behind))


def _is_pressure(sentence: Sentence, quantity: Quantity, index: int, *, vitals: bool) -> bool:
    before = _near(sentence, index)
    if before & _OTHER_PRESSURES or (quantity.over or 0) < 25:
        return False
    behind = [token.words for token in sentence.tokens[quantity.next : quantity.next + 2]]
    named = behind[:1] in (["mmhg"], ["mm"]) or bool(before & _PRESSURE_CUES)
    return quantity.value >= 60 and (named or vitals)


def _percentage(sentence: Sentence, quantity: Quantity, following: list[str]) -> Iterator[NoteValue]:
    end = sentence.tokens[quantity.next].end
    if following[:2] in (["on", "room"], ["on", "ra"], ["ra"], ["room", "air"]) or (
        following[:1] == ["on"] and following[2:3] in (["l"], ["liters"], ["liter"])
    ):
        if 50 <= quantity.value <= 100:
            yield _of("spo2", quantity, end, "%")
        return
    name = _lvef_behind(sentence, quantity)
    if name is not None and 3 <= quantity.value <= 95:
        tokens = sentence.tokens
        yield _of("lvef", quantity, end, "%", Span(tokens[name.first].start, tokens[name.last - 1].end))


def _lvef_behind(sentence: Sentence, quantity: Quantity) -> Named | None:
    """The name of the ejection fraction right behind a percentage ("a 35% EF")."""
    first = quantity.next + 1
    for name in sentence.names:
        if name.key == "lvef" and first <= name.first <= first + 2:
            between = {token.words for token in sentence.tokens[first : name.first]}
            return name if between <= {"left", "ventricular", "lv", "estimated", "visual"} else None
    return None


def _is_flow(sentence: Sentence, index: int, following: list[str]) -> bool:
    if following[:1] not in (["l"], ["liters"], ["liter"], ["lpm"]):
        return False
    tokens = sentence.tokens
    before = {token.words for token in tokens[max(0, index - 2) : index]}
    return bool({"on", "at", "via"} & before) and (
        bool(_OXYGEN & set(following[1:5])) or bool(_OXYGEN & _near(sentence, index, 4))
    )
