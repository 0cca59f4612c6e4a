from __future__ import annotations

import csv
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROWS = list(csv.DictReader((HERE / "requirements.csv").read_text(encoding="utf-8").splitlines()))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_each_listed_requirement_has_its_test(row: dict[str, str]) -> None:
    file, _, name = row["test"].partition("::")
    assert f"def {name}(" in (HERE / file).read_text(encoding="utf-8")
    assert row["level"] in ("SHALL", "SHOULD")
    assert row["requirement"]


def test_no_requirement_is_listed_twice() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS)
