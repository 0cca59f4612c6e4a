"""The history of a chart as the trajectory network reads it: the first date of each ICD-10 category.

Classes of body mass index, smoking and alcohol as in the files of UK Biobank that the publication's authors
describe (github.com/gerstung-lab/Delphi): above 28 and above 22 kg/m²; smoking on most days; alcohol by
frequency, of which charts tell only "none".
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from fhir_adapters.record import Condition, PatientRecord
from models import chart_inputs
from models.chart_inputs import FIVE_YEARS
from models.complications._trajectory_codes import category_of
from models.complications._trajectory_network import DAYS_PER_YEAR
from models.finding import Evidence
from models.note_facts import is_certain, noted

_DOUBTED = frozenset({"provisional", "differential", "unconfirmed"})
_BMI_CLASSES = ((28.0, "BMI_high"), (22.0, "BMI_mid"), (0.0, "BMI_low"))
_ALCOHOL = frozenset({"no-alcohol", "alcohol-use"})


class Dated(NamedTuple):
    """A condition, when it began as far as the chart tells, and the patient's age then, in years."""

    condition: Condition
    at: datetime
    age: float


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Past:
    """What a chart tells.

    Attributes:
        first: The condition that first had each ICD-10 category, by category, oldest first.
        traits: Classes by the network's names ("BMI_high"), with what tells them.
        unmapped: Conditions without an ICD-10 category; undated: with one and without a usable date.
    """

    first: Mapping[str, Dated]
    traits: Mapping[str, Evidence]
    unmapped: int
    undated: int

    def __repr__(self) -> str:
        return f"Past({len(self.first)} categories)"


def past_of(record: PatientRecord) -> Past:
    """The dated history of a chart, of confirmed conditions whatever their status is now."""
    first: dict[str, Dated] = {}
    unmapped = undated = 0
    for cond in record.conditions:
        if cond.verification in _DOUBTED:
            continue
        category, dated = category_of(cond.concept), _dated(record, cond)
        unmapped += not category
        undated += bool(category) and dated is None
        if category and dated is not None and (category not in first or dated.at < first[category].at):
            first[category] = dated
    ordered = dict(sorted(first.items(), key=lambda item: (item[1].at, item[0])))
    return Past(first=ordered, traits=dict(_traits(record)), unmapped=unmapped, undated=undated)


def age_at(record: PatientRecord, moment: datetime) -> float | None:
    """Age in years, with fractions; None before birth, and where the birth date is unknown."""
    born = record.patient.birth_date
    if born is None or moment.date() < born:
        return None
    return (moment.date() - born).days / DAYS_PER_YEAR


def _dated(record: PatientRecord, cond: Condition) -> Dated | None:
    moment = cond.onset or cond.recorded
    if moment is None or moment > record.as_of:
        return None
    age = age_at(record, moment)
    return None if age is None else Dated(cond, moment, age)


def _traits(record: PatientRecord) -> Iterator[tuple[str, Evidence]]:
    bmi = chart_inputs.newest(record, "bmi", FIVE_YEARS)
    if bmi is not None:
        name = next(name for above, name in _BMI_CLASSES if bmi.value > above)
        yield name, chart_inputs.measured(bmi)
    smoking = chart_inputs.smoking(record)
    if smoking is not None:
        yield ("Smoking_high" if smoking.value else "Smoking_low"), smoking.evidence
    drinking = _alcohol(record)
    if drinking is not None:
        yield "Alcohol_low", drinking


def _alcohol(record: PatientRecord) -> Evidence | None:
    """What says that the patient drinks no alcohol, when the newest note that tells says so."""
    for item in noted(record, FIVE_YEARS):
        mention = item.mention
        stated = mention.value.text if mention.type == "habit" and mention.value else ""
        if stated in _ALCOHOL and mention.assertion.whose == "patient" and is_certain(mention):
            return item.evidence("Alcohol", "none") if stated == "no-alcohol" else None
    return None
