"""Names of conditions, for entries that come in words only.

A problem list may hold `CodeableConcept.text` without a code, or a code of the hospital's own with its
display. Then the whole name decides, after case, punctuation, British spelling and SNOMED CT's tag
"(disorder)" are put aside. Nothing is matched in part or by likeness: "no diabetes" and "family history
of stroke" are other names than those below. Abbreviations stand here only where a problem list uses them for
one thing.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType

from fhir_adapters.record.coding import ICD10CM, SNOMED, Coding, Concept
from fhir_adapters.terminology.code_systems import is_standard
from fhir_adapters.terminology.names import folded

# SNOMED CT id, ICD-10-CM code, names; the codes are members of the sets in `conditions.py` and
# `score_conditions.py`, and a test holds that one set has both.
_ROWS: tuple[tuple[str, str, str], ...] = (
    (
        "44054006",
        "E11.9",
        "type 2 diabetes mellitus; type 2 diabetes; type ii diabetes mellitus; type ii diabetes; t2dm; dm2; "
        "dm type 2; diabetes type 2; diabetes mellitus type 2; diabetes mellitus type ii; niddm; "
        "diabetes type ii; type 2 diabetes mellitus without complication; "
        "type 2 diabetes mellitus without complications; adult onset diabetes mellitus",
    ),
    (
        "46635009",
        "E10.9",
        "type 1 diabetes mellitus; type 1 diabetes; type i diabetes mellitus; type i diabetes; t1dm; dm1; "
        "dm type 1; diabetes type 1; diabetes mellitus type 1; diabetes mellitus type i; iddm; "
        "type 1 diabetes mellitus without complications",
    ),
    ("73211009", "E13.9", "diabetes mellitus; diabetes"),
    ("11687002", "O24.419", "gestational diabetes; gestational diabetes mellitus; gdm"),
    ("714628002", "R73.03", "prediabetes; pre diabetes"),
    ("420422005", "E13.10", "diabetic ketoacidosis; dka"),
    (
        "709044004",
        "N18.9",
        "chronic kidney disease; ckd; chronic renal disease; chronic kidney disease unspecified",
    ),
    *(
        (
            snomed,
            icd10,
            f"chronic kidney disease stage {stage}; ckd stage {stage}; ckd {stage}; ckd g{stage}; "
            f"chronic renal disease stage {stage}; stage {stage} chronic kidney disease; stage {stage} ckd",
        )
        for snomed, icd10, stage in (
            ("431855005", "N18.1", "1"),
            ("431856006", "N18.2", "2"),
            ("433144002", "N18.30", "3"),
            ("700378005", "N18.31", "3a"),
            ("700379002", "N18.32", "3b"),
            ("431857002", "N18.4", "4"),
            ("433146000", "N18.5", "5"),
        )
    ),
    (
        "46177005",
        "N18.6",
        "end stage renal disease; end stage kidney disease; esrd; eskd; end stage renal failure",
    ),
    ("14669001", "N17.9", "acute kidney injury; aki; acute renal failure; acute kidney failure"),
    ("52254009", "N04.9", "nephrotic syndrome"),
    (
        "59621000",
        "I10",
        "hypertension; essential hypertension; primary hypertension; essential primary hypertension; htn; "
        "arterial hypertension; high blood pressure; benign essential hypertension; systemic hypertension; "
        "hypertensive disorder",
    ),
    ("14140009", "E87.5", "hyperkalemia"),
    ("43339004", "E87.6", "hypokalemia"),
    ("89627008", "E87.1", "hyponatremia"),
    ("39355002", "E87.0", "hypernatremia"),
    ("66931009", "E83.52", "hypercalcemia"),
    ("5291005", "E83.51", "hypocalcemia"),
    ("190855004", "E83.42", "hypomagnesemia"),
    ("302866003", "E16.2", "hypoglycemia"),
    ("271737000", "D64.9", "anemia; anemia unspecified"),
    ("87522002", "D50.9", "iron deficiency anemia; iron deficient anemia"),
    ("35240004", "E61.1", "iron deficiency"),
    ("190634004", "E53.8", "vitamin b12 deficiency; b12 deficiency; cobalamin deficiency"),
    ("34713006", "E55.9", "vitamin d deficiency"),
    ("40930008", "E03.9", "hypothyroidism; acquired hypothyroidism; primary hypothyroidism; hypothyroid"),
    ("34486009", "E05.90", "hyperthyroidism; thyrotoxicosis"),
    ("353295004", "E05.00", "graves disease; toxic diffuse goiter"),
    (
        "55822004",
        "E78.5",
        "hyperlipidemia; dyslipidemia; hld; hyperlipidemia unspecified; high cholesterol",
    ),
    (
        "13644009",
        "E78.00",
        "hypercholesterolemia; pure hypercholesterolemia; elevated cholesterol",
    ),
    ("398036000", "E78.01", "familial hypercholesterolemia; heterozygous familial hypercholesterolemia"),
    ("302870006", "E78.1", "hypertriglyceridemia"),
    ("267434003", "E78.2", "mixed hyperlipidemia; combined hyperlipidemia"),
    (
        "49436004",
        "I48.91",
        "atrial fibrillation; afib; a fib; atrial fibrillation unspecified; chronic atrial fibrillation",
    ),
    ("282825002", "I48.0", "paroxysmal atrial fibrillation; paroxysmal afib"),
    ("5370000", "I48.92", "atrial flutter"),
    (
        "84114007",
        "I50.9",
        "heart failure; congestive heart failure; chf; cardiac failure; heart failure unspecified; ccf; "
        "congestive cardiac failure",
    ),
    ("88805009", "I50.9", "chronic congestive heart failure; chronic heart failure"),
    (
        "703272007",
        "I50.20",
        "heart failure with reduced ejection fraction; hfref; systolic heart failure; chronic systolic heart "
        "failure",
    ),
    (
        "446221000",
        "I50.30",
        "heart failure with preserved ejection fraction; hfpef; heart failure with normal ejection fraction; "
        "diastolic heart failure; chronic diastolic heart failure",
    ),
    (
        "53741008",
        "I25.10",
        "coronary artery disease; cad; coronary heart disease; coronary arteriosclerosis; "
        "ischemic heart disease; ihd; coronary atherosclerosis",
    ),
    ("22298006", "I21.9", "myocardial infarction; acute myocardial infarction; heart attack"),
    ("401303003", "I21.3", "stemi; acute st segment elevation myocardial infarction"),
    ("401314000", "I21.4", "nstemi; acute non st segment elevation myocardial infarction"),
    (
        "399211009",
        "I25.2",
        "old myocardial infarction; history of myocardial infarction; prior myocardial infarction; "
        "previous myocardial infarction",
    ),
    (
        "230690007",
        "I63.9",
        "stroke; cerebrovascular accident; cva; cerebral infarction; ischemic stroke",
    ),
    ("266257000", "G45.9", "transient ischemic attack; tia"),
    (
        "399957001",
        "I73.9",
        "peripheral artery disease; peripheral arterial disease; pad; peripheral vascular disease; pvd; "
        "peripheral arterial occlusive disease",
    ),
    ("79619009", "I05.0", "mitral stenosis; mitral valve stenosis"),
    ("59282003", "I26.99", "pulmonary embolism; pulmonary embolus"),
    ("128053003", "I82.409", "deep vein thrombosis; dvt; deep venous thrombosis"),
    ("13645005", "J44.9", "chronic obstructive pulmonary disease; copd; chronic obstructive lung disease"),
    ("87433001", "J43.9", "emphysema; pulmonary emphysema"),
    ("195967001", "J45.909", "asthma"),
    ("233604007", "J18.9", "pneumonia; community acquired pneumonia"),
    ("91302008", "A41.9", "sepsis"),
    ("76571007", "R65.21", "septic shock"),
    ("68566005", "N39.0", "urinary tract infection; uti"),
    ("78275009", "G47.33", "obstructive sleep apnea; osa; obstructive sleep apnea syndrome"),
    ("73430006", "G47.30", "sleep apnea"),
    ("414916001", "E66.9", "obesity; obese"),
    ("238136002", "E66.01", "morbid obesity; severe obesity"),
    ("237602007", "E88.810", "metabolic syndrome; metabolic syndrome x"),
    ("90560007", "M10.9", "gout"),
    ("64859006", "M81.0", "osteoporosis"),
    ("312894000", "M85.80", "osteopenia"),
    ("69896004", "M06.9", "rheumatoid arthritis"),
    ("36348003", "E21.0", "primary hyperparathyroidism"),
    (
        "197321007",
        "K76.0",
        "fatty liver; hepatic steatosis; nonalcoholic fatty liver disease; nafld; steatosis of liver; "
        "non alcoholic fatty liver disease",
    ),
    (
        "1231824009",
        "K76.0",
        "metabolic dysfunction associated steatotic liver disease; masld; steatotic liver disease",
    ),
    ("442685003", "K75.81", "nonalcoholic steatohepatitis; nash; non alcoholic steatohepatitis"),
    ("19943007", "K74.60", "cirrhosis; cirrhosis of liver; liver cirrhosis; hepatic cirrhosis"),
    ("420054005", "K70.30", "alcoholic cirrhosis; alcoholic cirrhosis of liver"),
    ("389026000", "R18.8", "ascites"),
    ("13920009", "K76.82", "hepatic encephalopathy"),
    ("61977001", "B18.1", "chronic hepatitis b; chronic viral hepatitis b"),
    ("128302006", "B18.2", "chronic hepatitis c; chronic viral hepatitis c; hepatitis c"),
    ("86406008", "B20", "human immunodeficiency virus infection; hiv infection; hiv; hiv disease"),
    ("74474003", "K92.2", "gastrointestinal hemorrhage; gastrointestinal bleeding; gi bleed; gi bleeding"),
    ("1386000", "I62.9", "intracranial hemorrhage; intracranial bleeding"),
    ("52448006", "F03.90", "dementia"),
    ("26929004", "G30.9", "alzheimer disease; alzheimers disease; alzheimer s disease"),
    ("49049000", "G20", "parkinson disease; parkinsons disease; parkinson s disease"),
    ("35489007", "F32.A", "depression; depressive disorder"),
    ("370143000", "F32.9", "major depressive disorder; major depression; mdd"),
    ("197480006", "F41.9", "anxiety; anxiety disorder"),
    ("21897009", "F41.1", "generalized anxiety disorder; gad"),
    ("13746004", "F31.9", "bipolar disorder; bipolar affective disorder"),
    ("7200002", "F10.20", "alcohol dependence; alcoholism"),
    ("254837009", "C50.919", "breast cancer; malignant neoplasm of breast"),
    ("363406005", "C18.9", "colon cancer; malignant neoplasm of colon"),
    ("363358000", "C34.90", "lung cancer; malignant neoplasm of lung"),
    ("363418001", "C25.9", "pancreatic cancer; malignant neoplasm of pancreas"),
    ("363349007", "C16.9", "stomach cancer; gastric cancer; malignant neoplasm of stomach"),
    ("399326009", "C67.9", "bladder cancer; malignant neoplasm of bladder"),
    ("118600007", "C85.90", "lymphoma; malignant lymphoma"),
    ("277577000", "D47.2", "monoclonal gammopathy of undetermined significance; mgus"),
    ("32273002", "D69.3", "immune thrombocytopenia; idiopathic thrombocytopenic purpura; itp"),
    ("302215000", "D69.6", "thrombocytopenia"),
    ("165517008", "D70.9", "neutropenia"),
    ("417357006", "D57.1", "sickle cell disease; sickle cell anemia"),
    ("40108008", "D56.9", "thalassemia"),
    ("77386006", "Z33.1", "pregnancy; pregnant; currently pregnant"),
)  # fmt: skip
_LONGEST = 120


@lru_cache(maxsize=4096)
def _named(name: str) -> tuple[Coding, ...]:
    return _NAMES.get(folded(name), ())


def _index() -> Mapping[str, tuple[Coding, ...]]:
    return MappingProxyType(
        {
            folded(name): (Coding(SNOMED, snomed, first), Coding(ICD10CM, icd10, first))
            for snomed, icd10, names in _ROWS
            for first in [names.partition(";")[0]]
            for name in names.split(";")
        }
    )


_NAMES = _index()


def codes_of_name(concept: Concept) -> tuple[Coding, ...]:
    """The SNOMED CT and ICD-10-CM code that the words of a concept name.

    Returns:
        () where a code of a standard system was sent (it says more than a name), where the words are no name
        that is known, and where the text and a display name different conditions.
    """
    if any(is_standard(coding.system) for coding in concept.codings):
        return ()
    words = dict.fromkeys((concept.text, *(coding.display for coding in concept.codings)))
    found = {named for text in words if text and len(text) <= _LONGEST and (named := _named(text))}
    return found.pop() if len(found) == 1 else ()
