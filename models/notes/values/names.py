"""What clinicians call each test in a note, and the phrases that only look like one."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# Keys that the table of analytes does not have: the isoform of a troponin is often not said, and amounts of
# tobacco, alcohol and pain are not results of a laboratory.
TROPONIN = "troponin"
PACK_YEARS = "pack_years"
PACKS_PER_DAY = "packs_per_day"
DRINKS_PER_WEEK = "drinks_per_week"
PAIN = "pain_score"
# A pressure in one piece: its number is two.
PRESSURE = "sbp/dbp"
# A name that takes the number away from the shorter name inside it, and binds nothing.
NONE = ""

# Names in lower case, words separated by one blank; "-" and "/" inside a name are blanks too.
_NAMES: Mapping[str, str] = {
    "lvef": "lvef|ef|ejection fraction|left ventricular ejection fraction|lv ejection fraction|lv ef"
    "|ejection fractions",
    "creatinine": "creatinine|creat|serum creatinine|scr|creatinine level|plasma creatinine",
    "egfr": "egfr|gfr|estimated gfr|glomerular filtration rate|estimated glomerular filtration rate",
    "cystatin_c": "cystatin c",
    "bun": "bun|urea nitrogen|blood urea nitrogen|urean|urea n",
    "sodium": "sodium|serum sodium|natrium",
    "potassium": "potassium|serum potassium|k+",
    "chloride": "chloride|serum chloride",
    "bicarbonate": "bicarbonate|bicarb|hco3|co2|tco2|total co2|serum bicarbonate|carbon dioxide|serum co2",
    "anion_gap": "anion gap|angap",
    "glucose": "glucose|blood glucose|serum glucose|blood sugar|blood sugars|glucoses|fingerstick"
    "|finger stick|fingerstick glucose|fsbg|fsbs|accu chek|accucheck|random glucose|random blood sugar"
    "|plasma glucose|random blood glucose|bedside glucose|blood glucose level|blood sugar level"
    "|glucose level",
    "glucose_fasting": "fasting glucose|fasting blood sugar|fasting blood glucose|fbs|fbg"
    "|fasting plasma glucose|fasting sugar|fasting blood sugars",
    "hba1c": "hba1c|a1c|hemoglobin a1c|hgb a1c|hb a1c|hgba1c|haemoglobin a1c|glycated hemoglobin|ha1c"
    "|glycosylated hemoglobin|glycohemoglobin|glycated haemoglobin|hemoglobin a1 c|a1c level|hba1c level"
    "|hemoglobin a 1 c",
    "calcium": "calcium|serum calcium|total calcium|corrected calcium",
    "calcium_ionized": "ionized calcium|ionised calcium|ica|freeca|free calcium",
    "phosphate": "phosphate|phosphorus|phos|serum phosphate|serum phosphorus|inorganic phosphorus"
    "|phosphorous",
    "magnesium": "magnesium|serum magnesium",
    "uric_acid": "uric acid|urate|serum uric acid",
    "osmolality_serum": "serum osmolality|serum osm|plasma osmolality",
    "albumin": "albumin|serum albumin|alb",
    "total_protein": "total protein|serum protein|serum total protein|total proteins",
    "lactate": "lactate|lactic acid|serum lactate|lactate level|lactic acid level",
    "total_cholesterol": "total cholesterol|cholesterol|chol|cholesterol total|serum cholesterol",
    "hdl": "hdl|hdl cholesterol|hdl c|high density lipoprotein|hdl chol",
    "ldl": "ldl|ldl cholesterol|ldl c|low density lipoprotein|ldl chol|calculated ldl"
    "|low density lipoprotein cholesterol",
    "non_hdl": "non hdl|non hdl cholesterol",
    "triglycerides": "triglycerides|triglyceride|trigs|tg",
    "lpa": "lipoprotein a|lpa",
    "apob": "apob|apo b|apolipoprotein b",
    "hemoglobin": "hemoglobin|haemoglobin|hgb|hb|hemoglobin level|haemoglobin level|hemoglobins",
    "hematocrit": "hematocrit|haematocrit|hct|crit|hematocrits",
    "mcv": "mcv|mean corpuscular volume",
    "rdw": "rdw",
    "platelets": "platelets|platelet|plt|plts|plt ct|platelet count|thrombocytes|platelet counts"
    "|thrombocyte count|plt count",
    "wbc": "wbc|wbcs|white count|white blood cells|white blood cell count|white cell count"
    "|white blood count|wbc count|leukocyte count|leukocytes|white blood cell|white blood cell counts"
    "|total leukocyte count|leucocyte count|wcc",
    "anc": "anc|absolute neutrophil count|absolute neutrophils",
    "lymphocytes_abs": "absolute lymphocyte count|absolute lymphocytes|alc",
    "eosinophils_abs": "absolute eosinophil count|absolute eosinophils",
    "bands_pct": "bands|bandemia|band neutrophils|band forms",
    "reticulocytes_pct": "reticulocyte count|reticulocytes|retic|retic count|reticulocyte",
    "ferritin": "ferritin|serum ferritin",
    "iron": "iron|serum iron|iron level",
    "tibc": "tibc|total iron binding capacity",
    "tsat": "transferrin saturation|tsat|iron saturation|iron sat",
    "vitamin_b12": "vitamin b12|b12|cobalamin|vitamin b 12|vit b12|b12 level|vitb12",
    "folate": "folate|folic acid level|serum folate|folate level",
    "mma": "methylmalonic acid|mma",
    "inr": "inr|international normalized ratio|pt inr|inrs",
    "ddimer": "d dimer|ddimer|d dimers",
    "ldh": "ldh|lactate dehydrogenase|lactic dehydrogenase|ld",
    "haptoglobin": "haptoglobin|hapto",
    "m_protein": "m protein|m spike|monoclonal protein",
    "flc_kappa": "free kappa|kappa free light chains|kappa free light chain|free kappa light chains",
    "flc_lambda": "free lambda|lambda free light chains|lambda free light chain|free lambda light chains",
    "flc_ratio": "kappa lambda ratio|free light chain ratio",
    "igg": "igg|immunoglobulin g",
    "ast": "ast|sgot|aspartate aminotransferase|aspartate transaminase|ast sgot|got|sgot ast",
    "alt": "alt|sgpt|alanine aminotransferase|alanine transaminase|alt sgpt|gpt|sgpt alt",
    "alp": "alp|alkaline phosphatase|alk phos|alkphos|alkaline phos|alk phosphatase"
    "|alkaline phosphatase level",
    "ggt": "ggt|gamma gt|ggtp|gamma glutamyl transferase|gamma glutamyl transpeptidase",
    "bilirubin_total": "bilirubin|total bilirubin|t bili|tbili|bili|bilirubin total|totbili|t bilirubin"
    "|serum bilirubin|total bili|bilirubin level",
    "bilirubin_direct": "direct bilirubin|d bili|dbili|conjugated bilirubin|dirbili|direct bili",
    "tsh": "tsh|thyroid stimulating hormone|thyrotropin",
    "free_t4": "free t4|ft4|free thyroxine",
    "free_t3": "free t3|ft3|free triiodothyronine",
    "pth": "pth|parathyroid hormone|intact pth|ipth|intact parathyroid hormone|parathormone",
    "vitd_25oh": "25 hydroxyvitamin d|25 oh vitamin d|25 hydroxy vitamin d|vitamin d level"
    "|vitamin d 25 oh|25 oh d",
    "ntprobnp": "pro b type natriuretic peptide|pro brain natriuretic peptide"
    "|pro nt brain natriuretic peptide"
    "|nt probnp|probnp|pro bnp|nt pro bnp|ntprobnp|n terminal pro bnp",
    "bnp": "bnp|brain natriuretic peptide|b type natriuretic peptide|bnp level",
    "troponin_i_hs": "hs troponin i|high sensitivity troponin i",
    "troponin_t_hs": "hs troponin t|high sensitivity troponin t|hstnt",
    "troponin_i": "troponin i|tni|ctni|cardiac troponin i|trop i",
    "troponin_t": "troponin t|tnt|ctnt|ctropnt|cardiac troponin t|trop t",
    TROPONIN: "troponin|troponins|trop|trops|cardiac troponin|troponin level|hs troponin"
    "|high sensitivity troponin|serial troponins",
    "ck": "ck|cpk|creatine kinase|creatine phosphokinase|creatinine kinase|ck total|total ck",
    "crp": "crp|c reactive protein|hs crp|hscrp",
    "procalcitonin": "procalcitonin|pct",
    "psa": "psa|prostate specific antigen|psa level",
    "afp": "afp|alpha fetoprotein|alpha feto protein",
    "ph_arterial": "arterial ph|ph",
    "pco2": "pco2|paco2|pa co2|p co2|pc02",
    "po2": "po2|pao2|pa o2|p o2|p02",
    "uacr": "albumin creatinine ratio|uacr|acr|microalbumin creatinine ratio"
    "|urine albumin creatinine ratio|albumin to creatinine ratio|urine microalbumin creatinine ratio"
    "|microalbumin to creatinine ratio",
    "upcr": "protein creatinine ratio|upcr|protein to creatinine ratio|urine protein creatinine ratio"
    "|spot protein creatinine ratio",
    "urine_albumin": "urine albumin|urine microalbumin|microalbumin",
    "urine_creatinine": "urine creatinine",
    "urine_sodium": "urine sodium|urine na",
    "urine_protein_strip": "urine protein|protein on dipstick|dipstick protein",
    "hcv_ab": "hcv antibody|hcv ab|hepatitis c antibody|anti hcv|hcv|hep c antibody|hepatitis c ab",
    "hcv_rna": "hcv rna|hcv viral load",
    "hbsag": "hbsag|hbs ag|hepatitis b surface antigen|hep b surface antigen|hepatitis b surface ag",
    "hiv_screen": "hiv|hiv test|hiv antibody|hiv screen|hiv ab|hiv serology|hiv testing"
    "|human immunodeficiency virus",
    "hiv_rna": "hiv viral load|hiv rna|hiv 1 rna",
    "cd4": "cd4|cd4 count|cd4+ count|cd4 t cell count",
    PRESSURE: "blood pressure|bp|b p|blood pressures|bps|nibp|blood pressure reading"
    "|blood pressure readings|arterial pressure|arterial blood pressure|bp reading|sbp dbp",
    "sbp": "sbp|systolic blood pressure|systolic bp|systolic|systolics|systolic pressure"
    "|systolic blood pressures",
    "dbp": "dbp|diastolic blood pressure|diastolic bp|diastolic|diastolic pressure",
    "heart_rate": "heart rate|hr|pulse|pulse rate|heart rates|ventricular rate|apical pulse|radial pulse"
    "|heartrate|h r",
    "resp_rate": "respiratory rate|rr|respirations|resp rate|respiration|resp|resps|respiration rate"
    "|breathing rate|respirations rate|respiratory",
    "temperature": "temperature|temp|fever|fevers|febrile|afebrile|tmax|tcurrent|t max|temperatures|temps"
    "|body temperature|tympanic temperature|oral temperature|rectal temperature|axillary temperature"
    "|temperature max",
    "spo2": "spo2|o2 sat|o2 saturation|oxygen saturation|sao2|sat|sats|o2 sats|saturation|saturations"
    "|pulse ox|pulse oximetry|saturating|satting|o2sat|oxygen sat|oxygen saturations|o2 saturations"
    "|oxygen sats|sating|sp02|pulse oximeter|sa02|spo 2|pulse oximetry saturation|02 sat|02 saturation"
    "|sao 2|po2 saturation|peripheral oxygen saturation|pulse ox reading",
    "fio2": "fio2|fi02|fraction of inspired oxygen|inspired oxygen",
    "weight": "weight|wt|weighs|weighed|weighing|body weight|weigh|current weight",
    "height": "height|ht|body height",
    "bmi": "bmi|body mass index|b m i",
    "waist": "waist circumference|waist",
    "gcs": "gcs|glasgow coma scale|glasgow coma score|glasgow coma scale score|glasgow",
    "fev1_fvc": "fev1 fvc|fev1 fvc ratio|fev1 to fvc ratio",
    "fev1": "fev1",
    "fvc": "fvc|forced vital capacity",
    "tscore_dxa": "t score|tscore|t scores",
    "phq9": "phq 9|phq9|phq 9 score|phq9 score",
    "gad7": "gad 7|gad7|gad 7 score|gad7 score",
    NONE: "creatinine clearance|crcl|bun creatinine ratio|bun to creatinine ratio|ck mb|ckmb|cpk mb"
    "|mb fraction|hemoglobin s|hemoglobin f|urine glucose|urine wbc|urine ph|urine osmolality"
    "|urine potassium|urine chloride|csf glucose|csf protein|pleural fluid ldh|fetal heart rate"
    "|fetal heart|fundal height|disc height|disk height|vertebral height|birth weight|birthweight"
    "|fetal weight|estimated fetal weight|weight loss|weight gain|weight bearing|ideal body weight"
    "|ideal weight|weight change|height loss|molecular weight|specimen weight|pulse pressure|pulse width"
    "|pulse generator|pulse deficit|pulse wave|pulse therapy|pulse dose|sodium chloride"
    "|potassium chloride|sodium bicarbonate|calcium carbonate|calcium gluconate|calcium chloride"
    "|calcium citrate|magnesium sulfate|magnesium oxide|magnesium citrate|potassium phosphate"
    "|sodium phosphate|iron sulfate|calcium score|coronary calcium|coronary calcium score|calcium channel"
    "|calcium plus d|docusate sodium|sodium docusate|diclofenac sodium|levothyroxine sodium"
    "|warfarin sodium|heparin sodium|losartan potassium|penicillin v potassium|calcium acetate|low sodium"
    "|sodium diet|sodium restriction|potassium supplement|blood pressure cuff|temperature probe"
    "|room temperature|respiratory distress|respiratory therapy|co2 insufflation|co2 laser|end tidal co2"
    "|etco2|gallbladder ejection fraction|right ventricular ejection fraction|rv ejection fraction|rvef"
    "|gall bladder ejection fraction|heart rate variability|hepatitis c virus|hepatitis c genotype"
    "|hdl ratio|cholesterol hdl ratio|chol hdl ratio|cholesterol to hdl ratio|albumin globulin ratio"
    "|a g ratio|free psa|prealbumin|pre albumin|platelet volume|mean platelet volume"
    "|pulmonary artery pressure|systolic murmur|systolic function|systolic ejection murmur"
    "|diastolic dysfunction|diastolic function|diastolic murmur|systolic dysfunction|diastolic diameter"
    "|systolic diameter|end systolic|end diastolic|peak systolic|systolic velocity"
    "|pulmonary artery systolic|pulmonary artery systolic pressure|pa systolic"
    "|right ventricular systolic pressure|rvsp|rv systolic pressure|pulmonary systolic pressure"
    "|pulmonary artery diastolic|peak heart rate|target heart rate|maximum heart rate"
    "|predicted heart rate|maximal heart rate|maximal predicted heart rate|max heart rate"
    "|glucose tolerance|glucose challenge|oral glucose|peak systolic pressure|central venous pressure"
    "|intracranial pressure|venous oxygen saturation|svo2|scvo2|mixed venous oxygen saturation"
    "|mixed venous saturation|t4|t3|total t4|systolic pulmonary|systolic gradient|diastolic gradient"
    "|weight percentile|height percentile|weight lifting|white blood cell casts|dry weight|ck 7|ck 20"
    "|ck 5|ck 19|ck 8|total and direct bilirubin|direct and total bilirubin|direct and indirect bilirubin"
    "|goal weight|tissue weight|peak troponin|peak blood pressure|maximal blood pressure"
    "|maximum blood pressure|peak bp|maximal bp|maximum bp|max bp|exercise blood pressure"
    "|blood pressure response",
}
# These short names mean the test only as written here, in this case, with a number right behind.
CASED: Mapping[str, str] = MappingProxyType(
    {
        "Na": "sodium",
        "NA": "sodium",
        "K": "potassium",
        "Cl": "chloride",
        "CL": "chloride",
        "Cr": "creatinine",
        "CR": "creatinine",
        "Ca": "calcium",
        "CA": "calcium",
        "Mg": "magnesium",
        "MG": "magnesium",
        "AG": "anion_gap",
        "BS": "glucose",
        "Glu": "glucose",
        "GLU": "glucose",
        "Gluc": "glucose",
        "PO4": "phosphate",
        "T": "temperature",
        "P": "heart_rate",
        "R": "resp_rate",
        "BG": "glucose",
        "TC": "total_cholesterol",
        "TP": "total_protein",
        "Fe": "iron",
        "Tm": "temperature",
        "Tc": "temperature",
    }
)
# Of those, what needs another vital sign beside it: a letter is many things.
LETTERS = frozenset({"T", "P", "R"})
# Names that count only with a unit that fits: as words they mean other things as well.
WITH_UNIT = frozenset(
    {"iron", "sat", "saturation", "saturations", "crit", "got", "gpt", "pct", "ld", "waist"}
)
# Names followed by more numbers than one, in this order.
PANELS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "h h": ("hemoglobin", "hematocrit"),
        "hh": ("hemoglobin", "hematocrit"),
        "abg": ("ph_arterial", "pco2", "po2"),
        "abgs": ("ph_arterial", "pco2", "po2"),
        "arterial blood gas": ("ph_arterial", "pco2", "po2"),
        "blood gas": ("ph_arterial", "pco2", "po2"),
    }
)

# The analyte of a name, by its words.
KEYS: Mapping[str, str] = MappingProxyType(
    {name: key for key, names in _NAMES.items() for name in names.split("|")}
)
MOST_WORDS = max(name.count(" ") + 1 for name in KEYS)
# First words of names that are longer, so that most words of a note cost one look-up.
FIRST_WORDS = frozenset(name.split(" ", 1)[0] for name in (*KEYS, *PANELS))
