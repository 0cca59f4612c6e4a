"""The laboratory analytes: LOINC codes, canonical unit, factors and plausible range of each.

Canonical units are those of the guidelines and scores that read the values. Factors follow from molar
masses (glucose 180.16, creatinine 113.12, cholesterol 386.7 g/mol, ...); HbA1c uses the IFCC-NGSP master
equation (Hoelzel W et al., Clin Chem 2004;50:166-74). Plausible ranges are wide: they catch slips of unit
and of typing, not illness.

Left out on purpose, because the number under the code is not in the analyte's unit: 38180-6 and 29541-0
(log10 of a viral load), 11259-9 (presence of HCV RNA), 21000-5 (RDW as SD, fL).
"""

from __future__ import annotations

from fhir_adapters.terminology.analyte import Analyte, Conversion, coded, measured

_MEQ = {"meq/L": 1.0}
_COUNT = {"10*9/L": 1.0, "/uL": 0.001}
_ENZYME = {"[iU]/L": 1.0, "ukat/L": 60.0}
_CHOLESTEROL = {"mmol/L": 38.67}
_GLUCOSE = {"mmol/L": 18.016}
_UREA = {"mg/dL": 0.467, "mmol/L": 2.8011}  # mass of urea, of which urea nitrogen is 46.7 %
_PRESSURE = {"kPa": 7.50062}
_ALBUMIN_RATIO = {"mg/g{creat}": 1.0, "ug/mg": 1.0, "mg/mmol": 8.84, "mg/mmol{creat}": 8.84}

METABOLIC: tuple[Analyte, ...] = (
    measured(
        "creatinine", "Creatinine", "mg/dL", (0.1, 25), "2160-0 38483-4 14682-9", also={"umol/L": 0.0113122}
    ),
    measured(
        "egfr",
        "eGFR",
        "mL/min/{1.73_m2}",
        (1, 200),
        "98979-8 98980-6 62238-1 33914-3 48642-3 48643-1 88294-4 88293-6 77147-7 69405-9",
        also={"mL/min": 1.0},  # seen in Synthea: the area is left out of the unit, not of the value
    ),
    measured("cystatin_c", "Cystatin C", "mg/L", (0.2, 12), "33863-2"),
    measured(
        "bun",
        "Urea nitrogen",
        "mg/dL",
        (1, 250),
        "3094-0 6299-2 22664-7 3091-6",
        also={"mmol/L": 2.8011},
        by_code={"22664-7": _UREA, "3091-6": _UREA},
    ),
    measured("sodium", "Sodium", "mmol/L", (90, 200), "2951-2 2947-0", also=_MEQ),
    measured("potassium", "Potassium", "mmol/L", (1.2, 12), "2823-3 6298-4", also=_MEQ),
    measured("chloride", "Chloride", "mmol/L", (60, 150), "2075-0 2069-3", also=_MEQ),
    measured(
        "bicarbonate", "Bicarbonate", "mmol/L", (3, 60), "2028-9 1963-8 20565-8 1959-6 1960-4", also=_MEQ
    ),
    measured("anion_gap", "Anion gap", "mmol/L", (-5, 60), "33037-3 10466-1 1863-0", also=_MEQ),
    measured("glucose", "Glucose", "mg/dL", (5, 2500), "2345-7 2339-0 41653-7 14749-6", also=_GLUCOSE),
    measured("glucose_fasting", "Fasting glucose", "mg/dL", (5, 2500), "1558-6 14771-0", also=_GLUCOSE),
    measured("glucose_1h_75g", "Glucose 1 h after 75 g", "mg/dL", (5, 1500), "1507-3", also=_GLUCOSE),
    measured(
        "glucose_2h_75g",
        "Glucose 2 h after 75 g",
        "mg/dL",
        (5, 1500),
        "1518-0 14995-5",
        also=_GLUCOSE,
    ),
    measured("glucose_1h_100g", "Glucose 1 h after 100 g", "mg/dL", (5, 1500), "1501-6", also=_GLUCOSE),
    measured("glucose_2h_100g", "Glucose 2 h after 100 g", "mg/dL", (5, 1500), "1514-9", also=_GLUCOSE),
    measured("glucose_3h_100g", "Glucose 3 h after 100 g", "mg/dL", (5, 1500), "1530-5", also=_GLUCOSE),
    measured("ketones_blood", "Beta-hydroxybutyrate", "mmol/L", (0, 30), "6873-4 104816-4"),
    measured(
        "hba1c",
        "HbA1c",
        "%",
        (2.5, 20),
        "4548-4 17856-6 4549-2 59261-8",
        also={"mmol/mol": Conversion(0.09148, 2.152), "%{Hb}": 1.0},
    ),
    measured("calcium", "Calcium", "mg/dL", (3, 25), "17861-6 49765-1 2000-8", also={"mmol/L": 4.008}),
    measured(
        "calcium_ionized",
        "Ionized calcium",
        "mmol/L",
        (0.3, 4),
        "1994-3 12180-6 1995-0",
        also={"mg/dL": 0.2495},
    ),
    measured("phosphate", "Phosphate", "mg/dL", (0.2, 25), "2777-1 14879-1", also={"mmol/L": 3.097}),
    measured(
        "magnesium",
        "Magnesium",
        "mg/dL",
        (0.2, 12),
        "19123-9 2601-3",
        also={"mmol/L": 2.4305, "meq/L": 1.2153},
    ),
    measured("uric_acid", "Uric acid", "mg/dL", (0.2, 30), "3084-1 14933-6", also={"umol/L": 0.016811}),
    measured("osmolality_serum", "Serum osmolality", "mosm/kg", (150, 500), "2692-2"),
    measured("albumin", "Albumin", "g/dL", (0.5, 7), "1751-7 61151-7 61152-5 2862-1", also={"g/L": 0.1}),
    # Synthea labels g/L as g/dL here; 60-80 then falls outside the range and is set aside.
    measured("total_protein", "Total protein", "g/dL", (1, 20), "2885-2", also={"g/L": 0.1}),
    measured(
        "lactate",
        "Lactate",
        "mmol/L",
        (0.1, 40),
        "2524-7 32693-4 2518-9 2519-7 14118-4",
        also={"mg/dL": 0.1110},
    ),
)

