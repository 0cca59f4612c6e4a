"""Single results that point to a disease of bone, liver, iron, prostate, plasma cells, heart, lung or sleep.

Sources: LeBoff MS et al. (BHOF), Osteoporos Int 2022;33:2049-102; Kwo PY et al. (ACG), Am J Gastroenterol
2017;112:18-35; Kowdley KV et al. (ACG), Am J Gastroenterol 2019;114:1202-18; Wei JT et al. (AUA), J Urol
2023;210:46-53; Rajkumar SV et al. (IMWG), Lancet Oncol 2014;15:e538-48; Heidenreich PA et al. (AHA/ACC/HFSA),
Circulation 2022;145:e895-1032; GOLD report 2025; AASLD-IDSA guidance on hepatitis C; Kapur VK et al. (AASM),
J Clin Sleep Med 2017;13:479-504.
"""

from __future__ import annotations

import re
from dataclasses import replace

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import (
    ACUTE_HEPATITIS,
    CHRONIC_LIVER_DISEASE,
    COPD,
    HEART_FAILURE,
    HEPATITIS_C,
    HYPOALBUMINEMIA,
    IRON_OVERLOAD,
    MONOCLONAL_GAMMOPATHY,
    NEPHROTIC,
    OSTEOPENIA,
    OSTEOPOROSIS,
    RAISED_PSA,
    RAISED_TRANSAMINASES,
    SLEEP_APNEA,
    URINARY_INFECTION,
)
from fhir_adapters.terminology.drugs import FIVE_ALPHA_REDUCTASE_INHIBITOR, IRON, STATIN, taking
from fhir_adapters.terminology.score_conditions import CIRRHOSIS
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import measured
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import ORDER_UACR, RuleFamily, order
from models.diagnosis.values import ONE_YEAR, Points, above, below, nearest, recent
from models.finding import Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped

_TSAT_ABOVE, _SAME_DRAW_DAYS = 45, 7
# Damage that a plasma cell disease does (IMWG 2014): calcium mg/dL, creatinine mg/dL, hemoglobin g/dL.
_CALCIUM_ABOVE, _CREATININE_ABOVE, _HEMOGLOBIN_BELOW, _DAMAGE_DAYS = 11, 2, 10, 90
_HALVED_BY_INHIBITOR = 2
STAMP = stamped(
    "organs.v1", "1.2", (-2.5, 66, 50, 300, 200, 4.0, 3, 40, 70, _TSAT_ABOVE, 11, 2, 10, 4, 15, 5)
)
_FIVE_YEARS = 1826
# ALT, U/L, from which an acute cause is likely: fifteen times the upper limit.
_ALT_ACUTE = 500
_RAISED_TRANSAMINASES = RuleFamily(group="liver", stamp=STAMP).rule(
    "raised_transaminases",
    "raised liver enzymes",
    ("166603001", "R74.01"),
    (RAISED_TRANSAMINASES, CHRONIC_LIVER_DISEASE, CIRRHOSIS, ACUTE_HEPATITIS),
    Citation(
        label="ACG 2017 guideline on abnormal liver chemistries",
        url="https://doi.org/10.1038/ajg.2016.517",
    ),
)


def _ferritin_with_high_saturation(record: PatientRecord, days: int) -> Points:
    """Ferritin, ng/mL, of draws with a transferrin saturation above 45 %."""
    saturations = recent(record, "tsat", days)
    return tuple(p for p in recent(record, "ferritin", days) if _is_saturated(p, saturations))


def _is_saturated(point: Measurement, saturations: Points) -> bool:
    near = nearest(saturations, point.at, _SAME_DRAW_DAYS)
    return near is not None and above(near, _TSAT_ABOVE)


def _doubled_under_inhibitor(record: PatientRecord, days: int) -> Points:
    """PSA, ng/mL; twice the value of somebody who takes a 5-alpha reductase inhibitor."""
    points = recent(record, "psa", days)
    if taking(record, FIVE_ALPHA_REDUCTASE_INHIBITOR) is None:
        return points
    return tuple(
        replace(
            point,
            value=_HALVED_BY_INHIBITOR * point.value,
            reported=f"{point.comparator}{point.value:.1f} ng/mL, "
            "doubled under a 5-alpha reductase inhibitor",
        )
        for point in points
    )


def _protein_gap(record: PatientRecord, days: int) -> Points:
    """Total protein minus albumin of one draw, g/dL."""
    albumin = recent(record, "albumin", days + _SAME_DRAW_DAYS)
    return tuple(
        replace(
            point,
            analyte="protein_gap",
            value=point.value - near.value,
            reported=f"total protein {point.value:.1f} and albumin {near.value:.1f} g/dL",
        )
        for point in recent(record, "total_protein", days)
        if (near := nearest(albumin, point.at, 1)) is not None
        and not near.comparator
        and not point.comparator
    )


