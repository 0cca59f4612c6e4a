"""Analyte: one quantity that decisions read, with its codes, its one unit and what it can plausibly be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

# Units of pure numbers: for these a missing unit says nothing less than a written one.
DIMENSIONLESS = frozenset({"1", "[pH]", "{score}", "{T-score}"})

_FOR_PEOPLE = {
    "mL/min/{1.73_m2}": "mL/min/1.73 m²",
    "10*3/uL": "×10³/µL",
    "ug/dL": "µg/dL",
    "/uL": "/µL",
    "mm[Hg]": "mmHg",
    "m[IU]/L": "mIU/L",
    "[IU]/mL": "IU/mL",
    "{copies}/mL": "copies/mL",
    "ng/mL{FEU}": "ng/mL FEU",
    "mosm/kg": "mOsm/kg",
    "Cel": "°C",
    "kg/m2": "kg/m²",
    "1": "",
    "[pH]": "",
    "{score}": "",
    "{T-score}": "",
}


@dataclass(frozen=True, slots=True)
class Conversion:
    """How a value in some unit becomes the canonical one: `factor * value + offset`."""

    factor: float = 1.0
    offset: float = 0.0

    def apply(self, value: float) -> float:
        """The value in the canonical unit.

        Rounded to nine decimals, so that 100.4 [degF] is 38.0 Cel and not a hair more.
        """
        return value if self is IDENTITY else round(self.factor * value + self.offset, 9)


# Of every unit that is another spelling of the canonical one.
IDENTITY = Conversion()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analyte:
    """One quantity or coded finding, whatever the laboratory calls it.

    Attributes:
        key: The name that models use, e.g. "hba1c".
        name: For people, e.g. "Hemoglobin A1c".
        unit: Canonical UCUM unit; "" for a coded finding.
        low: Least plausible value, in `unit`.
        high: Greatest plausible value, in `unit`.
        loinc: The LOINC codes that mean it; the first is the one to order or to show.
        units: Conversion to `unit` by UCUM unit; holds `unit` itself.
        units_by_code: For LOINC codes that name another substance or assay: the units that hold there
            instead of `units`.
        panels: LOINC codes of panels whose components hold it.
        in_words: A result may be words instead of a number ("not detected"); those become a coded observation
            of the same key.
    """

    key: str
    name: str
    unit: str
    low: float = 0.0
    high: float = 0.0
    loinc: tuple[str, ...] = ()
    units: Mapping[str, Conversion] = field(default_factory=dict)
    units_by_code: Mapping[str, Mapping[str, Conversion]] = field(default_factory=dict)
    panels: tuple[str, ...] = ()
    in_words: bool = False

    @property
    def coded(self) -> bool:
        """True for a finding whose result is a code or words, such as smoking status."""
        return not self.unit

    @property
    def dimensionless(self) -> bool:
        """True when a result without a unit is complete."""
        return self.unit in DIMENSIONLESS

    @property
    def display_unit(self) -> str:
        """The canonical unit as people write it; "" for a pure number."""
        return _FOR_PEOPLE.get(self.unit, self.unit)


def measured(
    key: str,
    name: str,
    unit: str,
    plausible: tuple[float, float],
    loinc: str,
    *,
    also: Mapping[str, float | Conversion] = MappingProxyType({}),
    by_code: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
    panels: str = "",
    in_words: bool = False,
) -> Analyte:
    """One row of the table of analytes.

    Args:
        key: See `Analyte`.
        name: See `Analyte`.
        unit: Canonical UCUM unit.
        plausible: Least and greatest plausible value, in `unit`.
        loinc: LOINC codes, separated by blanks.
        also: Other UCUM units, each with its factor to `unit` or its whole conversion.
        by_code: LOINC codes that take other units and factors than the rest.
        panels: LOINC codes of panels, separated by blanks.
        in_words: See `Analyte`.
    """
    return Analyte(
        key=key,
        name=name,
        unit=unit,
        low=plausible[0],
        high=plausible[1],
        loinc=tuple(loinc.split()),
        units={unit: IDENTITY, **_conversions(also)},
        units_by_code={code: _conversions(units) for code, units in by_code.items()},
        panels=tuple(panels.split()),
        in_words=in_words,
    )


def coded(key: str, name: str, loinc: str) -> Analyte:
    """One row of the table for a finding whose result is a code or words."""
    return Analyte(key=key, name=name, unit="", loinc=tuple(loinc.split()))


def _conversions(units: Mapping[str, float | Conversion]) -> dict[str, Conversion]:
    return {unit: _conversion(factor) for unit, factor in units.items()}


def _conversion(factor: float | Conversion) -> Conversion:
    if isinstance(factor, Conversion):
        return factor
    return IDENTITY if factor == 1.0 else Conversion(factor)