LIPIDS: tuple[Analyte, ...] = (
    measured(
        "total_cholesterol", "Total cholesterol", "mg/dL", (30, 1000), "2093-3 14647-2", also=_CHOLESTEROL
    ),
    measured("hdl", "HDL cholesterol", "mg/dL", (3, 200), "2085-9 14646-4", also=_CHOLESTEROL),
    measured(
        "ldl",
        "LDL cholesterol",
        "mg/dL",
        (5, 900),
        "13457-7 18262-6 2089-1 22748-8 39469-2",
        also=_CHOLESTEROL,
    ),
    measured("non_hdl", "Non-HDL cholesterol", "mg/dL", (10, 950), "43396-1", also=_CHOLESTEROL),
    measured(
        "triglycerides",
        "Triglycerides",
        "mg/dL",
        (10, 12000),
        "2571-8 3043-7 14927-8",
        also={"mmol/L": 88.57},
    ),
    # 10835-7 reports mass; without the isoform mass does not become nmol/L, so mg/dL has no factor.
    measured("lpa", "Lipoprotein(a)", "nmol/L", (0, 1200), "43583-4 10835-7"),
    measured("apob", "Apolipoprotein B", "mg/dL", (10, 400), "1884-6", also={"g/L": 100.0}),
)

BLOOD: tuple[Analyte, ...] = (
    measured(
        "hemoglobin",
        "Hemoglobin",
        "g/dL",
        (2, 25),
        "718-7 20509-6 30313-1 59260-0",
        also={"g/L": 0.1, "mmol/L": 1.6114},
    ),
    measured(
        "hematocrit",
        "Hematocrit",
        "%",
        (5, 75),
        "4544-3 20570-8 71833-8",
        also={"L/L": 100.0, "{fraction}": 100.0},
    ),
    measured("mcv", "MCV", "fL", (40, 160), "787-2 30428-7"),
    measured("rdw", "RDW", "%", (8, 40), "788-0 30385-9"),
    measured("platelets", "Platelets", "10*3/uL", (1, 3000), "777-3 26515-7 778-1", also=_COUNT),
    measured("wbc", "White blood cells", "10*3/uL", (0, 500), "6690-2 26464-8 804-5", also=_COUNT),
    measured("anc", "Absolute neutrophils", "10*3/uL", (0, 200), "751-8 26499-4 753-4", also=_COUNT),
    measured("lymphocytes_abs", "Absolute lymphocytes", "10*3/uL", (0, 400), "731-0 26474-7", also=_COUNT),
    measured("eosinophils_abs", "Absolute eosinophils", "10*3/uL", (0, 100), "711-2", also=_COUNT),
    measured("bands_pct", "Band neutrophils", "%", (0, 100), "764-1 26508-2 35332-6"),
    measured("reticulocytes_pct", "Reticulocytes", "%", (0, 40), "17849-1 4679-7"),
    measured("ferritin", "Ferritin", "ng/mL", (1, 100000), "2276-4", also={"ug/L": 1.0, "pmol/L": 0.445}),
    measured("iron", "Iron", "ug/dL", (2, 1000), "2498-4 14798-3", also={"umol/L": 5.585}),
    measured(
        "tibc", "Total iron-binding capacity", "ug/dL", (50, 900), "2500-7 14800-7", also={"umol/L": 5.585}
    ),
    measured("tsat", "Transferrin saturation", "%", (1, 100), "2502-3"),
    measured(
        "vitamin_b12",
        "Vitamin B12",
        "pg/mL",
        (30, 10000),
        "2132-9 14685-2",
        also={"pmol/L": 1.3554, "ng/L": 1.0},
    ),
    measured("folate", "Folate", "ng/mL", (0.3, 100), "2284-8 14732-2", also={"nmol/L": 0.4414, "ug/L": 1.0}),
    measured("mma", "Methylmalonic acid", "nmol/L", (10, 100000), "13964-2", also={"umol/L": 1000.0}),
    measured("inr", "INR", "1", (0.5, 25), "6301-6 34714-6", also={"{INR}": 1.0}),
    measured(
        "ddimer",
        "D-dimer",
        "ng/mL{FEU}",
        (10, 200000),
        "48065-7 48066-5",
        # The code names the calibrator: FEU, or DDU for 48066-5, one of which is two FEU.
        also={"ng/mL": 1.0, "ug/mL": 1000.0, "mg/L": 1000.0, "ug/mL{FEU}": 1000.0, "mg/L{FEU}": 1000.0},
        by_code={
            "48066-5": {
                "ng/mL{DDU}": 2.0,
                "ng/mL": 2.0,
                "ug/mL{DDU}": 2000.0,
                "mg/L{DDU}": 2000.0,
                "ug/mL": 2000.0,
                "mg/L": 2000.0,
            }
        },
    ),
    measured("ldh", "Lactate dehydrogenase", "U/L", (20, 30000), "2532-0 14804-9", also={"[iU]/L": 1.0}),
    measured("haptoglobin", "Haptoglobin", "mg/dL", (0, 800), "4542-7", also={"g/L": 100.0}),
    measured("m_protein", "Monoclonal protein", "g/dL", (0, 15), "33358-3", also={"g/L": 0.1}),
    measured("flc_kappa", "Free kappa light chains", "mg/L", (0, 50000), "36916-5", also={"mg/dL": 10.0}),
    measured("flc_lambda", "Free lambda light chains", "mg/L", (0, 50000), "33944-0", also={"mg/dL": 10.0}),
    measured("flc_ratio", "Kappa/lambda free light chain ratio", "1", (0, 10000), "48378-4"),
    measured("igg", "IgG", "mg/dL", (10, 15000), "2465-3", also={"g/L": 100.0}),
)

