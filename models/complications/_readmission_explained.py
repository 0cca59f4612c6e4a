"""How the parts of a readmission risk add up, in percentage points, and what the destination could change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from models.complications._additive import AdditiveModel, probability
from models.complications._diagnosis_groups import GROUPS
from models.complications._readmission_stay import DESTINATIONS, Stay, features_of
from models.explaining import on_scale
from models.explanation import Contribution, Explanation, MissingInput
from models.finding import Evidence
from models.scoring import Gathered

NAME = "Risk of readmission within 30 days"
_START = "the average stay of somebody with diabetes"
# Features that say one thing are shown as one: each label with the features it stands for and the evidence.
_USE = ("inpatient", "emergency", "outpatient", "hospital_use", "any_use")
_SHOWN: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("Stays and visits in the year before", _USE, "visits"),
    ("Length of stay", ("days",), "stay"),
    ("Age", ("age",), "age"),
    ("Sex", ("female",), ""),
    ("Number of diagnoses", ("diagnoses", "groups"), ""),
    ("Discharged to", ("destination",), "destination"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sum:
    """A log-odds as the tables give it: the average of training, and what each feature adds."""

    start: float
    added: Mapping[str, float]


def explained(
    parts_of_risk: Sum, with_destination: AdditiveModel, stay: Stay, gathered: Gathered
) -> Explanation:
    """The estimate taken apart.

    Args:
        with_destination: The tables that a destination would be put into.
    """
    start, added = parts_of_risk.start, parts_of_risk.added
    low, high = 100 * probability(start), 100 * probability(start + sum(added.values()))
    points = on_scale(added, low, high)
    parts = [*_general(points, stay, gathered), *_of_diagnoses(points, stay, gathered)]
    parts.sort(key=lambda part: -abs(part.amount))
    missing = () if stay.destination else (_destination(with_destination, stay),)
    return Explanation(
        of=NAME,
        unit="percentage points",
        start=low,
        start_words=_START,
        contributions=tuple(parts),
        missing=missing,
    )


def _general(points: dict[str, float], stay: Stay, gathered: Gathered) -> list[Contribution]:
    values = {
        "Sex": stay.sex,
        "Number of diagnoses": f"{stay.diagnoses}",
    }
    parts = []
    for label, features, key in _SHOWN:
        if any(feature in points for feature in features):
            amount = sum(points.get(feature, 0.0) for feature in features)
            parts.append(_part(label, values.get(label, ""), gathered.evidence.get(key), amount))
    return parts


def _of_diagnoses(points: dict[str, float], stay: Stay, gathered: Gathered) -> list[Contribution]:
    """A part for each group that is there, and one for all that are not."""
    parts, absent = [], 0.0
    for group in GROUPS:
        amount = points.get(group.name, 0.0)
        if group.name in stay.groups:
            words = group.codes.name
            label = words[:1].upper() + words[1:]
            parts.append(_part(label, "yes", gathered.evidence.get(group.name), amount))
        else:
            absent += amount
    return [*parts, _part("Other diagnoses that count", "none recorded", None, absent)]


def _part(label: str, value: str, evidence: Evidence | None, amount: float) -> Contribution:
    if evidence is None:
        return Contribution(source="", label=label, value=value, at=None, amount=amount)
    shown = f"{evidence.value} {evidence.unit}".rstrip()
    return Contribution(source=evidence.source, label=label, value=shown, at=evidence.at, amount=amount)


def _destination(model: AdditiveModel, stay: Stay) -> MissingInput:
    """Between which risks the destination, once it is known, decides."""
    values = features_of(stay)
    places = np.array(list(DESTINATIONS.values()), np.float64)
    columns = {name: np.full(len(places), np.nan if v is None else v) for name, v in values.items()}
    varying = tuple(term for term in model.terms if "destination" in term.features)
    fixed = tuple(term for term in model.terms if "destination" not in term.features)
    totals = AdditiveModel(model.intercept, fixed).of(values) + AdditiveModel(0.0, varying).total(
        columns | {"destination": places}
    )
    low, high = (100 * probability(float(total)) for total in (totals.min(), totals.max()))
    return MissingInput(label="Discharge destination", low=low, high=high)
