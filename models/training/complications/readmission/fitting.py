"""Fits the tables: boosted trees of three leaves, each of two features at most, averaged over seeds.

Such trees become tables without loss (`boosting.tables_of`). The average of several runs is again a set of
tables, and varies less than one run. Which pairs of features may share a tree is decided by a first run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel, Term
from models.training.complications.boosting import tables_of
from models.training.loop import Progress

Float = NDArray[np.float64]
Columns = Mapping[str, Float]
Pair = tuple[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What a recipe decides.

    Attributes:
        runs: Boosting runs that are averaged.
        rounds: Trees of a run.
        pairs: So many pairs of features may share a tree.
        rising: Features more of which never lowers the risk.
        threshold_in_hospital, threshold_at_discharge: The risk from which the model speaks: before the
            destination is known, and after.
    """

    runs: int
    rounds: int
    pairs: int
    learning_rate: float
    least_stays: int
    shrinkage: float
    share_of_features: float
    share_of_stays: float
    rising: tuple[str, ...]
    threshold_in_hospital: float
    threshold_at_discharge: float


def fit(
    columns: Columns, returned: NDArray[np.bool_], settings: Settings, seed: int, progress: Progress
) -> AdditiveModel:
    """The additive model of the log-odds of a readmission; its tables average to zero over these stays."""
    names = tuple(columns)
    matrix = np.column_stack([columns[name] for name in names])
    data = lightgbm.Dataset(matrix, returned, feature_name=list(names), free_raw_data=False)
    any_pair = _boosted(data, _parameters(names, settings, seed), settings.rounds, progress)
    allowed = _strongest(any_pair, settings.pairs)
    parameters = _parameters(names, settings, seed) | {
        "interaction_constraints": [[number] for number in range(len(names))]
        + [list(pair) for pair in allowed]
    }
    runs = [
        tables_of(_boosted(data, parameters | {"seed": seed + run}, settings.rounds, progress), names)
        for run in range(settings.runs)
    ]
    return _centered(_merged(runs), columns)


def _boosted(
    data: lightgbm.Dataset, parameters: dict[str, Any], rounds: int, progress: Progress
) -> dict[str, Any]:
    booster = lightgbm.train(
        parameters, data, num_boost_round=rounds, valid_sets=[data], valid_names=["train"]
    )
    progress.step(booster.best_score["train"]["binary_logloss"])
    dump: dict[str, Any] = booster.dump_model()
    return dump


def _parameters(names: Sequence[str], settings: Settings, seed: int) -> dict[str, Any]:
    return {
        "objective": "binary",
        "num_leaves": 3,
        "learning_rate": settings.learning_rate,
        "min_data_in_leaf": settings.least_stays,
        "lambda_l2": settings.shrinkage,
        "feature_fraction": settings.share_of_features,
        "bagging_fraction": settings.share_of_stays,
        "bagging_freq": 1,
        "monotone_constraints": [int(name in settings.rising) for name in names],
        "monotone_constraints_method": "advanced",
        "num_threads": 1,
        "deterministic": True,
        "seed": seed,
        "verbosity": -1,
    }


def _strongest(dump: Mapping[str, Any], count: int) -> list[Pair]:
    """The pairs whose second split gains most over all trees, in a fixed order."""
    gains: Counter[Pair] = Counter()
    for pair, gain in _second_splits(dump):
        gains[pair] += gain  # type: ignore[assignment]
    return sorted(pair for pair, _ in sorted(gains.items(), key=lambda item: (-item[1], item[0]))[:count])


def _second_splits(dump: Mapping[str, Any]) -> Iterator[tuple[Pair, float]]:
    for tree in dump["tree_info"]:
        root = tree["tree_structure"]
        for child in (root.get("left_child", {}), root.get("right_child", {})):
            if "split_feature" in child and child["split_feature"] != root["split_feature"]:
                low, high = sorted((root["split_feature"], child["split_feature"]))
                yield (low, high), child["split_gain"]


def _merged(models: Sequence[AdditiveModel]) -> AdditiveModel:
    """The average of several additive models as one, tables of the same features on common cuts."""
    parts: dict[tuple[str, ...], list[Term]] = {}
    for model in models:
        for term in model.terms:
            parts.setdefault(term.features, []).append(term)
    intercept = sum(model.intercept for model in models) / len(models)
    terms = [_average(features, found, len(models)) for features, found in parts.items()]
    return AdditiveModel(intercept, tuple(terms))


def _average(features: tuple[str, ...], terms: Sequence[Term], count: int) -> Term:
    cuts = tuple(
        np.unique(np.concatenate([term.cuts[axis] for term in terms])) for axis in range(len(features))
    )
    # One value of each bin stands for it; the last place is for what is not known.
    axes = [np.concatenate((each[:1] - 1, each, [np.nan])) for each in cuts]
    grid = np.meshgrid(*axes, indexing="ij")
    columns = [axis.ravel() for axis in grid]
    summed = np.sum([term.parts(columns) for term in terms], axis=0)
    return Term(features, cuts, summed.reshape(grid[0].shape) / count)


def _centered(model: AdditiveModel, columns: Columns) -> AdditiveModel:
    """The same sums, with tables that average to zero over these stays: the intercept is their mean."""
    intercept, terms = model.intercept, []
    for term in model.terms:
        mean = float(term.parts([columns[name] for name in term.features]).mean())
        intercept += mean
        terms.append(Term(term.features, term.cuts, term.values - mean, term.shape))
    return AdditiveModel(intercept, tuple(terms))
