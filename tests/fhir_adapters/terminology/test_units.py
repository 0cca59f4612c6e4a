"""Units convert by a table: every spelling that is known, no unit that is guessed."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from fhir_adapters.terminology.analytes import BY_LOINC
from fhir_adapters.terminology.units import _TABLE, UnitProblem, _squeeze, conversion, convert, ucum_unit

LABEVENTS = Path(__file__).resolve().parents[4] / "shared/data/mimic_iii_demo/LABEVENTS.csv.gz"
SEEN = {
    "mimic-iii",
    "synthea",
    "us-core",
    "labcorp-report",
    "quest-report",
    "indian-laboratory-report",
    "uk-pathology-message",
    "ucum-names",
    "untraced",
}


@pytest.mark.parametrize(
    ("value", "unit", "analyte", "expected"),
    [
        (100, "mg/dl", "glucose", 100),
        (100, "MG/DL", "glucose", 100),
        (5.5, "mmol/L", "glucose", 99.088),
        (88.4, "umol/L", "creatinine", 1.0),
        (88.4, "µmol/L", "creatinine", 1.0),
        (88.4, "μmol/L", "creatinine", 1.0),
        (48, "mmol/mol", "hba1c", 6.543),
        (7.0, "%{Hb}", "hba1c", 7.0),
        (7.0, "% of total Hgb", "hba1c", 7.0),
        (98.6, "[degF]", "temperature", 37.0),
        (98.6, "degF", "temperature", 37.0),
        (98.6, "°F", "temperature", 37.0),
        (37, "°C", "temperature", 37),
        (200, "lbs", "weight", 90.718),
        (200, "[lb_av]", "weight", 90.718),
        (3400, "g", "weight", 3.4),
        (70, "in", "height", 177.8),
        (1.78, "m", "height", 178),
        (120, "mmHg", "sbp", 120),
        (120, "mm Hg", "sbp", 120),
        (16, "kPa", "sbp", 120.01),
        (250, "K/uL", "platelets", 250),
        (250, "10^3/uL", "platelets", 250),
        (250, "x10E3/uL", "platelets", 250),
        (250, "10³/µL", "platelets", 250),
        (250, "10*9/L", "platelets", 250),
        (250, "x10^9/L", "platelets", 250),
        (250, "thou/mcL", "platelets", 250),
        (250000, "/mm3", "platelets", 250),
        (60, "mL/min/1.73m2", "egfr", 60),
        (60, "mL/min/1.73 m²", "egfr", 60),
        (60, "mL/min", "egfr", 60),
        (25, "IU/L", "alt", 25),
        (25, "U/L", "alt", 25),
        (2.5, "mIU/L", "tsh", 2.5),
        (2.5, "uIU/mL", "tsh", 2.5),
        (2.5, "mU/L", "tsh", 2.5),
        (28, "mg/g{creat}", "uacr", 28),
        (28, "mg/g creat", "uacr", 28),
        (3.4, "mg/mmol", "uacr", 30.056),
        (0.15, "mg/mg", "upcr", 150),
        (140, "g/L", "hemoglobin", 14),
        (8.7, "mmol/L", "hemoglobin", 14.019),
        (0.42, "L/L", "hematocrit", 42),
        (4.2, "mEq/L", "potassium", 4.2),
        (1.2, "mg/dL", "crp", 12),
        (0.02, "ng/mL", "troponin_i_hs", 20),
        (72, "beats/min", "heart_rate", 72),
        (72, "bpm", "heart_rate", 72),
        (16, "breaths/min", "resp_rate", 16),
        (7.4, "pH", "ph_arterial", 7.4),
        (0.5, "ug/mL FEU", "ddimer", 500),
    ],
)
def test_a_known_unit_converts(value: float, unit: str, analyte: str, expected: float) -> None:
    assert convert(value, unit, analyte) == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize(
    ("unit", "analyte", "problem"),
    [
        ("", "creatinine", UnitProblem.MISSING),
        ("", "hba1c", UnitProblem.MISSING),
        ("parsec", "creatinine", UnitProblem.UNKNOWN),
        ("mg/dL" * 100, "creatinine", UnitProblem.UNKNOWN),
        ("mmol/L", "creatinine", UnitProblem.OTHER),
        ("mg/dL", "lpa", UnitProblem.OTHER),
        ("kg", "height", UnitProblem.OTHER),
        ("%", "platelets", UnitProblem.OTHER),
        ("1", "hba1c", UnitProblem.OTHER),
        ("ng/mL{DDU}", "ddimer", UnitProblem.OTHER),
    ],
)
def test_any_other_unit_is_refused_with_its_reason(unit: str, analyte: str, problem: UnitProblem) -> None:
    assert convert(1.0, unit, analyte) is problem


@pytest.mark.parametrize(
    ("value", "loinc", "unit", "expected"),
    [
        (30, "3094-0", "mg/dL", 30),
        (30, "3091-6", "mg/dL", 14.01),
        (5, "22664-7", "mmol/L", 14.0055),
        (500, "48065-7", "ng/mL", 500),
        (500, "48066-5", "ng/mL", 1000),
        (0.5, "48066-5", "mg/L", 1000),
    ],
)
def test_the_code_decides_what_substance_a_number_counts(
    value: float, loinc: str, unit: str, expected: float
) -> None:
    analyte = BY_LOINC[loinc].key
    assert convert(value, unit, analyte, loinc) == pytest.approx(expected)


def test_fibrinogen_units_under_the_code_of_the_other_calibrator_are_refused() -> None:
    assert conversion("48066-5", "ng/mL{FEU}", "") is UnitProblem.OTHER


def test_a_conversion_leaves_no_noise_of_binary_fractions() -> None:
    assert convert(100.4, "[degF]", "temperature") == 38.0


def test_every_sighting_is_read_as_its_unit_and_names_where_it_was_seen() -> None:
    with _TABLE.open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 250
    for row in rows:
        assert ucum_unit(row["ucum"]) == row["ucum"], row
        assert ucum_unit(row["spelling"]) == row["ucum"], row
        assert row["seen"] in SEEN, row
    meanings = {(_squeeze(row["spelling"]), row["ucum"]) for row in rows}
    assert len(meanings) == len({spelling for spelling, _ in meanings})


@pytest.mark.data
@pytest.mark.skipif(not LABEVENTS.exists(), reason="the shared MIMIC-III demo is not beside the checkout")
def test_the_units_of_real_intensive_care_results_are_known() -> None:
    with gzip.open(LABEVENTS, "rt", newline="") as lines:
        sent = Counter(row["VALUEUOM"].strip() for row in csv.DictReader(lines))
    # Of what no analyte here is measured in: cells of urine, clotting times, hormones, red cells, their pg.
    none_reads = {"", "sec", "SECONDS", "pg", "m/uL", "#/hpf", "#/lpf", "EU/dL", "Ratio", "U/mL", "mIU/mL"}
    none_reads |= {"+/-", "mm/hr", "Pos/Neg", "U/g/Hb"}
    unknown = {unit: count for unit, count in sent.items() if ucum_unit(unit) is None}
    assert unknown.keys() <= none_reads
    assert sum(sent.values()) - sum(unknown.values()) > 50_000


def test_the_cache_of_units_holds_no_long_text() -> None:
    assert conversion("2160-0", "x" * 10_000, "y" * 10_000) is UnitProblem.UNKNOWN
