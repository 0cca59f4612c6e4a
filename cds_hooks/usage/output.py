"""The account of the cards for a terminal, as JSON, and as a page."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TextIO

from markupsafe import Markup
from rich.console import Console
from rich.table import Table

from cds_hooks.usage.counts import Tally, Usage, reason_words
from models.evaluation.page import environment
from models.evaluation.svg import short, svg, text_at

CAUTION = (
    "Counts say how clinicians took the cards, not whether the cards were right. An EHR tells of a card "
    "only when somebody acted on it: most have no answer."
)
_COLUMNS = ("Shown", "Accepted", "Overridden", "No answer", "Of answered, overridden")
_LEFT, _WIDTH, _ROW, _BAR = 90, 560, 26, 16


def print_usage(usage: Usage, out: TextIO, width: int) -> None:
    """Writes tables; colors only where the output is a terminal."""
    console = Console(file=out, width=width, highlight=False, markup=False)
    if not usage.total.shown:
        console.print("No card has been shown yet.")
        return
    console.print(_table("By service", ("Service",), (((k,), t) for k, t in usage.services.items())))
    console.print(_table("By month", ("Month",), (((k,), t) for k, t in usage.months.items())))
    rows = (((row.month, row.service, row.model), row.tally) for row in usage.rows)
    console.print(_table("By model", ("Month", "Service", "Model"), rows))
    for code, count in usage.total.reasons.most_common():
        console.print(f"  {count:6}  {reason_words(code)}")
    console.print(CAUTION)


def as_json(usage: Usage) -> dict[str, Any]:
    """Everything; `override_rate` from 0 to 1, null where no card was answered."""
    return {
        "made": usage.made.isoformat(timespec="seconds"),
        "total": _tally_json(usage.total),
        "months": {key: _tally_json(tally) for key, tally in usage.months.items()},
        "services": {key: _tally_json(tally) for key, tally in usage.services.items()},
        "rows": [
            {"month": row.month, "service": row.service, "model": row.model} | _tally_json(row.tally)
            for row in usage.rows
        ],
    }


def html_page(usage: Usage) -> str:
    """One page that needs nothing else; it holds no patient's data."""
    made = environment("cds_hooks.usage")
    made.filters.update(rate=_rate, reason=reason_words)
    return made.get_template("own/usage.html").render(
        usage=usage, caution=CAUTION, columns=_COLUMNS, months=_bars(usage.months)
    )


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "shown": tally.shown,
        "accepted": tally.accepted,
        "overridden": tally.overridden,
        "unanswered": tally.unanswered,
        "override_rate": tally.override_rate,
        "reasons": dict(tally.reasons.most_common()),
    }


def _table(title: str, names: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], Tally]]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    for name in names:
        table.add_column(name)
    for name in _COLUMNS:
        table.add_column(name, justify="right")
    for keys, tally in rows:
        counts = (tally.shown, tally.accepted, tally.overridden, tally.unanswered)
        table.add_row(*keys, *map(str, counts), _rate(tally.override_rate))
    return table


def _rate(share: float | None) -> str:
    return "-" if share is None else f"{100 * share:.0f}%"


def _bars(months: Mapping[str, Tally]) -> Markup:
    """A bar for each month: accepted, overridden, no answer, in this order."""
    most = max((tally.shown for tally in months.values()), default=0) or 1
    parts = []
    for number, (month, tally) in enumerate(months.items()):
        top = number * _ROW
        parts.append(text_at(_LEFT - 8, top + 13, month, anchor="end"))
        x = float(_LEFT)
        for css, words, count in (
            ("bar accepted", "accepted", tally.accepted),
            ("bar overridden", "overridden", tally.overridden),
            ("bar unanswered", "no answer", tally.unanswered),
        ):
            wide = _WIDTH * count / most
            parts.append(
                Markup(
                    '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}: {} {}</title></rect>'
                ).format(css, short(x), top, short(wide), _BAR, month, count, words)
            )
            x += wide
        parts.append(text_at(x + 8, top + 13, str(tally.shown), anchor="start"))
    label = "Cards by month: accepted, overridden, without an answer"
    return svg(_LEFT + _WIDTH + 60, max(1, len(months)) * _ROW, label, parts)
