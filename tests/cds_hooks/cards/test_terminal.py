"""A card in the terminal shows the words of the rendered Markdown, aligned and wrapped."""

from __future__ import annotations

from uuid import uuid4

from cds_hooks.cards.markdown import escape
from cds_hooks.cards.terminal import render_text
from cds_hooks.protocol.card import Card, Source


def shown(detail: str, width: int = 60) -> list[str]:
    card = Card(
        uuid=str(uuid4()), summary="S", indicator="info", source=Source(label="Cuecard"), detail=detail
    )
    return render_text(card, width).splitlines()[2:]


def test_escaped_text_is_shown_as_the_chart_has_it() -> None:
    raw = r"5_FU *x* <b> &amp; [a](b) | \ `c` #1 ~ $ 1.73 m²"
    assert shown(escape(raw)) == [raw]


def test_bold_and_links_lose_their_markup() -> None:
    assert shown("**Missing:** x · [A \\[B\\]](https://doi.org/1)") == [
        "Missing: x · A [B] <https://doi.org/1>"
    ]


def test_a_table_is_aligned_and_its_last_column_wrapped() -> None:
    table = "| Finding | Remark |\n|---|---|\n| HbA1c | a remark that is longer than the line |"
    assert shown(table, 40) == [
        "  Finding  Remark",
        "  -------  ---------------------------",
        "  HbA1c    a remark that is longer",
        "           than the line",
    ]


def test_an_escaped_pipe_stays_in_its_cell() -> None:
    assert shown(f"| A | B |\n|---|---|\n| {escape('x|y')} | z |")[2] == "  x|y  z"


def test_quotes_are_indented() -> None:
    assert shown("> “quoted”") == ["    “quoted”"]
