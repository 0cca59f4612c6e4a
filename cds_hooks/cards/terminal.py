"""A card as plain text for a terminal: the same words that the EHR shows, wrapped, tables aligned."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import Final

from cds_hooks.protocol.card import Card

_MIN_LAST_COLUMN: Final = 12
_GAP: Final = "  "

_BOLD = re.compile(r"(?<!\\)\*\*")
_LINK = re.compile(r"(?<!\\)\[((?:[^\[\]\\]|\\.)*)\]\(([^()\s]*)\)")
_BACKSLASH = re.compile(r"\\([!-/:-@\[-`{-~])")
_RULE = re.compile(r"\|(?:-+\|)+")


def render_text(card: Card, width: int = 88) -> str:
    """The card as lines of at most `width` characters, where words and tables allow it.

    Args:
        card: As built; its detail uses the Markdown of our own templates.
        width: Columns of the terminal, 40 or more.
    """
    width = max(width, 40)
    lines = [*_wrapped(f"[{card.indicator.upper()}] {card.summary}", width), ""]
    if card.detail:
        lines += [*_detail(card.detail, width), ""]
    for suggestion in card.suggestions:
        mark = "[recommended] " if suggestion.is_recommended else ""
        lines += _wrapped(f"Suggested: {mark}{suggestion.label}", width)
    for link in card.links:
        lines.append(f"See: {link.label} <{link.url}>")
    return "\n".join(lines).rstrip() + "\n"


def _detail(detail: str, width: int) -> Iterator[str]:
    for is_table, block in groupby(detail.splitlines(), key=lambda line: line.startswith("|")):
        if is_table:
            yield from _table([line for line in block if not _RULE.fullmatch(line)], width)
            continue
        for line in block:
            if line.startswith("> "):
                yield from _wrapped(_shown(line[2:]), width, "    ")
            elif line.startswith("- "):
                yield from _wrapped(_shown(line), width, "", "  ")
            else:
                yield from _wrapped(_shown(line), width) if line else [""]


def _table(lines: list[str], width: int) -> Iterator[str]:
    rows = [[_shown(cell.strip()) for cell in line.strip("|").split("|")] for line in lines]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    used = sum(widths[:-1]) + len(_GAP) * (len(widths) + 1)
    widths[-1] = min(widths[-1], max(width - used, _MIN_LAST_COLUMN))
    for index, row in enumerate(rows):
        yield from _table_row(row, widths)
        if index == 0:
            yield _GAP + _GAP.join("-" * column for column in widths)


def _table_row(row: list[str], widths: list[int]) -> Iterator[str]:
    first, *more = textwrap.wrap(row[-1], widths[-1]) or [""]
    cells = [cell.ljust(column) for cell, column in zip(row[:-1], widths, strict=False)]
    yield (_GAP + _GAP.join([*cells, first])).rstrip()
    indent = " " * (sum(widths[:-1]) + len(_GAP) * len(widths))
    yield from (indent + line for line in more)


def _wrapped(text: str, width: int, indent: str = "", hanging: str | None = None) -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent if hanging is None else hanging,
        break_on_hyphens=False,
        break_long_words=False,
    ) or [""]


def _shown(markdown: str) -> str:
    """The text that a reader of the rendered Markdown sees."""
    text = _LINK.sub(r"\1 <\2>", _BOLD.sub("", markdown))
    return html.unescape(_BACKSLASH.sub(r"\1", text))
