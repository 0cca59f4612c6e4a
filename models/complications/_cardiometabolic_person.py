"""One person's risks: each with the range that unknown inputs leave open, and taken apart by input."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from models.complications._cardiometabolic_inputs import (
    FEATURES,
    HORIZONS,
    INPUT_OF,
    LABELS,
    MEASURES,
    OPTIONAL,
    OUTCOMES,
    Features,
    Outcome,
    read,
)
from models.complications._cardiometabolic_risk import Hazards
from models.explaining import on_scale
from models.explanation import Change, Contribution, Explanation, MissingInput
from models.finding import Evidence

_FAVORABLE: Mapping[str, float] = {"bmi": 25.0, "hdl_c": 60.0, "sbp": 120.0, "height": 170.0}
_START = "a person of this age and sex, with the same mortality, and favorable values otherwise"
# Weight lost in the Diabetes Prevention Program (NEJM 2002;346:393), and the middle of a controlled pressure.
_WEIGHT_LOSS, _BMI_AIM = 0.07, 25.0
_TREAT_SYSTOLIC, _SYSTOLIC_AIM = 130.0, 125.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The risk of one outcome, by horizon.

    Attributes:
        low, high: What plausible values of the unknown inputs would make of it.
        death_first: Probability of dying before it.
    """

    risk: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    death_first: tuple[float, ...]

    def as_results(self) -> dict[str, float]:
        """The numbers by name, as `cuecard score` prints them."""
        found = {}
        for number, years in enumerate(HORIZONS):
            found[f"risk_{years}y"] = self.risk[number]
            found[f"low_{years}y"] = self.low[number]
            found[f"high_{years}y"] = self.high[number]
            found[f"death_first_{years}y"] = self.death_first[number]
        return found


class People:
    """Tells risks of persons; what does not depend on the person is worked out once."""

    def __init__(self, hazards: Hazards) -> None:
        self._hazards = hazards

    @cached_property
    def _extremes(self) -> Mapping[str, Mapping[str, tuple[float, float]]]:
        return {outcome.key: self._hazards.extremes(outcome.key) for outcome in OUTCOMES}

    def told(self, features: Features, outcomes: Sequence[str]) -> dict[str, Told]:
        """The risks of the outcomes.

        One batch: the person as known, then for each outcome the person with every unknown input at its
        most, and at its least, favorable plausible value.
        """
        columns = {name: np.full(1 + 2 * len(outcomes), _known(features[name])) for name in FEATURES}
        for name in (each for each in OPTIONAL if features[each] is None):
            for number, key in enumerate(outcomes):
                columns[name][1 + 2 * number : 3 + 2 * number] = self._extremes[key][name]
        found = {}
        risks = self._hazards.risks(columns, outcomes)
        for number, (key, (risk, death)) in enumerate(risks.items()):
            own = risk[[0, 1 + 2 * number, 2 + 2 * number]]
            found[key] = Told(
                risk=tuple(map(float, own[0])),
                low=tuple(map(float, own.min(axis=0))),
                high=tuple(map(float, own.max(axis=0))),
                death_first=tuple(map(float, death[0])),
            )
        return found

    def explanation(
        self,
        outcome: Outcome,
        years: int,
        inputs: Mapping[str, Any],
        evidence: Mapping[str, Evidence],
        missing: Sequence[str] = (),
    ) -> Explanation:
        """How the inputs add up to the risk of an outcome, in percentage points.

        Args:
            missing: What the chart lacks, in the words of the finding.
        """
        features, place = read(inputs), HORIZONS.index(years)
        model = self._hazards.models[outcome.key]
        favorable = _favorable(features)
        added = model.contributions(features)
        start = model.contributions(favorable)
        moved = {name: added[name] - start[name] for name in added if features[name] != favorable[name]}
        low, high = self._percent(outcome, place, features, [sum(start.values()), sum(added.values())])
        shares = on_scale(moved, low, high)
        items = [_contribution(name, features, evidence, shares[name]) for name in moved if shares[name]]
        return Explanation(
            of=f"{years}-year risk of {outcome.words}",
            unit="percentage points",
            start=low,
            start_words=_START,
            contributions=tuple(sorted(items, key=lambda each: -abs(each.amount))),
            missing=self._missing(outcome, place, features, missing),
            changes=self._changes(outcome, place, features),
        )

    def _percent(
        self, outcome: Outcome, place: int, features: Features, told: Sequence[float]
    ) -> list[float]:
        """Log-hazards of the outcome as percent, with the mortality of the person as known."""
        death = self._hazards.models["death"].of(features)
        baseline = self._hazards.baselines[outcome.key]
        risk, _ = baseline.incidence(np.array(told), np.full(len(told), death))
        return [100 * float(each) for each in risk[:, place]]

    def _missing(
        self, outcome: Outcome, place: int, features: Features, words: Sequence[str]
    ) -> tuple[MissingInput, ...]:
        model, found = self._hazards.models[outcome.key], []
        for name in (each for each in model.features if each in OPTIONAL and features[each] is None):
            told = [model.of({**features, name: value}) for value in self._extremes[outcome.key][name]]
            low, high = self._percent(outcome, place, features, told)
            own = LABELS[INPUT_OF[name]]
            label = next((each for each in words if each.startswith(own)), _words(name))
            found.append(MissingInput(label=label, low=low, high=high))
        return tuple(sorted(found, key=lambda each: each.low - each.high))

    def _changes(self, outcome: Outcome, place: int, features: Features) -> tuple[Change, ...]:
        model, changes = self._hazards.models[outcome.key], []
        for name, target in _targets(features).items():
            (risk,) = self._percent(outcome, place, features, [model.of({**features, name: target})])
            changes.append(
                Change(
                    label=_words(name),
                    value=_shown(name, features[name]),
                    target=_shown(name, target),
                    estimate=risk,
                )
            )
        return tuple(sorted(changes, key=lambda each: each.estimate))


def _known(value: float | None) -> float:
    return np.nan if value is None else value


def _favorable(features: Features) -> Features:
    """The same age and sex, without a history, and with measures that add little."""
    own: Features = {"age": features["age"], "male": features["male"]}
    return {name: own.get(name, _FAVORABLE.get(name, 0.0)) for name in FEATURES}


def _targets(features: Features) -> dict[str, float]:
    """Values that treatment or habits could reach, of the inputs that they change."""
    targets = {}
    bmi, sbp = features["bmi"], features["sbp"]
    if bmi is not None and bmi > _BMI_AIM:
        targets["bmi"] = max(_BMI_AIM, (1 - _WEIGHT_LOSS) * bmi)
    if sbp is not None and sbp >= _TREAT_SYSTOLIC:
        targets["sbp"] = _SYSTOLIC_AIM
    return targets


def _contribution(
    name: str, features: Features, evidence: Mapping[str, Evidence], amount: float
) -> Contribution:
    shown = evidence.get(INPUT_OF[name])
    return Contribution(
        source=shown.source if shown else "",
        label=shown.label if shown else _words(name),
        value=_shown(name, features[name]),
        at=shown.at if shown else None,
        amount=amount,
    )


def _words(name: str) -> str:
    words = LABELS[INPUT_OF[name]].removesuffix(" (yes or no)")
    return words[:1].upper() + words[1:]


def _shown(name: str, value: float | None) -> str:
    if value is None:
        return "not known"
    measure = MEASURES.get(name)
    if measure is not None:
        return f"{value:.{measure.decimals}f} {measure.unit}".strip()
    if name == "fib4_raised":
        return "above 2.67" if value else "2.67 or less"
    return "yes" if value else "no"
