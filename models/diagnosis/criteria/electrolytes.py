"""Sodium, calcium, magnesium, phosphate and parathyroid hormone that point to a disorder.

Sources: Spasovski G et al. (ESE/ERA), Eur J Endocrinol 2014;170:G1-47; Adrogué HJ, Madias NE, N Engl J Med
2000;342:1493-9; Bilezikian JP et al. (4th International Workshop), J Clin Endocrinol Metab 2014;99:3561-9;
Cooper MS, Gittoes NJ, BMJ 2008;336:1298-302; de Baaij JH et al., Physiol Rev 2015;95:1-46; KDIGO CKD-MBD
2017. Glucose correction of sodium: Hillier TA et al., Am J Med 1999;106:399-403.
"""

from __future__ import annotations

from dataclasses import replace

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.conditions import (
    ADVANCED_CKD,
    CKD,
    HYPERCALCEMIA,
    HYPERNATREMIA,
    HYPERPHOSPHATEMIA,
    HYPOCALCEMIA,
    HYPOMAGNESEMIA,
    HYPONATREMIA,
    PRIMARY_HYPERPARATHYROIDISM,
    SECONDARY_HYPERPARATHYROIDISM,
)
from fhir_adapters.terminology.drugs import LITHIUM, LOOP_DIURETIC, PPI, THIAZIDE, VITAMIN_D
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import ORDER_BASIC_METABOLIC_PANEL, ORDER_MAGNESIUM, RuleFamily, order
from models.diagnosis.values import Points, above, nearest, recent
from models.finding import Citation
from models.registry import clinical_model
from models.scoring import stamped

_ALBUMIN_NORMAL, _CALCIUM_PER_ALBUMIN = 4.0, 0.8
_GLUCOSE_NORMAL, _SODIUM_PER_100_GLUCOSE = 100.0, 2.4
_ALBUMIN_DAYS, _GLUCOSE_DAYS = 7, 0.25
_CALCIUM_ABOVE, _CALCIUM_DAYS = 10.5, 90
STAMP = stamped(
    "electrolytes.v1", "1.1", (_CALCIUM_PER_ALBUMIN, _SODIUM_PER_100_GLUCOSE, 135, 145, 10.5, 8.5)
)
_PTH = order("parathyroid hormone", "2731-8")
_CALCIUM = order("calcium with albumin", "17861-6")
_OSMOLALITY = order("serum osmolality", "2692-2")


def corrected_sodium(record: PatientRecord, days: int) -> Points:
    """Sodium, mmol/L, corrected for a glucose above 100 mg/dL of the same draw."""
    glucose = recent(record, "glucose", days, acute_care=True)
    return tuple(_for_glucose(point, glucose) for point in recent(record, "sodium", days, acute_care=True))


def _for_glucose(point: Measurement, glucose: Points) -> Measurement:
    near = nearest(glucose, point.at, _GLUCOSE_DAYS)
    if near is None or near.value <= _GLUCOSE_NORMAL or point.comparator:
        return point
    value = point.value + _SODIUM_PER_100_GLUCOSE * (near.value - _GLUCOSE_NORMAL) / 100
    glucose_words = f"{near.comparator}{near.value:.0f} mg/dL"
    return replace(
        point,
        value=value,
        comparator=near.comparator,  # above 600 mg/dL of glucose, sodium is above what 600 would make of it
        reported=f"{point.value:.0f} mmol/L, corrected for glucose {glucose_words}",
    )


def corrected_calcium(record: PatientRecord, days: int) -> Points:
    """Calcium, mg/dL, corrected for an albumin of the same week; as measured where there is none."""
    albumin = recent(record, "albumin", days + _ALBUMIN_DAYS, acute_care=True)
    return tuple(_for_albumin(point, albumin) for point in recent(record, "calcium", days, acute_care=True))


