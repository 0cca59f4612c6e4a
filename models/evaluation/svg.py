"""Parts of drawings as inline SVG; colors are the page's, by class, so both schemes work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup


def svg(width: float, height: float, label: str, parts: Sequence[Markup]) -> Markup:
    """The whole drawing; the label is what a screen reader says."""
    return Markup(
        '<svg role="img" aria-label="{0}" viewBox="0 0 {1} {2}" width="{1}" height="{2}">{3}</svg>'
    ).format(label, short(width), short(height), Markup("").join(parts))


def short(value: float) -> str:
    """A coordinate with one decimal at most."""
    return f"{value:.1f}".removesuffix(".0")


def text_at(x: float, y: float, words: str, *, css: str = "tick", anchor: str = "middle") -> Markup:
    """Words at a place; `anchor` is where the place is in them: "start", "middle" or "end"."""
    return Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>').format(
        css, short(x), short(y), anchor, words
    )


def tick(x: float, top: float, bottom: float, words: str) -> Markup:
    """A vertical grid line with its number below."""
    line = Markup('<line class="grid" x1="{0}" y1="{1}" x2="{0}" y2="{2}"/>').format(
        short(x), short(top), short(bottom)
    )
    return line + text_at(x, bottom + 16, words)


def whisker(low: float, high: float, y: float) -> Markup:
    """A horizontal interval from x = low to x = high, with a halo so that it shows on a bar."""
    return Markup("").join(
        Markup('<path class="{5}" d="M{0} {2}H{1}M{0} {3}V{4}M{1} {3}V{4}"/>').format(
            short(low), short(high), short(y), short(y - 4), short(y + 4), css
        )
        for css in ("halo", "whisker")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Axes:
    """Two axes with their scales.

    Attributes:
        left, top, width, height: Of the area inside the axes, in pixels.
        across, up: The numbers at both ends of either axis.
    """

    left: float
    top: float
    width: float
    height: float
    across: tuple[float, float] = (0.0, 1.0)
    up: tuple[float, float] = (0.0, 1.0)

    def x(self, value: float) -> float:
        """Where a number lies on the lower axis."""
        low, high = self.across
        return self.left + self.width * (value - low) / (high - low)

    def y(self, value: float) -> float:
        """Where a number lies on the left axis."""
        low, high = self.up
        return self.top + self.height * (1 - (value - low) / (high - low))

    def grid(self, across: Sequence[tuple[float, str]], up: Sequence[tuple[float, str]]) -> list[Markup]:
        """Grid lines at some numbers, each with the words for it."""
        parts = [tick(self.x(at), self.top, self.top + self.height, words) for at, words in across]
        for at, words in up:
            parts.append(self.line([(self.across[0], at), (self.across[1], at)], css="grid"))
            parts.append(text_at(self.left - 6, self.y(at) + 4, words, anchor="end"))
        return parts

    def below(self, words: str) -> Markup:
        """What the lower axis is, below its numbers."""
        return text_at(self.left + self.width / 2, self.top + self.height + 34, words)

    def line(self, points: Sequence[tuple[float, float]], *, css: str) -> Markup:
        """A line through points of the scales."""
        drawn = "L".join(f"{short(self.x(x))} {short(self.y(y))}" for x, y in points)
        return Markup('<path class="{}" d="M{}"/>').format(css, drawn)

    def dot(self, x: float, y: float, radius: float, title: str) -> Markup:
        """A dot that says more when it is pointed at."""
        return Markup('<circle class="dot" cx="{}" cy="{}" r="{}"><title>{}</title></circle>').format(
            short(self.x(x)), short(self.y(y)), short(radius), title
        )