ORGANS: tuple[Analyte, ...] = (
    measured("ast", "AST", "U/L", (1, 30000), "1920-8 30239-8 88112-8", also=_ENZYME),
    measured("alt", "ALT", "U/L", (1, 30000), "1742-6 1743-4 1744-2", also=_ENZYME),
    measured("alp", "Alkaline phosphatase", "U/L", (5, 10000), "6768-6", also={"[iU]/L": 1.0}),
    measured("ggt", "GGT", "U/L", (1, 10000), "2324-2", also={"[iU]/L": 1.0}),
    measured(
        "bilirubin_total",
        "Total bilirubin",
        "mg/dL",
        (0.05, 80),
        "1975-2 42719-5 14631-6",
        also={"umol/L": 0.058467},
    ),
    measured(
        "bilirubin_direct", "Direct bilirubin", "mg/dL", (0, 60), "1968-7 15152-2", also={"umol/L": 0.058467}
    ),
    measured(
        "tsh", "TSH", "m[IU]/L", (0.001, 500), "3016-3 11580-8 11579-0", also={"u[IU]/mL": 1.0, "mU/L": 1.0}
    ),
    measured("free_t4", "Free T4", "ng/dL", (0.05, 15), "3024-7 14920-3", also={"pmol/L": 0.07769}),
    measured("free_t3", "Free T3", "pg/mL", (0.2, 50), "3051-0 14928-6", also={"pmol/L": 0.6510}),
    measured(
        "pth", "Parathyroid hormone", "pg/mL", (1, 5000), "2731-8 14866-8", also={"pmol/L": 9.43, "ng/L": 1.0}
    ),
    measured(
        "vitd_25oh",
        "25-hydroxyvitamin D",
        "ng/mL",
        (1, 300),
        "62292-8 1989-3 35365-6",
        also={"nmol/L": 0.4006, "ug/L": 1.0},
    ),
    measured(
        "ntprobnp",
        "NT-proBNP",
        "pg/mL",
        (1, 150000),
        "33762-6 83107-3 71425-3",
        also={"ng/L": 1.0, "pmol/L": 8.457},
    ),
    measured("bnp", "BNP", "pg/mL", (1, 20000), "30934-4 42637-9", also={"ng/L": 1.0, "pmol/L": 3.464}),
    measured(
        "troponin_i_hs",
        "hs-Troponin I",
        "ng/L",
        (0, 500000),
        "89579-7",
        also={"pg/mL": 1.0, "ng/mL": 1000.0},
    ),
    measured(
        "troponin_t_hs",
        "hs-Troponin T",
        "ng/L",
        (0, 500000),
        "67151-1",
        also={"pg/mL": 1.0, "ng/mL": 1000.0},
    ),
    measured("troponin_i", "Troponin I", "ng/mL", (0, 500), "10839-9", also={"ng/L": 0.001, "ug/L": 1.0}),
    measured("troponin_t", "Troponin T", "ng/mL", (0, 200), "6598-7", also={"ng/L": 0.001, "ug/L": 1.0}),
    measured("ck", "Creatine kinase", "U/L", (1, 500000), "2157-6", also={"[iU]/L": 1.0}),
    measured("crp", "CRP", "mg/L", (0, 800), "1988-5 30522-7", also={"mg/dL": 10.0}),
    measured("procalcitonin", "Procalcitonin", "ng/mL", (0, 1000), "33959-8", also={"ug/L": 1.0}),
    measured("psa", "PSA", "ng/mL", (0, 20000), "2857-1 35741-8", also={"ug/L": 1.0}),
    measured("afp", "Alpha-fetoprotein", "ng/mL", (0, 1e6), "1834-1", also={"ug/L": 1.0}),
    measured("ph_arterial", "Blood pH", "[pH]", (6.5, 7.9), "2744-1 11558-4 2746-6", also={"1": 1.0}),
    measured("pco2", "pCO2", "mm[Hg]", (5, 200), "2019-8 11557-6 2021-4", also=_PRESSURE),
    measured("po2", "pO2", "mm[Hg]", (10, 700), "2703-7 11556-8", also=_PRESSURE),
)

