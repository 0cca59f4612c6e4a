"""Drug classes that models read: by ATC code, else by ingredient name in the order's text.

RxNorm codes of orders are mostly branded or dose-form concepts, and no RxNorm release is asked at run
time; so a drug is recognised by its ATC code when there is one, and otherwise by the names of its
ingredients as whole words in the text or display (RxNorm names always spell out ingredients).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from fhir_adapters.record import ATC, MATCHED_BY_NAME, Concept, Medication, PatientRecord
from fhir_adapters.terminology.code_systems import is_standard


@dataclass(frozen=True)
class DrugClass:
    """A class of drugs.

    Attributes:
        name: In clinical words.
        atc: ATC code prefixes.
        ingredients: Lower-case ingredient names (INN and USAN), then brand names under which orders are
            written without the ingredient, and misspellings seen in public records.
        not_with: Words whose presence means another product (a topical form, an unrelated salt).
    """

    name: str
    atc: tuple[str, ...]
    ingredients: tuple[str, ...]
    not_with: tuple[str, ...] = ()
    _pattern: re.Pattern[str] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        words = "|".join(re.escape(name) for name in self.ingredients)
        object.__setattr__(self, "_pattern", re.compile(rf"\b(?:{words})\b"))

    def holds(self, concept: Concept) -> bool:
        """True when the drug is known to belong to the class."""
        atc_codes = concept.codes(ATC)
        if atc_codes:
            return any(code.startswith(self.atc) for code in atc_codes)
        text = " ".join((concept.text, *(c.display for c in concept.codings))).lower()
        return bool(self._pattern.search(text)) and not any(word in text for word in self.not_with)


def taking(record: PatientRecord, *classes: DrugClass) -> Medication | None:
    """A current medication of any of the classes, or None (see `PatientRecord.knows` for unknown)."""
    for med in record.medications:
        if med.is_current(record.as_of) and any(cls.holds(med.concept) for cls in classes):
            return med
    return None


def how_matched(concept: Concept) -> str:
    """For evidence: "" where a standard code came with the drug, else that only its name was there."""
    coded = any(is_standard(coding.system) for coding in concept.codings)
    return "" if coded else MATCHED_BY_NAME


TOPICAL = ("topical", "ophthalmic", "cream", "ointment", "eye drops", "nasal spray", "otic", "gel")

ACE_INHIBITOR = DrugClass(
    "ACE inhibitor",
    ("C09A", "C09B"),
    (
        "lisinopril",
        "enalapril",
        "ramipril",
        "captopril",
        "benazepril",
        "perindopril",
        "quinapril",
        "fosinopril",
        "trandolapril",
        "zestril",
        "prinivil",
        "vasotec",
        "altace",
        "lotensin",
        "accupril",
        "moexipril",
    ),
)
ARB = DrugClass(
    "angiotensin receptor blocker",
    ("C09C", "C09D"),
    (
        "losartan",
        "valsartan",
        "candesartan",
        "irbesartan",
        "olmesartan",
        "telmisartan",
        "azilsartan",
        "eprosartan",
        "cozaar",
        "diovan",
        "benicar",
        "avapro",
        "atacand",
        "micardis",
        "entresto",
    ),
)
MRA = DrugClass(
    "mineralocorticoid receptor antagonist",
    ("C03DA",),
    ("spironolactone", "eplerenone", "finerenone", "aldactone", "inspra", "kerendia"),
)
THIAZIDE = DrugClass(
    "thiazide diuretic",
    ("C03A", "C03BA", "C03EA"),
    (
        "hydrochlorothiazide",
        "chlorthalidone",
        "indapamide",
        "metolazone",
        "chlorothiazide",
        "bendroflumethiazide",
        "microzide",
        "zaroxolyn",
    ),
)
LOOP_DIURETIC = DrugClass(
    "loop diuretic",
    ("C03C",),
    ("furosemide", "torsemide", "bumetanide", "ethacrynate", "lasix", "bumex", "demadex"),
)
BETA_BLOCKER = DrugClass(
    "beta blocker",
    ("C07",),
    (
        "metoprolol",
        "atenolol",
        "carvedilol",
        "bisoprolol",
        "propranolol",
        "nebivolol",
        "labetalol",
        "nadolol",
        "lopressor",
        "toprol",
        "tenormin",
        "coreg",
        "zebeta",
        "bystolic",
    ),
    TOPICAL,
)
CALCIUM_CHANNEL_BLOCKER = DrugClass(
    "calcium channel blocker",
    ("C08",),
    (
        "amlodipine",
        "nifedipine",
        "felodipine",
        "diltiazem",
        "verapamil",
        "lercanidipine",
        "isradipine",
        "nicardipine",
        "norvasc",
        "cardizem",
        "procardia",
        "calan",
    ),
)
OTHER_ANTIHYPERTENSIVE = DrugClass(
    "other antihypertensive",
    ("C02", "C03DB", "C09X"),
    (
        "clonidine",
        "hydralazine",
        "methyldopa",
        "doxazosin",
        "minoxidil",
        "aliskiren",
        "triamterene",
        "amiloride",
    ),
    TOPICAL,
)
ANTIHYPERTENSIVES = (
    ACE_INHIBITOR,
    ARB,
    MRA,
    THIAZIDE,
    LOOP_DIURETIC,
    BETA_BLOCKER,
    CALCIUM_CHANNEL_BLOCKER,
    OTHER_ANTIHYPERTENSIVE,
)
STATIN = DrugClass(
    "statin",
    ("C10AA", "C10BA", "C10BX"),
    (
        "atorvastatin",
        "simvastatin",
        "rosuvastatin",
        "pravastatin",
        "lovastatin",
        "fluvastatin",
        "pitavastatin",
        "lipitor",
        "zocor",
        "crestor",
        "pravachol",
        "livalo",
        "simvistatin",
    ),
)
GLUCOSE_LOWERING = DrugClass(
    "glucose-lowering drug",
    ("A10",),
    (
        "metformin",
        "insulin",
        "glipizide",
        "glyburide",
        "glimepiride",
        "gliclazide",
        "sitagliptin",
        "linagliptin",
        "saxagliptin",
        "empagliflozin",
        "dapagliflozin",
        "canagliflozin",
        "ertugliflozin",
        "liraglutide",
        "semaglutide",
        "dulaglutide",
        "exenatide",
        "tirzepatide",
        "pioglitazone",
        "repaglinide",
        "nateglinide",
        "acarbose",
        "glucophage",
        "januvia",
        "jardiance",
        "farxiga",
        "ozempic",
        "trulicity",
        "victoza",
        "mounjaro",
        "lantus",
        "basaglar",
        "levemir",
        "tresiba",
        "humalog",
        "novolog",
        "toujeo",
    ),
)
ORAL_ANTICOAGULANT = DrugClass(
    "oral anticoagulant",
    ("B01AA", "B01AE", "B01AF"),
    (
        "warfarin",
        "apixaban",
        "rivaroxaban",
        "dabigatran",
        "edoxaban",
        "acenocoumarol",
        "phenprocoumon",
        "coumadin",
        "eliquis",
        "xarelto",
        "pradaxa",
        "savaysa",
        "lixiana",
    ),
)
NSAID = DrugClass(
    "NSAID",
    ("M01A",),
    (
        "ibuprofen",
        "naproxen",
        "diclofenac",
        "ketorolac",
        "indomethacin",
        "meloxicam",
        "celecoxib",
        "nabumetone",
        "advil",
        "motrin",
        "aleve",
        "celebrex",
        "voltaren",
        "mobic",
    ),
    TOPICAL,
)
POTASSIUM_SUPPLEMENT = DrugClass(
    "potassium supplement", ("A12B",), ("potassium chloride", "potassium citrate")
)
TRIMETHOPRIM = DrugClass("trimethoprim", ("J01E",), ("trimethoprim",))
THYROID_HORMONE = DrugClass(
    "thyroid hormone",
    ("H03A",),
    ("levothyroxine", "liothyronine", "synthroid", "levoxyl", "euthyrox", "thyroid"),
)
THYROID_INTERFERING = DrugClass("amiodarone or lithium", ("C01BD01", "N05AN"), ("amiodarone", "lithium"))
BIOTIN = DrugClass("biotin", ("A11HA05",), ("biotin",))
SYSTEMIC_STEROID = DrugClass(
    "systemic corticosteroid",
    ("H02",),
    ("prednisone", "prednisolone", "methylprednisolone", "dexamethasone", "hydrocortisone"),
    (*TOPICAL, "inhal"),
)
ERYTHROPOIETIN = DrugClass(
    "erythropoiesis-stimulating agent", ("B03XA",), ("epoetin", "darbepoetin", "epoetin alfa")
)
IRON = DrugClass(
    "iron supplement",
    ("B03A",),
    (
        "ferrous sulfate",
        "ferrous gluconate",
        "ferrous fumarate",
        "iron sucrose",
        "ferric carboxymaltose",
        "iron",
    ),
)
ANTIHYPERTENSIVE = DrugClass(
    "blood pressure drug",
    tuple(code for cls in ANTIHYPERTENSIVES for code in cls.atc),
    tuple(name for cls in ANTIHYPERTENSIVES for name in cls.ingredients),
    TOPICAL,
)
ANTIPLATELET = DrugClass(
    "antiplatelet drug",
    ("B01AC",),
    ("aspirin", "clopidogrel", "prasugrel", "ticagrelor", "dipyridamole", "plavix", "brilinta", "effient"),
    TOPICAL,
)
HEPARIN = DrugClass(
    "heparin",
    ("B01AB", "B01AX05"),
    ("heparin", "enoxaparin", "dalteparin", "tinzaparin", "fondaparinux", "lovenox", "fragmin"),
)
ESTROGEN = DrugClass(
    "systemic estrogen",
    ("G03A", "G03C", "G03F"),
    ("ethinyl estradiol", "estradiol", "conjugated estrogens", "mestranol", "estetrol"),
    (*TOPICAL, "vaginal"),
)
CYTOTOXIC_DRUG = DrugClass(
    "cytotoxic drug",
    ("L01A", "L01B", "L01C", "L01D", "L01XA"),
    (
        "cisplatin",
        "carboplatin",
        "oxaliplatin",
        "fluorouracil",
        "capecitabine",
        "gemcitabine",
        "paclitaxel",
        "docetaxel",
        "doxorubicin",
        "epirubicin",
        "cyclophosphamide",
        "irinotecan",
        "etoposide",
        "pemetrexed",
        "vincristine",
        "vinorelbine",
    ),
)
VASOPRESSOR = DrugClass(
    "vasopressor",
    ("C01CA", "H01BA01"),
    ("norepinephrine", "epinephrine", "dopamine", "dobutamine", "vasopressin", "phenylephrine"),
    (*TOPICAL, "auto-injector", "nasal", "inhal", "lidocaine", "articaine"),
)
WARFARIN = DrugClass("warfarin", ("B01AA03",), ("warfarin", "coumadin", "jantoven"))
ASPIRIN = DrugClass("aspirin", ("B01AC06", "N02BA01"), ("aspirin", "acetylsalicylic acid"))
ORAL_GLUCOSE_LOWERING = DrugClass(
    "oral glucose-lowering drug",
    ("A10B",),
    tuple(
        name
        for name in GLUCOSE_LOWERING.ingredients
        if name
        in {
            "metformin",
            "glipizide",
            "glyburide",
            "glimepiride",
            "gliclazide",
            "sitagliptin",
            "linagliptin",
            "saxagliptin",
            "empagliflozin",
            "dapagliflozin",
            "canagliflozin",
            "ertugliflozin",
            "pioglitazone",
            "repaglinide",
            "nateglinide",
            "acarbose",
            "glucophage",
            "januvia",
            "jardiance",
            "farxiga",
        }
    ),
)
VITAMIN_B12 = DrugClass("vitamin B12", ("B03BA",), ("cyanocobalamin", "hydroxocobalamin", "vitamin b12"))
FOLIC_ACID = DrugClass("folic acid", ("B03BB",), ("folic acid", "folate", "leucovorin"))
VITAMIN_D = DrugClass(
    "vitamin D", ("A11CC",), ("cholecalciferol", "ergocalciferol", "calcitriol", "calcifediol", "vitamin d")
)
PPI = DrugClass(
    "proton pump inhibitor",
    ("A02BC",),
    ("omeprazole", "esomeprazole", "pantoprazole", "lansoprazole", "rabeprazole", "dexlansoprazole"),
)
METFORMIN = DrugClass("metformin", ("A10BA02", "A10BD"), ("metformin", "glucophage"))
TESTOSTERONE = DrugClass("testosterone", ("G03BA03", "G03BA02"), ("testosterone", "methyltestosterone"))
SGLT2_INHIBITOR = DrugClass(
    "SGLT2 inhibitor",
    ("A10BK", "A10BD15", "A10BD16", "A10BD19", "A10BD20", "A10BD21"),
    ("empagliflozin", "dapagliflozin", "canagliflozin", "ertugliflozin", "jardiance", "farxiga"),
)
FIVE_ALPHA_REDUCTASE_INHIBITOR = DrugClass(
    "5-alpha-reductase inhibitor", ("G04CB",), ("finasteride", "dutasteride", "proscar", "avodart")
)
LITHIUM = DrugClass("lithium", ("N05AN",), ("lithium",))
URATE_LOWERING = DrugClass(
    "urate-lowering drug", ("M04AA", "M04AB"), ("allopurinol", "febuxostat", "probenecid")
)
DEMENTIA_DRUG = DrugClass(
    "dementia drug",
    ("N06D",),
    ("donepezil", "rivastigmine", "galantamine", "memantine", "aricept", "namenda"),
)
LEVODOPA = DrugClass("levodopa", ("N04BA",), ("levodopa", "carbidopa", "sinemet"))
OSTEOPOROSIS_DRUG = DrugClass(
    "osteoporosis drug",
    ("M05BA", "M05BB", "M05BX03", "M05BX04", "M05BX06", "H05AA"),
    ("alendronate", "alendronic", "risedronate", "ibandronate", "denosumab", "teriparatide", "romosozumab"),
    ("xgeva",),
)
LONG_ACTING_ANTIMUSCARINIC = DrugClass(
    "long-acting inhaled antimuscarinic",
    ("R03BB04", "R03BB05", "R03BB06", "R03BB07", "R03AL"),
    ("tiotropium", "umeclidinium", "aclidinium", "spiriva"),
)
NITRATE = DrugClass("nitrate", ("C01DA",), ("nitroglycerin", "isosorbide", "nitrostat"), ("rectal",))
ANTIBIOTIC = DrugClass(
    "antibiotic",
    ("J01",),
    (
        "amoxicillin",
        "ampicillin",
        "azithromycin",
        "aztreonam",
        "cefazolin",
        "cefepime",
        "cefotaxime",
        "ceftazidime",
        "ceftriaxone",
        "cefuroxime",
        "cephalexin",
        "ciprofloxacin",
        "clindamycin",
        "doxycycline",
        "ertapenem",
        "gentamicin",
        "levofloxacin",
        "linezolid",
        "meropenem",
        "metronidazole",
        "moxifloxacin",
        "nitrofurantoin",
        "piperacillin",
        "sulfamethoxazole",
        "tobramycin",
        "vancomycin",
    ),
    TOPICAL,
)
