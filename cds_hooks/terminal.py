"""Cards as plain text for a terminal: the same words, without Markdown."""

from __future__ import annotations

import html
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby

from cds_hooks.protocol.card import Card

_INDENT = "   "
_BOLD = re.compile(r"(?<!\\)\*\*(.+?)(?<!\\)\*\*")
_LINK = re.compile(r"(?<!\\)\[(.+?)(?<!\\)\]\((\S+?)\)")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_RULE = re.compile(r"\|?[\s:|-]+\|?")
_CELL = re.compile(r"(?<!\\)\|")


def cards_text(cards: Sequence[Card], width: int) -> str:
    """All cards of an answer, numbered; a sentence when there are none."""
    if not cards:
        return "No cards: the chart was read and there is nothing to say.\n"
    return "\n".join(f"{number}. {card_text(card, width)}" for number, card in enumerate(cards, start=1))


def card_text(card: Card, width: int) -> str:
    """One card: summary, detail, what it proposes and where it comes from, wrapped at `width`."""
    lines = [f"[{card.indicator}] {card.summary}", *_detail(card.detail, width - len(_INDENT))]
    for suggestion in card.suggestions:
        lines += _wrapped(f"Proposal: {suggestion.label}", width - len(_INDENT))
    lines += [f"{link.label}: {link.url}" for link in card.links]
    first, *rest = lines
    return "\n".join([first, *(f"{_INDENT}{line}".rstrip() for line in rest)]) + "\n"


def _detail(markdown: str, width: int) -> Iterator[str]:
    for is_table, block in groupby(markdown.splitlines(), key=lambda line: line.startswith("|")):
        if is_table:
            yield from _table(block, width)
        else:
            for line in block:
                yield from _wrapped(_plain(line), width)


def _table(lines: Iterable[str], width: int) -> Iterator[str]:
    rows = [_cells(line) for line in lines if not _RULE.fullmatch(line)]
    columns = max(len(row) for row in rows)
    widths = [max(len(row[n]) for row in rows if n < len(row)) for n in range(columns)]
    for row in rows:
        line = "  ".join(cell.ljust(size) for cell, size in zip(row, widths, strict=False))
        yield from _wrapped(line.rstrip(), width)


def _cells(line: str) -> list[str]:
    return [_plain(cell.strip()) for cell in _CELL.split(line.strip().strip("|"))]


def _plain(markdown: str) -> str:
    text = _LINK.sub(r"\1 (\2)", _BOLD.sub(r"\1", markdown))
    return html.unescape(_ESCAPE.sub(r"\1", text))


def _wrapped(line: str, width: int) -> list[str]:
    hanging = "  " if line.startswith(("- ", "> ")) else ""
    found = textwrap.wrap(
        line, max(width, 20), subsequent_indent=hanging, break_long_words=False, break_on_hyphens=False
    )
    return found or [""]
