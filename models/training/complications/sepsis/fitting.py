"""From hours to boxes: boosted trees, some features only upwards or downwards."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._boosted import BoostedModel
from models.complications._sepsis_features import AGE, FEATURES, ORDERED, STAY, tells_care
from models.training.complications.boxes import boxes_of
from models.training.complications.sepsis.hours import Hours

Float = NDArray[np.float64]
Rows = NDArray[np.int64]

_FIXED: Mapping[str, Any] = {
    "objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
    "bagging_freq": 1,
}  # fmt: skip

# Its settings that the recipe chooses, besides the number of rounds.
_OF_LIGHTGBM = (
    "num_leaves", "learning_rate", "max_bin", "min_data_in_leaf", "feature_fraction", "bagging_fraction",
    "lambda_l2",
)  # fmt: skip

# All features; and those that say what is found in a patient, not how care goes.
VERSIONS: Mapping[str, tuple[str, ...]] = {
    "icu": (*(each.name for each in FEATURES), ORDERED, *STAY, AGE),
    "ward": (*(each.name for each in FEATURES if not tells_care(each.name)), AGE),
}

# Where medicine says which way a signal points; the change and the spread of a value are left free.
_HIGHER_IS_WORSE = {
    "heart_rate", "shock_index", "resp_rate", "bun", "creatinine", "lactate", "bilirubin_total", "fio2", "ast"
}  # fmt: skip
_LOWER_IS_WORSE = {"spo2", "sbp", "dbp", "mean_pressure", "ph_arterial", "platelets"}
_LEVELS = frozenset({"last", "min", "max", "mean"})
_CHILLS = "temperature.max24"  # a fever points up; a low temperature is told by the minimum


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the recipe decides.

    Attributes:
        held_out: Share of people that are only measured.
        folds: Parts of the other people for what is chosen among them: recalibration, thresholds.
        every: Of stays without sepsis each so-many-th hour is trained on, with so much weight.
        weight_of_a: Weight of an hour of training set A where one of set B has 1.
        rounds, num_leaves, learning_rate, max_bin, min_data_in_leaf, feature_fraction, bagging_fraction,
            lambda_l2: Of LightGBM.
        soon, urgent: Risks from which there is a finding of that urgency.
        silence_hours: After an alarm none is counted for so long.
    """

    held_out: float
    folds: int
    every: int
    weight_of_a: float
    rounds: int
    num_leaves: int
    learning_rate: float
    max_bin: int
    min_data_in_leaf: int
    feature_fraction: float
    bagging_fraction: float
    lambda_l2: float
    soon: float
    urgent: float
    silence_hours: int


def direction(name: str) -> int:
    """1 where more of a feature can only raise the risk, -1 where it can only lower it, else 0."""
    signal, _, kind = name.partition(".")
    if name == _CHILLS:
        return 1
    if kind.rstrip("0123456789") not in _LEVELS:
        return 0
    return (signal in _HIGHER_IS_WORSE) - (signal in _LOWER_IS_WORSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grower:
    """Grows the trees of one version.

    Attributes:
        names: The features that it may read.
    """

    hours: Hours
    names: Sequence[str]
    settings: Settings
    seed: int

    def booster(self, rows: Rows) -> lightgbm.Booster:
        """The trees, trained on some rows."""
        rows, weights = thinned(self.hours, rows, self.settings.every)
        weights = weights * np.where(self.hours.of_set("A")[rows], self.settings.weight_of_a, 1.0)
        parameters = {**_FIXED, **self._chosen(), "seed": self.seed}
        data = lightgbm.Dataset(self.matrix(rows), self.hours.label[rows], weight=weights)
        return lightgbm.train(parameters, data, self.settings.rounds)

    def model(self, rows: Rows) -> BoostedModel:
        """The boxes of the trees that are trained on some rows."""
        kept, weights = thinned(self.hours, rows, self.settings.every)
        return boxes_of(self.booster(rows), self.names, self.matrix(kept), weights)

    def told(self, booster: lightgbm.Booster, rows: Rows) -> Float:
        """The log-odds of some rows."""
        return np.asarray(booster.predict(self.matrix(rows), raw_score=True), dtype=np.float64)

    def matrix(self, rows: Rows) -> Float:
        """The features of some rows side by side."""
        return np.stack([self.hours.features[name][rows] for name in self.names], axis=1)

    def _chosen(self) -> dict[str, Any]:
        chosen = {name: getattr(self.settings, name) for name in _OF_LIGHTGBM}
        return {**chosen, "monotone_constraints": [direction(name) for name in self.names]}


def thinned(hours: Hours, rows: Rows, every: int) -> tuple[Rows, Float]:
    """Rows to train on, and their weights: neighboring hours of the same quiet stay say nearly the same."""
    septic = hours.septic[rows]
    # Stays begin at another place of the count, so that every hour of a stay is met in some of them.
    hour = rows - hours.starts[hours.stay[rows]] + hours.stay[rows]
    kept = septic | (hour % every == 0)
    return rows[kept], np.where(septic[kept], 1.0, float(every))
