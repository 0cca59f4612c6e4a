"""Obesity, low glucose, triglycerides, lipoprotein(a), uric acid and gout, not on the problem list.

Sources: Jensen MD et al. (AHA/ACC/TOS), Circulation 2014;129(25 Suppl 2):S102-38; ADA Standards of Care 2025,
section 6; Virani SS et al. (ACC), J Am Coll Cardiol 2021;78:960-93; Grundy SM et al. (AHA/ACC), Circulation
2019;139:e1082-143; Neogi T et al. (ACR/EULAR), Arthritis Rheumatol 2015;67:2557-68.
"""

from __future__ import annotations

import re

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import (
    ASCITES_OR_EDEMA,
    CHEMOTHERAPY,
    DIABETES,
    GOUT,
    HYPERTRIGLYCERIDEMIA,
    HYPERURICEMIA,
    HYPOGLYCEMIA,
    OBESITY,
    RAISED_LPA,
)
from fhir_adapters.terminology.drugs import GLUCOSE_LOWERING, LOOP_DIURETIC, STATIN, THIAZIDE
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import ORDER_HBA1C, ORDER_LIPID_PANEL, RuleFamily
from models.finding import Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped

STAMP = stamped("metabolic.v1", "1.0", (30, 35, 40, 70, 54, 175, 500, 125, 6.8))
_WEIGHT = RuleFamily(group="weight", stamp=STAMP)
_LIPIDS = RuleFamily(group="lipids", stamp=STAMP)
_AHA_2013 = Citation(
    label="AHA/ACC/TOS 2013 guideline on overweight and obesity",
    url="https://doi.org/10.1161/01.cir.0000437739.71477.ee",
)
_ADA_6 = Citation(label="ADA Standards of Care 2025, section 6", url="https://doi.org/10.2337/dc25-S006")
_ACC_2021 = Citation(
    label="ACC 2021 pathway on hypertriglyceridemia", url="https://doi.org/10.1016/j.jacc.2021.06.011"
)
_GOUT_2015 = Citation(
    label="ACR/EULAR 2015 classification criteria for gout", url="https://doi.org/10.1002/art.39254"
)
_ARTHRITIS = re.compile(
    r"\b(?:podagra|gout(?:y)? (?:attack|flare|arthritis)|urate crystals?|monosodium urate|tophus|tophi|"
    r"(?:first|1st) (?:mtp|metatarsophalangeal)|monoarthritis)\b",
    re.IGNORECASE,
)
_NOTE_DAYS = 731
_OFFER = "Offer intensive counseling; from 30 with a complication, drugs are an option"


