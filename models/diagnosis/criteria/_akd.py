"""Acute kidney disease: a fall within three months that is no acute injury; part of the kidney criteria."""

from __future__ import annotations

from fhir_adapters.record import PatientRecord
from fhir_adapters.terminology.code_set import documented
from fhir_adapters.terminology.conditions import AKI, DIALYSIS_OR_ESRD
from models.diagnosis.acute_fall import AcuteFall, acute_fall
from models.diagnosis.criteria._aki import HARMFUL, HOLD, recorded_now
from models.diagnosis.evidence import day, drugs, measured, quantity_of, some, value_of
from models.diagnosis.kdigo import AKI_GUIDELINE, STAMP
from models.diagnosis.rule import ORDER_BASIC_METABOLIC_PANEL, Rule, order
from models.finding import Assessment, Evidence

# No code system of the problem list has a code for it: what is found is to be cleared up, not recorded.
AKD_RULE = Rule(
    key="akd",
    group="kidney",
    name="acute kidney disease",
    snomed="",
    icd10="",
    documented_by=(AKI,),
    guideline=AKI_GUIDELINE,
    stamp=STAMP,
)
_ORDER_URINALYSIS = order("urinalysis", "24357-6")
_URGENT_BELOW = 30


def assess_akd(record: PatientRecord) -> Assessment:
    """A fall of eGFR by 35% or more within three months, unless an acute injury of that time is recorded."""
    fall = acute_fall(record)
    if fall is None or recorded_now(record) or documented(record, DIALYSIS_OR_ESRD):
        return Assessment()
    low = fall.newest.analyte == "egfr" and fall.newest.value < _URGENT_BELOW
    finding = AKD_RULE.finding(
        statement=_statement(fall),
        rationale="By KDIGO such a change within 3 months is acute kidney disease, also without an injury. "
        f"Look for the cause: volume, obstruction, urine sediment, drugs. {HOLD}, adjust "
        "doses, repeat creatinine, and judge again 3 months later whether it became chronic.",
        confidence="A" if fall.again is not None else "B",
        urgency="urgent" if low else "soon",
        evidence=(*_values(fall), *drugs(record, HARMFUL)),
        missing=("urinalysis with sediment",)
        if fall.again is not None
        else ("a second low value", "urinalysis"),
        proposals=(ORDER_BASIC_METABOLIC_PANEL, _ORDER_URINALYSIS),
    )
    return Assessment(findings=(finding,))


def _values(fall: AcuteFall) -> tuple[Evidence, ...]:
    """The newest value, what confirms it, and what it is measured against; each once."""
    again = None if fall.again is fall.worst else fall.again
    return (
        measured(fall.newest, "newest"),
        *some(None if again is None else measured(again, "the value before that meets the criterion, too")),
        *some(None if fall.worst is None else measured(fall.worst, "worst in between")),
        measured(fall.before, "best of the 90 days before"),
    )


def _statement(fall: AcuteFall) -> str:
    of_egfr = fall.newest.analyte == "egfr"
    what, direction = ("eGFR", "down") if of_egfr else ("creatinine", "up")
    newest = value_of(fall.newest) if of_egfr else quantity_of(fall.newest)
    lead = "Acute kidney disease" if fall.again is not None else "Possible acute kidney disease, repeat"
    return (
        f"{lead}: {what} {value_of(fall.before)} ({day(fall.before.at)}) to {newest} "
        f"({day(fall.newest.at)}), {direction} {abs(fall.change):.0%}"
    )