def _calcium_in_low_albumin(record: PatientRecord, days: int) -> Points:
    """As `corrected_calcium`, but as measured where albumin is not low.

    The correction stands in for calcium that a low albumin does not carry (Payne 1973,
    doi:10.1136/bmj.4.5893.643): it must not turn a normal calcium into a low one beside 4.8 g/dL of albumin.
    """
    albumin = recent(record, "albumin", days + _ALBUMIN_DAYS, acute_care=True)
    points = recent(record, "calcium", days, acute_care=True)
    return tuple(_for_albumin(point, albumin, only_low=True) for point in points)


def _for_albumin(point: Measurement, albumin: Points, *, only_low: bool = False) -> Measurement:
    near = nearest(albumin, point.at, _ALBUMIN_DAYS)
    if near is None or point.comparator or near.comparator:
        return point
    if only_low and near.value >= _ALBUMIN_NORMAL:
        return replace(point, reported=f"{point.value:.1f} mg/dL, albumin {near.value:.1f} g/dL")
    value = point.value + _CALCIUM_PER_ALBUMIN * (_ALBUMIN_NORMAL - near.value)
    return replace(
        point, value=value, reported=f"{point.value:.1f} mg/dL, corrected for albumin {near.value:.1f} g/dL"
    )


def _with_high_calcium(record: PatientRecord, days: int) -> Points:
    """Parathyroid hormone, pg/mL, with a high corrected calcium within 90 days."""
    return tuple(p for p in recent(record, "pth", days) if _is_calcium_high(p, record, days))


def _without_high_calcium(record: PatientRecord, days: int) -> Points:
    """Parathyroid hormone, pg/mL, without a high corrected calcium within 90 days."""
    return tuple(p for p in recent(record, "pth", days) if not _is_calcium_high(p, record, days))


def _is_calcium_high(point: Measurement, record: PatientRecord, days: int) -> bool:
    near = nearest(corrected_calcium(record, days + _CALCIUM_DAYS), point.at, _CALCIUM_DAYS)
    return near is not None and above(near, _CALCIUM_ABOVE)


def _albumin_unknown(record: PatientRecord, newest: Measurement) -> str:
    return "" if "albumin" in newest.reported else "albumin of the same week"


_FAMILY = RuleFamily(group="electrolytes", stamp=STAMP)


