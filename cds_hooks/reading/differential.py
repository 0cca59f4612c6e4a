"""A differential for a terminal: conditions with what speaks for and against each, and what to ask next.

Words of the note pass through `harmless`: no control character of it reaches the terminal.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from cds_hooks.reading.terminal import harmless
from models.diagnosis.differential.answer import Answer, gaps_of
from models.diagnosis.differential.model import Candidate, Weight

_BAR: Final = 20
_REASONS: Final = 5
# A weight below this changes odds by less than a fifth and is noise to a reader.
_WORTH: Final = 0.2
_SURE: Final = 0.99
_CAUTION: Final = (
    "Learned from simulated patients with 49 conditions; anything else is not considered. Probabilities are "
    "shares among those 49, rare ones counted at a tenth, not validated in real patients."
)


def rendered(answer: Answer, width: int) -> str:
    """The answer in lines of at most `width` characters."""
    parts = ["\n".join(_understood(answer, width))]
    if answer.thin:
        parts.append(_wrapped(f"No differential: {answer.thin}.", width, ""))
    else:
        parts += ["\n".join(_candidate(each, width)) for each in answer.shown]
        gaps = gaps_of(answer.differential.findings.present)
        parts += [_wrapped(f"Beware: {'; '.join(gaps)}.", width, "        ")] if gaps else []
    parts.append("\n".join(_questions(answer)))
    parts.append(_wrapped(f"{_CAUTION} ({answer.model})", width, ""))
    return "\n\n".join(part for part in parts if part) + "\n"


def _understood(answer: Answer, width: int) -> Iterator[str]:
    known = answer.differential.findings
    who = [_age(known.age), known.sex or "sex unknown"]
    present = _named(answer, "present")
    absent = _named(answer, "absent")
    yield _wrapped(f"Patient: {', '.join(who)}", width, "")
    yield _wrapped(f"Present: {'; '.join(present) or 'nothing recognized'}", width, "         ")
    if absent:
        yield _wrapped(f"Denied:  {'; '.join(absent)}", width, "         ")
    if answer.not_understood:
        words = "; ".join(dict.fromkeys(harmless(each) for each in answer.not_understood))
        yield _wrapped(f"Read but not used: {words}", width, "         ")


def _named(answer: Answer, state: str) -> list[str]:
    """The findings of a state with the words of the note; an implied one has none of its own."""
    known = answer.differential.findings
    keys = known.present if state == "present" else known.absent
    seen = [each.item.label for each in answer.sightings if each.state == state and each.item.key in keys]
    return list(dict.fromkeys(seen))


def _candidate(candidate: Candidate, width: int) -> Iterator[str]:
    filled = round(candidate.probability * _BAR)
    bar = "█" * filled + "·" * (_BAR - filled)
    name = candidate.disease.label[:1].upper() + candidate.disease.label[1:]
    mark = "  ! must not miss" if candidate.disease.must_not_miss else ""
    yield f"{_percent(candidate.probability):>4} {bar} {name}{mark}"
    for sign, weights in (("for", candidate.reasons_for), ("against", candidate.reasons_against)):
        reasons = _reasons(weights)
        if reasons:
            yield _wrapped(f"     {sign + ':':9}{reasons}", width, " " * 14)


def _age(years: int | None) -> str:
    if years is None:
        return "age unknown"
    return f"{years} years" if years else "under 1 year"


def _percent(share: float) -> str:
    """No model of 49 conditions knows anything for certain."""
    return ">99%" if share > _SURE else f"{share:.0%}"


def _reasons(weights: Sequence[Weight]) -> str:
    worth = [each for each in weights if abs(each.log_odds) >= _WORTH][:_REASONS]
    return "; ".join(f"{_state(each)} {each.log_odds:+.1f}" for each in worth)


def _state(weight: Weight) -> str:
    return f"no {weight.label}" if weight.state == "absent" else weight.label


def _questions(answer: Answer) -> Iterable[str]:
    if not answer.questions:
        yield "No further question would change this much."
        return
    yield "Ask or look for next (bits expected; for what a yes speaks most):"
    for number, question in enumerate(answer.questions, start=1):
        label = question.item.label[:1].upper() + question.item.label[1:]
        yield f"  {number}. {label}?  {question.bits:.2f}  {question.for_disease}"


def _wrapped(text: str, width: int, hanging: str) -> str:
    return textwrap.fill(text, width, subsequent_indent=hanging, break_long_words=False)
