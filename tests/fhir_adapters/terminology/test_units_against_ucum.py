"""An independent reading of UCUM agrees with every factor of the tables, moles by way of the molar mass."""

from __future__ import annotations

from typing import Any

import pytest

from fhir_adapters.terminology.analyte import Analyte, Conversion
from fhir_adapters.terminology.analytes import ANALYTES

ucumvert = pytest.importorskip("ucumvert", reason="ucumvert is not installed")

# g/mol: CIAAW standard atomic weights for ions, PubChem and UniProt for the rest. Hemoglobin is counted by
# its monomer; NT-proBNP, BNP, PTH and ferritin by the chain that assays are calibrated with.
MOLAR_MASS = {
    "creatinine": 113.12,
    "urine_creatinine": 113.12,
    "glucose": 180.16,
    "bun": 28.01,  # two nitrogens of a urea
    "calcium": 40.08,
    "calcium_ionized": 40.08,
    "phosphate": 30.97,  # as phosphorus
    "magnesium": 24.305,
    "uric_acid": 168.11,
    "lactate": 90.08,
    "cholesterol": 386.65,
    "triglycerides": 885.7,
    "hemoglobin": 16114.0,
    "iron": 55.85,
    "bilirubin": 584.67,
    "vitamin_b12": 1355.4,
    "folate": 441.4,
    "ferritin": 445000.0,
    "mma": 118.09,
    "free_t4": 776.9,
    "free_t3": 651.0,
    "pth": 9425.0,
    "vitd_25oh": 400.6,
    "ntprobnp": 8457.5,
    "bnp": 3464.0,
    "uacr": 113.12,  # of the creatinine below the line
    "upcr": 113.12,
}
SUBSTANCE = {
    **dict.fromkeys(("total_cholesterol", "hdl", "ldl", "non_hdl"), "cholesterol"),
    **dict.fromkeys((key for key in ANALYTES if key.startswith("glucose_")), "glucose"),
    **dict.fromkeys(("bilirubin_total", "bilirubin_direct"), "bilirubin"),
    "tibc": "iron",
}
# What is no matter of units: other substances under one code, calibrators, equations, charges.
BY_CONVENTION = {
    ("bun", "3091-6"), ("bun", "22664-7"), ("ddimer", "48066-5"), ("hba1c", "mmol/mol"),
    ("magnesium", "meq/L"), ("tsh", "mU/L"),
}  # fmt: skip
ARBITRARY = {"[iU]/L", "{INR}", "{score}", "{T-score}", "{fraction}", "{ratio}", "1", "[pH]"}


@pytest.fixture(scope="module")
def ureg() -> Any:
    return ucumvert.PintUcumRegistry()


def _rows(analyte: Analyte) -> list[tuple[str, Conversion]]:
    rows = [*analyte.units.items()]
    for code, units in analyte.units_by_code.items():
        rows += [] if (analyte.key, code) in BY_CONVENTION else units.items()
    return [
        (unit, how)
        for unit, how in rows
        if not {unit, analyte.unit} & ARBITRARY
        and (analyte.key, unit) not in BY_CONVENTION
        and unit != analyte.unit
    ]


def _factor(ureg: Any, analyte: Analyte, unit: str) -> float:
    """What one of the unit is in the analyte's own, by UCUM and the molar mass."""
    sent, own = ureg.from_ucum(unit), ureg.from_ucum(analyte.unit)
    ratio = sent / own
    if not ratio.dimensionless:
        key = SUBSTANCE.get(analyte.key, analyte.key)
        gram_per_mole = MOLAR_MASS[key] * ureg.from_ucum("g/mol")
        ratio = ratio * gram_per_mole if (ratio * gram_per_mole).dimensionless else ratio / gram_per_mole
    return float(ratio.to("").magnitude)


MEASURED = [analyte for analyte in ANALYTES.values() if not analyte.coded and _rows(analyte)]


@pytest.mark.parametrize("analyte", [a for a in MEASURED if a.key != "temperature"], ids=lambda a: a.key)
def test_factors_are_those_of_ucum_and_of_the_molar_mass(analyte: Analyte, ureg: Any) -> None:
    for unit, how in _rows(analyte):
        assert how.offset == 0.0
        assert how.factor == pytest.approx(_factor(ureg, analyte, unit), rel=2e-3), unit


def test_fahrenheit_is_converted_as_by_ucum(ureg: Any) -> None:
    to_celsius = ANALYTES["temperature"].units["[degF]"]
    for fahrenheit in (95.0, 98.6, 104.0):
        celsius = ureg.Quantity(fahrenheit, ureg.degF).to(ureg.degC).magnitude
        assert to_celsius.apply(fahrenheit) == pytest.approx(celsius)


@pytest.mark.parametrize(
    ("ifcc", "ngsp"), [(31, 5.0), (42, 6.0), (48, 6.5), (53, 7.0), (64, 8.0), (86, 10.0)]
)
def test_hba1c_follows_the_master_equation(ifcc: float, ngsp: float) -> None:
    # NGSP: conversion table of "IFCC Standardization of HbA1c", whole mmol/mol and one decimal of a percent.
    assert round(ANALYTES["hba1c"].units["mmol/mol"].apply(ifcc), 1) == ngsp
