"""Values as a clinician reads them: rounded, in everyday units, dated, with what was reported."""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime

from fhir_adapters.record import Measurement, Medication, PatientRecord
from fhir_adapters.terminology.drugs import DrugClass, how_matched, taking
from models.finding import Evidence

# Label, unit for people, decimals shown.
_SHOWN: dict[str, tuple[str, str, int]] = {
    "ahi": ("Apnea-hypopnea index", "per hour", 0),
    "albumin": ("Albumin", "g/dL", 1),
    "alt": ("ALT", "U/L", 0),
    "anc": ("Absolute neutrophils", "×10³/µL", 1),
    "bicarbonate": ("Bicarbonate", "mmol/L", 0),
    "bmi": ("Body mass index", "kg/m²", 1),
    "bnp": ("BNP", "pg/mL", 0),
    "calcium": ("Calcium", "mg/dL", 1),
    "calcium_ionized": ("Ionized calcium", "mmol/L", 2),
    "creatinine": ("Serum creatinine", "mg/dL", 2),
    "crp": ("CRP", "mg/L", 0),
    "dbp": ("Diastolic blood pressure", "mmHg", 0),
    "egfr": ("eGFR", "mL/min/1.73 m²", 0),
    "ferritin": ("Ferritin", "ng/mL", 0),
    "fev1_fvc": ("FEV1/FVC", "%", 0),
    "flc_ratio": ("Free light chain ratio", "", 2),
    "folate": ("Folate", "ng/mL", 1),
    "free_t3": ("Free T3", "pg/mL", 1),
    "free_t4": ("Free T4", "ng/dL", 2),
    "gad7": ("GAD-7", "points", 0),
    "glucose": ("Random glucose", "mg/dL", 0),
    "glucose_1h_100g": ("1-hour glucose after 100 g", "mg/dL", 0),
    "glucose_1h_75g": ("1-hour OGTT glucose", "mg/dL", 0),
    "glucose_2h_100g": ("2-hour glucose after 100 g", "mg/dL", 0),
    "glucose_2h_75g": ("2-hour OGTT glucose", "mg/dL", 0),
    "glucose_3h_100g": ("3-hour glucose after 100 g", "mg/dL", 0),
    "glucose_fasting": ("Fasting glucose", "mg/dL", 0),
    "hba1c": ("HbA1c", "%", 1),
    "hcv_rna": ("HCV RNA", "IU/mL", 0),
    "hdl": ("HDL cholesterol", "mg/dL", 0),
    "hematocrit": ("Hematocrit", "%", 1),
    "hemoglobin": ("Hemoglobin", "g/dL", 1),
    "inr": ("INR", "", 1),
    "ketones_blood": ("Beta-hydroxybutyrate", "mmol/L", 1),
    "lactate": ("Lactate", "mmol/L", 1),
    "ldl": ("LDL cholesterol", "mg/dL", 0),
    "lpa": ("Lipoprotein(a)", "nmol/L", 0),
    "lvef": ("LVEF", "%", 0),
    "lymphocytes_abs": ("Absolute lymphocytes", "×10³/µL", 1),
    "m_protein": ("Monoclonal protein", "g/dL", 1),
    "magnesium": ("Magnesium", "mg/dL", 1),
    "mcv": ("MCV", "fL", 0),
    "mma": ("Methylmalonic acid", "nmol/L", 0),
    "non_hdl": ("Non-HDL cholesterol", "mg/dL", 0),
    "ntprobnp": ("NT-proBNP", "pg/mL", 0),
    "pco2": ("pCO2", "mm Hg", 0),
    "ph_arterial": ("Blood pH", "", 2),
    "phosphate": ("Phosphate", "mg/dL", 1),
    "phq9": ("PHQ-9", "points", 0),
    "platelets": ("Platelets", "×10³/µL", 0),
    "potassium": ("Potassium", "mmol/L", 1),
    "protein_gap": ("Total protein minus albumin", "g/dL", 1),
    "psa": ("PSA", "ng/mL", 1),
    "pth": ("Parathyroid hormone", "pg/mL", 0),
    "sbp": ("Systolic blood pressure", "mmHg", 0),
    "sodium": ("Sodium", "mmol/L", 0),
    "temperature": ("Temperature", "°C", 1),
    "triglycerides": ("Triglycerides", "mg/dL", 0),
    "troponin_i_hs": ("High-sensitivity troponin I", "ng/L", 0),
    "troponin_t_hs": ("High-sensitivity troponin T", "ng/L", 0),
    "tsat": ("Transferrin saturation", "%", 0),
    "tscore_dxa": ("T-score", "", 1),
    "tsh": ("TSH", "mIU/L", 1),
    "uacr": ("Urine albumin-creatinine ratio", "mg/g", 0),
    "uric_acid": ("Uric acid", "mg/dL", 1),
    "vitamin_b12": ("Vitamin B12", "pg/mL", 0),
    "vitd_25oh": ("25-hydroxyvitamin D", "ng/mL", 0),
    "waist": ("Waist", "cm", 0),
    "wbc": ("White cell count", "×10³/µL", 0),
    "weight": ("Weight", "kg", 1),
}
# Cut-offs of criteria of the form "less than": 59.7 is shown as 59.7, because 60 would not meet them.
_LOW_CUTS = {
    "bicarbonate": (22,),
    "egfr": (15, 30, 45, 60),
    "ferritin": (30, 45, 100),
    "platelets": (50, 100, 150),
    "sodium": (125, 130, 135),
    "vitamin_b12": (200,),
    "vitd_25oh": (12, 20),
}


