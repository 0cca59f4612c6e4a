"""Code sets of the conditions that models read or propose.

ICD-10-CM: prefixes of the FY2027 code set. SNOMED CT: ids seen in public records and maps; a set
lists the descendants that occur in practice, because no terminology server is asked at run time.
"""

from __future__ import annotations

from fhir_adapters.terminology.code_set import CodeSet
from fhir_adapters.terminology.icd9 import condition_codes

TYPE_2_DIABETES = condition_codes(
    name="type 2 diabetes mellitus",
    icd10=("E11",),
    snomed=frozenset(
        {
            "44054006",
            "313436004",  # without complication
            "127013003",  # kidney disorder due to diabetes mellitus
            "368581000119106",  # neuropathy due to type 2
            "422034002",  # retinopathy due to type 2
            "1551000119108",  # nonproliferative retinopathy due to type 2
            "1501000119109",  # proliferative retinopathy due to type 2
            "97331000119101",  # macular oedema and retinopathy due to type 2
            "60951000119105",  # blindness due to type 2
            "90781000119102",  # microalbuminuria due to type 2
            "157141000119108",  # proteinuria due to type 2
        }
    ),
)
DIABETES = condition_codes(
    name="diabetes mellitus",
    icd10=("E08", "E09", "E10", "E11", "E13", "O24.0", "O24.1", "O24.3", "O24.8"),
    snomed=TYPE_2_DIABETES.snomed | {"73211009", "46635009", "8801005", "199223000"},
)
GESTATIONAL_DIABETES = condition_codes(
    name="gestational diabetes", icd10=("O24",), snomed=frozenset({"11687002"})
)
PREDIABETES = condition_codes(
    name="prediabetes",
    icd10=("R73.0",),
    snomed=frozenset({"714628002", "15777000", "9414007", "390951007"}),
)
CKD = condition_codes(
    name="chronic kidney disease",
    icd10=("N18", "I12", "I13", "E08.22", "E09.22", "E10.22", "E11.22", "E13.22", "Z99.2", "Z94.0"),
    snomed=frozenset(
        {
            "709044004",
            "431855005",
            "431856006",
            "433144002",
            "700378005",
            "700379002",
            "431857002",
            "433146000",
            "46177005",  # end-stage renal disease
            "127013003",
            "90688005",  # chronic renal failure syndrome
            "236425005",  # chronic renal impairment
            "771000119108",  # due to type 2 diabetes, and by stage:
            "751000119104",
            "741000119101",
            "731000119105",
            "721000119107",
            "711000119100",
            "129171000119106",  # due to hypertension, stage 3
            "129161000119100",  # due to hypertension, stage 5
        }
    ),
)
# Recorded stages of CKD, ascending; "3" is stage 3 without its half.
CKD_STAGES: dict[str, CodeSet] = {
    stage: condition_codes(
        name=f"chronic kidney disease stage {stage}", icd10=(icd10,), snomed=frozenset(snomed)
    )
    for stage, icd10, snomed in (
        ("1", "N18.1", ("431855005", "751000119104")),
        ("2", "N18.2", ("431856006", "741000119101")),
        ("3", "N18.30", ("433144002", "731000119105", "129171000119106")),
        ("3a", "N18.31", ("700378005",)),
        ("3b", "N18.32", ("700379002",)),
        ("4", "N18.4", ("431857002", "721000119107")),
        ("5", "N18.5", ("433146000", "711000119100", "129161000119100")),
    )
}
DIALYSIS_OR_ESRD = condition_codes(
    name="dialysis or end-stage kidney disease",
    icd10=("N18.6", "Z99.2"),
    snomed=frozenset({"46177005", "265764009", "236435004"}),
)
KIDNEY_TRANSPLANT = condition_codes(
    name="kidney transplant", icd10=("Z94.0",), snomed=frozenset({"737295003", "161665007"})
)
ALBUMINURIA = condition_codes(
    name="albuminuria",
    icd10=("R80", "E08.2", "E09.2", "E10.2", "E11.2", "E13.2"),
    snomed=frozenset(
        {"312975006", "274769005", "29738008", "90781000119102", "157141000119108", "127013003"}
    ),
)
AKI = condition_codes(
    name="acute kidney injury", icd10=("N17", "O90.4"), snomed=frozenset({"14669001", "298015003"})
)
HYPERTENSION = condition_codes(
    name="hypertension",
    icd10=("I10", "I11", "I12", "I13", "I15", "I16", "O10", "O11", "O13", "O14", "O16"),
    snomed=frozenset({"59621000", "38341003", "1201005", "10725009", "31992008", "367390009", "398254007"}),
)
HYPERKALAEMIA = condition_codes(name="hyperkalaemia", icd10=("E87.5",), snomed=frozenset({"14140009"}))
HYPOKALAEMIA = condition_codes(name="hypokalaemia", icd10=("E87.6",), snomed=frozenset({"43339004"}))
ANAEMIA = condition_codes(
    name="anaemia",
    icd10=tuple(f"D{n}" for n in range(50, 65)),
    snomed=frozenset({"271737000", "87522002", "691421000119108", "707323002", "190634004"}),
)
IRON_DEFICIENCY_ANAEMIA = condition_codes(
    name="iron-deficiency anaemia", icd10=("D50",), snomed=frozenset({"87522002"})
)
IRON_DEFICIENCY = condition_codes(
    name="iron deficiency", icd10=("E61.1", "D50"), snomed=frozenset({"35240004", "87522002"})
)
HAEMOGLOBINOPATHY = condition_codes(
    name="sickle-cell or other haemoglobinopathy",
    icd10=("D55", "D56", "D57", "D58"),
    snomed=frozenset({"417357006", "127040003", "40108008", "417425009"}),
)
HYPOTHYROIDISM = condition_codes(
    name="hypothyroidism",
    icd10=("E00", "E01", "E02", "E03", "E89.0"),
    snomed=frozenset({"40930008", "83664006", "54823002", "21983002", "66944004"}),
)
HYPERCHOLESTEROLAEMIA = condition_codes(
    name="hyperlipidaemia",
    icd10=("E78",),
    snomed=frozenset({"13644009", "55822004", "267434003", "398036000", "302870006", "267432004"}),
)
FAMILIAL_HYPERCHOLESTEROLAEMIA = condition_codes(
    name="familial hypercholesterolaemia", icd10=("E78.01",), snomed=frozenset({"398036000"})
)
NEPHROTIC = condition_codes(name="nephrotic syndrome", icd10=("N04",), snomed=frozenset({"52254009"}))
CHOLESTASIS = condition_codes(
    name="cholestasis", icd10=("K83.1", "K74.3"), snomed=frozenset({"33688009", "31712002"})
)
PREGNANCY = condition_codes(
    name="pregnancy", icd10=("Z33", "Z34", "O"), snomed=frozenset({"77386006", "72892002", "47200007"})
)
ATRIAL_FIBRILLATION = condition_codes(
    name="atrial fibrillation or flutter",
    icd10=("I48",),
    snomed=frozenset({"49436004", "282825002", "5370000", "440059007", "426749004", "440028005"}),
)
HEART_FAILURE = condition_codes(
    name="heart failure",
    icd10=("I50", "I11.0", "I13.0", "I13.2"),
    snomed=frozenset({"84114007", "42343007", "88805009", "703272007", "446221000", "85232009", "10633002"}),
)
STROKE_TIA_EMBOLISM = condition_codes(
    name="stroke, TIA or systemic embolism",
    icd10=("I63", "I64", "G45.0", "G45.1", "G45.2", "G45.8", "G45.9", "I74", "Z86.73", "I69.3"),
    snomed=frozenset({"230690007", "266257000", "422504002", "275526006", "161511000", "441526008"}),
)
MYOCARDIAL_INFARCTION = condition_codes(
    name="myocardial infarction",
    icd10=("I21", "I22", "I25.2"),
    snomed=frozenset({"22298006", "399211009", "401303003", "401314000", "1755008"}),
)
CORONARY_DISEASE = condition_codes(
    name="coronary artery disease",
    icd10=("I20", "I21", "I22", "I23", "I24", "I25", "Z95.1", "Z95.5"),
    snomed=frozenset({"53741008", "414545008", "194828000"}) | MYOCARDIAL_INFARCTION.snomed,
)
VASCULAR_DISEASE = condition_codes(
    name="myocardial infarction, peripheral artery disease or aortic plaque",
    icd10=("I21", "I22", "I25.2", "I70", "I73.9"),
    snomed=MYOCARDIAL_INFARCTION.snomed | {"399957001", "400047006", "840580004", "1231000119100"},
)
CARDIOVASCULAR_DISEASE = condition_codes(
    name="cardiovascular disease",
    icd10=CORONARY_DISEASE.icd10
    + STROKE_TIA_EMBOLISM.icd10
    + HEART_FAILURE.icd10
    + ("I60", "I61", "I70", "I73.9"),
    snomed=CORONARY_DISEASE.snomed
    | STROKE_TIA_EMBOLISM.snomed
    | HEART_FAILURE.snomed
    | VASCULAR_DISEASE.snomed
    | {"274100004"},
)
MITRAL_STENOSIS_OR_MECHANICAL_VALVE = condition_codes(
    name="mitral stenosis or mechanical heart valve",
    icd10=("I05.0", "I05.2", "I34.2", "Z95.2"),
    snomed=frozenset({"79619009", "86466006", "17759006"}),
)
ACUTE_HEPATITIS = condition_codes(
    name="acute hepatitis", icd10=("B15", "B16", "B17", "K72.0", "K71"), snomed=frozenset({"37871000"})
)
CHRONIC_LIVER_DISEASE = condition_codes(
    name="chronic liver disease",
    icd10=("K70", "K73", "K74", "K75.4", "K75.8", "K76.0", "B18"),
    snomed=frozenset(
        {"197321007", "1231824009", "19943007", "328383001", "128302006", "61977001", "442685003"}
    ),
)
HYPERCAPNIC_FAILURE = condition_codes(
    name="hypercapnic respiratory failure",
    icd10=("J96.02", "J96.12", "J96.22", "J96.92"),
)
CHEMOTHERAPY = condition_codes(
    name="active chemotherapy", icd10=("Z51.11", "D64.81"), snomed=frozenset({"367336001"})
)
PALLIATIVE_CARE = condition_codes(
    name="palliative care", icd10=("Z51.5",), snomed=frozenset({"103735009", "385763009"})
)
CORONARY_REVASCULARIZATION = condition_codes(
    name="coronary bypass, angioplasty or stent",
    icd10=("Z95.1", "Z95.5", "Z98.61"),
    snomed=frozenset({"232717009", "415070008", "36969009", "41339005"}),
)
DIALYSIS_PROCEDURE = condition_codes(
    name="dialysis", snomed=frozenset({"265764009", "302497006", "71192002"})
)
KIDNEY_TRANSPLANT_PROCEDURE = condition_codes(name="kidney transplantation", snomed=frozenset({"70536003"}))
ADVANCED_LIVER_FIBROSIS = condition_codes(
    name="cirrhosis or advanced liver fibrosis",
    icd10=("K74", "K70.2", "K70.3", "K70.4", "I85", "K76.6", "K72.1"),
    snomed=frozenset({"19943007", "420054005", "62484002", "28670008", "34742003"}),
)
STEATOTIC_LIVER_DISEASE = condition_codes(
    name="steatotic liver disease",
    icd10=("K76.0", "K75.81"),
    snomed=frozenset({"197321007", "1231824009", "442685003"}),
)
OTHER_THROMBOCYTOPENIA = condition_codes(
    name="low platelets for another reason than the liver",
    icd10=("D46", "D61", "D69.3", "D69.4", "C90", "C91", "C92", "C93", "C94", "C95"),
    snomed=frozenset({"32273002"}),
)
OBESITY = condition_codes(
    name="obesity", icd10=("E66",), snomed=frozenset({"414916001", "238136002", "162864005", "408512008"})
)
INTRACRANIAL_BLEEDING = condition_codes(
    name="intracranial bleeding", icd10=("I60", "I61", "I62"), snomed=frozenset({"1386000", "274100004"})
)
TRANSFUSION = condition_codes(
    name="blood transfusion", snomed=frozenset({"5447007", "116859006", "116863004"})
)
OTHER_THYROID_DISEASE = condition_codes(
    name="another thyroid disease",
    icd10=("C73", "E04", "E05", "E06", "Z85.850"),
    snomed=frozenset({"363478007", "34486009", "353295004"}),
)
GASTROINTESTINAL_BLEEDING = condition_codes(
    name="gastrointestinal bleeding", icd10=("K92.0", "K92.1", "K92.2"), snomed=frozenset({"74474003"})
)
HYPONATREMIA = condition_codes(name="hyponatremia", icd10=("E87.1", "E22.2"), snomed=frozenset({"89627008"}))
HYPERNATREMIA = condition_codes(name="hypernatremia", icd10=("E87.0",), snomed=frozenset({"39355002"}))
HYPERCALCEMIA = condition_codes(
    name="hypercalcemia", icd10=("E83.52", "E21"), snomed=frozenset({"66931009", "36348003"})
)
HYPOCALCEMIA = condition_codes(name="hypocalcemia", icd10=("E83.51", "E20"), snomed=frozenset({"5291005"}))
HYPOMAGNESEMIA = condition_codes(name="hypomagnesemia", icd10=("E83.4",), snomed=frozenset({"190855004"}))
NEUTROPENIA = condition_codes(name="neutropenia", icd10=("D70",), snomed=frozenset({"165517008"}))
THROMBOCYTOPENIA = condition_codes(
    name="thrombocytopenia",
    icd10=("D69.3", "D69.4", "D69.5", "D69.6"),
    snomed=frozenset({"302215000", "32273002"}),
)
THROMBOCYTOSIS = condition_codes(name="thrombocytosis", icd10=("D47.3", "D75.83", "D45"))
ERYTHROCYTOSIS = condition_codes(name="erythrocytosis", icd10=("D45", "D75.0", "D75.1"))
LYMPHOCYTOSIS = condition_codes(
    name="lymphocytosis or lymphoid leukemia",
    icd10=("C83", "C85", "C91", "D72.82"),
    snomed=frozenset({"111583006"}),
)
MARROW_DISEASE = condition_codes(
    name="a disease of the bone marrow", icd10=("D46", "D47", "D61", "C90", "C91", "C92", "C93", "C94", "C95")
)
VITAMIN_B12_DEFICIENCY = condition_codes(
    name="vitamin B12 deficiency", icd10=("D51", "E53.8"), snomed=frozenset({"190634004"})
)
FOLATE_DEFICIENCY = condition_codes(name="folate deficiency", icd10=("D52", "E53.8"))
VITAMIN_D_DEFICIENCY = condition_codes(
    name="vitamin D deficiency", icd10=("E55",), snomed=frozenset({"34713006"})
)
OSTEOPOROSIS = condition_codes(name="osteoporosis", icd10=("M80", "M81"), snomed=frozenset({"64859006"}))
HYPERTHYROIDISM = condition_codes(
    name="hyperthyroidism", icd10=("E05",), snomed=frozenset({"34486009", "353295004"})
)
HEPATITIS_C = condition_codes(
    name="hepatitis C", icd10=("B18.2", "B19.2", "B17.1"), snomed=frozenset({"128302006"})
)
RAISED_PSA = condition_codes(
    name="raised PSA or prostate cancer", icd10=("C61", "R97.2", "Z85.46"), snomed=frozenset({"396152005"})
)
MONOCLONAL_GAMMOPATHY = condition_codes(
    name="monoclonal gammopathy", icd10=("D47.2", "C90", "C88"), snomed=frozenset({"277577000"})
)
IRON_OVERLOAD = condition_codes(name="iron overload", icd10=("E83.11",), snomed=frozenset({"35400008"}))
GOUT = condition_codes(name="gout", icd10=("M10", "M1A"), snomed=frozenset({"90560007"}))
COPD = condition_codes(
    name="COPD", icd10=("J43", "J44"), snomed=frozenset({"13645005", "87433001", "185086009"})
)
VENOUS_THROMBOEMBOLISM = condition_codes(
    name="venous thromboembolism",
    icd10=("I26", "I80", "I81", "I82", "Z86.71", "D68.5", "D68.6", "D68.61", "D68.62"),
    snomed=frozenset({"59282003", "128053003", "132281000119108", "706870000", "161508001"}),
)