_HYPONATREMIA_2014 = Citation(
    label="ESE/ERA guideline on hyponatremia, 2014", url="https://doi.org/10.1530/EJE-13-1020"
)
_HYPERNATREMIA_2000 = Citation(
    label="Adrogué and Madias, N Engl J Med 2000;342:1493-9",
    url="https://doi.org/10.1056/NEJM200005183422006",
)
_HYPERCALCEMIA_2014 = Citation(
    label="4th International Workshop on primary hyperparathyroidism, 2014",
    url="https://doi.org/10.1210/jc.2014-1413",
)
_HYPOCALCEMIA_2008 = Citation(
    label="Cooper and Gittoes, BMJ 2008;336:1298-302", url="https://doi.org/10.1136/bmj.39582.589433.BE"
)
_MAGNESIUM_2015 = Citation(
    label="de Baaij et al., Physiol Rev 2015;95:1-46", url="https://doi.org/10.1152/physrev.00012.2014"
)
_KDIGO_MBD = Citation(
    label="KDIGO 2017 guideline on CKD-MBD", url="https://doi.org/10.1016/j.kisu.2017.04.001"
)
_HIGH_CALCIUM = _FAMILY.rule(
    "hypercalcaemia", "hypercalcemia", ("66931009", "E83.52"), (HYPERCALCEMIA,), _HYPERCALCEMIA_2014
)
_LOW_CALCIUM = _FAMILY.rule(
    "hypocalcaemia", "hypocalcemia", ("5291005", "E83.51"), (HYPOCALCEMIA,), _HYPOCALCEMIA_2008
)
_PRIMARY = _FAMILY.rule(
    "primary_hyperparathyroidism",
    "primary hyperparathyroidism",
    ("36348003", "E21.0"),
    (PRIMARY_HYPERPARATHYROIDISM,),
    _HYPERCALCEMIA_2014,
)
_PRIMARY_ADVICE = (
    "Calcium is high and the hormone is not suppressed. Urine calcium rules out familial hypocalciuric "
    "hypercalcemia; age under 50, stones, fractures or kidney damage favor surgery."
)
_PARATHYROID_ROWS = (
    LimitRow(
        rule=_PRIMARY,
        analyte="pth",
        sign=">",
        cut=65,
        single=65,
        derive=_with_high_calcium,
        excluded_by=(ADVANCED_CKD,),
        excluded_by_drugs=(LITHIUM, THIAZIDE),
        advice=_PRIMARY_ADVICE,
    ),
    LimitRow(
        rule=_PRIMARY,
        analyte="pth",
        sign=">=",
        cut=20,
        single=20,
        derive=_with_high_calcium,
        excluded_by=(ADVANCED_CKD,),
        excluded_by_drugs=(LITHIUM, THIAZIDE),
        confirmed="B",
        advice=_PRIMARY_ADVICE,
        orders=(_CALCIUM, _PTH),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "secondary_hyperparathyroidism",
            "secondary hyperparathyroidism",
            ("66999008", "N25.81"),
            (SECONDARY_HYPERPARATHYROIDISM, PRIMARY_HYPERPARATHYROIDISM),
            _KDIGO_MBD,
        ),
        analyte="pth",
        sign=">",
        cut=65,
        repeat_days=28,
        derive=_without_high_calcium,
        only_with=(CKD,),
        advice="In chronic kidney disease check phosphate, calcium and vitamin D; treat what is off before "
        "the hormone itself.",
    ),
)
ROWS = (
    LimitRow(
        rule=_FAMILY.rule(
            "hyponatraemia", "hyponatremia", ("89627008", "E87.1"), (HYPONATREMIA,), _HYPONATREMIA_2014
        ),
        analyte="sodium",
        sign="<",
        cut=135,
        single=130,
        urgent=125,
        emergency=115,
        repeat_days=1,
        current_days=14,
        lookback_days=60,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        derive=corrected_sodium,
        contributors=(THIAZIDE, LOOP_DIURETIC, PPI),
        advice="Look for drugs and the state of volume; osmolality of serum and urine and urine sodium show "
        "the cause. Do not raise it faster than 10 mmol/L in 24 hours.",
        orders=(ORDER_BASIC_METABOLIC_PANEL, _OSMOLALITY),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "hypernatraemia", "hypernatremia", ("39355002", "E87.0"), (HYPERNATREMIA,), _HYPERNATREMIA_2000
        ),
        analyte="sodium",
        sign=">",
        cut=145,
        single=150,
        urgent=155,
        emergency=160,
        repeat_days=1,
        current_days=14,
        lookback_days=60,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        contributors=(LOOP_DIURETIC, LITHIUM),
        advice="Mostly a lack of water: look for thirst that can't be met, losses and diuretics.",
        orders=(ORDER_BASIC_METABOLIC_PANEL,),
    ),
    LimitRow(
        rule=_HIGH_CALCIUM,
        analyte="calcium",
        sign=">",
        cut=10.5,
        single=12,
        urgent=12,
        emergency=14,
        repeat_days=1,
        current_days=180,
        lookback_days=365,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        derive=corrected_calcium,
        doubt=_albumin_unknown,
        contributors=(THIAZIDE, LITHIUM, VITAMIN_D),
        advice="Parathyroid hormone tells primary hyperparathyroidism (not suppressed) from malignancy and "
        "other causes (suppressed).",
        orders=(_CALCIUM, _PTH),
    ),
    LimitRow(
        rule=_LOW_CALCIUM,
        analyte="calcium",
        sign="<",
        cut=8.5,
        single=7.5,
        urgent=7.5,
        repeat_days=1,
        current_days=180,
        lookback_days=365,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        derive=_calcium_in_low_albumin,
        doubt=_albumin_unknown,
        contributors=(LOOP_DIURETIC, PPI),
        advice="Magnesium, phosphate, parathyroid hormone and vitamin D show the cause.",
        orders=(_CALCIUM, ORDER_MAGNESIUM, _PTH),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "hypomagnesaemia", "hypomagnesemia", ("190855004", "E83.42"), (HYPOMAGNESEMIA,), _MAGNESIUM_2015
        ),
        analyte="magnesium",
        sign="<",
        cut=1.6,
        single=1.2,
        urgent=1.2,
        repeat_days=1,
        current_days=90,
        lookback_days=365,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        contributors=(PPI, THIAZIDE, LOOP_DIURETIC),
        advice="Potassium and calcium do not recover before magnesium does; look for a proton pump "
        "inhibitor, "
        "diuretics, alcohol and diarrhea.",
        orders=(ORDER_MAGNESIUM,),
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "hyperphosphataemia",
            "hyperphosphatemia",
            ("20165001", "E83.39"),
            (HYPERPHOSPHATEMIA,),
            _KDIGO_MBD,
        ),
        analyte="phosphate",
        sign=">",
        cut=4.5,
        repeat_days=14,
        current_days=180,
        lookback_days=365,
        only_with=(CKD,),
        advice="In chronic kidney disease a persistently raised phosphate is treated by diet first; check "
        "calcium and parathyroid hormone.",
        orders=(_PTH,),
    ),
    LimitRow(
        rule=_HIGH_CALCIUM,
        analyte="calcium_ionized",
        sign=">",
        cut=1.33,
        single=1.5,
        urgent=1.5,
        repeat_days=1,
        current_days=180,
        lookback_days=365,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        contributors=(THIAZIDE, LITHIUM, VITAMIN_D),
        advice="Parathyroid hormone tells primary hyperparathyroidism (not suppressed) from malignancy and "
        "other causes (suppressed).",
        orders=(_CALCIUM, _PTH),
    ),
    LimitRow(
        rule=_LOW_CALCIUM,
        analyte="calcium_ionized",
        sign="<",
        cut=1.12,
        single=0.9,
        urgent=0.9,
        repeat_days=1,
        current_days=180,
        lookback_days=365,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        contributors=(LOOP_DIURETIC, PPI),
        advice="Magnesium, phosphate, parathyroid hormone and vitamin D show the cause.",
        orders=(_CALCIUM, ORDER_MAGNESIUM, _PTH),
    ),
    *_PARATHYROID_ROWS,
)


