"""Writes COVERAGE.md: what is promised, and by which tests. Run as `python -m tests.promises.coverage`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from tests.promises.rows import TABLES, TESTS, Row, Table

PAGE: Final = TESTS / "contract" / "COVERAGE.md"


def page() -> str:
    """The text of COVERAGE.md, from the tables."""
    return "\n".join(line for table in TABLES for line in _section(table)) + "\n"


def _section(table: Table) -> Iterator[str]:
    rows = table.rows()
    proven = sum(bool(row.tests) and not row.reason for row in rows)
    partly = sum(bool(row.tests and row.reason) for row in rows)
    yield f"# {table.title}"
    yield ""
    yield (
        f"From `{table.name}`: {len(rows)} rows, {proven} proven by tests, {partly} proven in part with the "
        f"rest explained, {len(rows) - proven - partly} without a test and with the reason."
    )
    yield ""
    yield f"| id | {'level | ' if table.levelled else ''}what | tests | not by a test |"
    yield f"|---|{'---|' if table.levelled else ''}---|---|---|"
    for row in rows:
        yield _line(table, row)
    yield ""


def _line(table: Table, row: Row) -> str:
    cells = [row.id, *([row.level] if table.levelled else []), row.promise]
    cells += ["<br>".join(f"`{test}`" for test in row.tests), row.reason]
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
