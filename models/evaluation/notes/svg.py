"""The two drawings of a report as inline SVG; colors are the page's, by class, so both schemes work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from models.evaluation.notes.calibration import Calibration
from models.evaluation.notes.scores import ClassScores
from models.evaluation.notes.text_table import interval, percent

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
    parts = [_tick(_NAME + share * _PLOT, 0, bottom, f"{100 * share:g}") for share in _TICKS]
    for number, row in enumerate(rows):
        parts.append(_bars(row, number * _ROW + 6))
    return _svg(_NAME + _PLOT + _VALUE, height, "F1 by class, in percent", parts)


def calibration_plot(calibration: Calibration) -> Markup:
    """Share right against score: one dot a bin, its area as its count, the diagonal where both agree."""
    size, left, top = 300, 44, 10
    most = max((each.count for each in calibration.bins), default=1)
    parts = [
        Markup('<line class="ideal" x1="{}" y1="{}" x2="{}" y2="{}"/>').format(
            left, top + size, left + size, top
        )
    ]
    for share in _TICKS:
        x, y = left + share * size, top + (1 - share) * size
        parts.append(_tick(x, top, top + size, f"{100 * share:g}"))
        parts.append(
            Markup(
                '<line class="grid" x1="{0}" y1="{1}" x2="{2}" y2="{1}"/>'
                '<text class="tick" x="{3}" y="{4}" text-anchor="end">{5}</text>'
            ).format(left, _n(y), left + size, left - 6, _n(y + 4), f"{100 * share:g}")
        )
    for each in calibration.bins:
        parts.append(
            Markup('<circle class="dot" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
                _n(left + each.score * size),
                _n(top + (1 - each.right) * size),
                _n(3 + 9 * (each.count / most) ** 0.5),
                f"score {percent(each.score)}, right {percent(each.right)}, {each.count} decisions",
            )
        )
    parts.append(
        Markup('<text class="tick" x="{}" y="{}" text-anchor="middle">score, percent</text>').format(
            left + size // 2, top + size + 34
        )
    )
    return _svg(left + size + 16, top + size + 42, "Share right against score", parts)


def _bars(row: Bars, top: int) -> Markup:
    value = row.strict.f1.value or 0.0
    parts = [
        Markup('<text class="name" x="{}" y="{}" text-anchor="end">{}</text>').format(
            _NAME - 10, top + 12, row.strict.name
        ),
        Markup(
            '<rect class="bar" x="{}" y="{}" width="{}" height="{}" rx="2"><title>strict {}</title></rect>'
        ).format(_NAME, top, _n(value * _PLOT), _BAR, percent(row.strict.f1.value)),
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
                _n((row.partial.f1.value or 0.0) * _PLOT),
                percent(row.partial.f1.value),
            )
        )
    return Markup("").join(parts)


def _whisker(scores: ClassScores, y: float) -> Markup:
    if scores.f1.low is None or scores.f1.high is None:
        return Markup("")
    return Markup(
        '<path class="halo" d="M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}"/>'
        '<path class="whisker" d="M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}"/>'
    ).format(
        _n(_NAME + scores.f1.low * _PLOT), _n(_NAME + scores.f1.high * _PLOT), _n(y), _n(y - 4), _n(y + 4)
    )


def _tick(x: float, top: int, bottom: int, text: str) -> Markup:
    return Markup(
        '<line class="grid" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>'
        '<text class="tick" x="{0}" y="{3}" text-anchor="middle">{4}</text>'
    ).format(_n(x), top, bottom, bottom + 16, text)


def _svg(width: int, height: int, label: str, parts: Sequence[Markup]) -> Markup:
    return Markup(
        '<svg role="img" aria-label="{0}" viewBox="0 0 {1} {2}" width="{1}" height="{2}">{3}</svg>'
    ).format(label, width, height, Markup("").join(parts))


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