@clinical_model
class ElectrolyteCriteria(LimitCriteria):
    """Sodium, calcium, magnesium, phosphate and parathyroid hormone by published limits."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "glucose", "albumin", "calcium")
    card = PublishedCriteria(
        authors="several societies, named with each finding",
        conditions="disorders of sodium, calcium, magnesium, phosphate and parathyroid hormone",
        output="Whether values are out of range repeatedly or far enough at once; phosphate "
        "in known chronic kidney disease only.",
        population="Adults of 18 years and over.",
        out_of_scope="Children; the cause; treatment.",
        known_risks="Lipemic or hyperproteinemic serum lowers measured sodium. Correction of calcium for "
        "albumin is approximate; ionized calcium is better. A prolonged tourniquet raises calcium.",
        basis="Reference ranges and the consensus of guideline groups.",
        accuracy="Not available: how often fixed limits disagree with a laboratory's own is not published.",
        fairness="The limits are the same for everybody.",
        inputs="Age.",
        references="doi:10.1530/EJE-13-1020; doi:10.1056/NEJM200005183422006; doi:10.1210/jc.2014-1413; "
        "doi:10.1136/bmj.39582.589433.BE; doi:10.1152/physrev.00012.2014; doi:10.1016/j.kisu.2017.04.001.",
    ).card()
