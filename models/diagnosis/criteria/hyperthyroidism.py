"""Hyperthyroidism that is not on the problem list, overt and subclinical.

Source: Ross DS et al. (ATA), Thyroid 2016;26:1343-421, doi:10.1089/thy.2016.0229.
"""

from __future__ import annotations

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import HYPERTHYROIDISM
from fhir_adapters.terminology.drugs import BIOTIN, THYROID_HORMONE, THYROID_INTERFERING
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import ORDER_FREE_T4, ORDER_TSH, Rule, order
from models.diagnosis.values import Points, above, nearest, recent
from models.finding import Citation
from models.registry import clinical_model
from models.scoring import stamped

_FREE_T4_ABOVE, _FREE_T3_ABOVE, _SAME_TIME_DAYS = 1.8, 4.2, 30
STAMP = stamped("hyperthyroidism.v1", "1.0", (0.1, 0.4, _FREE_T4_ABOVE, _FREE_T3_ABOVE))
RULE = Rule(
    key="hyperthyroidism",
    group="thyroid",
    name="hyperthyroidism",
    snomed="34486009",
    icd10="E05.90",
    documented_by=(HYPERTHYROIDISM,),
    guideline=Citation(
        label="ATA 2016 guideline on hyperthyroidism", url="https://doi.org/10.1089/thy.2016.0229"
    ),
    stamp=STAMP,
)


def _with_high_hormone(record: PatientRecord, days: int) -> Points:
    """TSH, m[IU]/L, with a high free T4 or free T3 of the same month."""
    free_t4, free_t3 = (recent(record, name, days + _SAME_TIME_DAYS) for name in ("free_t4", "free_t3"))
    return tuple(
        point
        for point in recent(record, "tsh", days)
        if _is_high(point, free_t4, _FREE_T4_ABOVE) or _is_high(point, free_t3, _FREE_T3_ABOVE)
    )


def _is_high(point: Measurement, hormones: Points, limit: float) -> bool:
    near = nearest(hormones, point.at, _SAME_TIME_DAYS)
    return near is not None and above(near, limit)


_ANTIBODIES = order("TSH receptor antibodies", "5385-0")
ROWS = (
    LimitRow(
        rule=RULE,
        analyte="tsh",
        sign="<",
        cut=0.1,
        single=0.1,
        derive=_with_high_hormone,
        excluded_by_drugs=(THYROID_HORMONE, BIOTIN),
        contributors=(THYROID_INTERFERING,),
        advice="TSH is suppressed and a hormone is high. Receptor antibodies or a scan show the "
        "cause; look at "
        "heart rhythm.",
        orders=(_ANTIBODIES,),
    ),
    LimitRow(
        rule=RULE,
        analyte="tsh",
        sign="<",
        cut=0.4,
        repeat_days=42,
        excluded_by_drugs=(THYROID_HORMONE, BIOTIN),
        contributors=(THYROID_INTERFERING,),
        confirmed="B",
        advice="TSH has been low twice: measure free T4 and T3. Treatment is weighed below 0.1, from "
        "65 years, "
        "and with heart disease or osteoporosis.",
        orders=(ORDER_TSH, ORDER_FREE_T4),
    ),
)


@clinical_model
class HyperthyroidismCriteria(LimitCriteria):
    """Hyperthyroidism by TSH, free T4 and free T3."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "free_t4", "free_t3")
    card = PublishedCriteria(
        authors="the American Thyroid Association (2016)",
        conditions="hyperthyroidism",
        output="Whether TSH is below 0.1 with a high free T4 or T3, or below 0.4 twice, six weeks apart.",
        population="Adults of 18 years and over who take no thyroid hormone.",
        out_of_scope="Pregnancy and 12 weeks after it, values of hospital stays, people on thyroid hormone "
        "(too high a dose is not called a disease), biotin.",
        known_risks="Illness, steroids and dopamine lower TSH; central hypothyroidism lowers it too.",
        basis="Reference ranges of population surveys.",
        accuracy="Not available: laboratories' own ranges differ from the fixed limits.",
        fairness="TSH is somewhat lower in Black people; one limit is used for everybody.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="doi:10.1089/thy.2016.0229.",
    ).card()
