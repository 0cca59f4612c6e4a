"""Published test vectors, read from beside the checkout; tolerance as they state it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from models.calculate import calculator_for

VECTORS = Path(__file__).resolve().parents[4] / "shared" / "clinical" / "vectors"
NAMES = (
    "prevent", "kfre", "ckdepi", "fib4", "cha2ds2_vasc", "news2", "qsofa", "sirs", "curb65", "sofa",
    "has_bled", "wells_dvt", "wells_pe", "perc", "padua", "khorana", "four_ts", "timi", "grace", "child_pugh",
    "meld3", "pce_2013", "score2", "recode", "kdigo_grid", "aki_kdigo", "charlson", "lace", "hospital",
    "findrisc", "phq9", "gad7",
)  # fmt: skip


def _agrees(expected: Any, found: Any, tolerance: float) -> bool:
    if isinstance(expected, dict):
        return expected.keys() == found.keys() and all(
            _agrees(value, found[key], tolerance) for key, value in expected.items()
        )
    return found == expected if isinstance(expected, str) else abs(found - expected) <= tolerance


@pytest.mark.data
@pytest.mark.parametrize("name", NAMES)
def test_published_vectors_are_reproduced(name: str) -> None:
    path = VECTORS / f"{name}.json"
    if not path.exists():
        pytest.skip("the published vectors are not beside this checkout")
    table = json.loads(path.read_text(encoding="utf-8"))
    tolerance = max((value for value in table["tolerance"].values() if value != "exact"), default=0)
    cases = next(value for value in table.values() if isinstance(value, list))
    calculator = calculator_for(name)
    wrong = [
        case["id"]
        for case in cases
        if not _agrees(case["expected"], calculator.calculate(case["inputs"]), tolerance)
    ]
    assert cases
    assert not wrong
