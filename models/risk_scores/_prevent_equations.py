"""The PREVENT equations: coefficients, centred variables, and which variant the inputs allow.

Source: Khan SS et al., Circulation 2024;149:430-449, doi:10.1161/CIRCULATIONAHA.123.067626,
supplemental tables S12A-S12J.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from models.scoring import Inputs

Outcome = Literal["total_cvd", "ascvd", "hf"]
OUTCOMES: tuple[Outcome, ...] = ("total_cvd", "ascvd", "hf")

COEFFICIENTS = Path(__file__).with_name("prevent_coefficients.json").read_bytes()


def _compiled() -> dict[tuple[str, str, bool, str], tuple[tuple[str, float], ...]]:
    """Coefficients by (variant, years, female, outcome)."""
    table = json.loads(COEFFICIENTS)
    columns = [column.split(" ") for column in table["columns"]]
    equations = {}
    for variant, by_years in table["variants"].items():
        for years, terms in by_years.items():
            for number, (sex, outcome) in enumerate(columns):
                equations[variant, years, sex == "female", outcome] = tuple(
                    (term, row[number]) for term, row in terms.items() if row[number] is not None
                )
    return equations


EQUATIONS = _compiled()

_LABELS = {
    "age": "age",
    "sex": "recorded sex",
    "total_c": "total cholesterol",
    "hdl_c": "HDL cholesterol",
    "sbp": "systolic blood pressure",
    "bp_tx": "blood pressure treatment (yes or no)",
    "dm": "diabetes (yes or no)",
    "smoking": "current smoking (yes or no)",
    "statin": "statin treatment (yes or no)",
    "bmi": "body mass index",
    "egfr": "eGFR",
    "hba1c": "HbA1c",
    "uacr": "urine albumin-creatinine ratio",
    "sdi_decile": "social deprivation index decile",
}
HBA1C_RANGE = (4.5, 15.0)
UACR_RANGE = (0.1, 25000.0)
BMI_RANGE = (18.5, 40.0)  # the upper end is excluded


def equation_terms(values: Mapping[str, Any]) -> dict[str, float]:
    """The variables of the equations, centred and scaled as published.

    Args:
        values: age (years), total_c and hdl_c (mg/dL), sbp (mm[Hg]), bp_tx, dm, smoking, statin (0 or 1),
            egfr (mL/min/{1.73_m2}), and where known bmi (kg/m2), hba1c (%), uacr (mg/g), sdi_decile.
    """
    known = {name: value for name, value in values.items() if value is not None}
    age = (known["age"] - 55) / 10
    nonhdl = (known["total_c"] - known["hdl_c"]) * 0.02586 - 3.5
    hdl = (known["hdl_c"] * 0.02586 - 1.3) / 0.3
    sbp_hi = (max(known["sbp"], 110) - 130) / 20
    egfr_lo = (min(known["egfr"], 60) - 60) / -15
    dm, smoking, bp_tx, statin = (known[name] for name in ("dm", "smoking", "bp_tx", "statin"))
    bmi = known.get("bmi", 25.0)  # read by the heart failure equations only, which need it
    bmi_hi = (max(bmi, 30) - 30) / 5
    hba1c = known["hba1c"] - 5.3 if "hba1c" in known else 0.0
    decile = known.get("sdi_decile", 0.0)
    return {
        "constant": 1.0,
        "age": age,
        "age2": age * age,
        "nonhdl": nonhdl,
        "hdl": hdl,
        "sbp_lo": (min(known["sbp"], 110) - 110) / 20,
        "sbp_hi": sbp_hi,
        "dm": dm,
        "smoking": smoking,
        "bmi_lo": (min(bmi, 30) - 25) / 5,
        "bmi_hi": bmi_hi,
        "egfr_lo": egfr_lo,
        "egfr_hi": (max(known["egfr"], 60) - 90) / -15,
        "bp_tx": bp_tx,
        "statin": statin,
        "bp_tx_x_sbp_hi": bp_tx * sbp_hi,
        "statin_x_nonhdl": statin * nonhdl,
        "age_x_nonhdl": age * nonhdl,
        "age_x_hdl": age * hdl,
        "age_x_sbp_hi": age * sbp_hi,
        "age_x_dm": age * dm,
        "age_x_smoking": age * smoking,
        "age_x_bmi_hi": age * bmi_hi,
        "age_x_egfr_lo": age * egfr_lo,
        "sdi_4_6": float(4 <= decile <= 6),
        "sdi_7_10": float(decile >= 7),
        "sdi_missing": float("sdi_decile" not in known),
        "ln_uacr": math.log(known["uacr"]) if "uacr" in known else 0.0,
        "uacr_missing": float("uacr" not in known),
        "hba1c_dm": hba1c * dm,
        "hba1c_nodm": hba1c * (1 - dm),
        "hba1c_missing": float("hba1c" not in known),
    }


def _log_odds(equation: tuple[tuple[str, float], ...], terms: Mapping[str, float]) -> float:
    """The linear predictor of one equation."""
    return sum(coefficient * terms[term] for term, coefficient in equation)


def variants(inputs: Mapping[str, Any]) -> dict[str, str]:
    """The equations that the optional inputs allow: result name to coefficient set, preferred one last.

    One extra input selects the equation made for it; two or more select the full equation, which has
    indicators for what is missing.
    """
    hba1c, uacr, sdi = (inputs.get(name) is not None for name in ("hba1c", "uacr", "sdi_decile"))
    allowed = {"base": "base"}
    if hba1c:
        allowed["hba1c"] = "hba1c"
    if uacr:
        allowed["uacr"] = "uacr"
    if hba1c and uacr:
        allowed["full_sdi_missing"] = "full"
    if sdi and (hba1c or uacr):
        allowed["full_with_sdi"] = "full"
    return allowed


def read(inputs: Mapping[str, Any]) -> tuple[bool, dict[str, float | None], list[str]]:
    """The inputs checked: whether female, the numbers by name, and what was borderline.

    Raises:
        ScoreInputError: An input is missing, mistyped, outside its range or outside the population.
    """
    given = Inputs(inputs, _LABELS)
    given.require("sex", "age", "total_c", "hdl_c", "sbp", "bp_tx", "dm", "smoking", "statin", "egfr")
    values: dict[str, float | None] = {
        "age": given.age(30, 79),
        "total_c": given.number("total_c", 130, 320, "mg/dL"),
        "hdl_c": given.number("hdl_c", 20, 100, "mg/dL"),
        "sbp": given.number("sbp", 90, 200, "mm Hg"),
        "egfr": given.number("egfr", 15, 140, "mL/min/1.73 m²"),
        **{name: float(given.flag(name)) for name in ("bp_tx", "dm", "smoking", "statin")},
        "bmi": given.number("bmi", 10, 100, "kg/m²") if given.has("bmi") else None,
        "hba1c": given.number("hba1c", *HBA1C_RANGE, "%") if given.has("hba1c") else None,
        "uacr": given.number("uacr", *UACR_RANGE, "mg/g") if given.has("uacr") else None,
        "sdi_decile": given.number("sdi_decile", 1, 10, "") if given.has("sdi_decile") else None,
    }
    flags = []
    if (values["sbp"] or 0) > 180:
        flags.append("systolic blood pressure above 180 mm Hg: outside the range of AHA's own calculator")
    if not usable_bmi(values["bmi"]):
        values["bmi"] = None
        flags.append("no heart failure risk: it needs a body mass index of 18.5 to under 40 kg/m²")
    return given.is_female(), values, flags


def usable_bmi(bmi: float | None) -> bool:
    """True for a BMI (kg/m2) within the range of the heart failure equations."""
    return bmi is not None and BMI_RANGE[0] <= bmi < BMI_RANGE[1]


def risks(female: bool, values: Mapping[str, float | None]) -> dict[str, dict[str, float]]:
    """Probabilities of every allowed variant and horizon, by "<variant>_<years>yr"."""
    allowed = variants(values)
    terms = equation_terms(values)
    without_sdi = equation_terms({**values, "sdi_decile": None}) if "full_with_sdi" in allowed else terms
    found: dict[str, dict[str, float]] = {}
    for name, variant in allowed.items():
        x = terms if name == "full_with_sdi" else without_sdi
        for years in ("10", "30") if (values["age"] or 0) < 60 else ("10",):
            found[f"{name}_{years}yr"] = {
                outcome: 1 / (1 + math.exp(-_log_odds(EQUATIONS[variant, years, female, outcome], x)))
                for outcome in OUTCOMES
                if outcome != "hf" or values["bmi"] is not None
            }
    return found


def log_odds(inputs: Mapping[str, Any]) -> float:
    """The log-odds of total CVD in 10 years, by the most specific variant that the inputs allow.

    Args:
        inputs: Checked inputs, as for `read`.
    """
    variant = list(variants(inputs).values())[-1]
    return _log_odds(EQUATIONS[variant, "10", inputs["sex"] == "female", "total_cvd"], equation_terms(inputs))
