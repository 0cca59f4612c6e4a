"""A risk as a sum: each feature, or pair of features, adds what a table says, on the scale of the log-odds.

The tables are arrays, so a prediction needs numpy alone, and what each feature adds is exact. A pair's part
is shared equally, which is its Shapley value. For the form of the model: Lou Y et al., KDD 2013,
doi:10.1145/2487575.2487579.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.weights import Manifest, WeightsError, verified

ARRAYS = "model.safetensors"
TABLES = "model.json"

Float = NDArray[np.float64]
Shape = Literal["steps", "linear"]


@dataclass(frozen=True, slots=True)
class Term:
    """What one feature adds, or two together.

    Attributes:
        features: Names, one or two.
        cuts: Ascending, one array a feature. For "steps" they part the bins: a value equal to a cut lies in
            the upper one. For "linear" they are the knots between which the part changes evenly; outside
            them it stays as at the ends.
        values: For "steps" shape (bins of the first + 1[, bins of the second + 1]), bins = cuts + 1; for
            "linear" (knots + 1,). The last place of each axis is for a value that is not known.
        shape: "linear" is for one feature only.
    """

    features: tuple[str, ...]
    cuts: tuple[Float, ...]
    values: Float
    shape: Shape = "steps"

    def parts(self, columns: Sequence[Float]) -> Float:
        """What the term adds for each row; NaN stands for not known."""
        if self.shape == "linear":
            column, known = columns[0], ~np.isnan(columns[0])
            inside = np.interp(np.where(known, column, self.cuts[0][0]), self.cuts[0], self.values[:-1])
            return np.where(known, inside, self.values[-1])
        places = tuple(_places(column, cuts) for column, cuts in zip(columns, self.cuts, strict=True))
        found: Float = self.values[places]
        return found

    def part(self, values: Sequence[float]) -> float:
        """What the term adds for one person: as `parts`, without its arrays of one row."""
        if self.shape == "linear":
            return float(self.parts([np.array([value]) for value in values])[0])
        places = tuple(
            len(cuts) + 1 if math.isnan(value) else int(cuts.searchsorted(value, side="right"))
            for value, cuts in zip(values, self.cuts, strict=True)
        )
        return float(self.values[places])


@dataclass(frozen=True, slots=True)
class AdditiveModel:
    """Terms and an intercept; the sum is a log-odds, a log-hazard or whatever else it was trained for."""

    intercept: float
    terms: tuple[Term, ...]

    @property
    def features(self) -> tuple[str, ...]:
        """Every feature that a term reads, in order of first use."""
        return tuple(dict.fromkeys(name for term in self.terms for name in term.features))

    def total(self, columns: Mapping[str, Float]) -> Float:
        """The sum for many rows: one array of shape (rows,) a feature, NaN where not known."""
        rows = len(next(iter(columns.values())))
        summed = np.full(rows, self.intercept)
        for term in self.terms:
            summed += term.parts([columns[name] for name in term.features])
        return summed

    def contributions(self, values: Mapping[str, float | None]) -> dict[str, float]:
        """What each feature adds for one person; with the intercept they add up to the total.

        Args:
            values: By feature; None or absent where not known.
        """
        added = dict.fromkeys(self.features, 0.0)
        for term in self.terms:
            part = term.part([_number(values.get(name)) for name in term.features])
            for name in term.features:
                added[name] += part / len(term.features)
        return added

    def of(self, values: Mapping[str, float | None]) -> float:
        """The sum for one person."""
        return self.intercept + sum(self.contributions(values).values())


def probability(log_odds: float) -> float:
    """The probability of a log-odds."""
    if log_odds < 0:
        return math.exp(log_odds) / (1 + math.exp(log_odds))
    return 1 / (1 + math.exp(-log_odds))


def to_files(models: Mapping[str, AdditiveModel]) -> dict[str, bytes]:
    """The files of a weights folder that hold the models, by file name."""
    arrays: dict[str, NDArray[np.float64]] = {}
    tables: dict[str, Any] = {}
    for name, model in models.items():
        listed = []
        for number, term in enumerate(model.terms):
            listed.append({"features": list(term.features), "shape": term.shape})
            arrays[f"{name}.{number}.values"] = np.ascontiguousarray(term.values, np.float64)
            for axis, cuts in enumerate(term.cuts):
                arrays[f"{name}.{number}.cuts.{axis}"] = np.ascontiguousarray(cuts, np.float64)
        tables[name] = {"intercept": model.intercept, "terms": listed}
    return {ARRAYS: save(arrays), TABLES: (json.dumps(tables, indent=1) + "\n").encode()}


def from_folder(folder: Path, manifest: Manifest) -> dict[str, AdditiveModel]:
    """The models of a weights folder, verified.

    Raises:
        WeightsError: A file is not the one that the manifest names, or the files do not fit together.
    """
    try:
        arrays = load(verified(folder, manifest, ARRAYS))
        tables = json.loads(verified(folder, manifest, TABLES))
        return {name: _model(name, table, arrays) for name, table in tables.items()}
    except (SafetensorError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise WeightsError(f"{TABLES}: does not fit {ARRAYS} ({type(error).__name__})") from None


def _model(name: str, table: Mapping[str, Any], arrays: Mapping[str, Float]) -> AdditiveModel:
    terms = []
    for number, listed in enumerate(table["terms"]):
        features = tuple(listed["features"])
        cuts = tuple(arrays[f"{name}.{number}.cuts.{axis}"] for axis in range(len(features)))
        values = arrays[f"{name}.{number}.values"]
        further = 1 if listed["shape"] == "linear" else 2
        if values.shape != tuple(len(each) + further for each in cuts):
            raise ValueError("a table has another size than its cuts")
        terms.append(Term(features, cuts, values, listed["shape"]))
    return AdditiveModel(float(table["intercept"]), tuple(terms))


def _places(column: Float, cuts: Float) -> NDArray[np.int64]:
    found = np.searchsorted(cuts, column, side="right")
    return np.where(np.isnan(column), len(cuts) + 1, found)


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)
