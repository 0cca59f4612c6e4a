"""The drawings of a report on risks: ROC and event curves, calibration, net benefit, subgroups."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise

from markupsafe import Markup

from models.evaluation.complications.measured import Curve, Group, MeasuredQuestion, Subgroup
from models.evaluation.complications.words import label_of, number, span
from models.evaluation.svg import Axes, svg
from models.evaluation.text import interval, percent

_SIZE, _WIDTH, _HEIGHT = 290, 360, 352
# The lines of rivals have so many looks, then the first again; none has the model's.
_LOOKS = 4
_TENTHS = (0.0, 0.25, 0.5, 0.75, 1.0)
# Distances between grid lines, of which the first is taken that leaves at most five.
_STEPS = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 25.0)
STRIP = 150


def look(place: int) -> str:
    """The class of the line of the model (0) or of a rival."""
    return f"curve look{1 + (place - 1) % _LOOKS if place else 0}"


def key(place: int, name: str) -> Markup:
    """A line and whose it is."""
    return Markup("<span>{}{}</span>").format(
        svg(26, 8, "line", [Markup('<path class="{}" d="M0 4H26"/>').format(look(place))]), name
    )


def roc_chart(question: MeasuredQuestion) -> Markup:
    """Sensitivity against the false positive rate, the model and its rivals."""
    axes = Axes(left=48, top=10, width=_SIZE, height=_SIZE)
    ticks = [(share, f"{100 * share:g}") for share in _TENTHS]
    parts = [*axes.grid(ticks, ticks), axes.line([(0, 0), (1, 1)], css="ideal")]
    for place, told in reversed(list(enumerate(question.told))):
        if told.roc:
            parts.append(axes.line(told.roc, css=look(place)))
    parts.append(axes.below("false alarms among those without it, percent"))
    return svg(_WIDTH, _HEIGHT, "Outcomes found against false alarms", parts)


def event_chart(question: MeasuredQuestion) -> Markup:
    """The share with the outcome over the years, by quarter of the model's risk."""
    years = question.horizon_years or 1.0
    top = max((share for group in question.quarters for _, share in group.curve), default=0.0) or 1.0
    axes = Axes(left=48, top=10, width=_SIZE, height=_SIZE, across=(0, years), up=(0, top * 1.05))
    parts = axes.grid([(at, f"{at:g}") for at in _grid(years)], [(at, _share(at)) for at in _grid(top)])
    for place, group in enumerate(question.quarters):
        parts.append(axes.line(_steps(group.curve), css=f"curve quarter{place}"))
    parts.append(axes.below("years"))
    return svg(_WIDTH, _HEIGHT, "Share with the outcome over the years, by quarter of risk", parts)


def calibration_chart(groups: Sequence[Group]) -> Markup:
    """Share with the outcome against the risk that was told, with intervals; on the diagonal both agree."""
    told = max((group.told for group in groups), default=0.0)
    seen = max((group.happened.high or group.happened.value or 0.0 for group in groups), default=0.0)
    top = min(1.0, 1.05 * max(told, seen)) or 1.0
    axes = Axes(left=48, top=10, width=_SIZE, height=_SIZE, across=(0, top), up=(0, top))
    ticks = [(at, _share(at)) for at in _grid(top)]
    parts = [*axes.grid(ticks, ticks), axes.line([(0, 0), (top, top)], css="ideal")]
    for group in groups:
        parts += _group_dot(axes, group, top)
    parts.append(axes.below("risk that was told, percent"))
    return svg(_WIDTH, _HEIGHT, "What happened against what was told", parts)


def decision_chart(question: MeasuredQuestion) -> Markup:
    """Net benefit over thresholds: the model, its rivals, acting on everybody, acting on nobody."""
    at = question.thresholds
    best = max((each.value or 0.0 for told in question.told for each in told.net_benefit), default=0.0) or 1.0
    low, high = -0.25 * best, 1.1 * max(best, question.treat_all[0] or 0.0)
    axes = Axes(left=48, top=10, width=_SIZE, height=_SIZE, across=(0, at[-1]), up=(low, high))
    across = [(each, _share(each)) for each in _grid(at[-1])]
    parts = axes.grid(across, [(each, f"{100 * each:g}") for each in _grid(high)])
    parts.append(axes.line([(0, 0), (at[-1], 0)], css="curve nobody"))
    parts += _within(axes, zip(at, question.treat_all, strict=True), low, "curve everybody")
    for place, told in reversed(list(enumerate(question.told))):
        points = zip(at, (each.value for each in told.net_benefit), strict=False)
        parts += _within(axes, points, low, look(place))
    parts.append(axes.below("risk from which one acts, percent"))
    return svg(_WIDTH, _HEIGHT, "Net benefit over thresholds", parts)


def strip_scale(question: MeasuredQuestion) -> tuple[float, float]:
    """Both ends of the strips of all subgroups."""
    shown = [group.measures[question.headline] for group in question.subgroups if group.measures]
    shown.append(question.model.measures[question.headline])
    ends = [end for each in shown for end in (each.low, each.high, each.value) if end is not None]
    low, high = min(ends, default=0.5), max(ends, default=1.0)
    return max(0.0, low - 0.01), min(1.0, high + 0.01)


def subgroup_strip(question: MeasuredQuestion, group: Subgroup) -> Markup:
    """A dot with its interval on the common scale; the line is where everybody's number is."""
    low, high = strip_scale(question)
    axes = Axes(left=0, top=0, width=STRIP, height=24, across=(low, high))
    parts = []
    whole = question.model.measures[question.headline].value
    if whole is not None:
        parts.append(axes.line([(whole, 0), (whole, 1)], css="ideal"))
    estimate = group.measures[question.headline]
    if estimate.low is not None and estimate.high is not None:
        parts.append(axes.line([(estimate.low, 0.5), (estimate.high, 0.5)], css="whisker"))
    if estimate.value is not None:
        parts.append(axes.dot(estimate.value, 0.5, 4, ""))
    return svg(STRIP, 24, f"{label_of(group.label)}: {span(question.headline, estimate)}", parts)


def _group_dot(axes: Axes, group: Group, top: float) -> list[Markup]:
    happened = group.happened
    if happened.value is None:
        return []
    seen = f"{percent(happened.value)} ({interval(happened)})"
    words = f"told {percent(group.told)}, happened {seen}, {number(group.rows)} rows"
    parts = [axes.dot(group.told, happened.value, 4.5, words)]
    if happened.low is not None and happened.high is not None:
        ends = [(group.told, happened.low), (group.told, min(top, happened.high))]
        parts.insert(0, axes.line(ends, css="whisker"))
    return parts


def _within(axes: Axes, points: Iterable[tuple[float, float | None]], low: float, css: str) -> list[Markup]:
    """A line up to where it leaves the drawing below."""
    kept: list[tuple[float, float]] = []
    for x, y in points:
        if y is None or y < low:
            break
        kept.append((x, y))
    return [axes.line(kept, css=css)] if len(kept) > 1 else []


def _steps(curve: Curve) -> Curve:
    points = list(curve[:1])
    for (_, before), (x, y) in pairwise(curve):
        points += [(x, before), (x, y)]
    return tuple(points) or ((0.0, 0.0),)


def _grid(top: float) -> list[float]:
    step = next((each for each in _STEPS if top / each <= 5), _STEPS[-1])
    return [place * step for place in range(int(top / step + 1e-9) + 1)]


def _share(value: float) -> str:
    return f"{round(100 * value, 2):g}"
