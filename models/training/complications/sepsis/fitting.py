"""From hours to tables: boosted trees that read one feature or a chosen pair, some only upwards or downwards.

Which pairs are worth a table is decided by trees of two splits that may combine anything (as in Lou Y et al.,
KDD 2013, doi:10.1145/2487575.2487579); the model is then grown from single features and those pairs.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel
from models.complications._sepsis_features import AGE, FEATURES, ORDERED, STAY, tells_care
from models.training.complications.boosting import tables_of
from models.training.complications.calibration import Recalibration
from models.training.complications.sepsis.hours import Hours

Float = NDArray[np.float64]
Rows = NDArray[np.int64]

# Three leaves are two splits: a tree reads two features at most.
_FIXED: Mapping[str, Any] = {
    "objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
    "num_leaves": 3, "bagging_freq": 1,
}  # fmt: skip

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
        pairs: How many pairs of features get a table.
        models: How many are grown from different random draws and averaged.
        rounds, learning_rate, max_bin, min_data_in_leaf, feature_fraction, bagging_fraction, lambda_l2: Of
            LightGBM.
        soon, urgent: Risks from which there is a finding of that urgency.
        silence_hours: After an alarm none is counted for so long.
    """

    held_out: float
    folds: int
    every: int
    pairs: int
    models: int
    rounds: int
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
    """Grows the tables of one version.

    Attributes:
        names: The features that it may read.
    """

    hours: Hours
    names: Sequence[str]
    settings: Settings
    seed: int

    def pairs(self, rows: Rows) -> list[list[int]]:
        """The pairs of features that trees of two splits gain most from, by position in `names`."""
        gains: Counter[tuple[int, int]] = Counter()
        for tree in self._boosted(rows, self.seed, constraints=None).dump_model()["tree_info"]:
            root = tree["tree_structure"]
            for child in (root.get("left_child", {}), root.get("right_child", {})):
                if "split_feature" in child and child["split_feature"] != root["split_feature"]:
                    first, second = sorted((root["split_feature"], child["split_feature"]))
                    gains[first, second] += child["split_gain"]
        return [list(pair) for pair, _ in gains.most_common(self.settings.pairs)]

    def model(self, rows: Rows, pairs: Sequence[Sequence[int]]) -> AdditiveModel:
        """The tables of single features and of the pairs, trained on some rows."""
        constraints = [[number] for number in range(len(self.names))] + [list(pair) for pair in pairs]
        trees: list[Any] = []
        for number in range(self.settings.models):
            booster = self._boosted(rows, self.seed + number, constraints=constraints)
            trees.extend(booster.dump_model()["tree_info"])
        # Their mean is again a sum of tables.
        mean = Recalibration(shift=0.0, scale=1 / self.settings.models)
        return mean.of_model(tables_of({"tree_info": trees}, self.names))

    def _boosted(self, rows: Rows, seed: int, *, constraints: list[list[int]] | None) -> lightgbm.Booster:
        rows, weights = thinned(self.hours, rows, self.settings.every)
        parameters = {**_FIXED, **self._chosen(), "seed": seed}
        if constraints is not None:
            parameters["interaction_constraints"] = constraints
        matrix = np.stack([self.hours.features[name][rows] for name in self.names], axis=1)
        data = lightgbm.Dataset(matrix, self.hours.label[rows], weight=weights)
        return lightgbm.train(parameters, data, self.settings.rounds)

    def _chosen(self) -> dict[str, Any]:
        settings = self.settings
        return {
            "learning_rate": settings.learning_rate,
            "max_bin": settings.max_bin,
            "min_data_in_leaf": settings.min_data_in_leaf,
            "feature_fraction": settings.feature_fraction,
            "bagging_fraction": settings.bagging_fraction,
            "lambda_l2": settings.lambda_l2,
            "monotone_constraints": [direction(name) for name in self.names],
        }


def centred(model: AdditiveModel, columns: Mapping[str, Float]) -> AdditiveModel:
    """The same model with tables that add nothing on the average of some rows; the intercept takes it up."""
    intercept, terms = model.intercept, []
    for term in model.terms:
        mean = float(term.parts([columns[name] for name in term.features]).mean())
        intercept += mean
        terms.append(replace(term, values=term.values - mean))
    return AdditiveModel(intercept, tuple(terms))


def thinned(hours: Hours, rows: Rows, every: int) -> tuple[Rows, Float]:
    """Rows to train on, and their weights: neighboring hours of the same quiet stay say nearly the same."""
    septic = hours.septic[rows]
    # Stays begin at another place of the count, so that every hour of a stay is met in some of them.
    hour = rows - hours.starts[hours.stay[rows]] + hours.stay[rows]
    kept = septic | (hour % every == 0)
    return rows[kept], np.where(septic[kept], 1.0, float(every))
