"""What is promised, one row a promise: a table names the tests that prove it, or says why none does."""

from __future__ import annotations

import csv
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TESTS: Final = Path(__file__).parents[1]
ROOT: Final = TESTS.parent
LEVELS: Final = ("SHALL", "SHALL NOT", "SHOULD", "SHOULD NOT", "MAY")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One promise.

    Attributes:
        id: Group and number, e.g. "call-3" or "P3"; numbers of a group have no gap.
        level: How binding, in the words of RFC 2119; "" in a table whose rows all bind alike.
        section: Where it is demanded.
        promise: What, in our own words.
        tests: `path::function` of the tests that prove it, the path below tests/.
        reason: Why no test proves it, or what of it none does; "" where the tests prove all of it.
    """

    id: str
    level: str
    section: str
    promise: str
    tests: tuple[str, ...]
    reason: str

    @property
    def group(self) -> str:
        """The id without its number."""
        return self.id.rstrip("0123456789").rstrip("-")

    @property
    def number(self) -> int:
        """The number of the row within its group; 0 when it has none."""
        digits = self.id.removeprefix(self.group).removeprefix("-")
        return int(digits) if digits else 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A file of rows.

    Attributes:
        groups: Groups that it must have, with the number of rows where its source fixes one, else 0.
        levelled: Whether each row says how binding it is.
    """

    name: str
    title: str
    groups: dict[str, int]
    levelled: bool

    def rows(self) -> list[Row]:
        """The rows of the file, in its order."""
        with (TESTS / self.name).open(encoding="utf-8", newline="") as file:
            return [
                Row(
                    id=each["id"],
                    level=each.get("level", ""),
                    section=each["section"],
                    promise=each["promise"].strip(),
                    tests=tuple(each["tests"].split()),
                    reason=each["reason"].strip(),
                )
                for each in csv.DictReader(file)
            ]


def faults(table: Table, rows: Iterable[Row], collected: Collection[str]) -> list[str]:
    """What is wrong with a table, a line a fault; empty when nothing is.

    Args:
        table: What its rows must keep to.
        rows: Its rows.
        collected: `path::function` of every test that pytest collects from the files that the rows name.
    """
    found: list[str] = []
    numbers: dict[str, list[int]] = {}
    for row in rows:
        numbers.setdefault(row.group, []).append(row.number)
        if table.levelled != (row.level in LEVELS):
            found.append(f"{row.id}: level '{row.level}'")
        if not row.promise or not row.section:
            found.append(f"{row.id}: says not what is promised, or where that is demanded")
        if not row.tests and not row.reason:
            found.append(f"{row.id}: has neither a test nor a reason")
        if len(set(row.tests)) != len(row.tests):
            found.append(f"{row.id}: names a test twice")
        found += [f"{row.id}: no such test: {test}" for test in row.tests if test not in collected]
    for group in [*table.groups, *(numbers.keys() - table.groups.keys())]:
        given = numbers.get(group, [])
        wanted = table.groups.get(group, 0) or len(given)
        if group not in table.groups or not given or given != list(range(1, wanted + 1)):
            found.append(f"{group}: rows are numbered {given}, not 1 to {wanted}, or nobody expects them")
    return found


_TRANSPORT: Final = ("json", "tls", "discovery")
_CALL: Final = ("call", "status", "hook", "prefetch", "fhir")
_ANSWER: Final = ("card", "action", "feedback")
_TRUST: Final = ("security", "extension")
REQUIREMENTS: Final = Table(
    name="contract/requirements.csv",
    title="CDS Hooks 2.0.1, with what 3.0 changes",
    groups=dict.fromkeys((*_TRANSPORT, *_CALL, *_ANSWER, *_TRUST), 0),
    levelled=True,
)
CHECKLIST: Final = Table(
    name="safety/checklist.csv",
    title="Reliability",
    groups={"P": 12, "L": 8, "S": 15, "H": 9, "D": 9},
    levelled=False,
)
TABLES: Final = (REQUIREMENTS, CHECKLIST)
