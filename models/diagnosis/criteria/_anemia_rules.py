"""Limits, names and codes of the anemia criteria."""

from __future__ import annotations

from dataclasses import dataclass

from fhir_adapters.terminology.conditions import (
    ANAEMIA,
    CKD_ANEMIA,
    HAEMOGLOBINOPATHY,
    IRON_DEFICIENCY,
    IRON_DEFICIENCY_ANAEMIA,
)
from models.diagnosis.rule import Rule
from models.finding import Citation
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs: hemoglobin in g/dL, ferritin in ng/mL, transferrin saturation in %, CRP in mg/L, MCV in fL,
    times in days.
    """

    hemoglobin_men: float = 13
    hemoglobin_women: float = 12
    hemoglobin_pregnant: float = 11
    hemoglobin_single: float = 10
    hemoglobin_severe: float = 8
    repeat_days: float = 14
    ferritin_days: float = 90
    ferritin_low: float = 30
    ferritin_probable: float = 45
    ferritin_inflamed: float = 100
    ferritin_heart_failure: float = 300
    saturation_low: float = 20
    crp_above: float = 5
    ckd_egfr_below: float = 60
    renal_egfr_below: float = 45
    renal_repeat_days: float = 28
    renal_ferritin: float = 100
    renal_saturation: float = 20
    microcytic_below: float = 75
    treated_current_days: float = 14
    treated_days: float = 180


LIMITS = Limits()
STAMP = stamped("anemia.v1", "1.2", LIMITS)
WHO = Citation(label="WHO guideline on hemoglobin cut-offs to define anemia, 2024")
AGA = Citation(
    label="AGA guideline on iron deficiency anemia, 2020", url="https://doi.org/10.1053/j.gastro.2020.06.046"
)
IRON_DEFICIENCY_ANEMIA_RULE = Rule(
    key="iron_deficiency_anaemia",
    group="anemia",
    name="iron deficiency anemia",
    snomed="87522002",
    icd10="D50.9",
    documented_by=(IRON_DEFICIENCY_ANAEMIA,),
    guideline=AGA,
    stamp=STAMP,
)
ANEMIA_RULE = Rule(
    key="anaemia_unspecified",
    group="anemia",
    name="anemia",
    snomed="271737000",
    icd10="D64.9",
    documented_by=(ANAEMIA, HAEMOGLOBINOPATHY),
    guideline=WHO,
    stamp=STAMP,
)
RENAL_RULE = Rule(
    key="ckd_anaemia",
    group="anemia",
    name="anemia in chronic kidney disease",
    snomed="707323002",
    icd10="D63.1",
    documented_by=(CKD_ANEMIA,),
    guideline=Citation(
        label="KDIGO 2012 guideline for anemia in CKD", url="https://doi.org/10.1038/kisup.2012.37"
    ),
    stamp=STAMP,
)
IRON_RULE = Rule(
    key="iron_deficiency",
    group="anemia",
    name="iron deficiency",
    snomed="35240004",
    icd10="E61.1",
    documented_by=(IRON_DEFICIENCY,),
    guideline=AGA,
    stamp=STAMP,
)
# The criterion is a grade of severity; that the treatment is the cause is for the clinician to say.
TREATED_RULE = Rule(
    key="anaemia_under_treatment",
    group="anemia",
    name="anemia during antineoplastic treatment",
    snomed="",
    icd10="D64.81",
    documented_by=(ANAEMIA, HAEMOGLOBINOPATHY),
    guideline=Citation(
        label="NCI Common Terminology Criteria for Adverse Events (CTCAE) 5.0, 2017",
        url="https://ctep.cancer.gov/protocolDevelopment/electronic_applications/ctc.htm",
    ),
    stamp=STAMP,
)
