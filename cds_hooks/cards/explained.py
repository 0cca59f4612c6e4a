"""An explanation in words: what counts most, what is missing, what the model would give otherwise.

Plain text throughout; who shows it on a card escapes it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from models.explanation import Change, Contribution, Explanation, MissingInput, Unit
from models.finding import Finding

TOP: Final = 3
CHANGES: Final = 3
NOT_A_TREATMENT: Final = "The model's arithmetic, not what a treatment would achieve."

# Below this a share of a risk or an index is rounded to nothing.
SHOWN_FROM: Final = 0.05


def percent(probability: float) -> str:
    """A probability for people: one decimal, and never a rounded 0% or 100%."""
    if 0 < probability < 0.001:
        return "<0.1%"
    if 0.999 < probability < 1:
        return ">99.9%"
    return f"{probability * 100:.1f}%"


def estimate_words(value: float, unit: Unit) -> str:
    """An estimate in an explanation's unit, for people."""
    if unit == "percentage points":
        return percent(value / 100)
    return f"{value:.2f}" if unit == "index" else f"{value:.3g}"


def counted(explanation: Explanation) -> tuple[Contribution, ...]:
    """The contributions that count most, at most three; none that would be shown as 0."""
    return tuple(each for each in explanation.contributions[:TOP] if abs(each.amount) >= SHOWN_FROM)


def start_words(explanation: Explanation) -> str:
    """What the contributions are added to ("9.8% (a person of ...)"); "" for a sum that starts at nothing."""
    if not explanation.start:
        return ""
    return f"{estimate_words(explanation.start, explanation.unit)} ({explanation.start_words})"


def contribution_words(each: Contribution, unit: Unit, remark: str = "") -> str:
    """What an input adds, with its value and date ("Systolic pressure: 168 mmHg (2026-05-03) adds 4 points").

    Args:
        remark: How the value was derived, if that should be said too.
    """
    origin = ", ".join(filter(None, (each.at.date().isoformat() if each.at else "", remark)))
    value = f"{each.value} ({origin})" if origin else each.value
    return f"{each.label}: {value} {amount_words(each.amount, unit)}"


def amount_words(amount: float, unit: Unit) -> str:
    """How an amount changes the estimate: "adds 4.1 points", "takes off 0.5"."""
    size = _size(abs(amount), unit)
    word = "" if unit == "index" else " point" if size == "1" else " points"
    return f"{'adds' if amount > 0 else 'takes off'} {size}{word}"


def signed_words(amount: float, unit: Unit) -> str:
    """The same for a narrow column: "+4.1"; "" for what would be shown as 0."""
    if abs(amount) < SHOWN_FROM:
        return ""
    return f"{'+' if amount > 0 else '-'}{_size(abs(amount), unit)}"


def _size(size: float, unit: Unit) -> str:
    """One decimal; points are whole but for those of MELD, which are shares of a rounded sum."""
    return f"{size:.1f}".removesuffix(".0") if unit == "points" else f"{size:.1f}"


def rest_words(explanation: Explanation, shown: Sequence[Contribution]) -> str:
    """What all inputs beside those shown come to together; "" when that is nothing."""
    amount = sum(each.amount for each in explanation.contributions) - sum(each.amount for each in shown)
    if not shown or abs(amount) < SHOWN_FROM:
        return ""
    return f"Everything else {amount_words(amount, explanation.unit)}"


def missing_words(finding: Finding) -> tuple[str, ...]:
    """What would sharpen a finding, each with the range in which it would put the estimate."""
    explanation = finding.explanation
    ranges = {each.label: each for each in explanation.missing} if explanation else {}
    labels = dict.fromkeys((*finding.missing, *ranges))
    return tuple(
        f"{label} ({_range_words(ranges[label], explanation.unit)})"
        if explanation and label in ranges
        else label
        for label in labels
    )


def _range_words(missing: MissingInput, unit: Unit) -> str:
    low, high = estimate_words(missing.low, unit), estimate_words(missing.high, unit)
    return f"{missing.within or 'it'} would give {low if low == high else f'{low} to {high}'}"


def change_words(changes: Iterable[Change], unit: Unit) -> str:
    """What the model would give for other values of modifiable inputs, one change at a time."""
    return "; ".join(
        f"{each.label}: {each.target} in place of {each.value} gives {estimate_words(each.estimate, unit)}"
        for each in changes
    )


def rationale_words(explanation: Explanation) -> str:
    """Every contribution, and the range for each missing input, as one paragraph."""
    unit = explanation.unit
    contributions = "; ".join(contribution_words(each, unit) for each in explanation.contributions)
    in_words = ", in percentage points" if unit == "percentage points" else ""
    sentences = [
        f"From {start_words(explanation)}{in_words}: {contributions or 'nothing is added'}."
        if explanation.start
        else f"{contributions or 'Nothing is added'}.",
        *(f"Missing: {each.label} ({_range_words(each, unit)})." for each in explanation.missing),
    ]
    return " ".join(sentences)


def in_short(explanation: Explanation) -> str:
    """What counts most, in one line; "" where nothing adds to the estimate."""
    top = counted(explanation)
    if not top:
        return ""
    start = f"from {start_words(explanation)}: " if explanation.start else ""
    texts = [contribution_words(each, explanation.unit) for each in top]
    return start + "; ".join(filter(None, (*texts, rest_words(explanation, top))))
