"""The unit behind a number of a note, and the only unit that a number without one can have."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from fhir_adapters.terminology.analyte import Conversion
from fhir_adapters.terminology.analytes import ANALYTES
from fhir_adapters.terminology.units import UnitProblem, convert, ucum_unit
from models.notes.values.names import PAIN, TROPONIN

_LONGEST = 26
# Spellings of prose and of text that lost its superscripts; blanks left out, lower case.
_PROSE: Mapping[str, str] = {
    "degreesf": "[degF]",
    "degf.": "[degF]",
    "ºf": "[degF]",
    "˚f": "[degF]",
    "degrees,f": "[degF]",
    "degreesc": "Cel",
    "ºc": "Cel",
    "˚c": "Cel",
    "℃": "Cel",
    "℉": "[degF]",
    "degreescentigrade": "Cel",
    "#": "[lb_av]",
    "lbs.": "[lb_av]",
    "breathsperminute": "{breaths}/min",
    "breathsaminute": "{breaths}/min",
    "beatsaminute": "{beats}/min",
    "respirationsperminute": "{breaths}/min",
    "beatsperminute": "{beats}/min",
    "mmofhg": "mm[Hg]",
    "mmofmercury": "mm[Hg]",
    "mm/hg": "mm[Hg]",
    "mmhg.": "mm[Hg]",
    "mg%": "mg/dL",
    "mg/deciliter": "mg/dL",
    "mgs/dl": "mg/dL",
    "mgperdl": "mg/dL",
    "mg/100ml": "mg/dL",
    "g%": "g/dL",
    "gm%": "g/dL",
    "gm/dl": "g/dL",
    "gms/dl": "g/dL",
    "g/deciliter": "g/dL",
    "gramsperdeciliter": "g/dL",
    "k": "10*3/uL",
    "x109/l": "10*9/L",
    "×109/l": "10*9/L",
    "109/l": "10*9/L",
    "x103/ul": "10*3/uL",
    "×103/µl": "10*3/uL",
    "×103cells/µl": "10*3/uL",
    "103/ul": "10*3/uL",
    "thousand": "10*3/uL",
    "x103": "10*3/uL",
    "percubicmm": "/uL",
    "/cubicmm": "/uL",
    "permm3": "/uL",
    "liter": "L/min",
    "liters": "L/min",
    "l": "L/min",
    "lnc": "L/min",
    "feet": "[ft_i]",
    "ft": "[ft_i]",
    "kilos": "kg",
    "kilo": "kg",
}
_FOREIGN: Mapping[str, tuple[str, ...]] = {
    TROPONIN: ("ng/mL", "ng/L", "ug/L", "pg/mL"),
    PAIN: ("{score}",),
}
# What is not the unit of any result: a dose, a size, a volume, a pack of blood.
_OTHER = re.compile(
    r"\s?-?(?:mg|mgs|mcg|ug|µg|gm?|grams?|gms|meq|mmol|units?|iu|ml|mls|cc|l|liters?|mm|cm|cms|m|tabs?"
    r"|tablets?|caps?|capsules?"
    r"|pills?|packs?|bags?|doses?|puffs?|drops?|fr|french|gauge|watts?|joules?|j|kv|mv|v|hz|points?|times"
    r"|stones?|percentile"
    r"|z-?scores?|sds?|fold|grade|pounds?|lbs?|kg|kgs|inch|inches|mets|degrees|sec|seconds|bpm|vessels?"
    r"|views?|weeks?|msec|ms|mm2|cm2|ounces?|oz|feet|ft|amps?)"
    r"(?![\w%])|\s?-?[A-Za-zµμ]{1,8}\s?/\s?[A-Za-z]{1,8}(?!\w)|\s?%|\s?-?percent\b|-[A-Za-z]|\+|\s?x\s?\d"
    r"|\s?(?:×|x)\s?10",
    re.IGNORECASE,
)
_DEGREES = re.compile(r"\s?(?:-?degrees?|deg|°|º|˚)(?![A-Za-z])", re.IGNORECASE)
# Behind a blank a number begins something new, unless it is part of the unit.
_NEXT_NUMBER = re.compile(r"[,;\n]|\s(?!1\.73|10)\d")
_PER = re.compile(r"\s{1,3}per\s{1,3}")

# Where the plausible ranges of two units overlap, the number of an ordinary result tells them apart:
# canonical unit, least and greatest ordinary value. Only the canonical unit is ever concluded from these.
_ORDINARY: Mapping[str, tuple[float, float]] = {
    "glucose": (40, 600),
    "glucose_fasting": (40, 600),
    "glucose_2h_75g": (40, 600),
    "hemoglobin": (3, 21),
    "creatinine": (0.2, 20),
    "bilirubin_total": (0.1, 40),
    "bilirubin_direct": (0.05, 30),
    "calcium": (5, 16),
    "total_cholesterol": (80, 500),
    "ldl": (20, 400),
    "hdl": (10, 130),
    "triglycerides": (30, 3000),
    "platelets": (2, 1500),
    "wbc": (0.2, 200),
    "uric_acid": (1, 20),
    "albumin": (1, 6),
    "total_protein": (3, 12),
    "hematocrit": (10, 70),
    "lvef": (5, 90),
    "fev1_fvc": (15, 100),
    "lactate": (0.3, 30),
    "temperature": (30, 43),
    "hba1c": (4.5, 19),
}
# Units that no note in English gives without naming them.
_ALWAYS_NAMED = frozenset({"pmol/L", "kPa", "meq/L", "ukat/L"})
# Where mmol/L is in use, notes say "urea" and give hemoglobin in g/L.
_ALWAYS_NAMED_HERE = frozenset({("bun", "mmol/L"), ("hemoglobin", "mmol/L")})


# Assays of different calibrators, so that a size says nothing.
_NEVER_CONCLUDED = frozenset({"ddimer", "calcium_ionized"})


@lru_cache(maxsize=256)
def _units(analyte: str) -> tuple[str, ...]:
    if analyte in _FOREIGN:
        return _FOREIGN[analyte]
    return tuple(ANALYTES[analyte].units) if analyte in ANALYTES else ()


def unit_behind(text: str, position: int, limit: int, analyte: str) -> tuple[str, int] | None:
    """The UCUM unit that begins at a position, and where it ends; the longest that the analyte takes.

    Args:
        text: The note.
        position: Behind the number.
        limit: End of the sentence.
        analyte: Key of the analyte; "" takes any unit that any analyte has.
    """
    stop = min(limit, position + _LONGEST)
    next_number = _NEXT_NUMBER.search(text, position, stop)
    stop = next_number.start() if next_number else stop
    allowed = _units(analyte)
    for end in range(stop, position, -1):
        if end < len(text) and text[end].isalnum() and text[end - 1].isalnum():
            continue
        unit = _unit(text[position:end])
        if unit and (unit in allowed or not analyte) and text[end - 1] not in " .\n":
            return unit, end
    return None


def _unit(words: str) -> str | None:
    if "," in words or "\n" in words or ";" in words:
        return None
    plain = _PER.sub("/", words.strip().strip("-")).replace("μ", "µ")
    return _PROSE.get(plain.replace(" ", "").lower()) or ucum_unit(plain)


def has_other_unit(text: str, position: int, limit: int) -> bool:
    """True when a unit of something else stands behind a number, or the number is part of a word."""
    return _OTHER.match(text, position, limit) is not None


def degrees_end(text: str, position: int, limit: int) -> int:
    """Where "degrees" without a letter ends behind a number; the position itself when it is not there."""
    found = _DEGREES.match(text, position, limit)
    return found.end() if found else position


def fitting_unit(analyte: str, value: float, unit: str) -> str | None:
    """The unit of a result; "" when two are possible, None when the number is plausible in none.

    Args:
        analyte: Key of the analyte, or one of the reader's own.
        value: The number as written.
        unit: UCUM as written; "" when the note gives none.
    """
    if analyte not in ANALYTES:
        return unit
    if unit:
        converted = convert(value, unit, analyte)
        fits = not isinstance(converted, UnitProblem) and _plausible(analyte, converted)
        return unit if fits else None
    fitting = [name for name, how in _nameless(analyte) if _plausible(analyte, how.apply(value))]
    if not fitting:
        return None
    if analyte in _NEVER_CONCLUDED:
        return ""
    if len(fitting) == 1:
        return fitting[0]
    return ANALYTES[analyte].unit if _is_ordinary_only(analyte, value, fitting) else ""


@lru_cache(maxsize=256)
def _nameless(analyte: str) -> tuple[tuple[str, Conversion], ...]:
    """The units that a note may leave out, one for each size, the canonical name of a size first."""
    by_size: dict[Conversion, str] = {}
    for name, how in ANALYTES[analyte].units.items():
        if name not in _ALWAYS_NAMED and (analyte, name) not in _ALWAYS_NAMED_HERE:
            by_size.setdefault(how, name)
    return tuple((name, how) for how, name in by_size.items())


def _is_ordinary_only(analyte: str, value: float, fitting: list[str]) -> bool:
    """True when the number is an ordinary result in the canonical unit and in no other that fits."""
    if analyte not in _ORDINARY:
        return False
    low, high = _ORDINARY[analyte]
    units = ANALYTES[analyte].units
    return [unit for unit in fitting if low <= units[unit].apply(value) <= high] == [ANALYTES[analyte].unit]


def _plausible(analyte: str, canonical: float) -> bool:
    return ANALYTES[analyte].low <= canonical <= ANALYTES[analyte].high
