"""Code sets of conditions that only published scores ask for.

Codes as in `conditions.py`: ICD-10-CM prefixes, and SNOMED CT ids seen in public records and maps.
"""

from __future__ import annotations

from fhir_adapters.terminology.conditions import COPD, GASTROINTESTINAL_BLEEDING, INTRACRANIAL_BLEEDING
from fhir_adapters.terminology.icd9 import condition_codes

# C44 is left out: non-melanoma skin cancer counts in no score.
CANCER = condition_codes(
    name="cancer",
    icd10=(*(f"C{n:02d}" for n in range(44)), *(f"C{n}" for n in range(45, 98))),
    snomed=frozenset(
        {"363346000", "254837009", "363406005", "109838007", "254637007", "314994000", "254632001"}
    ),
)
STOMACH_CANCER = condition_codes(name="stomach cancer", icd10=("C16",), snomed=frozenset({"363349007"}))
PANCREATIC_CANCER = condition_codes(name="pancreatic cancer", icd10=("C25",), snomed=frozenset({"363418001"}))
LUNG_CANCER = condition_codes(
    name="lung cancer", icd10=("C34",), snomed=frozenset({"254637007", "254632001", "363358000"})
)
LYMPHOMA = condition_codes(
    name="lymphoma", icd10=("C81", "C82", "C83", "C84", "C85", "C86", "C88"), snomed=frozenset({"118600007"})
)
GYNECOLOGICAL_CANCER = condition_codes(
    name="gynecological cancer", icd10=("C51", "C52", "C53", "C54", "C55", "C56", "C57", "C58")
)
BLADDER_CANCER = condition_codes(name="bladder cancer", icd10=("C67",), snomed=frozenset({"399326009"}))
TESTICULAR_CANCER = condition_codes(name="testicular cancer", icd10=("C62",), snomed=frozenset({"363449006"}))
CIRRHOSIS = condition_codes(
    name="cirrhosis",
    icd10=("K70.3", "K70.4", "K71.7", "K72.1", "K74.3", "K74.4", "K74.5", "K74.6", "K76.6", "K76.7", "I85"),
    snomed=frozenset({"19943007", "420054005", "34742003", "28670008"}),
)
ASCITES = condition_codes(
    name="ascites", icd10=("R18", "K70.31", "K70.11", "K71.51"), snomed=frozenset({"389026000"})
)
HEPATIC_ENCEPHALOPATHY = condition_codes(
    name="hepatic encephalopathy", icd10=("K76.82",), snomed=frozenset({"13920009"})
)
LIVER_TRANSPLANT = condition_codes(name="liver transplant", icd10=("Z94.4",), snomed=frozenset({"737297006"}))
BLEEDING = condition_codes(
    name="major bleeding",
    icd10=(
        *GASTROINTESTINAL_BLEEDING.icd10,
        *INTRACRANIAL_BLEEDING.icd10,
        "K25.4",
        "K26.4",
        "K27.4",
        "R04.2",
        "R31.0",
    ),
    snomed=GASTROINTESTINAL_BLEEDING.snomed | INTRACRANIAL_BLEEDING.snomed,
)
ALCOHOL_USE_DISORDER = condition_codes(
    name="alcohol use disorder",
    icd10=("F10.1", "F10.2", "K70"),
    snomed=frozenset({"7200002", "66590003", "10939881000119105", "15167005"}),
)
PNEUMONIA = condition_codes(
    name="pneumonia",
    icd10=("J12", "J13", "J14", "J15", "J16", "J17", "J18"),
    snomed=frozenset({"233604007", "385093006", "53084003", "75570004"}),
)
SUSPECTED_EMBOLISM = condition_codes(
    name="pulmonary embolism or deep vein thrombosis",
    icd10=("I26", "I82.4"),
    snomed=frozenset({"59282003", "706870000", "128053003", "132281000119108"}),
)
DEEP_VEIN_THROMBOSIS = condition_codes(
    name="deep vein thrombosis",
    icd10=("I82.4", "I82.5", "Z86.718"),
    snomed=frozenset({"128053003", "132281000119108", "161508001"}),
)
HEMOPTYSIS = condition_codes(name="hemoptysis", icd10=("R04.2",), snomed=frozenset({"66857006"}))
IMMOBILITY = condition_codes(
    name="immobility", icd10=("Z74.0", "R26.3", "G82"), snomed=frozenset({"160685001"})
)
THROMBOPHILIA = condition_codes(
    name="thrombophilia", icd10=("D68.5", "D68.6"), snomed=frozenset({"234467004"})
)
RESPIRATORY_FAILURE = condition_codes(
    name="respiratory failure", icd10=("J96",), snomed=frozenset({"409622000", "65710008"})
)
ACUTE_INFECTION = condition_codes(
    name="acute infection",
    icd10=(
        "A40",
        "A41",
        "J12",
        "J13",
        "J14",
        "J15",
        "J18",
        "J22",
        "L03",
        "N10",
        "N30",
        "N39.0",
        "K65",
        "U07.1",
    ),
    snomed=PNEUMONIA.snomed | {"91302008", "770349000", "840539006", "68566005", "45816000"},
)
RHEUMATIC_DISEASE = condition_codes(
    name="rheumatic disease",
    icd10=("M05", "M06", "M32", "M33", "M34", "M35"),
    snomed=frozenset({"69896004", "55464009"}),
)
ISCHEMIC_STROKE = condition_codes(
    name="ischemic stroke", icd10=("I63",), snomed=frozenset({"422504002", "230690007"})
)
ACUTE_MI = condition_codes(
    name="acute myocardial infarction",
    icd10=("I21", "I22"),
    snomed=frozenset({"57054005", "401303003", "401314000"}),
)
ACUTE_CORONARY_SYNDROME = condition_codes(
    name="acute coronary syndrome",
    icd10=("I20.0", "I21", "I22", "I24.8", "I24.9"),
    snomed=ACUTE_MI.snomed | {"394659003", "4557003"},
)
CARDIAC_ARREST = condition_codes(name="cardiac arrest", icd10=("I46",), snomed=frozenset({"410429000"}))
TYPE_1_DIABETES = condition_codes(
    name="type 1 diabetes mellitus", icd10=("E10",), snomed=frozenset({"46635009"})
)
PERIPHERAL_ARTERY_DISEASE = condition_codes(
    name="peripheral artery disease", icd10=("I70", "I73.9"), snomed=frozenset({"399957001", "400047006"})
)
CHRONIC_LUNG_DISEASE = condition_codes(
    name="chronic lung disease", icd10=(*COPD.icd10, "J45", "J47", "J84"), snomed=COPD.snomed | {"195967001"}
)
GLUCOSE_ONCE_HIGH = condition_codes(
    name="a high glucose in the past",
    icd10=("R73", "O24.4", "Z86.32"),
    snomed=frozenset({"714628002", "15777000", "9414007", "390951007", "11687002", "80394007"}),
)
