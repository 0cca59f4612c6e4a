from __future__ import annotations

import pytest

from models.diagnosis.values import at_least, below
from tests.records import measurement


@pytest.mark.parametrize(
    ("analyte", "value", "reported", "cut", "reached"),
    [
        ("glucose", 199.98, "11.1 mmol/L", 200, True),
        ("glucose", 198.2, "11 mmol/L", 200, False),
        ("ldl", 189.48, "4.9 mmol/L", 190, True),
        ("ldl", 185.6, "4.8 mmol/L", 190, False),
        ("glucose", 199.98, "", 200, False),
        ("egfr", 59.9, "creatinine 1.1 mg/dL", 60, False),
    ],
)
def test_a_molar_result_of_the_printed_limit_reaches_it(
    analyte: str, value: float, reported: str, cut: float, reached: bool
) -> None:
    point = measurement(analyte, value, 1, reported=reported)
    assert (at_least(point, cut), below(point, cut)) == (reached, not reached)