def _organ_damage(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """High calcium, high creatinine or low hemoglobin of the same quarter."""
    found = []
    for analyte, cut, is_off in (
        ("calcium", _CALCIUM_ABOVE, above),
        ("creatinine", _CREATININE_ABOVE, above),
        ("hemoglobin", _HEMOGLOBIN_BELOW, below),
    ):
        near = nearest(recent(record, analyte, ONE_YEAR, acute_care=True), newest.at, _DAMAGE_DAYS)
        if near is not None and is_off(near, cut):
            found.append(measured(near))
    return tuple(found)


_SLEEPY = re.compile(
    r"\b(?:daytime (?:sleepiness|somnolence)|sleepy during the day|hypersomnolence|"
    r"loud snoring|snor(?:es|ing)|"
    r"witnessed apn(?:o)?eas?|unrefreshing sleep|nonrestorative sleep|morning headaches?)\b",
    re.IGNORECASE,
)


def _sleepy(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """A note of a year around the study that affirms a symptom."""
    found = symptom(record, _SLEEPY, "Symptoms in a note", newest.at, ONE_YEAR)
    return (found,) if found is not None else ()


_SLEEP = RuleFamily(group="sleep", stamp=STAMP).rule(
    "sleep_apnoea",
    "sleep apnea",
    ("78275009", "G47.33"),
    (SLEEP_APNEA,),
    Citation(label="AASM 2017 guideline on testing for sleep apnea", url="https://doi.org/10.5664/jcsm.6506"),
)
_IMWG = Citation(
    label="IMWG 2014 criteria, Lancet Oncol 2014;15:e538-48",
    url="https://doi.org/10.1016/S1470-2045(14)70442-5",
)
_GAMMOPATHY = RuleFamily(group="plasma-cells", stamp=STAMP).rule(
    "mgus_flag", "monoclonal gammopathy", ("277577000", "D47.2"), (MONOCLONAL_GAMMOPATHY,), _IMWG
)
_WORKUP = (order("serum protein electrophoresis", "24351-9"),)
ROWS = (
    LimitRow(
        rule=RuleFamily(group="bone", stamp=STAMP).rule(
            "osteoporosis",
            "osteoporosis",
            ("64859006", "M81.0"),
            (OSTEOPOROSIS,),
            Citation(
                label="BHOF 2022 guide to osteoporosis", url="https://doi.org/10.1007/s00198-021-05900-y"
            ),
        ),
        analyte="tscore_dxa",
        sign="<=",
        cut=-2.5,
        single=-2.5,
        from_age=50,
        lookback_days=_FIVE_YEARS,
        current_days=_FIVE_YEARS,
        advice="A T-score of -2.5 or less is the diagnosis from 50 years on. Look for secondary causes and "
        "discuss treatment.",
    ),
    LimitRow(
        rule=RuleFamily(group="bone", stamp=STAMP).rule(
            "osteopenia",
            "osteopenia",
            ("312894000", "M85.80"),
            (OSTEOPOROSIS, OSTEOPENIA),
            Citation(
                label="BHOF 2022 guide to osteoporosis",
                url="https://doi.org/10.1007/s00198-021-05900-y",
            ),
        ),
        analyte="tscore_dxa",
        sign="<=",
        cut=-1.0,
        until=-2.5,
        single=-1.0,
        from_age=50,
        lookback_days=_FIVE_YEARS,
        current_days=_FIVE_YEARS,
        advice="Between -1.0 and -2.5: treatment depends on the risk of fracture, which a chart can't give.",
    ),
    LimitRow(
        rule=_RAISED_TRANSAMINASES,
        analyte="alt",
        sign=">=",
        cut=_ALT_ACUTE,
        single=_ALT_ACUTE,
        urgent=_ALT_ACUTE,
        contributors=(STATIN,),
        advice="Fifteen times the limit: think of acute viral hepatitis, acetaminophen and other drugs or "
        "toxins, and ischemia; INR and bilirubin tell whether the liver fails.",
        orders=(order("acute hepatitis panel", "24363-4"),),
    ),
    LimitRow(
        rule=_RAISED_TRANSAMINASES,
        analyte="alt",
        sign=">=",
        cut=66,
        cut_women=50,
        until=_ALT_ACUTE,
        repeat_days=90,
        contributors=(STATIN,),
        advice="At least twice the upper limit (33 U/L in men, 25 in women) for three months: ask about "
        "alcohol and drugs, test for hepatitis B and C, iron and steatosis.",
        orders=(
            order("hepatitis B surface antigen", "5195-3"),
            order("hepatitis C antibody", "16128-1"),
        ),
    ),
    LimitRow(
        rule=RuleFamily(group="iron", stamp=STAMP).rule(
            "iron_overload",
            "iron overload",
            ("35400008", "E83.119"),
            (IRON_OVERLOAD,),
            Citation(
                label="ACG 2019 guideline on hereditary hemochromatosis",
                url="https://doi.org/10.14309/ajg.0000000000000315",
            ),
        ),
        analyte="ferritin",
        sign=">",
        cut=300,
        cut_women=200,
        repeat_days=14,
        derive=_ferritin_with_high_saturation,
        excluded_by=(CIRRHOSIS,),
        excluded_by_drugs=(IRON,),
        confirmed="B",
        advice="Saturation above 45% with raised ferritin twice: HFE testing is recommended.",
        orders=(order("HFE gene mutations", "34519-9"),),
    ),
    LimitRow(
        rule=RuleFamily(group="nutrition", stamp=STAMP).rule(
            "hypoalbuminaemia",
            "hypoalbuminemia",
            ("119247004", "E88.09"),
            (HYPOALBUMINEMIA, CIRRHOSIS, NEPHROTIC),
            Citation(
                label="ACG 2017 guideline on abnormal liver chemistries",
                url="https://doi.org/10.1038/ajg.2016.517",
            ),
        ),
        analyte="albumin",
        sign="<",
        cut=3.0,
        repeat_days=28,
        current_days=365,
        confirmed="B",
        advice="Look for loss in urine, liver disease, inflammation and poor intake.",
        orders=(ORDER_UACR,),
    ),
    LimitRow(
        rule=RuleFamily(group="prostate", stamp=STAMP).rule(
            "raised_psa",
            "raised prostate-specific antigen",
            ("396152005", "R97.20"),
            (RAISED_PSA,),
            Citation(
                label="AUA/SUO 2023 guideline on early detection",
                url="https://doi.org/10.1097/JU.0000000000003491",
            ),
        ),
        analyte="psa",
        sign=">",
        cut=4.0,
        single=20,
        urgent=100,
        derive=_doubled_under_inhibitor,
        sex="male",
        from_age=40,
        repeat_days=14,
        excluded_by=(URINARY_INFECTION,),
        contributors=(FIVE_ALPHA_REDUCTASE_INHIBITOR,),
        advice="Confirmed: decide with the patient on MRI and urology.",
        orders=(order("prostate-specific antigen", "2857-1"),),
    ),
    LimitRow(
        rule=_GAMMOPATHY,
        analyte="m_protein",
        sign=">",
        cut=0,
        single=0,
        urgent=0,
        in_pregnancy=True,
        company=_organ_damage,
        advice="A monoclonal protein with high calcium, kidney failure or anemia is multiple myeloma "
        "until shown "
        "otherwise: hematology now.",
        orders=_WORKUP,
        confirmed="B",
    ),
    LimitRow(
        rule=_GAMMOPATHY,
        analyte="m_protein",
        sign=">",
        cut=0,
        single=0,
        urgent=2.99,
        in_pregnancy=True,
        advice="Check calcium, creatinine, hemoglobin and free light chains, and repeat in six "
        "months; 3 g/dL "
        "or organ damage goes to hematology now.",
        orders=_WORKUP,
        confirmed="B",
    ),
    LimitRow(
        rule=_GAMMOPATHY,
        analyte="flc_ratio",
        sign=">",
        cut=3.1,
        single=3.1,
        urgent=100,
        in_pregnancy=True,
        advice="Light chains are unbalanced even by the limit for kidney disease: electrophoresis with "
        "immunofixation is next.",
        orders=_WORKUP,
        confirmed="B",
    ),
    LimitRow(
        rule=_GAMMOPATHY,
        analyte="flc_ratio",
        sign="<",
        cut=0.26,
        single=0.26,
        urgent=0.01,
        in_pregnancy=True,
        advice="Light chains are unbalanced: electrophoresis with immunofixation is next.",
        orders=_WORKUP,
        confirmed="B",
    ),
    LimitRow(
        rule=RuleFamily(group="plasma-cells", stamp=STAMP).rule(
            "raised_protein_gap",
            "monoclonal gammopathy",
            ("277577000", "D47.2"),
            (MONOCLONAL_GAMMOPATHY, CIRRHOSIS, CHRONIC_LIVER_DISEASE),
            _IMWG,
        ),
        analyte="total_protein",
        sign=">",
        cut=4,
        repeat_days=28,
        derive=_protein_gap,
        confirmed="C",
        advice="More than 4 g/dL of protein that is not albumin: inflammation, liver disease, HIV, "
        "hepatitis C "
        "or a monoclonal protein; electrophoresis tells.",
        orders=_WORKUP,
    ),
    LimitRow(
        rule=_SLEEP,
        analyte="ahi",
        sign=">=",
        cut=15,
        single=15,
        lookback_days=_FIVE_YEARS,
        current_days=_FIVE_YEARS,
        acute_care=True,
        in_pregnancy=True,
        advice="15 or more events an hour is the diagnosis whatever the symptoms: offer treatment by "
        "positive "
        "airway pressure; ask about driving.",
    ),
    LimitRow(
        rule=_SLEEP,
        analyte="ahi",
        sign=">=",
        cut=5,
        single=5,
        lookback_days=_FIVE_YEARS,
        current_days=_FIVE_YEARS,
        acute_care=True,
        in_pregnancy=True,
        company=_sleepy,
        advice="5 or more events an hour with symptoms is the diagnosis: offer treatment, weight loss "
        "first if "
        "mild.",
    ),
    LimitRow(
        rule=RuleFamily(group="heart-failure", stamp=STAMP).rule(
            "heart_failure_hfref",
            "heart failure with reduced ejection fraction",
            ("703272007", "I50.20"),
            (HEART_FAILURE,),
            Citation(
                label="AHA/ACC/HFSA 2022 guideline on heart failure",
                url="https://doi.org/10.1161/CIR.0000000000001063",
            ),
        ),
        analyte="lvef",
        sign="<=",
        cut=40,
        single=40,
        acute_care=True,
        in_pregnancy=True,
        confirmed="B",
        advice="With symptoms this is heart failure, without them a stage that is treated too; check "
        "which of "
        "the four drug classes are taken.",
        orders=(order("NT-proBNP", "33762-6"),),
    ),
    LimitRow(
        rule=RuleFamily(group="lung", stamp=STAMP).rule(
            "copd",
            "COPD",
            ("13645005", "J44.9"),
            (COPD,),
            Citation(label="GOLD report 2025", url="https://goldcopd.org/2025-gold-report/"),
        ),
        analyte="fev1_fvc",
        sign="<",
        cut=70,
        single=60,
        from_age=35,
        repeat_days=14,
        confirmed="B",
        advice="Needs symptoms or exposure and a value after a bronchodilator; between 60 and 80% repeat it.",
    ),
    LimitRow(
        rule=RuleFamily(group="hepatitis", stamp=STAMP).rule(
            "hepatitis_c_chronic",
            "hepatitis C",
            ("128302006", "B19.20"),
            (HEPATITIS_C,),
            Citation(label="AASLD-IDSA guidance on hepatitis C", url="https://www.hcvguidelines.org"),
        ),
        analyte="hcv_rna",
        sign=">",
        cut=0,
        single=0,
        acute_care=True,
        in_pregnancy=True,
        advice="RNA is detectable: current infection. Treatment with direct-acting antivirals is recommended "
        "for nearly everybody; stage fibrosis and test for hepatitis B first.",
        orders=(order("hepatitis B surface antigen", "5196-1"),),
    ),
)


@clinical_model
class OrganCriteria(LimitCriteria):
    """Bone density, liver enzymes, iron, albumin, PSA, monoclonal protein, LVEF, spirometry, sleep study."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "tsat", "albumin", "calcium", "creatinine", "hemoglobin", notes=True)
    card = PublishedCriteria(
        authors="several societies, named with each finding",
        conditions="osteoporosis, raised liver enzymes, iron overload, low albumin, raised PSA, monoclonal "
        "gammopathy, reduced ejection fraction, airflow obstruction, sleep apnea and hepatitis C",
        output="Whether a result meets a published limit, once or repeatedly as the guideline says.",
        population="Adults of 18 years and over; bone density from 50, spirometry from 35, PSA in "
        "men from 40.",
        out_of_scope="Children; values of acute illness for chronic conditions; known causes.",
        known_risks="PSA rises with infection and instruments. Muscle injury raises ALT. Whether spirometry "
        "was done after a bronchodilator is not in the chart. An ejection fraction after infarction may "
        "recover.",
        basis="Consensus definitions by the societies named with each finding.",
        accuracy="Not available as one figure: it differs by condition and prevalence.",
        fairness="T-scores use a young White female reference for everybody, as recommended. A fixed "
        "FEV1/FVC overcalls obstruction in the old and undercalls it in the young.",
        inputs="Age, and sex for ALT, ferritin and PSA.",
        references="doi:10.1007/s00198-021-05900-y; doi:10.1038/ajg.2016.517; "
        "doi:10.14309/ajg.0000000000000315; doi:10.1097/JU.0000000000003491; "
        "doi:10.1016/S1470-2045(14)70442-5; doi:10.1161/CIR.0000000000001063; "
        "doi:10.5664/jcsm.6506.",
    ).card()
