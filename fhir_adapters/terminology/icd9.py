"""ICD-9-CM for the conditions of `conditions.py` and `score_conditions.py`: old encounters and research data.

Prefixes of diagnoses without regard to the dot, written by hand from the tabular list of ICD-9-CM (NCHS/CMS,
last edition of October 2014) and compared with the CMS General Equivalence Mappings in the tests. Where
ICD-9-CM can't tell what a set asks for (hypercapnia, the halves of stage 3, familial hypercholesterolemia),
the set has no code here, so that nothing is taken for more than it says.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from fhir_adapters.terminology.code_set import CodeSet

_CANCER = " ".join((*(f"{n}" for n in range(140, 173)), *(f"{n}" for n in range(174, 209)), "209.0 209.1"))
_DIABETES_WITH = "0 1 2 3 4 5 6 7 8 9"
_TYPE_2 = " ".join(f"250.{kind}{digit}" for kind in _DIABETES_WITH.split() for digit in "02")
_TYPE_1 = " ".join(f"250.{kind}{digit}" for kind in _DIABETES_WITH.split() for digit in "13")
_HEART_FAILURE = "428 398.91 402.01 402.11 402.91 404.01 404.03 404.11 404.13 404.91 404.93"
_CORONARY = "410 411 412 413 414 V45.81 V45.82"
_INFARCTION = "410 412"
_STROKE = "433.01 433.11 433.21 433.31 433.81 433.91 434.01 434.11 434.91 435 436 444 V12.54"
_INTRACRANIAL = "430 431 432"
_GI_BLEEDING = "578"
_DIALYSIS = "585.6 V45.1 V56"
_COPD = "491.2 492 493.2 496"
_CIRRHOSIS = "571.2 571.5 571.6 572.3 456.0 456.1 456.2"
_DVT = "453.4"

# By the name of the set.
_PREFIXES: Mapping[str, str] = MappingProxyType(
    {
        "type 2 diabetes mellitus": _TYPE_2,
        "type 1 diabetes mellitus": _TYPE_1,
        "diabetes mellitus": "249 250 648.0 357.2 362.0 366.41",
        "gestational diabetes": "648.8",
        "diabetes in pregnancy": "648.0 648.8",
        "prediabetes": "790.2",
        "a high glucose in the past": "790.2 648.8",
        "diabetic ketoacidosis": "250.1 249.1",
        "chronic kidney disease": "585 403 404 V45.1 V56 V42.0",
        "chronic kidney disease stage 1": "585.1",
        "chronic kidney disease stage 2": "585.2",
        "chronic kidney disease stage 3": "585.3",
        "chronic kidney disease stage 4": "585.4",
        "chronic kidney disease stage 5": "585.5",
        "kidney disease of stage 4 or 5": f"585.4 585.5 {_DIALYSIS}",
        "dialysis or end-stage kidney disease": _DIALYSIS,
        "kidney transplant": "V42.0",
        "albuminuria": "791.0 249.4 250.4",
        "acute kidney injury": "584 669.3",
        "nephrotic syndrome": "581",
        "hypertension": "401 402 403 404 405 642.0 642.1 642.2 642.3 642.4 642.5 642.7 642.9",
        "hyperkalaemia": "276.7",
        "hypokalaemia": "276.8",
        "hyponatremia": "276.1 253.6",
        "hypernatremia": "276.0",
        "hypercalcemia": "275.42 252.0",
        "hypocalcemia": "275.41 252.1",
        "hypomagnesemia": "275.2",
        "hyperphosphatemia": "275.3",
        "metabolic acidosis": "276.2 250.1",
        "hypoglycemia": "251.0 251.1 251.2",
        "anaemia": "280 281 282 283 284 285",
        "iron-deficiency anaemia": "280",
        "iron deficiency": "280",
        "sickle-cell or other haemoglobinopathy": "282",
        "anemia in chronic kidney disease": "285.21",
        "vitamin B12 deficiency": "281.0 281.1 266.2",
        "folate deficiency": "281.2 266.2",
        "vitamin D deficiency": "268",
        "neutropenia": "288.0",
        "thrombocytopenia": "287.3 287.4 287.5",
        "thrombocytosis": "238.71 238.4",
        "erythrocytosis": "238.4 289.0 289.6",
        "lymphocytosis or lymphoid leukemia": "200 202.8 204 288.61",
        "leukocytosis": "288.6 288.8 204 205",
        "a disease of the bone marrow": "238.7 284 203 204 205 206 207 208",
        "low platelets for another reason than the liver": "238.7 284 287.3 203 204 205 206 207 208",
        "heparin-induced thrombocytopenia": "289.84",
        "hypothyroidism": "243 244",
        "hyperthyroidism": "242",
        "another thyroid disease": "193 240 241 242 245 V10.87",
        "hyperlipidaemia": "272.0 272.1 272.2 272.3 272.4",
        "hypertriglyceridemia": "272.1 272.2 272.3",
        "raised transaminases": "790.4",
        "hypoalbuminemia": "273.8 581 260 261 262 263",
        "malnutrition": "260 261 262 263",
        "malabsorption": "579 555",
        "cholestasis": "576.2 571.6",
        "acute hepatitis": "070.0 070.1 070.20 070.21 070.30 070.31 070.41 070.42 070.43 070.51 070.52"
        " 070.53 570",
        "chronic liver disease": "571 070.22 070.23 070.32 070.33 070.44 070.54",
        "steatotic liver disease": "571.8",
        "cirrhosis": f"{_CIRRHOSIS} 572.4",
        "cirrhosis or advanced liver fibrosis": _CIRRHOSIS,
        "ascites": "789.5",
        "ascites or edema": "789.5 782.3",
        "hepatic encephalopathy": "572.2",
        "liver transplant": "V42.7",
        "hepatitis B": "070.2 070.3",
        "hepatitis C": "070.41 070.44 070.51 070.54 070.7",
        "HIV infection": "042 V08",
        "pregnancy": "V22 V23 630 631 632 633 634 635 636 637 638 639 64 65 66 67",
        "atrial fibrillation or flutter": "427.3",
        "heart failure": _HEART_FAILURE,
        "stroke, TIA or systemic embolism": _STROKE,
        "ischemic stroke": "433.01 433.11 433.21 433.31 433.81 433.91 434.01 434.11 434.91",
        "myocardial infarction": _INFARCTION,
        "acute myocardial infarction": "410",
        "myocardial injury or infarction": "410",
        "acute coronary syndrome": "410 411.1 411.8",
        "coronary artery disease": _CORONARY,
        "coronary bypass, angioplasty or stent": "V45.81 V45.82",
        "peripheral artery disease": "440 443.9",
        "myocardial infarction, peripheral artery disease or aortic plaque": f"{_INFARCTION} 440 443.9",
        "cardiovascular disease": f"{_CORONARY} {_STROKE} {_HEART_FAILURE} 430 431 440 443.9",
        "mitral stenosis or mechanical heart valve": "394.0 394.2 V43.3",
        "intracranial bleeding": _INTRACRANIAL,
        "gastrointestinal bleeding": _GI_BLEEDING,
        "major bleeding": f"{_GI_BLEEDING} {_INTRACRANIAL} 531.4 532.4 533.4 786.3 599.71",
        "venous thromboembolism": "415.1 451 452 453 V12.51 289.81",
        "pulmonary embolism or deep vein thrombosis": f"415.1 {_DVT}",
        "deep vein thrombosis": f"{_DVT} 453.5 V12.51",
        "thrombophilia": "289.81",
        "hemoptysis": "786.3",
        "cardiac arrest": "427.5",
        "COPD": _COPD,
        "chronic lung disease": f"{_COPD} 493 494 515 516.3",
        "pneumonia": "480 481 482 483 484 485 486",
        "respiratory failure": "518.51 518.53 518.81 518.83 518.84",
        "sepsis": "038 785.52 995.91 995.92 003.1 036.2 112.5 670.2",
        "acute infection": "038 480 481 482 483 485 486 682 590.1 595 599.0 567 995.91 995.92",
        "urinary tract infection": "595 599.0 601",
        "sleep apnea": "327.2 780.51 780.53 780.57",
        "obesity": "278.0",
        "metabolic syndrome": "277.7",
        "gout": "274",
        "osteoporosis": "733.0",
        "osteopenia": "733.90",
        "hip or vertebral fracture": "820 805.2 805.3 805.4 805.5 806.2 806.3 806.4 806.5 733.1",
        "rheumatic disease": "714.0 714.1 714.2 714.8 710 725",
        "primary hyperparathyroidism": "252.0",
        "secondary hyperparathyroidism": "588.81 252.02",
        "iron overload": "275.0",
        "monoclonal gammopathy": "273.1 273.3 203",
        "raised PSA or prostate cancer": "185 790.93 V10.46",
        "cancer": _CANCER,
        "stomach cancer": "151",
        "pancreatic cancer": "157",
        "lung cancer": "162",
        "lymphoma": "200 201 202.0 202.1 202.2 202.7 202.8",
        "gynecological cancer": "179 180 181 182 183 184",
        "bladder cancer": "188",
        "testicular cancer": "186",
        "active chemotherapy": "V58.11",
        "palliative care": "V66.7",
        "alcohol use disorder": "303 305.0 571.0 571.1 571.2 571.3",
        "depression": "296.2 296.3 296.82 300.4 311",
        "anxiety disorder": "300.0 300.2 309.81",
        "bipolar disorder": "296.0 296.1 296.4 296.5 296.6 296.7 296.80 296.81 296.89",
        "dementia": "290 294.1 294.2 331.0 331.1 331.2 331.82",
        "mild cognitive impairment": "331.83",
        "Parkinson disease": "332",
        "restless legs or dystonia": "333.1 333.2 333.3 333.5 333.6 333.72 333.79 333.8 333.94",
        "immobility": "344.0 344.1 V49.84",
    }
)


def condition_codes(
    *, name: str, icd10: tuple[str, ...] = (), snomed: frozenset[str] = frozenset()
) -> CodeSet:
    """A condition's code set, with the ICD-9-CM codes of its name.

    Args:
        name: See `CodeSet`.
        icd10: See `CodeSet`.
        snomed: See `CodeSet`.
    """
    return CodeSet(name=name, icd10=icd10, icd9=tuple(_PREFIXES.get(name, "").split()), snomed=snomed)


def named_sets() -> frozenset[str]:
    """The names of the sets that have ICD-9-CM codes."""
    return frozenset(_PREFIXES)
