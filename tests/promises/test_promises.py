"""Every promise has its tests, or says why it has none; and this is noticed when it is no longer so."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.promises.collecting import collected
from tests.promises.coverage import PAGE, page
from tests.promises.rows import TABLES, Row, Table, faults

# Alone, it collects all the files that are named; with the whole suite, none.
pytestmark = pytest.mark.timeout(900)
TABLE = Table(name="-", title="-", groups={"call": 0, "P": 2}, levelled=True)
ROW = Row(
    id="call-1", level="SHALL", section="Calls", promise="It answers.", tests=("a.py::test_x",), reason=""
)
GOOD = (ROW, replace(ROW, id="P1"), replace(ROW, id="P2", tests=(), reason="The proxy does it."))


@pytest.fixture(scope="module")
def there_is(request: pytest.FixtureRequest) -> set[str]:
    named = {test for table in TABLES for row in table.rows() for test in row.tests}
    return collected(named, [item.nodeid for item in request.session.items])


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_every_promise_has_tests_that_are_there_or_a_reason(table: Table, there_is: set[str]) -> None:
    assert faults(table, table.rows(), there_is) == []


def test_the_page_of_coverage_is_what_the_tables_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m tests.promises.coverage"


def test_a_table_that_keeps_to_it_has_no_fault() -> None:
    assert faults(TABLE, GOOD, {"a.py::test_x"}) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ((replace(ROW, tests=("a.py::test_gone",)), *GOOD[1:]), "call-1: no such test: a.py::test_gone"),
        ((replace(ROW, tests=()), *GOOD[1:]), "call-1: has neither"),
        ((replace(ROW, tests=ROW.tests * 2), *GOOD[1:]), "call-1: names a test twice"),
        ((replace(ROW, level="WILL"), *GOOD[1:]), "call-1: level 'WILL'"),
        ((replace(ROW, promise=""), *GOOD[1:]), "call-1: says not"),
        ((replace(ROW, id="call-2"), *GOOD[1:]), "call: rows are numbered [2]"),
        ((ROW, *GOOD), "call: rows are numbered [1, 1]"),
        (GOOD[:2], "P: rows are numbered [1], not 1 to 2"),
        (GOOD[1:], "call: rows are numbered []"),
        ((*GOOD, replace(ROW, id="new-1")), "new: rows are numbered [1]"),
    ],
)
def test_a_fault_is_named(rows: tuple[Row, ...], fault: str) -> None:
    (found,) = faults(TABLE, rows, {"a.py::test_x"})
    assert found.startswith(fault)


def test_only_what_pytest_collects_counts_as_a_test() -> None:
    here = "promises/test_promises.py"
    names = collected([f"{here}::test_x", "promises/absent.py::test_x"])
    assert f"{here}::test_a_fault_is_named" in names
    assert f"{here}::there_is" not in names
    assert not any("absent" in name or "[" in name for name in names)


def test_what_this_run_has_collected_is_not_collected_again() -> None:
    node = "tests/a/test_b.py::test_c[x::y-[z]]"
    assert collected(["a/test_b.py::test_c"], [node]) == {"a/test_b.py::test_c"}
