"""Against whom equations of cardiovascular risk are explained: the same age and sex, and all else well.

Source: Goff DC et al., Circulation 2014;129(25 Suppl 2):S49-S73, doi:10.1161/01.cir.0000437741.48606.98
(optimal risk factors: total cholesterol 170 and HDL 50 mg/dL, untreated systolic pressure 110 mm[Hg], neither
diabetes nor smoking). eGFR 90 and HbA1c 5.3% are the centers of PREVENT; up to 10 mg/g of albumin is normal
(KDIGO 2012, doi:10.1038/kisup.2012.73).
"""

from __future__ import annotations

from typing import Final

from models.explaining import Target

WORDS: Final = "a person of this age and sex with optimal risk factors"

TOTAL_CHOLESTEROL: Final = 170.0  # mg/dL
HDL: Final = 50.0  # mg/dL
SYSTOLIC: Final = 110.0  # mm[Hg]
EGFR: Final = 90.0  # mL/min/{1.73_m2}
HBA1C: Final = 5.3  # %
UACR: Final = 10.0  # mg/g

# What may be modified, and to where: the goals of treatment (ACC/AHA 2017 for pressure, ADA 2025 for HbA1c),
# cholesterol to the optimal value.
NO_SMOKING: Final = Target(0, "no smoking")
LOWER_SYSTOLIC: Final = Target(130.0, "130 mmHg")
LOWER_CHOLESTEROL: Final = Target(TOTAL_CHOLESTEROL, "170 mg/dL")
LOWER_HBA1C: Final = Target(7.0, "7.0%")
