"""Evaluations as tables for the terminal."""

from __future__ import annotations

from models.evaluation.estimates import Resampling
from models.evaluation.notes.assertions import AssertionEvaluation
from models.evaluation.notes.calibration import Calibration
from models.evaluation.notes.entities import EntityEvaluation
from models.evaluation.notes.scores import ClassScores, Table
from models.evaluation.notes.subject import Subject
from models.evaluation.text import aligned, interval, percent

_HEADINGS = ("precision", "recall", "F1", "interval", "gold", "found", "right")


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
    return aligned(rows)


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


def _foot(resampling: Resampling, documents: int, calibration: Calibration) -> str:
    share = f"{100 * resampling.level:g}%"
    made = (
        f"Intervals of F1: {share}, {resampling.draws} bootstrap draws of {documents} documents."
        if resampling.draws
        else "No intervals were asked for."
    )
    return f"{made}\nCalibration error of the scores: {percent(calibration.error)} points."
