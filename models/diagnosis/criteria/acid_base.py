"""Metabolic acidosis, acute and chronic, and suspected diabetic ketoacidosis.

Sources: Kraut JA, Madias NE, N Engl J Med 2014;371:1434-45 (acute); KDIGO CKD 2024 (chronic, in kidney
disease); Kraut JA, Madias NE, Nat Rev Nephrol 2010;6:274-85 (chronic, without); Umpierrez GE
et al. (ADA/EASD), Diabetes Care 2024;47:1257-75 (ketoacidosis). Anion gap with albumin: Figge J et al., Crit
Care Med 1998;26:1807-10.
"""

from __future__ import annotations

from fhir_adapters.record import CodedObservation, Measurement, PatientRecord
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import ACIDOSIS, CKD, DIABETES, KETOACIDOSIS
from fhir_adapters.terminology.drugs import METFORMIN, SGLT2_INHIBITOR
from models.chart_inputs import words_of
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import measured
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.rule import ORDER_BASIC_METABOLIC_PANEL, RuleFamily, order
from models.diagnosis.values import Points, above, at_least, below, nearest, recent
from models.finding import Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped

_PH_ACID, _BICARBONATE_LOW, _PH_KETOACIDOSIS, _BICARBONATE_KETOACIDOSIS = 7.35, 22, 7.30, 18
_PH_ALKALINE_ABOVE, _PCO2_LOW = 7.40, 35
_GLUCOSE_HIGH, _KETONES_HIGH = 200, 3
_GAP_PER_ALBUMIN, _ALBUMIN_NORMAL, _GAP_ABOVE = 2.5, 4.0, 12
# Two results of one state, days.
_TOGETHER = 0.25
_ACUTE_DAYS = 2
STAMP = stamped(
    "acid_base.v1",
    "1.1",
    (_PH_ACID, _BICARBONATE_LOW, _PH_KETOACIDOSIS, _BICARBONATE_KETOACIDOSIS, _GLUCOSE_HIGH, _KETONES_HIGH),
)
_MUCH_KETONE = frozenset({"2+", "3+", "4+", "++", "+++", "++++", "moderate", "large"})


def _near(
    record: PatientRecord, analyte: str, point: Measurement, days: float = _TOGETHER
) -> Measurement | None:
    return nearest(recent(record, analyte, 731, acute_care=True), point.at, days)


def _acidemia(record: PatientRecord, bicarbonate: Measurement) -> tuple[Evidence, ...]:
    """A pH below 7.35 of the same hours, and the anion gap where it is known."""
    ph = _near(record, "ph_arterial", bicarbonate)
    if ph is None or not below(ph, _PH_ACID):
        return ()
    return (measured(ph), *_gap(record, bicarbonate))


def _gap(record: PatientRecord, bicarbonate: Measurement) -> tuple[Evidence, ...]:
    sodium, chloride = (_near(record, name, bicarbonate) for name in ("sodium", "chloride"))
    if sodium is None or chloride is None or any(p.comparator for p in (sodium, chloride, bicarbonate)):
        return ()
    albumin = _near(record, "albumin", bicarbonate, 7)
    albumin = albumin if albumin is not None and not albumin.comparator else None
    gap = sodium.value - chloride.value - bicarbonate.value
    corrected = gap + (_GAP_PER_ALBUMIN * (_ALBUMIN_NORMAL - albumin.value) if albumin is not None else 0)
    level = "high" if corrected > _GAP_ABOVE else "normal"
    remark = f"{level}; {'corrected for albumin' if albumin is not None else 'albumin not known'}"
    return (
        Evidence(
            source=sodium.source, label="Anion gap", value=f"{corrected:.0f}", unit="mmol/L", at=sodium.at,
            remark=remark,
        ),
    )  # fmt: skip


def _not_compensating(record: PatientRecord, days: int) -> Points:
    """Bicarbonate, mmol/L, outside acute care; without what a respiratory alkalosis explains."""
    return tuple(p for p in recent(record, "bicarbonate", days) if not _is_alkalosis(record, p))


