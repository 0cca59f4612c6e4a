"""Stays as columns of numbers: what the model reads, and what only baselines read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from models.complications._readmission_stay import FEATURES, features_of
from models.training.complications.readmission.data import Row

Float = NDArray[np.float64]
T = TypeVar("T")

# Columns of the data set beyond the model's own. Counts of what a hospital did, codes of how it was paid and
# admitted, and drugs as given in the stay: no chart has them in this form.
_TIDY: Mapping[str, Mapping[str, float]] = {
    "A1Cresult": {"Norm": 0, ">7": 1, ">8": 2},
    "max_glu_serum": {"Norm": 0, ">200": 1, ">300": 2},
    "insulin": {"No": 0, "Steady": 1, "Down": 2, "Up": 3},
    "change": {"No": 0, "Ch": 1},
    "diabetesMed": {"No": 0, "Yes": 1},
}
_COUNTS = (
    "num_medications",
    "num_lab_procedures",
    "num_procedures",
    "admission_type_id",
    "admission_source_id",
)
FURTHER: tuple[str, ...] = (*_TIDY, *_COUNTS)


def of_model(rows: Sequence[Row]) -> dict[str, Float]:
    """One array a feature, NaN where not known."""
    found = [features_of(row.stay) for row in rows]
    return {name: _array(found, lambda each, name=name: each[name]) for name in FEATURES}  # type: ignore[misc]


def of_baselines(rows: Sequence[Row]) -> dict[str, Float]:
    """The further columns of the data set."""
    columns = {
        name: _array(rows, lambda row, name=name, codes=codes: codes.get(row.raw[name]))  # type: ignore[misc]
        for name, codes in _TIDY.items()
    }
    counts = {name: _array(rows, lambda row, name=name: float(row.raw[name])) for name in _COUNTS}  # type: ignore[misc]
    return columns | counts


def _array(items: Sequence[T], value: Callable[[T], float | None]) -> Float:
    return np.array([np.nan if (found := value(item)) is None else found for item in items], np.float64)
