"""The table of analytes agrees with itself and with the project's reference of LOINC codes."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from fhir_adapters.terminology.analytes import ANALYTES, BY_LOINC, analyte_of_loinc, loinc_codes

REFERENCE = Path(__file__).resolve().parents[3] / "../shared/clinical/ANALYTES.csv"
NOT_IN_THE_UNIT = {"38180-6", "29541-0", "11259-9"}


def _check_digit(code: str) -> int:
    """LOINC's modulo-10 check digit."""
    doubled = [int(d) * (2 - i % 2) for i, d in enumerate(reversed(code))]
    return -sum(n // 10 + n % 10 for n in doubled) % 10


@pytest.mark.parametrize("code", sorted({*BY_LOINC, "85354-9", "55284-4"}))
def test_every_loinc_code_has_its_check_digit(code: str) -> None:
    number, _, digit = code.partition("-")
    assert _check_digit(number) == int(digit)


def test_no_loinc_code_means_two_things() -> None:
    codes = [code for analyte in ANALYTES.values() for code in analyte.loinc]
    assert len(codes) == len(set(codes))


@pytest.mark.parametrize("analyte", ANALYTES.values(), ids=lambda a: a.key)
def test_an_analyte_is_complete(analyte: object) -> None:
    known = ANALYTES[analyte.key]  # type: ignore[attr-defined]
    assert known.name
    assert known.loinc
    assert known.coded or (known.unit in known.units and known.low < known.high)


def test_blood_pressures_are_asked_for_by_their_panels_too() -> None:
    assert loinc_codes("sbp") == ("8480-6", "85354-9", "55284-4")
    assert loinc_codes("dbp") == ("8462-4", "85354-9", "55284-4")
    assert analyte_of_loinc("85354-9") is None


@pytest.mark.parametrize("code", sorted(NOT_IN_THE_UNIT | {"21000-5"}))
def test_codes_whose_number_is_something_else_are_not_in_the_table(code: str) -> None:
    assert analyte_of_loinc(code) is None


@pytest.mark.parametrize(
    ("key", "unit"), [("egfr", "mL/min/1.73 m²"), ("platelets", "×10³/µL"), ("inr", ""), ("sbp", "mmHg")]
)
def test_units_are_shown_as_people_write_them(key: str, unit: str) -> None:
    assert ANALYTES[key].display_unit == unit


@pytest.mark.data
@pytest.mark.skipif(not REFERENCE.exists(), reason="the public reference tables are not beside the checkout")
def test_the_table_agrees_with_the_reference() -> None:
    with REFERENCE.open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["loinc"] not in NOT_IN_THE_UNIT]
    assert len(rows) > 200
    for row in rows:
        analyte = BY_LOINC[row["loinc"]]
        assert analyte.key == row["analyte"]
        if not analyte.coded:
            limits = (analyte.low, analyte.high)
            assert limits == (float(row["plausible_min"]), float(row["plausible_max"])), row["loinc"]
            assert analyte.unit == row["canonical_unit_ucum"]
