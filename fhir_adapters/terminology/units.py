"""Units: any spelling of a unit seen in charts -> its UCUM code -> the conversion to an analyte's own unit.

A unit is never guessed: a value without one is set aside unless its analyte is a pure number, and a unit
converts only where the table of the analyte names it. No general library is asked, because laboratories
seldom write UCUM ("K/uL" is a kelvin there) and because grams and moles convert by substance; a library
checks the factors of the tables in the tests.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from pathlib import Path

from fhir_adapters.terminology.analyte import IDENTITY, Analyte, Conversion
from fhir_adapters.terminology.analytes import ANALYTES, BY_LOINC

# No unit is longer; what is longer is not looked up, so that the cache holds small keys only.
_LONGEST = 48


class UnitProblem(Enum):
    """Why a value can't be brought to its analyte's unit."""

    MISSING = "the unit is missing"
    UNKNOWN = "the unit is not known"
    OTHER = "the unit is not one that converts for this analyte"


# Each spelling with the UCUM unit that it means and where it was seen; blanks, case, "^" for "*", the micro
# sign, "mcg", "x10" and "/mm3" are dealt with by `_squeeze`, so that a row stands for many ways to write it.
_TABLE = Path(__file__).with_name("unit_spellings.csv")
_PLAIN = str.maketrans(
    {
        " ": None,
        "\u00a0": None,
        "\t": None,
        "µ": "u",
        "μ": "u",
        "²": "*2",
        "³": "*3",
        "⁹": "*9",
        "^": "*",
        "×": "x",
    }
)
_REWRITES = (
    ("mcg", "ug"),
    ("mcmol", "umol"),
    ("mcl", "ul"),
    ("/cumm", "/ul"),
    ("/cmm", "/ul"),
    ("/mm*3", "/ul"),
    ("/mm3", "/ul"),
    ("x10", "10"),
    ("10**", "10*"),
    ("10e+", "10*"),
    ("10e", "10*"),
    ("10x", "10*"),
    ("10(3)", "10*3"),
    ("10(9)", "10*9"),
)


def _squeeze(text: str) -> str:
    plain = text.lower().translate(_PLAIN)
    for seen, ours in _REWRITES:
        plain = plain.replace(seen, ours)
    return plain


def _spellings() -> dict[str, str]:
    known = {unit: unit for analyte in ANALYTES.values() for unit in _units_of(analyte)}
    spellings = {_squeeze(unit): unit for unit in known}
    with _TABLE.open(encoding="utf-8", newline="") as rows:
        spellings.update((_squeeze(row["spelling"]), row["ucum"]) for row in csv.DictReader(rows))
    return spellings | known


def _units_of(analyte: Analyte) -> set[str]:
    return set(analyte.units).union(*analyte.units_by_code.values())


_SPELLINGS = _spellings()
# The ordinary case in one look-up: a LOINC code with one of its UCUM units as the standard writes it.
_EXACT: Mapping[tuple[str, str], Conversion] = {
    (loinc, unit): how
    for loinc, analyte in BY_LOINC.items()
    for unit, how in analyte.units_by_code.get(loinc, analyte.units).items()
}


def ucum_unit(text: str) -> str | None:
    """The UCUM unit that a text means; None when no analyte uses such a unit."""
    if len(text) > _LONGEST:
        return None
    return _SPELLINGS.get(text) or _SPELLINGS.get(_squeeze(text))


@lru_cache(maxsize=4096)
def _conversion(loinc: str, code: str, unit: str) -> Conversion | UnitProblem:
    analyte = BY_LOINC[loinc]
    return _choose(analyte, analyte.units_by_code.get(loinc, analyte.units), code, unit)


def _choose(
    analyte: Analyte, units: Mapping[str, Conversion], code: str, unit: str
) -> Conversion | UnitProblem:
    if not code and not unit:
        return IDENTITY if analyte.dimensionless else UnitProblem.MISSING
    found = ucum_unit(code) or ucum_unit(unit)
    if found is None:
        return UnitProblem.UNKNOWN
    return units.get(found, UnitProblem.OTHER)


def conversion(loinc: str, code: str, unit: str) -> Conversion | UnitProblem:
    """How a result under a LOINC code becomes canonical.

    Args:
        loinc: A code of `analytes.BY_LOINC`; it decides what a number means (3091-6 counts urea, not its
            nitrogen).
        code: `Quantity.code`; used first.
        unit: `Quantity.unit`, the words beside it; used when the code is absent or says nothing to us.

    Raises:
        KeyError: The LOINC code is not in the table.
    """
    return _EXACT.get((loinc, code)) or _conversion(loinc, code[:_LONGEST], unit[:_LONGEST])


def convert(value: float, unit: str, analyte: str, loinc: str = "") -> float | UnitProblem:
    """A value in the canonical unit of its analyte, or why it can't be had.

    Args:
        value: In `unit`.
        unit: UCUM code or any known spelling; "" when none was sent.
        analyte: Key of `analytes.ANALYTES`.
        loinc: The code of the result, where it is known; see `conversion`.

    Raises:
        KeyError: There is no such analyte.
    """
    found = ANALYTES[analyte]
    chosen = _choose(found, found.units_by_code.get(loinc, found.units), "", unit)
    return chosen if isinstance(chosen, UnitProblem) else chosen.apply(value)