HYPERPHOSPHATEMIA = condition_codes(
    name="hyperphosphatemia", icd10=("E83.3",), snomed=frozenset({"20165001"})
)
ACIDOSIS = condition_codes(
    name="metabolic acidosis", icd10=("E87.2", "E10.1", "E11.1"), snomed=frozenset({"59455009"})
)
HYPOGLYCEMIA = condition_codes(
    name="hypoglycemia", icd10=("E16.0", "E16.1", "E16.2", "E10.64", "E11.64", "E13.64"),
    snomed=frozenset({"302866003"}),
)  # fmt: skip
RAISED_TRANSAMINASES = condition_codes(
    name="raised transaminases", icd10=("R74.0", "R79.89"), snomed=frozenset({"166603001"})
)
HYPOALBUMINEMIA = condition_codes(
    name="hypoalbuminemia",
    icd10=("E88.09", "N04", "K70", "E43", "E44", "E46"),
    snomed=frozenset({"119247004"}),
)
BIPOLAR_DISORDER = condition_codes(
    name="bipolar disorder", icd10=("F30", "F31"), snomed=frozenset({"13746004"})
)
DEPRESSION = condition_codes(
    name="depression",
    icd10=("F32", "F33", "F34.1"),
    snomed=frozenset({"35489007", "370143000", "36923009", "66344007"}),
)
ANXIETY = condition_codes(
    name="anxiety disorder",
    icd10=("F40", "F41", "F43.1"),
    snomed=frozenset({"197480006", "21897009", "80583007", "371631005"}),
)
URINARY_INFECTION = condition_codes(
    name="urinary tract infection", icd10=("N30", "N39.0", "N41"), snomed=frozenset({"68566005", "38822007"})
)
HYPERTRIGLYCERIDEMIA = condition_codes(
    name="hypertriglyceridemia",
    icd10=("E78.1", "E78.2", "E78.3"),
    snomed=frozenset({"302870006", "267434003"}),
)
RAISED_LPA = condition_codes(name="raised lipoprotein(a)", icd10=("E78.41",))
DEMENTIA = condition_codes(
    name="dementia",
    # Not all of G31: G31.84 is mild cognitive impairment, and others are degenerations without dementia.
    icd10=("F01", "F02", "F03", "G30", "G31.0", "G31.1", "G31.83"),
    snomed=frozenset({"52448006", "26929004", "230265002", "416780008"}),
)
MILD_COGNITIVE_IMPAIRMENT = condition_codes(
    name="mild cognitive impairment", icd10=("G31.84",), snomed=frozenset({"386805003"})
)
PARKINSON_DISEASE = condition_codes(
    name="Parkinson disease", icd10=("G20", "G21"), snomed=frozenset({"49049000"})
)
RESTLESS_LEGS_OR_DYSTONIA = condition_codes(
    name="restless legs or dystonia", icd10=("G24", "G25"), snomed=frozenset({"32914008"})
)
ASCITES_OR_EDEMA = condition_codes(
    name="ascites or edema", icd10=("R18", "R60"), snomed=frozenset({"389026000", "267038008"})
)
HEPATITIS_B = condition_codes(
    name="hepatitis B", icd10=("B16", "B18.0", "B18.1", "B19.1"), snomed=frozenset({"61977001", "66071002"})
)
HIV_INFECTION = condition_codes(name="HIV infection", icd10=("B20", "Z21"), snomed=frozenset({"86406008"}))
OSTEOPENIA = condition_codes(name="osteopenia", icd10=("M85.8",), snomed=frozenset({"312894000"}))
PRIMARY_HYPERPARATHYROIDISM = condition_codes(
    name="primary hyperparathyroidism", icd10=("E21",), snomed=frozenset({"36348003"})
)
SECONDARY_HYPERPARATHYROIDISM = condition_codes(
    name="secondary hyperparathyroidism", icd10=("N25.81", "E21.1"), snomed=frozenset({"66999008"})
)
ADVANCED_CKD = condition_codes(
    name="kidney disease of stage 4 or 5",
    icd10=("N18.4", "N18.5", "N18.6", "Z99.2"),
    snomed=CKD_STAGES["4"].snomed | CKD_STAGES["5"].snomed | DIALYSIS_OR_ESRD.snomed,
)
ANY_DIABETES_IN_PREGNANCY = condition_codes(
    name="diabetes in pregnancy", icd10=("O24",), snomed=frozenset({"11687002", "199223000"})
)
METABOLIC_SYNDROME = condition_codes(
    name="metabolic syndrome", icd10=("E88.81",), snomed=frozenset({"237602007"})
)
HYPERURICEMIA = condition_codes(name="hyperuricemia", icd10=("E79.0",), snomed=frozenset({"35885006"}))
KETOACIDOSIS = condition_codes(
    name="diabetic ketoacidosis",
    icd10=("E08.1", "E09.1", "E10.1", "E11.1", "E13.1"),
    snomed=frozenset({"420422005"}),
)
SLEEP_APNEA = condition_codes(
    name="sleep apnea", icd10=("G47.3",), snomed=frozenset({"78275009", "73430006"})
)
LEUKOCYTOSIS = condition_codes(
    name="leukocytosis", icd10=("D72.8", "D72.9", "C91", "C92"), snomed=frozenset({"111583006"})
)
CKD_ANEMIA = condition_codes(
    name="anemia in chronic kidney disease",
    icd10=("D63.1",),
    snomed=frozenset({"707323002", "691421000119108"}),
)
MYOCARDIAL_INJURY = condition_codes(name="myocardial injury or infarction", icd10=("I21", "I22", "I5A"))
SEPSIS = condition_codes(
    name="sepsis",
    icd10=(
        "A02.1",
        "A22.7",
        "A26.7",
        "A32.7",
        "A40",
        "A41",
        "A42.7",
        "A54.86",
        "B37.7",
        "O85",
        "R65.2",
        "T81.12",
        "T81.44",
    ),
    # Sepsis, septic shock, severe sepsis, septicemia, bacterial and viral sepsis.
    snomed=frozenset({"91302008", "76571007", "1036671000000106", "105592009", "10001005", "770349000"}),
)
MALNUTRITION = condition_codes(
    name="malnutrition",
    icd10=("E40", "E41", "E42", "E43", "E44", "E45", "E46"),
    snomed=frozenset({"272588001"}),
)
MALABSORPTION = condition_codes(name="malabsorption", icd10=("K90", "K91.2", "K50", "K86.8"))
HEPARIN_THROMBOCYTOPENIA = condition_codes(
    name="heparin-induced thrombocytopenia", icd10=("D75.82",), snomed=frozenset({"73397007"})
)
FRAGILITY_FRACTURE = condition_codes(
    name="hip or vertebral fracture", icd10=("S72.0", "S72.1", "S22.0", "S32.0", "M48.5", "M84.4")
)
