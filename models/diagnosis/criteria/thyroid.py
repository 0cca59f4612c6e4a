"""Hypothyroidism that is not on the problem list, overt and subclinical.

Source: Garber JR et al., Clinical practice guidelines for hypothyroidism in adults (ATA/AACE), Thyroid
2012;22:1200-35.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from fhir_adapters.record import Measurement, Need, PatientRecord, Requires
from fhir_adapters.terminology.code_set import ever_documented
from fhir_adapters.terminology.conditions import HYPOTHYROIDISM, OTHER_THYROID_DISEASE
from fhir_adapters.terminology.drugs import BIOTIN, THYROID_HORMONE, THYROID_INTERFERING, taking
from models.chart_inputs import not_recorded, problem_list
from models.contract import ClinicalSettings
from models.diagnosis.criteria_card import PublishedCriteria
from models.diagnosis.evidence import dated, drug, drugs, measured, quantity_of, some
from models.diagnosis.exclusions import is_adult, medications_missing, outside_pregnancy
from models.diagnosis.rule import ORDER_FREE_T4, ORDER_TSH, Rule
from models.diagnosis.values import (
    TWO_YEARS,
    Points,
    above,
    at_least,
    below,
    daily,
    nearest,
    newest_run,
    recent,
    span_days,
)
from models.finding import Abstention, Assessment, Citation, Evidence, Finding
from models.registry import clinical_model
from models.scoring import stamped


@dataclass(frozen=True, slots=True)
class Limits:
    """Cut-offs: TSH in m[IU]/L, free T4 in ng/dL, times in days, age in years."""

    tsh_above: float = 4.5
    tsh_overt_above: float = 10
    tsh_above_in_old_age: float = 7
    old_age_above: int = 70
    free_t4_low: float = 0.8
    free_t4_high: float = 1.8
    repeat_days: float = 42
    same_time_days: float = 30


LIMITS = Limits()
STAMP = stamped("thyroid.v1", "1.0", LIMITS)
GUIDELINE = Citation(
    label="ATA/AACE guideline for hypothyroidism in adults, 2012", url="https://doi.org/10.1089/thy.2012.0205"
)
OVERT = Rule(
    key="hypothyroidism",
    group="thyroid",
    name="hypothyroidism",
    snomed="40930008",
    icd10="E03.9",
    documented_by=(HYPOTHYROIDISM,),
    guideline=GUIDELINE,
    stamp=STAMP,
)
SUBCLINICAL = replace(
    OVERT,
    key="subclinical_hypothyroidism",
    name="subclinical hypothyroidism",
    snomed="54823002",
    icd10="E03.8",
)


@clinical_model
class ThyroidCriteria:
    """Overt and subclinical hypothyroidism by TSH and free T4."""

    name = STAMP.name
    stamp = STAMP
    requires = Requires(
        (
            Need(resource="Patient", required=True),
            Need(resource="Condition", required=True),
            Need(
                resource="Observation",
                analytes=("tsh", "free_t4", "pregnancy_status"),
                lookback_days=TWO_YEARS,
                required=True,
            ),
            Need(resource="Encounter", lookback_days=TWO_YEARS),
            Need(resource="MedicationRequest"),
            Need(resource="MedicationStatement"),
        )
    )
    card = PublishedCriteria(
        authors="the American Thyroid Association and the American Association of Clinical Endocrinologists "
        "(2012)",
        conditions="hypothyroidism",
        output="Whether TSH and free T4 of the last 24 months meet the criteria for overt or subclinical "
        "hypothyroidism, or thyroid hormone is taken without a recorded reason.",
        population="Adults of 18 years and over who are not pregnant and have no hypothyroidism on record.",
        out_of_scope="Pregnancy and 12 weeks after it, values taken in hospital, central hypothyroidism "
        "(TSH is not raised), children.",
        known_risks="Recovery from illness, biotin, amiodarone and lithium change TSH; the drugs are named "
        "when the chart lists them. Laboratories' own ranges differ from the fixed cut-offs.",
        basis="Cut-offs rest on reference ranges of population surveys and on trials of treatment.",
        accuracy="Not available: figures on how often the fixed cut-offs disagree with local ranges vary.",
        fairness="TSH rises with age and differs somewhat by ancestry; above 70 years a higher limit is used "
        "for subclinical disease.",
        inputs="Age. Sex is read only to rule out pregnancy.",
        references="Thyroid 2012;22:1200-35.",
    ).card()

    def assess(self, record: PatientRecord, settings: ClinicalSettings) -> Assessment:
        """Treated without a diagnosis, else overt, else subclinical, else nothing."""
        if not is_adult(record):
            return Assessment()
        tsh = daily(recent(record, "tsh", TWO_YEARS))
        treated = _treated(record, tsh)
        if treated is not None:
            return outside_pregnancy(record, OVERT, (treated,))
        if not tsh or not above(tsh[-1], LIMITS.tsh_above):
            return Assessment()
        if OVERT.documented(record) or taking(record, THYROID_HORMONE):
            return Assessment()
        return _untreated(record, tsh)


def _treated(record: PatientRecord, tsh: Points) -> Finding | None:
    hormone = taking(record, THYROID_HORMONE)
    if hormone is None or OVERT.documented(record) or ever_documented(record, OTHER_THYROID_DISEASE):
        return None
    value = f"; TSH {dated(tsh[-1])}" if tsh else ""
    high = bool(tsh) and above(tsh[-1], LIMITS.tsh_above)
    advice = " TSH is above range: check how it is taken, then the dose." if high else ""
    return OVERT.finding(
        statement=f"Thyroid hormone is taken, its reason is {not_recorded(record)}{value}",
        rationale=f"Record the reason for the treatment, usually hypothyroidism.{advice}",
        confidence="B",
        evidence=(
            drug(hormone, "On thyroid hormone"),
            *((measured(tsh[-1]),) if tsh else ()),
            *some(OVERT.previously(record)),
        ),
        missing=() if tsh else ("TSH of the last 2 years",),
        proposals=(*(() if tsh else (ORDER_TSH,)), OVERT.add_problem()),
    )


def _untreated(record: PatientRecord, tsh: Points) -> Assessment:
    free_t4 = recent(record, "free_t4", TWO_YEARS)
    newest = tsh[-1]
    t4 = nearest(free_t4, newest.at, LIMITS.same_time_days)
    raised = newest_run(tsh, lambda p: above(p, LIMITS.tsh_above), lambda p: not above(p, LIMITS.tsh_above))
    low_t4 = t4 is not None and below(t4, LIMITS.free_t4_low)
    if low_t4 or above(newest, LIMITS.tsh_overt_above):
        return outside_pregnancy(record, OVERT, (_overt(record, raised, t4, low_t4),))
    answer = _subclinical(record, raised, t4)
    if isinstance(answer, Finding):
        return outside_pregnancy(record, SUBCLINICAL, (answer,))
    return Assessment(abstentions=(answer,)) if answer is not None else Assessment()


def _overt(record: PatientRecord, raised: Points, t4: Measurement | None, low_t4: bool) -> Finding:
    newest = raised[-1]
    repeated = len(raised) >= 2 and span_days(raised) >= LIMITS.repeat_days
    over_ten_twice = repeated and all(above(p, LIMITS.tsh_overt_above) for p in (raised[0], newest))
    at_once = low_t4 and above(newest, LIMITS.tsh_overt_above)
    distorted = taking(record, BIOTIN) is not None
    full = (at_once or over_ten_twice or (repeated and low_t4)) and not distorted
    with_t4 = f", free T4 {quantity_of(t4)}" if t4 is not None else ""
    meets = "meets criteria for hypothyroidism" if full else "suggests hypothyroidism, repeat"
    order = (ORDER_TSH,) if t4 is not None else (ORDER_FREE_T4, ORDER_TSH)
    return OVERT.finding(
        statement=f"TSH {dated(newest)}{with_t4}: {meets}",
        rationale=_overt_advice(record, full, t4 is None or low_t4),
        confidence="A" if full else "B",
        urgency="soon" if full else "routine",
        evidence=_evidence(record, raised, t4),
        missing=(*(() if t4 is not None else ("free T4",)), *medications_missing(record)),
        proposals=(OVERT.add_problem(),) if full else order,
    )


def _overt_advice(record: PatientRecord, full: bool, t4_low_or_unknown: bool) -> str:
    if not full:
        return "Repeat TSH with free T4 in 6 to 12 weeks, sooner with symptoms; a single value can pass."
    if t4_low_or_unknown:
        return f"Not on {problem_list(record)}. Levothyroxine is indicated; TPO antibodies show the cause."
    return "Free T4 is still normal, but a persistent TSH above 10 is generally treated with levothyroxine."


def _subclinical(
    record: PatientRecord, raised: Points, t4: Measurement | None
) -> Finding | Abstention | None:
    old = (record.age_years or 0) > LIMITS.old_age_above
    limit = LIMITS.tsh_above_in_old_age if old else LIMITS.tsh_above
    newest = raised[-1]
    if len(raised) < 2 or span_days(raised) < LIMITS.repeat_days or not above(newest, limit):
        return None
    if t4 is None:
        reason = "TSH has been raised twice, but free T4 was not measured near the newest value"
        return SUBCLINICAL.abstention("missing-input", reason, ("free T4",))
    if not at_least(t4, LIMITS.free_t4_low) or above(t4, LIMITS.free_t4_high):
        return None
    return SUBCLINICAL.finding(
        statement=f"Subclinical hypothyroidism: TSH {dated(raised[0])} and {dated(newest)}, free T4 normal",
        rationale="Usually followed with TSH every 6 to 12 months; treatment is weighed with symptoms, TPO "
        "antibodies, planned pregnancy or cardiovascular risk.",
        confidence="B",
        evidence=_evidence(record, raised, t4),
        missing=("TPO antibodies", *medications_missing(record)),
        proposals=(ORDER_TSH, SUBCLINICAL.add_problem()),
    )


def _evidence(record: PatientRecord, raised: Points, t4: Measurement | None) -> tuple[Evidence, ...]:
    return (
        *(measured(point) for point in reversed(raised[-3:])),
        *((measured(t4),) if t4 is not None else ()),
        *drugs(record, (THYROID_INTERFERING, BIOTIN)),
        *some(OVERT.previously(record)),
    )