def _arthritis(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """A note of two years around the value that affirms an attack, crystals or tophi."""
    found = symptom(record, _ARTHRITIS, "Gout in a note", newest.at, _NOTE_DAYS)
    return (found,) if found is not None else ()


ROWS = (
    LimitRow(
        rule=_WEIGHT.rule(
            "obesity_class3", "obesity class 3", ("238136002", "E66.813"), (OBESITY,), _AHA_2013
        ),
        analyte="bmi",
        sign=">=",
        cut=40,
        repeat_days=30,
        current_days=365,
        excluded_by=(ASCITES_OR_EDEMA,),
        advice=f"{_OFFER}, and from 40 surgery.",
    ),
    LimitRow(
        rule=_WEIGHT.rule(
            "obesity_class2", "obesity class 2", ("414916001", "E66.812"), (OBESITY,), _AHA_2013
        ),
        analyte="bmi",
        sign=">=",
        cut=35,
        until=40,
        repeat_days=30,
        current_days=365,
        excluded_by=(ASCITES_OR_EDEMA,),
        advice=f"{_OFFER}, and from 35 with one surgery.",
    ),
    LimitRow(
        rule=_WEIGHT.rule(
            "obesity_class1", "obesity class 1", ("414916001", "E66.811"), (OBESITY,), _AHA_2013
        ),
        analyte="bmi",
        sign=">=",
        cut=30,
        until=35,
        repeat_days=30,
        current_days=365,
        excluded_by=(ASCITES_OR_EDEMA,),
        advice=f"{_OFFER}.",
    ),
    LimitRow(
        rule=RuleFamily(group="diabetes", stamp=STAMP).rule(
            "hypoglycaemia",
            "hypoglycemia",
            ("302866003", "E16.2"),
            (HYPOGLYCEMIA,),
            _ADA_6,
        ),
        analyte="glucose",
        sign="<",
        cut=54,
        single=54,
        urgent=54,
        current_days=7,
        lookback_days=7,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        contributors=(GLUCOSE_LOWERING,),
        advice="Below 54 mg/dL is clinically significant: look for insulin or sulfonylurea, missed meals, "
        "alcohol, kidney failure; a sample that stood too long reads low.",
        orders=(ORDER_HBA1C,),
    ),
    LimitRow(
        rule=_LIPIDS.rule(
            "hypertriglyceridaemia",
            "severe hypertriglyceridemia",
            ("302870006", "E78.1"),
            (HYPERTRIGLYCERIDEMIA,),
            _ACC_2021,
        ),
        analyte="triglycerides",
        sign=">=",
        cut=500,
        single=1000,
        urgent=1000,
        advice="From 500 mg/dL pancreatitis is a risk: look for alcohol, diabetes, drugs and hypothyroidism; "
        "a very low-fat diet and a fibrate or omega-3 are usual.",
        orders=(ORDER_LIPID_PANEL, ORDER_HBA1C),
    ),
    LimitRow(
        rule=RuleFamily(group="diabetes", stamp=STAMP).rule(
            "hypoglycaemia_level1", "hypoglycemia", ("302866003", "E16.2"), (HYPOGLYCEMIA,), _ADA_6
        ),
        analyte="glucose",
        sign="<",
        cut=70,
        until=54,
        single=70,
        current_days=7,
        lookback_days=7,
        acute_care=True,
        in_pregnancy=True,
        only_with=(DIABETES,),
        contributors=(GLUCOSE_LOWERING,),
        confirmed="C",
        advice="Level 1, an alert value in diabetes: ask for symptoms and look at doses and meals.",
    ),
    LimitRow(
        rule=_LIPIDS.rule(
            "hypertriglyceridaemia_moderate",
            "hypertriglyceridemia",
            ("302870006", "E78.1"),
            (HYPERTRIGLYCERIDEMIA,),
            _ACC_2021,
        ),
        analyte="triglycerides",
        sign=">=",
        cut=175,
        until=500,
        repeat_days=14,
        advice="Raised twice: it counts as risk-enhancing. Look at glucose, alcohol, weight and drugs.",
    ),
    LimitRow(
        rule=_LIPIDS.rule(
            "raised_lpa",
            "raised lipoprotein(a)",
            ("1230312008", "E78.41"),
            (RAISED_LPA,),
            Citation(
                label="AHA/ACC 2018 cholesterol guideline",
                url="https://doi.org/10.1161/CIR.0000000000000625",
            ),
        ),
        analyte="lpa",
        sign=">=",
        cut=125,
        single=125,
        lookback_days=3650,
        current_days=3650,
        in_pregnancy=True,
        contributors=(STATIN,),
        confirmed="B",
        advice="Raises cardiovascular risk for life and is inherited: it favors a statin where the decision "
        "is open, and testing of first-degree relatives.",
    ),
    LimitRow(
        rule=RuleFamily(group="gout", stamp=STAMP).rule(
            "gout", "gout", ("90560007", "M10.9"), (GOUT,), _GOUT_2015
        ),
        analyte="uric_acid",
        sign=">=",
        cut=6.8,
        single=6.8,
        acute_care=True,
        contributors=(THIAZIDE, LOOP_DIURETIC),
        company=_arthritis,
        confirmed="B",
        advice="Urate is above its solubility and a note describes an attack, crystals or tophi. Crystals in "
        "the joint prove it; treat to a target below 6 mg/dL if attacks recur.",
    ),
    LimitRow(
        rule=RuleFamily(group="gout", stamp=STAMP).rule(
            "hyperuricaemia", "hyperuricemia", ("35885006", "E79.0"), (HYPERURICEMIA, GOUT), _GOUT_2015
        ),
        analyte="uric_acid",
        sign=">=",
        cut=6.8,
        single=6.8,
        excluded_by=(CHEMOTHERAPY,),
        contributors=(THIAZIDE, LOOP_DIURETIC),
        confirmed="C",
        advice="Without attacks, stones or tophi a raised urate is not treated; a diuretic may be the cause.",
    ),
)


@clinical_model
class MetabolicCriteria(LimitCriteria):
    """Body mass index, low glucose, triglycerides, lipoprotein(a) and uric acid by published limits."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, notes=True)
    card = PublishedCriteria(
        authors="several societies, named with each finding",
        conditions="obesity, hypoglycemia, hypertriglyceridemia, raised lipoprotein(a), raised uric acid "
        "and gout",
        output="Whether values meet a published limit, once or twice as the guideline says.",
        population="Adults of 18 years and over.",
        out_of_scope="Children, pregnancy and 12 weeks after it (weight, triglycerides), ascites and edema.",
        known_risks="Body mass index misjudges the very muscular and misses visceral fat. A glucose in a "
        "sample that stood for hours reads low. Triglycerides rise after meals.",
        basis="Consensus of guideline groups; risk by body mass index, triglycerides and lipoprotein(a) in "
        "cohorts.",
        accuracy="Not available: body mass index is a definition, not a test.",
        fairness="In people of Asian ancestry risk begins at a lower body mass index; ancestry is not read, "
        "and the limits are the same for everybody.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="doi:10.1161/01.cir.0000437739.71477.ee; doi:10.2337/dc25-S006; "
        "doi:10.1016/j.jacc.2021.06.011; doi:10.1161/CIR.0000000000000625; "
        "doi:10.1002/art.39254.",
    ).card()
