"""Stays to the table that a model is trained on: one row an hour, one column a feature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.complications._sepsis_features import (
    COLUMNS,
    columns_of,
    has_vital_signs,
    newest_of,
    windows_of,
)
from models.training.complications.sepsis.stays import Stay

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

YOUNGEST = 18
# Clinical scores read what was found within a day.
_SCORED_HOURS = 24


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Hours:
    """Hours of stays, stay after stay.

    Attributes:
        features: By name, shape (rows,).
        newest: By column, the newest value of the last day, for clinical scores.
        carried: Every column of the files, carried forward, and the hours since; for the baseline.
        label: Whether sepsis begins within six hours or has begun.
        stay: Index of the row's stay.
        starts: First row of each stay, and one past the last row of all.
        answered: Whether the model as served would answer: an adult with recent vital signs.
    """

    stays: tuple[Stay, ...]
    features: Mapping[str, Float]
    newest: Mapping[str, Float]
    carried: Float
    label: Bool
    stay: NDArray[np.int64]
    starts: NDArray[np.int64]
    answered: Bool

    def __len__(self) -> int:
        return len(self.label)

    def __repr__(self) -> str:
        return f"Hours({len(self)})"

    def matrix(self, names: Sequence[str]) -> Float:
        """Features side by side."""
        return np.stack([self.features[name] for name in names], axis=1)

    @property
    def septic(self) -> Bool:
        """Whether the row's stay is one with sepsis."""
        return np.array([stay.onset is not None for stay in self.stays])[self.stay]

    def of_set(self, letter: str) -> Bool:
        """Whether the row's stay is one of that training set."""
        return np.array([stay.training_set == letter for stay in self.stays])[self.stay]


def hours_of(stays: Sequence[Stay]) -> Hours:
    """The table of some stays."""
    parts = [_Part.of(stay) for stay in stays]
    lengths = [len(part.answered) for part in parts]
    return Hours(
        stays=tuple(stays),
        features=_joined([part.features for part in parts]),
        newest=_joined([part.newest for part in parts]),
        carried=np.concatenate([part.carried for part in parts]),
        label=np.concatenate([stay.label for stay in stays]),
        stay=np.repeat(np.arange(len(stays)), lengths),
        starts=np.concatenate(([0], np.cumsum(lengths))),
        answered=np.concatenate([part.answered for part in parts]),
    )


@dataclass(frozen=True, slots=True)
class _Part:
    features: Mapping[str, Float]
    newest: Mapping[str, Float]
    carried: Float
    answered: Bool

    @classmethod
    def of(cls, stay: Stay) -> _Part:
        windows = windows_of(stay.hours)
        age = stay.columns["Age"]
        features = columns_of(windows, age, stay.icu_hours, stay.hours_before_icu)
        newest = dict(zip(COLUMNS, newest_of(windows, _SCORED_HOURS).T, strict=True))
        answered = has_vital_signs(windows) & (age >= YOUNGEST)
        return cls(features, newest, _carried(stay), answered)


def _carried(stay: Stay) -> Float:
    """Each column of the file but the label: its last value so far, and how many hours ago that was."""
    table = np.stack([values for name, values in stay.columns.items() if name != "SepsisLabel"], axis=1)
    known = ~np.isnan(table)
    rows = np.arange(len(table))[:, None]
    last = np.maximum.accumulate(np.where(known, rows, -1), axis=0)
    values = np.take_along_axis(table, np.maximum(last, 0), axis=0)
    ever = last >= 0
    return np.hstack([np.where(ever, values, np.nan), np.where(ever, rows - last, np.nan)]).astype(np.float32)


def _joined(parts: Sequence[Mapping[str, Float]]) -> dict[str, Float]:
    return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
