"""The report: one HTML file that needs nothing else, for a browser, light or dark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.evaluation.notes.assertions import AssertionEvaluation
from models.evaluation.notes.drawings import Bars, bar_chart, calibration_plot
from models.evaluation.notes.entities import EntityEvaluation
from models.evaluation.notes.scores import Table
from models.evaluation.notes.subject import Subject
from models.evaluation.page import environment

KINDS = {
    "boundary": "Right type, wrong start or end",
    "missed": "Missed: nothing was marked there",
    "spurious": "Marked where there is nothing",
    "type": "Marked as another type",
    "presence": "Wrong presence",
    "when": "Wrong time",
    "whose": "Wrong experiencer",
}


@dataclass(frozen=True, slots=True)
class _Part:
    """One table of the page; the drawing belongs to the first of several tables that it shows."""

    title: str
    explained: str
    table: Table
    chart: Markup | None = None


def html_report(subject: Subject, evaluation: EntityEvaluation | AssertionEvaluation) -> str:
    """The whole page. It quotes sentences of the data where the reader errs, and says so."""
    parts = (
        _entity_parts(evaluation)
        if isinstance(evaluation, EntityEvaluation)
        else [_axis_part(scores.axis, scores.table) for scores in evaluation.axes]
    )
    kinds = sorted({mistake.kind for mistake in evaluation.mistakes})
    groups = [(KINDS[kind], [each for each in evaluation.mistakes if each.kind == kind]) for kind in kinds]
    return (
        environment("models.evaluation.notes")
        .get_template("own/report.html")
        .render(
            subject=subject,
            evaluation=evaluation,
            parts=parts,
            groups=groups,
            calibration_chart=calibration_plot(evaluation.calibration),
            headline=parts[0].table.micro,
            is_entities=isinstance(evaluation, EntityEvaluation),
        )
    )


def _entity_parts(evaluation: EntityEvaluation) -> Sequence[_Part]:
    strict, partial = evaluation.strict, evaluation.partial
    pairs = zip((*strict.classes, strict.micro), (*partial.classes, partial.micro), strict=True)
    chart = bar_chart([Bars(*pair) for pair in pairs])
    return [
        _Part("Strict", "Right is the same start, end and type.", strict, chart),
        _Part("Partial", "Right is an overlap with the same type; each span counts once.", partial),
    ]


def _axis_part(axis: str, table: Table) -> _Part:
    explained = "Of given mentions. The row “all” is the share of mentions that is right."
    return _Part(
        f"Assertion: {axis}",
        explained,
        table,
        bar_chart([Bars(scores) for scores in table.classes if scores.gold]),
    )
