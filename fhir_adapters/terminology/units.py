"""Units: any spelling of a unit seen in charts -> its UCUM code -> the conversion to an analyte's own unit.

A unit is never guessed: a value without one is set aside unless its analyte is a pure number, and a unit
converts only where the table of the analyte names it.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from types import MappingProxyType

from fhir_adapters.terminology.analyte import IDENTITY, Analyte, Conversion
from fhir_adapters.terminology.analytes import ANALYTES, BY_LOINC

# No unit is longer; what is longer is not looked up, so that the cache holds small keys only.
_LONGEST = 48


class UnitProblem(Enum):
    """Why a value can't be brought to its analyte's unit."""

    MISSING = "the unit is missing"
    UNKNOWN = "the unit is not known"
    OTHER = "the unit is not one that converts for this analyte"


# Spellings seen in the wild, by the UCUM unit that they mean. Blanks, case, "^" for "*", the micro sign
# and "mcg", "x10" and "/mm3" are dealt with by `_squeeze` and need no entry.
_SYNONYMS: Mapping[str, str] = MappingProxyType(
    {
        "10*3/uL": "k/ul thou/ul thousand/ul thous/ul th/ul 1000/ul 10*3 10*3cells/ul 10*3/microliter",
        "10*9/L": "giga/l bil/l billion/l 10*9cells/l gpt/l",
        "/uL": "1/ul cells/ul {cells}/ul cell/ul #/ul 10*6/l /microliter",
        "mL/min/{1.73_m2}": "ml/min/1.73m2 ml/min/1.73m*2 ml/min/1.73 ml/min/1.73_m2 ml/min/{1.73m2}"
        " ml/min/{1.73m*2} ml/min/1.73sqm ml/min/1.73sq.m ml/min/1.73sq.m. ml/min/1.73m2bsa ml/min/{bsa}"
        " ml/min/bsa ml/min/1.73m(2) ml/min/1.73m**2 ml/min/(1.73_m2) ml/min/(1.73m2) ml/min/1.73/m2"
        " ml/min/1.73.m2 ml/min/1.73m2. ml/min/173m2",
        "mL/min": "ml/minute",
        "mm[Hg]": "mmhg mm(hg) torr millimetersofmercury",
        "/min": "1/min bpm perminute permin min-1 /minute {counts}/min",
        "{beats}/min": "beats/min beats/minute beat/min beatsperminute beats/m {beat}/min {h.b.}/min",
        "{breaths}/min": "breaths/min breaths/minute breath/min breathsperminute br/min rpm resp/min"
        " {resp}/min respirations/min {breath}/min",
        "Cel": "c degc degreec °c celsius degcelsius degreescelsius",
        "[degF]": "f degf degreef °f fahrenheit degfahrenheit degreesfahrenheit",
        "%": "percent pct %o2 %sat %saturation",
        "%{Hb}": "%hb %hgb %a1c %hba1c %ngsp %{hba1c} %{hgb} %{ngsp} %oftotalhgb %oftotalhb"
        " %oftotalhemoglobin %totalhgb",
        "mmol/mol": "mmol/mol{hb} mmol/molhb mmol/molhba1c mmol/molhgb mmol/mol{hba1c}",
        "mg/g{creat}": "mg/gcreat mg/gcr mg/gcrea mg/gcreatinine mg/g{creatinine} mg/g{cr} mg/g{cre} mg/gmcr"
        " mg/gcre mg/g{crt} mg/gmcreat",
        "mg/mmol{creat}": "mg/mmolcreat mg/mmolcr mg/mmolcreatinine mg/mmol{creatinine} mg/mmol{cr}",
        "ug/mg": "ug/mg{creat} ug/mgcreat ug/mgcr ug/mgcreatinine ug/mg{creatinine} ug/mg{cr}",
        "mg/mg": "mg/mg{creat} mg/mgcreat mg/mgcr mg/mgcreatinine",
        "meq/L": "mequiv/l meqs/l",
        "[iU]/L": "iu/l [iu]/l {iu}/l intlunits/l",
        "U/L": "units/l unit/l {units}/l",
        "ukat/L": "ukatal/l",
        "m[IU]/L": "miu/l milli-internationalunit/l m(iu)/l",
        "u[IU]/mL": "uiu/ml uu/ml mciu/ml mcu/ml mcunit/ml uunits/ml",
        "[IU]/mL": "iu/ml {iu}/ml intlunits/ml",
        "{copies}/mL": "copies/ml copy/ml cp/ml {copy}/ml cps/ml",
        "ng/mL{FEU}": "ng/mlfeu ng{feu}/ml ngfeu/ml {feu}ng/ml ng/ml(feu)",
        "ug/mL{FEU}": "ug/mlfeu ug{feu}/ml ugfeu/ml {feu}ug/ml ug/ml(feu)",
        "mg/L{FEU}": "mg/lfeu mg{feu}/l mgfeu/l {feu}mg/l mg/l(feu)",
        "ng/mL{DDU}": "ng/mlddu ng{ddu}/ml ngddu/ml {ddu}ng/ml ng/ml(ddu)",
        "ug/mL{DDU}": "ug/mlddu ug{ddu}/ml ugddu/ml {ddu}ug/ml ug/ml(ddu)",
        "mg/L{DDU}": "mg/lddu mg{ddu}/l mgddu/l {ddu}mg/l mg/l(ddu)",
        "mosm/kg": "mosmol/kg mosm/kgh2o mosmol/kgh2o mosm/kg{h2o}",
        "[lb_av]": "lb lbs pound pounds lb_av [lb_us] lb.",
        "kg": "kgs kilogram kilograms kg.",
        "g": "gram grams gm",
        "[in_i]": 'in inch inches in_i [in_us] [in_br] in. "',
        "cm": "centimeter centimeters centimetre centimetres cm.",
        "m": "meter meters metre metres",
        "kg/m2": "kg/m*2 kg/sqm kg/(m2) kg/m(2) kg/m**2",
        "L": "liter liters litre litres",
        "L/min": "liter/min liters/min litres/min lpm l/minute liters/minute",
        "mL": "milliliter milliliters cc",
        "[pH]": "ph phunits units {ph}",
        "{score}": "score (score) points {points} {#}",
        "{INR}": "inr ratio {ratio}inr",
        "{ratio}": "ratio{ratio}",
        "{T-score}": "t-score tscore",
        "{fraction}": "fraction",
    }
)
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
    for unit, synonyms in _SYNONYMS.items():
        spellings.update((synonym, unit) for synonym in synonyms.split())
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