def label_of(point: Measurement) -> str:
    """The analyte in words, e.g. "HbA1c"."""
    return _SHOWN[point.analyte][0]


def value_of(point: Measurement) -> str:
    """The value as text, e.g. "6.9" or "<5"."""
    decimals = _SHOWN[point.analyte][2]
    rounded = round(point.value, decimals)
    if rounded > point.value and rounded in _LOW_CUTS.get(point.analyte, ()):
        return f"{point.comparator}{math.floor(point.value * 10) / 10:.1f}"
    return f"{point.comparator}{rounded:.{decimals}f}"


def quantity_of(point: Measurement) -> str:
    """Value and unit, e.g. "6.9%" or "212 mg/dL"."""
    unit = _SHOWN[point.analyte][1]
    return f"{value_of(point)}%" if unit == "%" else f"{value_of(point)} {unit}".rstrip()


def day(at: datetime) -> str:
    """The calendar day, unambiguous on both sides of the Atlantic: "2026-04-07"."""
    return f"{at:%Y-%m-%d}"


def dated(point: Measurement) -> str:
    """Value, unit and day, e.g. "6.9% (2026-04-07)"."""
    return f"{quantity_of(point)} ({day(point.at)})"


def measured(point: Measurement, remark: str = "") -> Evidence:
    """A measurement as evidence, with what the laboratory reported if that was something else."""
    label, unit, _ = _SHOWN[point.analyte]
    return Evidence(
        source=point.source,
        label=label,
        value=value_of(point),
        unit=unit,
        at=point.at,
        remark="; ".join(text for text in (_origin(point), point.matched, remark) if text),
    )


def _origin(point: Measurement) -> str:
    if point.reported.startswith("creatinine"):
        return f"from {point.reported}, CKD-EPI 2021"
    return f"reported as {point.reported}" if point.reported else ""


def drug(med: Medication, label: str) -> Evidence:
    """A current medication as evidence; `label` says why it matters."""
    return Evidence(
        source=med.source,
        label=label,
        value=med.concept.label,
        at=med.started,
        remark=how_matched(med.concept),
    )


def drugs(record: PatientRecord, classes: Iterable[DrugClass]) -> tuple[Evidence, ...]:
    """One current medication of each class that is being taken, each medication once."""
    found: dict[str, Evidence] = {}
    for cls in classes:
        med = taking(record, cls)
        if med is not None:
            found.setdefault(med.source, drug(med, cls.name[:1].upper() + cls.name[1:]))
    return tuple(found.values())


def some(*parts: Evidence | None) -> tuple[Evidence, ...]:
    """The evidence that there is."""
    return tuple(part for part in parts if part is not None)
