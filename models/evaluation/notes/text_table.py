"""Evaluations as tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from models.evaluation.notes.assertions import AssertionEvaluation
from models.evaluation.notes.calibration import Calibration
from models.evaluation.notes.entities import EntityEvaluation
from models.evaluation.notes.scores import ClassScores, Estimate, Resampling, Table
from models.evaluation.notes.subject import Subject

NOTHING = "–"
_HEADINGS = ("precision", "recall", "F1", "interval", "gold", "found", "right")


def percent(value: float | None) -> str:
    """A share with one decimal, without the sign: "86.1"; a dash for None."""
    return NOTHING if value is None else f"{100 * value:.1f}"


def interval(estimate: Estimate) -> str:
    """The interval of a score: "84.9 to 87.2"; a dash when there is none."""
    if estimate.low is None or estimate.high is None:
        return NOTHING
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def entities_text(subject: Subject, evaluation: EntityEvaluation) -> str:
    """Strict and partial scores by type, in percent."""
    parts = [
        _heading(subject),
        _table("Strict: same start, end and type", evaluation.strict),
        _table("Partial: overlap with the same type", evaluation.partial),
        _foot(evaluation.resampling, evaluation.documents, evaluation.calibration),
    ]
    return "\n\n".join(parts) + "\n"


def assertions_text(subject: Subject, evaluation: AssertionEvaluation) -> str:
    """Scores of each aspect by class, in percent."""
    parts = [_heading(subject)]
    parts += [_table(f"Assertion: {scores.axis}", scores.table) for scores in evaluation.axes]
    parts.append(_foot(evaluation.resampling, evaluation.documents, evaluation.calibration))
    return "\n\n".join(parts) + "\n"


def _heading(subject: Subject) -> str:
    named = " ".join(part for part in (subject.model, subject.version, subject.digest[:12]) if part)
    head = f", head {subject.head}" if subject.head else ""
    data = f"{subject.data} ({subject.format}, {subject.documents} documents, {subject.data_digest[:12]})"
    left_out = (
        f"\n{subject.left_out} entities of other types or inside others left out" if subject.left_out else ""
    )
    caution = f"\nBeware: {subject.caution}" if subject.caution else ""
    return f"{named}{head}\n{data}{left_out}{caution}"


def _table(title: str, table: Table) -> str:
    rows: list[tuple[str, ...]] = [(title, *_HEADINGS)]
    rows += [_row(scores) for scores in (*table.classes, table.micro)]
    return _aligned(rows)


def _row(scores: ClassScores) -> tuple[str, ...]:
    return (
        f"  {scores.name}",
        percent(scores.precision.value),
        percent(scores.recall.value),
        percent(scores.f1.value),
        interval(scores.f1),
        str(scores.gold),
        str(scores.predicted),
        str(scores.right),
    )


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            [
                row[0].ljust(widths[0]),
                *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True)),
            ]
        )
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def _foot(resampling: Resampling, documents: int, calibration: Calibration) -> str:
    share = f"{100 * resampling.level:g}%"
    made = (
        f"Intervals of F1: {share}, {resampling.draws} bootstrap draws of {documents} documents."
        if resampling.draws
        else "No intervals were asked for."
    )
    return f"{made}\nCalibration error of the scores: {percent(calibration.error)} points."
