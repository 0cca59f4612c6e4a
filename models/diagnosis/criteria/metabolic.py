"""Obesity, low glucose, very high triglycerides and raised lipoprotein(a), not on the problem list.

Sources: Jensen MD et al. (AHA/ACC/TOS), Circulation 2014;129(25 Suppl 2):S102-38; ADA Standards of Care 2025,
section 6; Virani SS et al. (ACC), J Am Coll Cardiol 2021;78:960-93; Grundy SM et al. (AHA/ACC), Circulation
2019;139:e1082-143.
"""

from __future__ import annotations

from fhir_adapters.terminology.conditions import (
    ASCITES_OR_EDEMA,
    HYPERTRIGLYCERIDEMIA,
    HYPOGLYCEMIA,
    OBESITY,
    RAISED_LPA,
)
from fhir_adapters.terminology.drugs import GLUCOSE_LOWERING, STATIN
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import ORDER_HBA1C, ORDER_LIPID_PANEL, RuleFamily
from models.finding import Citation
from models.registry import clinical_model
from models.scoring import stamped

STAMP = stamped("metabolic.v1", "1.0", (30, 35, 40, 54, 500, 125))
_WEIGHT = RuleFamily(group="weight", stamp=STAMP)
_LIPIDS = RuleFamily(group="lipids", stamp=STAMP)
_AHA_2013 = Citation(
    label="AHA/ACC/TOS 2013 guideline on overweight and obesity",
    url="https://doi.org/10.1161/01.cir.0000437739.71477.ee",
)
_OFFER = "Offer intensive counseling; from 30 with a complication, drugs are an option"
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
            Citation(label="ADA Standards of Care 2025, section 6", url="https://doi.org/10.2337/dc25-S006"),
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
            Citation(
                label="ACC 2021 pathway on hypertriglyceridemia",
                url="https://doi.org/10.1016/j.jacc.2021.06.011",
            ),
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
)


@clinical_model
class MetabolicCriteria(LimitCriteria):
    """Body mass index, low glucose, triglycerides and lipoprotein(a) by published limits."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS)
    card = PublishedCriteria(
        authors="several societies, named with each finding",
        conditions="obesity, hypoglycemia, severe hypertriglyceridemia and raised lipoprotein(a)",
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
        "doi:10.1016/j.jacc.2021.06.011; doi:10.1161/CIR.0000000000000625.",
    ).card()
