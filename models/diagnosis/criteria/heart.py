"""Heart failure by ejection fraction, natriuretic peptides and symptoms, and injury of the heart by troponin.

Sources: Heidenreich PA et al. (AHA/ACC/HFSA), Circulation 2022;145:e895-1032; McDonagh TA et al. (ESC), Eur
Heart J 2021;42:3599-726; Januzzi JL et al. (ICON), Eur Heart J 2006;27:330-7 (acute limits by age); Thygesen
K et al. (UDMI 4), Circulation 2018;138:e618-51. HFrEF by ejection fraction alone is a row of `organs.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from fhir_adapters.record import Measurement, PatientRecord
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import (
    ATRIAL_FIBRILLATION,
    DIALYSIS_OR_ESRD,
    HEART_FAILURE,
    MYOCARDIAL_INJURY,
)
from fhir_adapters.terminology.drugs import LOOP_DIURETIC, taking
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import drug, measured, quantity_of
from models.diagnosis.limit_rules import LimitCriteria, LimitRow, reads
from models.diagnosis.note_evidence import symptom
from models.diagnosis.rule import ORDER_ECG, RuleFamily, order
from models.diagnosis.values import TWO_YEARS, Points, at_least, recent
from models.finding import Citation, Evidence
from models.registry import clinical_model
from models.scoring import stamped

_PRESERVED = 50
_PEPTIDE = {"ntprobnp": (125, 365), "bnp": (35, 105)}  # pg/mL, without and with atrial fibrillation
# NT-proBNP, pg/mL, that rules acute heart failure in, by age in completed years.
_RULE_IN = ((18, 49, 450), (50, 75, 900), (76, None, 1800))
# 99th percentiles of healthy people, ng/L: of the one assay for troponin T, and of a common one for troponin
# I.
_TROPONIN = {"troponin_t_hs": 14, "troponin_i_hs": 26}
_CHANGE, _SERIAL_DAYS = 0.2, 1
_SYMPTOM_DAYS = 90
STAMP = stamped("heart.v1", "1.0", (_PRESERVED, _PEPTIDE, _RULE_IN, _TROPONIN, _CHANGE))
_SYMPTOMS = re.compile(
    r"\b(?:dyspn(?:o)?ea|short(?:ness)? of breath|orthopn(?:o)?ea|paroxysmal nocturnal|(?:leg|ankle|pedal|"
    r"peripheral|lower extremity) (?:swelling|(?:o)?edema)|rales|crackles|jugular venous distension|"
    r"exercise intolerance)\b",
    re.IGNORECASE,
)


def _symptomatic(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """A note of the quarter around the value that affirms a symptom or sign."""
    found = symptom(record, _SYMPTOMS, "Symptoms in a note", newest.at, _SYMPTOM_DAYS)
    return (found,) if found is not None else ()


def _congested_with_preserved_function(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """Ejection fraction of 50 % or more, a symptom and a loop diuretic: all three, or nothing."""
    fractions = recent(record, "lvef", TWO_YEARS, acute_care=True)
    symptoms, diuretic = _symptomatic(record, newest), taking(record, LOOP_DIURETIC)
    if not fractions or not at_least(fractions[-1], _PRESERVED) or not symptoms or diuretic is None:
        return ()
    return (measured(fractions[-1]), *symptoms, drug(diuretic, "Loop diuretic"))


def _outside_fibrillation(analyte: str) -> Callable[[PatientRecord, int], Points]:
    def without_fibrillation(record: PatientRecord, days: int) -> Points:
        if documented(record, ATRIAL_FIBRILLATION):
            return ()
        return recent(record, analyte, days, acute_care=True)

    return without_fibrillation


def _in_acute_care(record: PatientRecord, days: int) -> Points:
    """NT-proBNP, pg/mL, of hospital and emergency department."""
    points = recent(record, "ntprobnp", days, acute_care=True)
    return tuple(point for point in points if point.setting in ("inpatient", "emergency"))


def _serial(record: PatientRecord, newest: Measurement) -> tuple[Evidence, ...]:
    """An earlier value of the day, and whether the two differ by more than a fifth."""
    earlier = [p for p in recent(record, newest.analyte, 7, acute_care=True) if p.at < newest.at]
    if not earlier or (newest.at - earlier[-1].at).days >= _SERIAL_DAYS or not earlier[-1].value:
        return ()
    if newest.comparator or earlier[-1].comparator:
        return (measured(earlier[-1]),)  # no share of a limit: "<0.01" is not 0.01
    change = (newest.value - earlier[-1].value) / earlier[-1].value
    kind = "acute" if abs(change) > _CHANGE else "stable, as in chronic injury"
    remark = f"{change:+.0%} to {quantity_of(newest)}: {kind}"
    return (measured(earlier[-1], remark),)


_FAMILY = RuleFamily(group="heart-failure", stamp=STAMP)
_AHA_2022 = Citation(
    label="AHA/ACC/HFSA 2022 guideline on heart failure", url="https://doi.org/10.1161/CIR.0000000000001063"
)
_ECHO = order("echocardiogram", "42148-7")
_PRESERVED_RULE = _FAMILY.rule(
    "heart_failure_hfpef",
    "heart failure with preserved ejection fraction",
    ("446221000", "I50.30"),
    (HEART_FAILURE,),
    _AHA_2022,
)
_ACUTE_RULE = _FAMILY.rule(
    "heart_failure_acute",
    "acute heart failure",
    ("84114007", "I50.9"),
    (HEART_FAILURE,),
    Citation(label="ICON, Eur Heart J 2006;27:330-7", url="https://doi.org/10.1093/eurheartj/ehi631"),
)
_INJURY = RuleFamily(group="heart-injury", stamp=STAMP).rule(
    "myocardial_injury",
    "injury of the heart muscle",
    ("", "I5A"),
    (MYOCARDIAL_INJURY,),
    Citation(
        label="Fourth universal definition of myocardial infarction, 2018",
        url="https://doi.org/10.1161/CIR.0000000000000617",
    ),
)


def _preserved(analyte: str, *, fibrillating: bool) -> LimitRow:
    limit = _PEPTIDE[analyte][int(fibrillating)]
    return LimitRow(
        rule=_PRESERVED_RULE,
        analyte=analyte,
        sign=">=",
        cut=limit,
        single=limit,
        acute_care=True,
        derive=None if fibrillating else _outside_fibrillation(analyte),
        only_with=(ATRIAL_FIBRILLATION,) if fibrillating else (),
        excluded_by=(DIALYSIS_OR_ESRD,),
        company=_congested_with_preserved_function,
        confirmed="B",
        advice="A raised peptide with symptoms, a loop diuretic and a preserved ejection fraction: an "
        "echocardiogram with filling pressures confirms; an SGLT2 inhibitor is recommended.",
        orders=(_ECHO,),
    )


def _acute(from_age: int, to_age: int | None, limit: float) -> LimitRow:
    return LimitRow(
        rule=_ACUTE_RULE,
        analyte="ntprobnp",
        sign=">",
        cut=limit,
        single=limit,
        from_age=from_age,
        to_age=to_age,
        current_days=7,
        lookback_days=7,
        acute_care=True,
        derive=_in_acute_care,
        excluded_by=(DIALYSIS_OR_ESRD,),
        confirmed="C",
        advice="Above the limit for the age that rules acute heart failure in, if symptoms fit. Kidney "
        "disease, "
        "fibrillation and pulmonary embolism raise it too.",
        orders=(_ECHO,),
    )


def _injured(analyte: str) -> LimitRow:
    limit = _TROPONIN[analyte]
    return LimitRow(
        rule=_INJURY,
        analyte=analyte,
        sign=">",
        cut=limit,
        single=limit,
        urgent=limit,
        current_days=2,
        lookback_days=7,
        acute_care=True,
        in_pregnancy=True,
        company=_serial,
        confirmed="B",
        advice="A change of more than a fifth is acute injury: with symptoms or ECG changes it is "
        "infarction. A "
        "stable value is chronic injury: kidney disease, heart failure. Use the limit of your own assay.",
        orders=(ORDER_ECG, order("high-sensitivity troponin T", "67151-1")),
    )


ROWS = (
    LimitRow(
        rule=_FAMILY.rule(
            "heart_failure_hfmref",
            "heart failure with mildly reduced ejection fraction",
            ("84114007", "I50.9"),
            (HEART_FAILURE,),
            _AHA_2022,
        ),
        analyte="lvef",
        sign="<",
        cut=_PRESERVED,
        until=41,
        single=_PRESERVED,
        acute_care=True,
        in_pregnancy=True,
        company=_symptomatic,
        confirmed="B",
        advice="An ejection fraction of 41 to 49% with symptoms: a natriuretic peptide supports it; an SGLT2 "
        "inhibitor is recommended.",
        orders=(order("NT-proBNP", "33762-6"),),
    ),
    *(_preserved(analyte, fibrillating=af) for analyte in _PEPTIDE for af in (True, False)),
    *(_acute(*limits) for limits in _RULE_IN),
    *(_injured(analyte) for analyte in _TROPONIN),
)


@clinical_model
class HeartCriteria(LimitCriteria):
    """Heart failure with preserved or mildly reduced ejection fraction, acute heart failure, injury."""

    name = STAMP.name
    stamp = STAMP
    rows = ROWS
    requires = reads(ROWS, "lvef", notes=True)
    card = PublishedCriteria(
        authors="AHA/ACC/HFSA (2022), ESC (2021) and the fourth universal definition of infarction (2018)",
        conditions="heart failure and injury of the heart muscle",
        output="Which results and symptoms meet a published definition, in whole or in part.",
        population="Adults of 18 years and over without documented heart failure or infarction.",
        out_of_scope="Children, dialysis (natriuretic peptides), the cause, and the diagnosis of "
        "infarction, which "
        "needs symptoms and an ECG.",
        known_risks="Obesity lowers natriuretic peptides; age, kidney disease and fibrillation raise "
        "them. The "
        "99th percentile of troponin I depends on the assay, which a chart does not name; sexes differ.",
        basis="Consensus definitions; limits by age from a pooled cohort in emergency departments.",
        accuracy="For the acute limits by the publication: sensitivity 90%, specificity 84%. Not "
        "available for "
        "the rules as written.",
        fairness="One limit of troponin for both sexes misses injury in women that sex-specific limits find.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="doi:10.1161/CIR.0000000000001063; doi:10.1093/eurheartj/ehab368; "
        "doi:10.1093/eurheartj/ehi631; doi:10.1161/CIR.0000000000000617.",
    ).card()
