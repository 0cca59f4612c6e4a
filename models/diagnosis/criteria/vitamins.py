"""Deficiency of vitamin B12, folate or vitamin D that is not on the problem list.

Sources: Devalia V et al. (BSH), Br J Haematol 2014;166:496-513 (B12, folate); Holick MF et al. (Endocrine
Society), J Clin Endocrinol Metab 2011;96:1911-30 (vitamin D).
"""

from __future__ import annotations

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import (
    FOLATE_DEFICIENCY,
    VITAMIN_B12_DEFICIENCY,
    VITAMIN_D_DEFICIENCY,
)
from fhir_adapters.terminology.drugs import FOLIC_ACID, METFORMIN, PPI, VITAMIN_B12, VITAMIN_D
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import RuleFamily, order
from models.diagnosis.values import Points, above, nearest, recent
from models.finding import Citation
from models.registry import clinical_model
from models.scoring import stamped

_MMA_ABOVE, _MMA_DAYS = 400, 30
STAMP = stamped("vitamins.v1", "1.0", (200, 300, _MMA_ABOVE, 4, 12))
_BSH = Citation(
    label="BSH 2014 guideline on cobalamin and folate disorders", url="https://doi.org/10.1111/bjh.12959"
)
_ENDOCRINE = Citation(
    label="Endocrine Society 2011 guideline on vitamin D deficiency",
    url="https://doi.org/10.1210/jc.2011-0385",
)


_FAMILY = RuleFamily(group="vitamins", stamp=STAMP)


def _with_raised_mma(record: PatientRecord, days: int) -> Points:
    """B12 values with a methylmalonic acid above 400 nmol/L of the same month."""
    acids = recent(record, "mma", days + _MMA_DAYS)
    return tuple(point for point in recent(record, "vitamin_b12", days) if _is_raised(point, acids))


def _is_raised(point: Measurement, acids: Points) -> bool:
    near = nearest(acids, point.at, _MMA_DAYS)
    return near is not None and above(near, _MMA_ABOVE)


_B12 = _FAMILY.rule(
    "b12_deficiency", "vitamin B12 deficiency", ("190634004", "E53.8"), (VITAMIN_B12_DEFICIENCY,), _BSH
)
ROWS = (
    LimitRow(
        rule=_B12,
        analyte="vitamin_b12",
        sign="<",
        cut=200,
        single=200,
        excluded_by_drugs=(VITAMIN_B12,),
        contributors=(METFORMIN, PPI),
        advice="Look for pernicious anemia, diet, metformin and acid suppression; with nerve symptoms treat "
        "without waiting for the cause.",
    ),
    LimitRow(
        rule=_B12,
        analyte="vitamin_b12",
        sign="<",
        cut=300,
        single=300,
        excluded_by_drugs=(VITAMIN_B12,),
        contributors=(METFORMIN, PPI),
        derive=_with_raised_mma,
        confirmed="B",
        advice="B12 is borderline and methylmalonic acid raised, which supports deficiency; kidney disease "
        "raises methylmalonic acid too.",
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "folate_deficiency", "folate deficiency", ("190638001", "E53.8"), (FOLATE_DEFICIENCY,), _BSH
        ),
        analyte="folate",
        sign="<",
        cut=4,
        single=4,
        excluded_by_drugs=(FOLIC_ACID,),
        advice="Check vitamin B12 before folic acid is given alone; look for diet, alcohol and drugs.",
        orders=(order("vitamin B12", "2132-9"),),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "vitamin_d_deficiency",
            "vitamin D deficiency",
            ("34713006", "E55.9"),
            (VITAMIN_D_DEFICIENCY,),
            _ENDOCRINE,
        ),
        analyte="vitd_25oh",
        sign="<",
        cut=20,
        single=12,
        repeat_days=28,
        current_days=365,
        excluded_by_drugs=(VITAMIN_D,),
        in_pregnancy=True,
        advice="Supplementation is usual; testing without a reason is no longer advised (Endocrine Society "
        "2024).",
    ),
)


@clinical_model
class VitaminCriteria(LimitCriteria):
    """Vitamin B12, folate and vitamin D by published limits."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "mma")
    card = PublishedCriteria(
        authors="the British Society for Haematology (2014) and the Endocrine Society (2011)",
        conditions="deficiency of vitamin B12, folate or vitamin D",
        output="Whether a value is low; vitamin D below 20 ng/mL needs two results, below 12 one.",
        population="Adults of 18 years and over who do not take the vitamin.",
        out_of_scope="People on the vitamin; pregnancy (B12, folate); children.",
        known_risks="Oral contraceptives and pregnancy lower total B12 without deficiency; folate reflects "
        "the last meals. There is no agreed cut-off for vitamin D in healthy people.",
        basis="Reference ranges, and cohorts with metabolic markers.",
        accuracy="Not available as one figure: total B12 misses and overcalls deficiency near its cut-off.",
        fairness="Total vitamin D is lower in Black people at equal bone health; no adjustment is published.",
        inputs="Age.",
        references="doi:10.1111/bjh.12959; doi:10.1210/jc.2011-0385; doi:10.1210/clinem/dgae290.",
    ).card()
