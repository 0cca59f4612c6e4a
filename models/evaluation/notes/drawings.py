"""The two drawings of a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.evaluation.notes.calibration import Calibration
from models.evaluation.notes.scores import ClassScores
from models.evaluation.svg import Axes, short, svg, text_at, tick, whisker
from models.evaluation.text import interval, percent

_ROW, _BAR, _NAME, _PLOT, _VALUE = 36, 10, 130, 420, 150
_TICKS = (0.0, 0.25, 0.5, 0.75, 1.0)


@dataclass(frozen=True, slots=True)
class Bars:
    """F1 of one class, under two ways of counting."""

    strict: ClassScores
    partial: ClassScores | None = None


def bar_chart(rows: Sequence[Bars]) -> Markup:
    """F1 by class as horizontal bars with whiskers for the intervals; a thinner bar for partial matches."""
    height = len(rows) * _ROW + 28
    bottom = height - 24
    parts = [tick(_NAME + share * _PLOT, 0, bottom, f"{100 * share:g}") for share in _TICKS]
    for number, row in enumerate(rows):
        parts.append(_bars(row, number * _ROW + 6))
    return svg(_NAME + _PLOT + _VALUE, height, "F1 by class, in percent", parts)


def calibration_plot(calibration: Calibration) -> Markup:
    """Share right against score: one dot a bin, its area as its count, the diagonal where both agree."""
    axes = Axes(left=44, top=10, width=300, height=300)
    most = max((each.count for each in calibration.bins), default=1)
    ticks = [(share, f"{100 * share:g}") for share in _TICKS]
    dots = [
        axes.dot(
            each.score,
            each.right,
            3 + 9 * (each.count / most) ** 0.5,
            f"score {percent(each.score)}, right {percent(each.right)}, {each.count} decisions",
        )
        for each in calibration.bins
    ]
    ideal = axes.line([(0, 0), (1, 1)], css="ideal")
    parts = [ideal, *axes.grid(ticks, ticks), *dots, axes.below("score, percent")]
    return svg(360, 352, "Share right against score", parts)


def _bars(row: Bars, top: int) -> Markup:
    value = row.strict.f1.value or 0.0
    parts = [
        text_at(_NAME - 10, top + 12, row.strict.name, css="name", anchor="end"),
        Markup(
            '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>strict {}</title></rect>'
        ).format(_NAME, top, short(value * _PLOT), _BAR, percent(row.strict.f1.value)),
        _whisker(row.strict, top + _BAR / 2),
        Markup('<text class="value" x="{}" y="{}">{} <tspan class="tick" dx="6">{}</tspan></text>').format(
            _NAME + _PLOT + 14, top + 12, percent(row.strict.f1.value), interval(row.strict.f1)
        ),
    ]
    if row.partial is not None:
        parts.append(
            Markup(
                '<rect class="bar second" x="{}" y="{}" width="{}" height="4" rx="2">'
                "<title>partial {}</title></rect>"
            ).format(
                _NAME,
                top + _BAR + 3,
                short((row.partial.f1.value or 0.0) * _PLOT),
                percent(row.partial.f1.value),
            )
        )
    return Markup("").join(parts)


def _whisker(scores: ClassScores, y: float) -> Markup:
    if scores.f1.low is None or scores.f1.high is None:
        return Markup("")
    return whisker(_NAME + scores.f1.low * _PLOT, _NAME + scores.f1.high * _PLOT, y)