def _without_kidney_disease(record: PatientRecord, days: int) -> Points:
    """The same of somebody whose problem list has no kidney disease."""
    return () if documented(record, CKD) is not None else _not_compensating(record, days)


def _is_alkalosis(record: PatientRecord, bicarbonate: Measurement) -> bool:
    ph, pco2 = (_near(record, name, bicarbonate) for name in ("ph_arterial", "pco2"))
    if ph is None or pco2 is None:
        return False
    return above(ph, _PH_ALKALINE_ABOVE) and below(pco2, _PCO2_LOW)


def _ketones(record: PatientRecord, point: Measurement) -> tuple[Evidence, ...]:
    """Ketones of the same day that are high in blood or urine."""
    blood = _near(record, "ketones_blood", point, 1)
    if blood is not None and at_least(blood, _KETONES_HIGH):
        return (measured(blood),)
    urine = next((obs for obs in record.coded_observations if _is_much(obs, point)), None)
    if urine is None:
        return ()
    shown = Evidence(source=urine.source, label="Urine ketones", value=urine.value.label, at=urine.at)
    return (shown,)


def _is_much(obs: CodedObservation, point: Measurement) -> bool:
    same_day = abs((obs.at - point.at).total_seconds()) <= 86400
    return obs.kind == "ketones_urine" and same_day and bool(_MUCH_KETONE & set(words_of(obs).split()))


def _acid_and_ketones(record: PatientRecord, glucose: Measurement) -> tuple[Evidence, ...]:
    """What makes a high glucose a ketoacidosis: acid, and ketones."""
    ketones = _ketones(record, glucose)
    acid = [
        measured(near)
        for name, cut in (("ph_arterial", _PH_KETOACIDOSIS), ("bicarbonate", _BICARBONATE_KETOACIDOSIS))
        if (near := _near(record, name, glucose)) is not None and below(near, cut)
    ]
    return (*acid, *ketones) if acid and ketones else ()


