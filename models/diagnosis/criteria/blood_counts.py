"""White cells, platelets and red cells out of range and not on the problem list.

Sources: Newburger PE, Dale DC, Semin Hematol 2013;50:198-206 (neutropenia); Neunert C et al. (ASH), Blood Adv
2019;3:3829-66 (thrombocytopenia); Arber DA et al. (WHO), Blood 2016;127:2391-405 (thrombocytosis,
erythrocytosis); Hallek M et al. (iwCLL), Blood 2018;131:2745-60 (lymphocytosis); Taplitz RA et al.
(ASCO/IDSA), J Clin Oncol 2018;36:1443-53 (fever in neutropenia); George TI, Semin Hematol
2012;49:193-7 (leukocytosis).
"""

from __future__ import annotations

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import (
    CHEMOTHERAPY,
    CHRONIC_LIVER_DISEASE,
    COPD,
    ERYTHROCYTOSIS,
    IRON_DEFICIENCY,
    LEUKOCYTOSIS,
    LYMPHOCYTOSIS,
    MARROW_DISEASE,
    NEUTROPENIA,
    THROMBOCYTOPENIA,
    THROMBOCYTOSIS,
)
from fhir_adapters.terminology.drugs import (
    CYTOTOXIC_DRUG,
    HEPARIN,
    SGLT2_INHIBITOR,
    SYSTEMIC_STEROID,
    TESTOSTERONE,
)
from fhir_adapters.terminology.score_conditions import ACUTE_INFECTION, CIRRHOSIS
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import measured
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import at_least, nearest, recent
from models.finding import Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped

# A fever of one reading, degrees Celsius, within a day of the count.
_FEVER, _FEVER_DAYS = 38.3, 1
STAMP = stamped("blood_counts.v1", "1.1", (1.5, 0.5, 150, 100, 50, 450, 16.5, 16.0, 49, 48, 5, 11, _FEVER))
_COUNT = order("complete blood count with differential", "57021-8")
_SMEAR = order("blood smear", "14869-2")
_JAK2 = order("JAK2 V617F mutation", "43399-5")


_FAMILY = RuleFamily(group="blood-counts", stamp=STAMP)


_PLATELETS = _FAMILY.rule(
    "thrombocytopenia",
    "thrombocytopenia",
    ("302215000", "D69.6"),
    (THROMBOCYTOPENIA, MARROW_DISEASE),
    Citation(
        label="ASH 2019 guideline on immune thrombocytopenia",
        url="https://doi.org/10.1182/bloodadvances.2019000966",
    ),
)
_WHO_2016 = Citation(
    label="WHO classification of myeloid neoplasms, Blood 2016;127:2391-405",
    url="https://doi.org/10.1182/blood-2016-03-643544",
)
_ERYTHROCYTOSIS = _FAMILY.rule(
    "erythrocytosis", "erythrocytosis", ("127062003", "D75.1"), (ERYTHROCYTOSIS,), _WHO_2016
)


