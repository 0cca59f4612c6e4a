"""Groups of diagnoses for claims of two eras and for charts: ICD-9-CM, ICD-10-CM, SNOMED CT.

The groups are this project's own, broad on purpose: a stay of 2005 coded in ICD-9-CM and one of today fall
into the same ones. SNOMED CT ids are those of `terminology`, seen in public records; there is no free
complete map.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from fhir_adapters.record import Concept
from fhir_adapters.terminology import conditions as known
from fhir_adapters.terminology import score_conditions as scored
from fhir_adapters.terminology.code_set import CodeSet

_DIABETES = ("E08", "E09", "E10", "E11", "E13")


@dataclass(frozen=True, slots=True)
class DiagnosisGroup:
    """One group.

    Attributes:
        name: As an input and a feature name, e.g. "heart_failure".
        codes: Its name is the group in clinical words; ICD-9-CM prefixes have leading zeros ("038").
    """

    name: str
    codes: CodeSet

    def holds(self, concept: Concept) -> bool:
        """True when any coding of the concept belongs to the group."""
        return self.codes.holds(concept)


def _group(name: str, words: str, icd9: str, icd10: str | tuple[str, ...], *sets: CodeSet) -> DiagnosisGroup:
    """A group; `sets` lend their SNOMED CT ids."""
    prefixes = tuple(icd10.split()) if isinstance(icd10, str) else icd10
    snomed = frozenset(code for each in sets for code in each.snomed)
    codes = CodeSet(name=words, icd10=prefixes, icd9=tuple(icd9.split()), snomed=snomed)
    return DiagnosisGroup(name, codes)


def _complicated(kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(f"{category}.{kind}" for category in _DIABETES for kind in kinds)


GROUPS: tuple[DiagnosisGroup, ...] = (
    _group(
        "heart_failure",
        "heart failure",
        "428 40201 40211 40291 40401 40403 40411 40413 40491 40493",
        known.HEART_FAILURE.icd10,
        known.HEART_FAILURE,
    ),
    _group(
        "ischemic_heart_disease",
        "ischemic heart disease",
        "410 411 412 413 414",
        "I20 I21 I22 I23 I24 I25",
        known.CORONARY_DISEASE,
    ),
    _group(
        "arrhythmia",
        "arrhythmia or conduction disorder",
        "426 427",
        "I44 I45 I46 I47 I48 I49",
        known.ATRIAL_FIBRILLATION,
    ),
    _group(
        "cerebrovascular_disease",
        "cerebrovascular disease",
        "430 431 432 433 434 435 436 437 438",
        "I60 I61 I62 I63 I65 I66 I67 I68 I69 G45",
        scored.ISCHEMIC_STROKE,
        known.INTRACRANIAL_BLEEDING,
    ),
    _group(
        "peripheral_artery_disease",
        "peripheral artery disease",
        "440 443 444 7854",
        "I70 I73 I74 I77.7 I96",
        scored.PERIPHERAL_ARTERY_DISEASE,
    ),
    _group(
        "hypertension",
        "hypertension",
        "401 402 403 404 405",
        "I10 I11 I12 I13 I15 I16",
        known.HYPERTENSION,
    ),
    _group(
        "venous_thromboembolism",
        "venous thromboembolism",
        "4151 451 453",
        "I26 I80 I82",
        known.VENOUS_THROMBOEMBOLISM,
    ),
    _group(
        "pneumonia",
        "pneumonia or influenza",
        "480 481 482 483 484 485 486 487 507",
        "J09 J10 J11 J12 J13 J14 J15 J16 J17 J18 J69",
        scored.PNEUMONIA,
    ),
    _group(
        "chronic_lung_disease",
        "chronic lung disease",
        "490 491 492 493 494 496",
        "J40 J41 J42 J43 J44 J45 J47",
        scored.CHRONIC_LUNG_DISEASE,
    ),
    _group(
        "respiratory_failure",
        "respiratory failure",
        "5185 51881 51882 51883 51884",
        "J80 J95.1 J95.2 J95.3 J95.82 J96",
        scored.RESPIRATORY_FAILURE,
        known.HYPERCAPNIC_FAILURE,
    ),
    _group(
        "sepsis",
        "sepsis",
        "038 9959 78552",
        "A40 A41 R65",
        CodeSet(name="sepsis", snomed=frozenset({"91302008", "770349000"})),
    ),
    _group(
        "skin_or_bone_infection",
        "infection or ulcer of skin or bone",
        "680 681 682 683 684 686 707 730",
        "L00 L01 L02 L03 L04 L08 L89 L97 L98.4 M86",
        CodeSet(name="cellulitis", snomed=frozenset({"128045006"})),
    ),
    _group(
        "urinary_infection",
        "urinary tract infection",
        "590 595 5990",
        "N10 N11 N12 N30 N39.0",
        known.URINARY_INFECTION,
        CodeSet(name="pyelonephritis", snomed=frozenset({"45816000"})),
    ),
    _group(
        "complicated_diabetes",
        "diabetes with a complication",
        "2501 2502 2503 2504 2505 2506 2507 2508 2509",
        _complicated(("0", "1", "2", "3", "4", "5", "61", "62", "63", "64", "69", "8")),
        CodeSet(
            name="complication of diabetes",
            snomed=known.TYPE_2_DIABETES.snomed - {"44054006", "313436004"},
        ),
    ),
    _group("acute_kidney_injury", "acute kidney injury", "584", "N17", known.AKI),
    _group(
        "chronic_kidney_disease",
        "chronic kidney disease",
        "403 404 585 586 V451 V56",
        "N18 N19 I12 I13 Z49 Z99.2",
        known.CKD,
        known.DIALYSIS_OR_ESRD,
    ),
    _group(
        "liver_disease",
        "liver disease",
        "070 4560 4561 4562 570 571 572 573 7895",
        "B15 B16 B17 B18 B19 I85 K70 K71 K72 K73 K74 K75 K76 K77 R18",
        known.CHRONIC_LIVER_DISEASE,
        known.ACUTE_HEPATITIS,
        scored.CIRRHOSIS,
        scored.ASCITES,
    ),
    _group(
        "biliary_or_pancreatic_disease",
        "disease of the gallbladder or pancreas",
        "574 575 576 577",
        "K80 K81 K82 K83 K85 K86",
        CodeSet(name="pancreatitis", snomed=frozenset({"197456007", "235494005", "235595009"})),
    ),
    _group(
        "ulcer_or_gastrointestinal_bleeding",
        "gastrointestinal ulcer or bleeding",
        "531 532 533 534 578",
        "K25 K26 K27 K28 K92.0 K92.1 K92.2",
        known.GASTROINTESTINAL_BLEEDING,
    ),
    _group(
        "cancer",
        "cancer",
        "14 15 16 170 171 172 174 175 176 179 18 19 200 201 202 203 204 205 206 207 208",
        scored.CANCER.icd10,
        scored.CANCER,
    ),
    _group(
        "anemia",
        "anemia",
        "280 281 282 283 284 285",
        known.ANAEMIA.icd10,
        known.ANAEMIA,
    ),
    _group(
        "fluid_or_electrolyte_disorder",
        "disorder of fluid or electrolytes",
        "276",
        "E86 E87",
        known.HYPERKALAEMIA,
        known.HYPOKALAEMIA,
        known.HYPONATREMIA,
        known.HYPERNATREMIA,
        known.ACIDOSIS,
    ),
    _group(
        "mood_or_psychotic_disorder",
        "mood, anxiety or psychotic disorder",
        "295 296 297 298 300 311",
        "F20 F22 F23 F24 F25 F28 F29 F30 F31 F32 F33 F34 F39 F40 F41 F42 F44 F45 F48",
        known.DEPRESSION,
        known.ANXIETY,
        known.BIPOLAR_DISORDER,
    ),
    _group(
        "substance_use_disorder",
        "alcohol or drug use disorder",
        "291 292 303 304 3050 3052 3053 3054 3055 3056 3057 3058 3059",
        "F10 F11 F12 F13 F14 F15 F16 F18 F19",
        scored.ALCOHOL_USE_DISORDER,
    ),
    _group(
        "dementia",
        "dementia",
        "290 2941 2942 3310 3311 33182",
        "F01 F02 F03 G30 G31.0 G31.83",
        known.DEMENTIA,
    ),
    _group(
        "injury",
        "fracture or other injury",
        "80 81 82 83 84 85 86 87 88 89 90 91 92 93 94 950 951 952 953 954 955 956 957 959",
        ("S", "T07", "T14", "T20", "T21", "T22", "T23", "T24", "T25"),
    ),
    _group(
        "complication_of_care",
        "complication of a procedure, device or graft",
        "996 997 998 999",
        "T80 T81 T82 T83 T84 T85 T86 T87 T88 I97 J95 K91 N99 G97 H59 L76 M96 D78 E89",
    ),
    _group(
        "joint_or_spine_disease",
        "disease of joints or spine",
        "711 712 714 715 716 717 718 719 720 721 722 723 724",
        ("M00 M01 M05 M06 M11 M12 M13 M15 M16 M17 M18 M19 M20 M21 M22 M23 M24 M25 "
         "M43 M45 M46 M47 M48 M50 M51 M53 M54"),
        scored.RHEUMATIC_DISEASE,
    ),
    _group(
        "chest_pain",
        "chest pain",
        "7865",
        "R07",
        CodeSet(name="chest pain", snomed=frozenset({"29857009"})),
    ),
)  # fmt: skip


def groups_of(concept: Concept) -> frozenset[str]:
    """The names of the groups that a diagnosis belongs to."""
    return _groups_of(concept)


@lru_cache(maxsize=8192)
def _groups_of(concept: Concept) -> frozenset[str]:
    return frozenset(group.name for group in GROUPS if group.holds(concept))
