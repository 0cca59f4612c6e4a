"""Numbers and tables as text, for the terminal and for pages."""

from __future__ import annotations

from collections.abc import Sequence

from models.evaluation.estimates import Estimate

NOTHING = "–"


def percent(value: float | None) -> str:
    """A share with one decimal, without the sign: "86.1"; a dash for None."""
    return NOTHING if value is None else f"{100 * value:.1f}"


def interval(estimate: Estimate) -> str:
    """The interval of a share in percent: "84.9 to 87.2"; a dash when there is none."""
    if estimate.low is None or estimate.high is None:
        return NOTHING
    return f"{percent(estimate.low)} to {percent(estimate.high)}"


def aligned(rows: Sequence[Sequence[str]]) -> str:
    """Rows of cells as lines: the first column to the left, the others to the right."""
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