_FAMILY = RuleFamily(group="acid-base", stamp=STAMP)
_CHRONIC = _FAMILY.rule(
    "metabolic_acidosis",
    "chronic metabolic acidosis",
    ("59455009", "E87.22"),
    (ACIDOSIS,),
    Citation(
        label="KDIGO 2024 guideline for chronic kidney disease",
        url="https://doi.org/10.1016/j.kint.2023.10.018",
    ),
)
_KETOACIDOSIS = _FAMILY.rule(
    "dka_suspicion",
    "diabetic ketoacidosis",
    ("420422005", "E11.10"),
    (KETOACIDOSIS,),
    Citation(
        label="ADA/EASD 2024 consensus on hyperglycemic crises", url="https://doi.org/10.2337/dci24-0032"
    ),
)
_DKA_ADVICE = (
    "Treat now by the local protocol: fluid, insulin, potassium. In type 1 diabetes the code is E10.10. "
    "With an "
    "SGLT2 inhibitor glucose may be near normal."
)
_KETONE_ORDERS = (order("beta-hydroxybutyrate", "6873-4"), ORDER_BASIC_METABOLIC_PANEL)
ROWS = (
    LimitRow(
        rule=_KETOACIDOSIS,
        analyte="glucose",
        sign=">=",
        cut=_GLUCOSE_HIGH,
        single=_GLUCOSE_HIGH,
        urgent=_GLUCOSE_HIGH,
        emergency=_GLUCOSE_HIGH,
        current_days=_ACUTE_DAYS,
        lookback_days=7,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        company=_acid_and_ketones,
        contributors=(SGLT2_INHIBITOR,),
        confirmed="B",
        advice=_DKA_ADVICE,
        orders=_KETONE_ORDERS,
    ),
    *(
        LimitRow(
            rule=_KETOACIDOSIS,
            analyte=analyte,
            sign="<",
            cut=cut,
            single=cut,
            urgent=cut,
            emergency=cut,
            current_days=_ACUTE_DAYS,
            lookback_days=7,
            acute_care=True,
            acute=True,
            in_pregnancy=True,
            only_with=(DIABETES,),
            company=_ketones,
            contributors=(SGLT2_INHIBITOR,),
            confirmed="B",
            advice=_DKA_ADVICE,
            orders=_KETONE_ORDERS,
        )
        for analyte, cut in (("ph_arterial", _PH_KETOACIDOSIS), ("bicarbonate", _BICARBONATE_KETOACIDOSIS))
    ),
    LimitRow(
        rule=_FAMILY.rule(
            "metabolic_acidosis_acute",
            "acute metabolic acidosis",
            ("59455009", "E87.21"),
            (ACIDOSIS, KETOACIDOSIS),
            Citation(
                label="Kraut and Madias, N Engl J Med 2014;371:1434-45",
                url="https://doi.org/10.1056/NEJMra1003327",
            ),
        ),
        analyte="bicarbonate",
        sign="<",
        cut=_BICARBONATE_LOW,
        single=_BICARBONATE_LOW,
        urgent=_BICARBONATE_LOW,
        emergency=10,
        current_days=_ACUTE_DAYS,
        lookback_days=7,
        acute_care=True,
        acute=True,
        in_pregnancy=True,
        company=_acidemia,
        contributors=(METFORMIN, SGLT2_INHIBITOR),
        advice="A high anion gap points to lactate, ketones, kidney failure or a poison; a normal one to "
        "diarrhea "
        "or a tubular loss.",
        orders=(order("lactate", "2524-7"), *_KETONE_ORDERS),
    ),
    LimitRow(
        rule=_CHRONIC,
        analyte="bicarbonate",
        sign="<",
        cut=_BICARBONATE_LOW,
        repeat_days=90,
        current_days=365,
        derive=_not_compensating,
        only_with=(CKD,),
        confirmed="B",
        advice="In chronic kidney disease consider treatment so that bicarbonate does not fall below 18.",
        orders=(ORDER_BASIC_METABOLIC_PANEL,),
    ),
    LimitRow(
        # KDIGO speaks of kidney disease only, and a little below 22 is common in healthy people.
        rule=_FAMILY.rule(
            "metabolic_acidosis_unexplained",
            "chronic metabolic acidosis",
            ("59455009", "E87.22"),
            (ACIDOSIS,),
            Citation(
                label="Kraut and Madias, Nat Rev Nephrol 2010;6:274-85",
                url="https://doi.org/10.1038/nrneph.2010.33",
            ),
        ),
        analyte="bicarbonate",
        sign="<",
        cut=_BICARBONATE_LOW,
        repeat_days=90,
        current_days=365,
        derive=_without_kidney_disease,
        contributors=(METFORMIN,),
        confirmed="B",
        advice="Low at least twice in three months or more without known kidney disease: a blood gas rules "
        "out respiratory alkalosis; think of diarrhea, drugs and tubular acidosis.",
        orders=(ORDER_BASIC_METABOLIC_PANEL, order("arterial blood gas panel", "24336-0")),
    ),
)


@clinical_model
class AcidBaseCriteria(LimitCriteria):
    """Metabolic acidosis and suspected ketoacidosis by pH, bicarbonate, glucose and ketones."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(
        ROWS, "pco2", "sodium", "chloride", "albumin", "ketones_blood", "ketones_urine", "ph_arterial"
    )
    card = PublishedCriteria(
        authors="the ADA and EASD (2024), KDIGO (2024) and authors named with each finding",
        conditions="metabolic acidosis and diabetic ketoacidosis",
        output="Whether blood is acid with a low bicarbonate, whether bicarbonate stays low, or whether "
        "acid, "
        "ketones and diabetes or a high glucose meet.",
        population="Adults of 18 years and over.",
        out_of_scope="Children; respiratory disorders; chronic values of hospital stays.",
        known_risks="A venous pH reads 0.03 lower than an arterial one and both come under one name. Ketones "
        "also rise in fasting and with alcohol. The type of diabetes is not judged.",
        basis="Consensus definitions by the bodies named with each finding.",
        accuracy="Not available for these rules as written.",
        fairness="The same limits for everybody.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="doi:10.2337/dci24-0032; doi:10.1016/j.kint.2023.10.018; doi:10.1056/NEJMra1003327; "
        "doi:10.1038/nrneph.2010.33.",
    ).card()
