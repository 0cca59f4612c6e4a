"""The report on a learned risk: one HTML file that needs nothing else, for a browser, light or dark."""

from __future__ import annotations

from models.evaluation.complications import drawings, words
from models.evaluation.complications.measured import Measured, MeasuredQuestion, Told
from models.evaluation.estimates import Estimate
from models.evaluation.page import environment

# With more questions they start closed.
_OPEN = 3


def html_report(measured: Measured) -> str:
    """The whole page; it holds numbers and labels, never a person's row."""
    made = environment("models.evaluation.complications")
    made.filters.update(
        count=words.number, written=_written, span=_span, signed=_signed, label=words.label_of, two=words.two
    )
    made.globals.update(drawings=drawings, measures=words.MEASURES, size_of=words.size_of, verdict=verdict)
    return made.get_template("own/report.html").render(
        measured=measured,
        questions=measured.questions,
        compared=words.COMPARED,
        shown=_shown,
        told_apart_by=" or ".join(
            dict.fromkeys(words.MEASURES[question.headline].title for question in measured.questions)
        ),
        is_open=len(measured.questions) <= _OPEN,
    )


def verdict(measure: str, difference: Estimate) -> str:
    """What a difference, model minus rival, says: "better", "worse" or "no clear difference"."""
    if difference.low is None or difference.high is None or difference.low <= 0 <= difference.high:
        return "no clear difference"
    is_more = difference.low > 0
    return "better" if is_more == (words.MEASURES[measure].better == "higher is better") else "worse"


def _shown(question: MeasuredQuestion) -> list[str]:
    """The measures that the model or a rival has."""
    return [name for name in words.MEASURES if any(name in told.measures for told in question.told)]


def _written(told: Told, measure: str) -> str:
    return words.written(measure, told.measures[measure].value)


def _span(told: Told, measure: str) -> str:
    return words.span(measure, told.measures[measure])


def _signed(told: Told, measure: str) -> str:
    return words.signed(measure, told.difference[measure])
