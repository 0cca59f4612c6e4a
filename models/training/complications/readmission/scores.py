"""LACE and HOSPITAL as far as the columns of the data set give their items.

LACE: length of stay, emergency admission (type emergency, or from the emergency room), comorbidity from the
three diagnoses, emergency visits of the year (the index counts six months). HOSPITAL: a procedure, an urgent
admission, stays of the year and length of stay; hemoglobin, sodium and the oncology service are not in the
data.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from models.risk_scores.hospital import Hospital
from models.risk_scores.lace import Lace
from models.training.complications.readmission.data import Row

Float = NDArray[np.float64]

# The index's own weights, for the groups of diagnoses that say the same.
_COMORBIDITY = {
    "ischemic_heart_disease": 1,
    "cerebrovascular_disease": 1,
    "peripheral_artery_disease": 1,
    "heart_failure": 2,
    "complicated_diabetes": 2,
    "chronic_lung_disease": 2,
    "cancer": 2,
    "dementia": 3,
    "liver_disease": 2,
    "chronic_kidney_disease": 4,
}
# Everybody in the data has diabetes.
_DIABETES = 1
_EMERGENCY_TYPE, _EMERGENCY_ROOM, _URGENT = "1", "7", ("1", "2")
# Values that bring no points, for the items that are not in the data.
_NORMAL = {"hemoglobin_g_dl": 14, "sodium_mmol_l": 140, "oncology_service": 0}


def lace_parts(rows: Sequence[Row]) -> Float:
    """Points of each stay."""
    score = Lace()
    return np.array([float(score.calculate(_lace(row))["lace"]) for row in rows])


def _lace(row: Row) -> dict[str, float]:
    comorbidity = sum(points for name, points in _COMORBIDITY.items() if name in row.stay.groups)
    plain = 0 if "complicated_diabetes" in row.stay.groups else _DIABETES
    return {
        "los_days": row.stay.days,
        "acute_admission": int(_is_emergency(row)),
        "lace_charlson_points": comorbidity + plain,
        "ed_visits_6m": row.stay.emergency,
    }


def hospital_parts(rows: Sequence[Row]) -> Float:
    """Points of each stay."""
    score = Hospital()
    return np.array([float(score.calculate(_hospital(row))["hospital"]) for row in rows])


def _hospital(row: Row) -> dict[str, float]:
    return {
        **_NORMAL,
        "procedure": int(int(row.raw["num_procedures"]) > 0),
        "urgent": int(row.raw["admission_type_id"] in _URGENT or _is_emergency(row)),
        "admissions_prior_12m": row.stay.inpatient,
        "los_days": row.stay.days,
    }


def _is_emergency(row: Row) -> bool:
    by_type = row.raw["admission_type_id"] == _EMERGENCY_TYPE
    return by_type or row.raw["admission_source_id"] == _EMERGENCY_ROOM
