"""A stay in hospital as the readmission model sees it: of a chart, of bare inputs, of a training row.

One `Stay` and one function to features for all three, so that what was learned is what is asked.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from fhir_adapters.record import SNOMED, Concept, Condition, Encounter, PatientRecord
from models.complications._diagnosis_groups import GROUPS, groups_of

# Where somebody goes from hospital, in ascending order of readmission among the stays of training, so that a
# table can part them by a limit.
DESTINATIONS: Mapping[str, int] = {
    "long_term_hospital": 0,
    "home": 1,
    "home_care": 2,
    "against_advice": 3,
    "nursing_facility": 4,
    "other_hospital": 5,
    "rehabilitation": 6,
    "psychiatric": 7,
}
# Beyond these the training data say nothing more: longer stays and fuller lists count as the limit.
MOST_DAYS, MOST_INPATIENT, MOST_EMERGENCY, MOST_OUTPATIENT, MOST_DIAGNOSES = 14, 12, 8, 10, 9
_ACUTE = ("inpatient", "emergency")
_ONE_YEAR = timedelta(days=365)
# An emergency visit that ends so close before a stay led to it and is part of it.
_LED_TO = timedelta(hours=24)
# A stay that ended this recently can still be followed up early.
RECENT = timedelta(days=2)

# HL7 discharge-disposition codes, then the codes of patient discharge status on US claims (UB-04), then the
# SNOMED CT ids of public records.
_HL7: Mapping[str, str] = {
    "home": "home",
    "alt-home": "home",
    "other-hcf": "other_hospital",
    "hosp": "other_hospital",
    "long": "long_term_hospital",
    "aadvice": "against_advice",
    "psy": "psychiatric",
    "rehab": "rehabilitation",
    "snf": "nursing_facility",
}
_CLAIMS: Mapping[str, str] = {
    "01": "home",
    "02": "other_hospital",
    "03": "nursing_facility",
    "04": "nursing_facility",
    "05": "other_hospital",
    "06": "home_care",
    "07": "against_advice",
    "08": "home_care",
    "43": "other_hospital",
    "61": "nursing_facility",
    "62": "rehabilitation",
    "63": "long_term_hospital",
    "64": "nursing_facility",
    "65": "psychiatric",
    "66": "other_hospital",
    "70": "other_hospital",
}
_SNOMED: Mapping[str, str] = {"306689006": "home", "306694006": "nursing_facility"}
_HOSPICE_OR_DEATH = frozenset(
    {"exp", "hospice", "20", "40", "41", "42", "50", "51", "371828006", "305336008"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stay:
    """What is known of a stay at its end, or so far.

    Attributes:
        age: Completed years.
        sex: "female" or "male"; "" for any other.
        days: Nights in hospital.
        inpatient, emergency, outpatient: Stays and visits of the year before it began.
        diagnoses: How many are recorded.
        groups: Names of diagnosis groups among those that the stay was for.
        destination: Where the patient went; "" while that is not known.
    """

    age: int
    sex: str
    days: float
    inpatient: int
    emergency: int
    outpatient: int
    diagnoses: int
    groups: frozenset[str]
    destination: str = ""


def features_of(stay: Stay) -> dict[str, float | None]:
    """The numbers that the tables read; None where something is not known."""
    inpatient, emergency = min(stay.inpatient, MOST_INPATIENT), min(stay.emergency, MOST_EMERGENCY)
    outpatient = min(stay.outpatient, MOST_OUTPATIENT)
    destination = DESTINATIONS.get(stay.destination)
    found: dict[str, float | None] = {
        "age": float(stay.age // 10 * 10),
        "female": {"female": 1.0, "male": 0.0}.get(stay.sex),
        "days": min(stay.days, MOST_DAYS),
        "inpatient": float(inpatient),
        "emergency": float(emergency),
        "outpatient": float(outpatient),
        "hospital_use": float(inpatient + emergency),
        "any_use": float(inpatient + emergency + outpatient),
        "diagnoses": float(min(stay.diagnoses, MOST_DIAGNOSES)),
        "groups": float(len(stay.groups)),
        "destination": float(destination) if destination is not None else None,
    }
    return found | {group.name: float(group.name in stay.groups) for group in GROUPS}


FEATURES: tuple[str, ...] = tuple(
    features_of(
        Stay(
            age=60,
            sex="female",
            days=3,
            inpatient=0,
            emergency=0,
            outpatient=0,
            diagnoses=5,
            groups=frozenset(),
        )
    )
)


def stay_of(record: PatientRecord) -> Encounter | None:
    """The inpatient stay that the call ends; else the one that goes on or ended in the last two days."""
    stays = [
        each
        for each in record.encounters
        if each.setting == "inpatient"
        and each.start is not None
        and each.start <= record.as_of
        and (
            each.source == record.discharge
            if record.discharge
            else _goes_on(each, record.as_of) or _just_ended(each, record.as_of)
        )
    ]
    return max(stays, key=lambda each: each.start or record.as_of, default=None)


def _goes_on(stay: Encounter, now: datetime) -> bool:
    return stay.status in ("in-progress", "onleave") and (stay.end is None or stay.end > now)


def _just_ended(stay: Encounter, now: datetime) -> bool:
    return stay.end is not None and now - RECENT <= stay.end <= now


def destination_of(stay: Encounter) -> str:
    """Where the patient was discharged to; "" where the chart does not say, or says it in words only."""
    for coding in stay.discharged_to.codings:
        if coding.system == SNOMED:
            found = _SNOMED.get(coding.code)
        else:
            found = _HL7.get(coding.code) or _CLAIMS.get(coding.code.zfill(2))
        if found:
            return found
    return ""


def ended_in_hospice_or_death(stay: Encounter) -> bool:
    """True for a disposition that no readmission follows."""
    return any(coding.code in _HOSPICE_OR_DEATH for coding in stay.discharged_to.codings)


def days_in_hospital(stay: Encounter, now: datetime) -> float:
    """Nights of the stay so far."""
    end = min(stay.end or now, now)
    return float((end.date() - stay.start.date()).days) if stay.start is not None else 0.0


def visits_before(record: PatientRecord, stay: Encounter, setting: str) -> tuple[Encounter, ...]:
    """Stays or visits of one setting that began in the year before; what led to the stay is part of it."""
    if stay.start is None:
        return ()
    begin = stay.start
    return tuple(
        each
        for each in record.encounters
        if each.setting == setting
        and each.start is not None
        and begin - _ONE_YEAR <= each.start < begin
        and not (setting in _ACUTE and (each.end or each.start) >= begin - _LED_TO)
    )


def diagnoses_of(record: PatientRecord, stay: Encounter) -> tuple[Condition, ...]:
    """What was recorded as current by the end of the stay, each condition once."""
    end = min(stay.end or record.as_of, record.as_of)
    found: dict[str, Condition] = {}
    for cond in record.conditions:
        since = cond.recorded or cond.onset
        if cond.is_current and (since is None or since <= end):
            found.setdefault(_key(cond.concept), cond)
    return tuple(found.values())


def reasons_of(stay: Encounter, diagnoses: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """The diagnoses made in the stay where any is linked to it; else all, as claims name the first few."""
    linked = tuple(cond for cond in diagnoses if cond.encounter == stay.source)
    return linked or diagnoses


def grouped(diagnoses: tuple[Condition, ...]) -> dict[str, Condition]:
    """The first diagnosis of each group that is there, by the group's name."""
    found: dict[str, Condition] = {}
    for cond in diagnoses:
        for name in groups_of(cond.concept):
            found.setdefault(name, cond)
    return found


def _key(concept: Concept) -> str:
    return concept.codings[0].code if concept.codings else concept.label.lower()
