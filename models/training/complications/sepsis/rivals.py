"""What the warning is compared with: boosting without constraints, and clinical scores as columns allow.

The data have neither consciousness nor oxygen flow, so NEWS2 and qSOFA are partial: what is not known brings
no points.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._boosted import BoostedModel
from models.risk_scores import news2
from models.training.complications.boxes import boxes_of
from models.training.complications.sepsis.fitting import VERSIONS
from models.training.complications.sepsis.hours import Hours

Float = NDArray[np.float64]

_NEWS2 = {
    "respiratory_rate": "resp_rate", "spo2": "spo2", "sbp": "sbp", "pulse": "heart_rate",
    "temperature_c": "temperature",
}  # fmt: skip
_ROOM_AIR = 21.0
# Chosen from 100, 200, 300, 400 and 500 on one of five folds of the people that are trained on.
_ROUNDS = 200
_BOOSTING: Mapping[str, Any] = {
    "objective": "binary", "verbosity": -1, "num_threads": 1, "deterministic": True, "force_row_wise": True,
    "learning_rate": 0.03, "num_leaves": 31, "max_bin": 63, "min_data_in_leaf": 200, "feature_fraction": 0.3,
    "bagging_fraction": 0.7, "bagging_freq": 1, "lambda_l2": 10.0,
}  # fmt: skip


def booster_of(hours: Hours, seed: int) -> BoostedModel:
    """Boosted trees free to combine everything, on all hours and every column of the files."""
    columns = everything(hours)
    matrix = np.stack(list(columns.values()), axis=1)
    booster = lightgbm.train({**_BOOSTING, "seed": seed}, lightgbm.Dataset(matrix, hours.label), _ROUNDS)
    return boxes_of(booster, list(columns), matrix, np.ones(len(hours)))


def everything(hours: Hours) -> dict[str, Float]:
    """What it reads: the features, and every column as it is, carried forward."""
    carried = {f"column {number}": column for number, column in enumerate(hours.carried.T)}
    return {
        **{name: hours.features[name] for name in VERSIONS["icu"]},
        **{name: column.astype(np.float64) for name, column in carried.items()},
    }


def partial_news2(hours: Hours) -> Float:
    """Points of the vital signs that are known, and of oxygen where an inspired fraction is."""
    columns = {name: hours.newest[signal] for name, signal in _NEWS2.items()}
    oxygen = hours.newest["fio2"]
    points = np.zeros(len(hours))
    for row in range(len(hours)):
        given = {name: float(column[row]) for name, column in columns.items() if not np.isnan(column[row])}
        if not np.isnan(oxygen[row]):
            given["on_oxygen"] = float(oxygen[row] > _ROOM_AIR)
        points[row] = sum(news2.points(given).values())
    return points


def sirs(hours: Hours) -> Float:
    """How many of the four criteria are met."""
    newest = hours.newest
    met = (
        (newest["temperature"] > 38) | (newest["temperature"] < 36),
        newest["heart_rate"] > 90,
        (newest["resp_rate"] > 20) | (newest["pco2"] < 32),
        (newest["wbc"] > 12) | (newest["wbc"] < 4),
    )
    criteria: Float = np.sum(met, axis=0, dtype=np.float64)
    return criteria


def partial_qsofa(hours: Hours) -> Float:
    """Respiration and pressure, without consciousness."""
    signs = (hours.newest["resp_rate"] >= 22, hours.newest["sbp"] <= 100)
    points: Float = np.sum(signs, axis=0, dtype=np.float64)
    return points