URINE_AND_INFECTION: tuple[Analyte, ...] = (
    measured(
        "uacr",
        "Urine albumin-creatinine ratio",
        "mg/g",
        (0.1, 30000),
        "9318-7 14959-1 30000-4 32294-1 14958-3 14585-4",
        also=_ALBUMIN_RATIO,
    ),
    measured(
        "upcr",
        "Urine protein/creatinine ratio",
        "mg/g",
        (1, 50000),
        "2890-2 34366-5 13801-6",
        also={"mg/g{creat}": 1.0, "mg/mg": 1000.0, "g/g": 1000.0, "mg/mmol": 8.84},
    ),
    measured("urine_albumin", "Urine albumin", "mg/L", (0, 30000), "14957-5 1754-1", also={"mg/dL": 10.0}),
    measured(
        "urine_creatinine",
        "Urine creatinine",
        "mg/dL",
        (1, 700),
        "2161-8",
        also={"mmol/L": 11.312, "g/L": 100.0},
    ),
    measured("urine_sodium", "Urine sodium", "mmol/L", (1, 400), "2955-3", also=_MEQ),
    coded("ketones_urine", "Urine ketones (dipstick)", "2514-8"),
    coded("urine_protein_strip", "Urine protein (dipstick)", "20454-5 5804-0"),
    coded("hcv_ab", "Hepatitis C antibody", "13955-0 16128-1 5198-7"),
    measured("hcv_rna", "HCV RNA", "[IU]/mL", (0, 1e9), "11011-4 20416-4", in_words=True),
    coded("hbsag", "Hepatitis B surface antigen", "5196-1 5195-3"),
    coded("hiv_screen", "HIV screen", "56888-1 5220-9 7918-6 31201-7 80387-4"),
    measured("hiv_rna", "HIV-1 RNA", "{copies}/mL", (0, 1e8), "20447-9 25836-8", in_words=True),
    measured("cd4", "CD4 count", "/uL", (0, 5000), "24467-3", also={"10*9/L": 1000.0, "10*3/uL": 1000.0}),
)