def _fever(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """A temperature of 38.3 or more within a day of the count."""
    near = nearest(recent(record, "temperature", 7, acute_care=True), newest.at, _FEVER_DAYS)
    return (measured(near),) if near is not None and at_least(near, _FEVER) else ()


ROWS = (
    LimitRow(
        rule=_FAMILY.rule(
            "febrile_neutropenia",
            "fever in neutropenia",
            ("409089005", "D70.9"),
            (),
            Citation(
                label="ASCO/IDSA 2018 guideline on fever and neutropenia",
                url="https://doi.org/10.1200/JCO.2017.77.6211",
            ),
        ),
        analyte="anc",
        sign="<",
        cut=0.5,
        single=0.5,
        urgent=0.5,
        emergency=0.5,
        current_days=2,
        lookback_days=7,
        acute_care=True,
        in_pregnancy=True,
        company=_fever,
        advice="An emergency whatever its cause: blood cultures and an antibiotic that covers "
        "Pseudomonas within "
        "an hour.",
        orders=(order("blood culture", "600-7"),),
        confirmed="B",
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "neutropenia",
            "neutropenia",
            ("165517008", "D70.9"),
            (NEUTROPENIA, MARROW_DISEASE),
            Citation(
                label="Newburger and Dale, Semin Hematol 2013;50:198-206",
                url="https://doi.org/10.1053/j.seminhematol.2013.06.010",
            ),
        ),
        analyte="anc",
        sign="<",
        cut=1.5,
        single=0.5,
        urgent=0.5,
        repeat_days=14,
        acute_care=True,
        in_pregnancy=True,
        excluded_by=(CHEMOTHERAPY,),
        excluded_by_drugs=(CYTOTOXIC_DRUG,),
        advice="Look for drugs, viral infection and autoimmune disease. In people of African or Middle "
        "Eastern ancestry a stable count above 1.0 is mostly the harmless Duffy-null type. Fever "
        "with a count "
        "below 0.5 is an emergency.",
        orders=(_COUNT, _SMEAR),
    ),
    LimitRow(
        rule=_PLATELETS,
        analyte="platelets",
        sign="<",
        cut=100,
        single=50,
        urgent=50,
        emergency=10,
        repeat_days=7,
        acute_care=True,
        excluded_by=(CHEMOTHERAPY,),
        excluded_by_drugs=(CYTOTOXIC_DRUG,),
        contributors=(HEPARIN,),
        advice="Repeat in citrate to rule out clumping, and look at the smear, drugs, liver and spleen. On "
        "heparin think of heparin-induced thrombocytopenia (4Ts).",
        orders=(_COUNT, _SMEAR),
    ),
    LimitRow(
        rule=_PLATELETS,
        analyte="platelets",
        sign="<",
        cut=150,
        repeat_days=90,
        excluded_by=(CHEMOTHERAPY, CHRONIC_LIVER_DISEASE, CIRRHOSIS),
        excluded_by_drugs=(CYTOTOXIC_DRUG,),
        contributors=(HEPARIN,),
        confirmed="B",
        advice="Mild and lasting: look for liver disease, alcohol, drugs, hepatitis C and HIV.",
        orders=(_COUNT, _SMEAR),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "thrombocytosis",
            "thrombocytosis",
            ("6631009", "D75.839"),
            (THROMBOCYTOSIS, MARROW_DISEASE),
            _WHO_2016,
        ),
        analyte="platelets",
        sign=">",
        cut=450,
        repeat_days=90,
        excluded_by=(IRON_DEFICIENCY,),
        confirmed="B",
        advice="Rule out iron deficiency, inflammation and a missing spleen; if none, JAK2 and hematology.",
        orders=(_COUNT, _JAK2),
    ),
    LimitRow(
        rule=_ERYTHROCYTOSIS,
        analyte="hemoglobin",
        sign=">",
        cut=16.5,
        cut_women=16.0,
        repeat_days=56,
        excluded_by=(COPD,),
        excluded_by_drugs=(TESTOSTERONE, SGLT2_INHIBITOR),
        confirmed="B",
        advice="Smoking, sleep apnea, altitude and drugs raise it; if none, erythropoietin and JAK2.",
        orders=(_COUNT, _JAK2),
    ),
    LimitRow(
        rule=_ERYTHROCYTOSIS,
        analyte="hematocrit",
        sign=">",
        cut=49,
        cut_women=48,
        repeat_days=56,
        excluded_by=(COPD,),
        excluded_by_drugs=(TESTOSTERONE, SGLT2_INHIBITOR),
        confirmed="B",
        advice="Smoking, sleep apnea, altitude and drugs raise it; if none, erythropoietin and JAK2.",
        orders=(_COUNT, _JAK2),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "leukocytosis",
            "leukocytosis",
            ("111583006", "D72.829"),
            (LEUKOCYTOSIS, MARROW_DISEASE),
            Citation(
                label="George, Semin Hematol 2012;49:193-7",
                url="https://doi.org/10.1053/j.seminhematol.2012.03.008",
            ),
        ),
        analyte="wbc",
        sign=">",
        cut=11,
        repeat_days=14,
        excluded_by=(ACUTE_INFECTION,),
        excluded_by_drugs=(SYSTEMIC_STEROID,),
        confirmed="C",
        advice="Mostly infection, smoking, stress or weight; a differential shows which cells, and a "
        "lasting rise "
        "without a cause goes to hematology.",
        orders=(_COUNT, _SMEAR),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "lymphocytosis",
            "lymphocytosis",
            ("67023009", "D72.820"),
            (LYMPHOCYTOSIS, MARROW_DISEASE),
            Citation(
                label="iwCLL guideline, Blood 2018;131:2745-60",
                url="https://doi.org/10.1182/blood-2017-09-806398",
            ),
        ),
        analyte="lymphocytes_abs",
        sign=">=",
        cut=5,
        repeat_days=90,
        confirmed="B",
        advice="At 5 or more for three months flow cytometry tells chronic lymphocytic leukemia from others.",
        orders=(_SMEAR,),
    ),
)


@clinical_model
class BloodCountCriteria(LimitCriteria):
    """Counts of white cells, platelets and red cells by published limits."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "temperature")
    card = PublishedCriteria(
        authors="several societies, named with each finding",
        conditions="low or high counts of white cells, platelets or red cells",
        output="Whether counts are out of range for long enough, or far enough at once.",
        population="Adults of 18 years and over.",
        out_of_scope="Chemotherapy and known disease of the marrow, children, pregnancy (platelets, "
        "hemoglobin).",
        known_risks="Platelets clump in some tubes and are then falsely low. Altitude is not known to the "
        "chart. Counts after an infection can stay off for weeks.",
        basis="Reference ranges and consensus of classification and guideline groups.",
        accuracy="Not available: most low or high counts found by chance have no serious cause.",
        fairness="Neutrophils are lower in healthy people without the Duffy antigen, common in African and "
        "Middle Eastern ancestry; the advice says so, the limit is not changed.",
        inputs="Age, and sex for hemoglobin.",
        references="doi:10.1053/j.seminhematol.2013.06.010; doi:10.1182/bloodadvances.2019000966; "
        "doi:10.1182/blood-2016-03-643544; doi:10.1182/blood-2017-09-806398; doi:10.1200/JCO.2017.77.6211; "
        "doi:10.1053/j.seminhematol.2012.03.008.",
    ).card()
