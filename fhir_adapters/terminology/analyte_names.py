"""Names of results, for Observations without a LOINC code.

The whole name of a local code, or of a text alone, decides, folded as in `condition_names.py`. A name stands
here only if it tells the specimen, or if the quantity is measured in one kind of specimen only: "creatinine"
may be urine's, "white cells" those of any fluid. A server that is asked for LOINC codes does not send such
results; prefetch, Bundles and files may hold them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from fhir_adapters.terminology.names import folded

# By the LOINC code whose units and meaning the name has.
_ROWS: Mapping[str, str] = MappingProxyType(
    {
        "2160-0": "serum creatinine; creatinine serum; creatinine plasma; creatinine blood; "
        "creatinine [mass/volume] in serum or plasma",
        "33914-3": "egfr; estimated gfr; estimated glomerular filtration rate",
        "3094-0": "blood urea nitrogen; bun; urea nitrogen serum; serum urea nitrogen; "
        "urea nitrogen [mass/volume] in serum or plasma",
        "2951-2": "serum sodium; sodium serum; sodium plasma; sodium [moles/volume] in serum or plasma",
        "2823-3": "serum potassium; potassium serum; potassium plasma; "
        "potassium [moles/volume] in serum or plasma",
        "2345-7": "serum glucose; plasma glucose; glucose serum; glucose plasma; blood glucose; "
        "glucose [mass/volume] in serum or plasma",
        "1558-6": "fasting glucose; fasting plasma glucose; fasting blood glucose; glucose fasting",
        "4548-4": "hemoglobin a1c; hba1c; a1c; hgb a1c; hb a1c; glycated hemoglobin; "
        "glycosylated hemoglobin; hemoglobin a1c/hemoglobin total in blood",
        "17861-6": "serum calcium; calcium serum; calcium [mass/volume] in serum or plasma",
        "1751-7": "serum albumin; albumin serum; albumin [mass/volume] in serum or plasma",
        "2093-3": "total cholesterol; cholesterol total; cholesterol [mass/volume] in serum or plasma",
        "2085-9": "hdl cholesterol; hdl; hdl c; cholesterol hdl; cholesterol in hdl",
        "13457-7": "ldl cholesterol; ldl; ldl c; cholesterol ldl; calculated ldl cholesterol",
        "2571-8": "triglycerides; triglyceride; serum triglycerides",
        "718-7": "hemoglobin; hgb; hemoglobin [mass/volume] in blood",
        "777-3": "platelets; platelet count; plt; platelets [#/volume] in blood",
        "2276-4": "ferritin; serum ferritin",
        "6301-6": "inr; international normalized ratio",
        "3016-3": "tsh; thyroid stimulating hormone; thyrotropin",
        "3024-7": "free t4; free thyroxine; t4 free; ft4",
        "1742-6": "alt; alanine aminotransferase; sgpt; alt sgpt",
        "1920-8": "ast; aspartate aminotransferase; sgot; ast sgot",
        "1975-2": "total bilirubin; bilirubin total",
        "33762-6": "nt probnp; n terminal pro bnp",
        "30934-4": "bnp; b type natriuretic peptide; brain natriuretic peptide",
        "9318-7": "urine albumin creatinine ratio; urine albumin to creatinine ratio; uacr; "
        "albumin/creatinine ratio urine; microalbumin/creatinine ratio urine",
        "8480-6": "systolic blood pressure; systolic bp; bp systolic",
        "8462-4": "diastolic blood pressure; diastolic bp; bp diastolic",
        "8867-4": "heart rate; pulse; pulse rate",
        "9279-1": "respiratory rate; respirations",
        "8310-5": "body temperature; temperature; temp",
        "59408-5": "oxygen saturation; spo2; o2 saturation; pulse oximetry",
        "29463-7": "body weight; weight",
        "8302-2": "body height; height",
        "39156-5": "body mass index; bmi",
    }
)
_NAMES: Mapping[str, str] = MappingProxyType(
    {folded(name): loinc for loinc, names in _ROWS.items() for name in names.split(";")}
)
_LONGEST = 120


@lru_cache(maxsize=2048)
def _loinc_of(name: str) -> str | None:
    return _NAMES.get(folded(name))


def loinc_of_name(text: str, *displays: str) -> str | None:
    """The LOINC code whose meaning the words have.

    Args:
        text: `Observation.code.text`; "" where there is none.
        displays: Of local codes beside it.

    Returns:
        None where no word is a name that is known, or where they name different things.
    """
    words = dict.fromkeys((text, *displays))
    found = {code for each in words if each and len(each) <= _LONGEST and (code := _loinc_of(each))}
    return found.pop() if len(found) == 1 else None
