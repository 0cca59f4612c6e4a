"""Hourly values of two days to the features of the sepsis warning; the same for a chart and for training.

A window holds the last `HOURS` hours of one patient, oldest first; the last row is the hour that ends now.
Nothing else goes in, so no feature can know the future.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fhir_adapters.terminology.analytes import ANALYTES

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]
Kind = Literal["last", "age", "min", "max", "mean", "spread", "count", "change"]

HOURS = 48
# Without a pulse and a pressure this new nobody is watching closely enough for an early warning.
VITALS_HOURS = 6

VITAL_SIGNS = ("heart_rate", "spo2", "temperature", "sbp", "dbp", "resp_rate")
LABORATORY = (
    "bun", "creatinine", "wbc", "platelets", "lactate", "bilirubin_total", "calcium", "ph_arterial", "pco2",
    "fio2", "phosphate", "potassium", "glucose", "magnesium", "ast", "alp", "hemoglobin", "troponin_i",
)  # fmt: skip
SIGNALS = VITAL_SIGNS + LABORATORY
# Made of two vital signs of the same hour.
DERIVED = {
    "shock_index": "Shock index",
    "mean_pressure": "Mean arterial pressure",
    "pulse_pressure": "Pulse pressure",
}
COLUMNS = SIGNALS + tuple(DERIVED)
_PLACE = {name: place for place, name in enumerate(COLUMNS)}

# What is told about a patient besides measurements.
AGE = "age"
STAY = ("icu_hours", "hours_before_icu", "hospital_hours")
# How many different laboratory values there were in a day.
ORDERED = "laboratory_values.count24"


@dataclass(frozen=True, slots=True)
class Feature:
    """One number about the measurements of one signal.

    Attributes:
        hours: How far back it looks.
    """

    name: str
    signal: str
    kind: Kind
    hours: int

    @property
    def tells_care(self) -> bool:
        """True where it says how often something is measured, not what was found."""
        return self.kind in ("age", "count")


# By signal: kind and, where it isn't the whole window, the hours. "change" is from the value before the last.
_WANTED = {
    "heart_rate": "last mean24 min24 max12 spread12",
    "spo2": "min24 mean12 spread12",
    "temperature": "last mean24 max24 min12 count24",
    "sbp": "min12 mean24",
    "dbp": "last min24",
    "resp_rate": "mean24 max24",
    "shock_index": "max12 mean24",
    "mean_pressure": "last min12 mean24",
    "pulse_pressure": "min12 mean24",
    "bun": "last max change",
    "creatinine": "last max change",
    "wbc": "last min max change",
    "platelets": "last min change",
    "lactate": "max",
    "bilirubin_total": "max change",
    "calcium": "last min change",
    "ph_arterial": "min",
    "pco2": "max age",
    "fio2": "max age",
    "phosphate": "last max change",
    "potassium": "last min",
    "glucose": "max min",
    "magnesium": "last change age",
    "ast": "max age",
    "alp": "max age",
    "hemoglobin": "last change",
    "troponin_i": "max age",
}


def _feature(signal: str, wanted: str) -> Feature:
    kind = wanted.rstrip("0123456789")
    return Feature(f"{signal}.{wanted}", signal, kind, int(wanted[len(kind) :] or HOURS))  # type: ignore[arg-type]


FEATURES = tuple(_feature(signal, each) for signal, kinds in _WANTED.items() for each in kinds.split())
_BY_NAME = {feature.name: feature for feature in FEATURES}
_OF_SIGNAL = {signal: [each for each in FEATURES if each.signal == signal] for signal in COLUMNS}
_OF_A_FIRST_VALUE: Mapping[str, float] = {"age": 0.0, "count": 1.0, "change": np.nan, "spread": np.nan}


def signal_of(name: str) -> str:
    """What a feature is about: a signal, or the feature itself."""
    return _BY_NAME[name].signal if name in _BY_NAME else name


def tells_care(name: str) -> bool:
    """True for features that describe the course of care rather than the patient."""
    return name in STAY or name == ORDERED or (name in _BY_NAME and _BY_NAME[name].tells_care)


def label_of(signal: str) -> str:
    """A signal's name for people."""
    return DERIVED.get(signal) or (ANALYTES[signal].name if signal in ANALYTES else signal)


def in_range(column: Float, signal: str) -> Float:
    """A column with NaN for what no patient can have, as a chart's values are checked."""
    analyte = ANALYTES[signal]
    with np.errstate(invalid="ignore"):
        return np.where((column >= analyte.low) & (column <= analyte.high), column, np.nan)


def with_derived(values: Float) -> Float:
    """Appends the columns of `DERIVED` to those of `SIGNALS`; shape (..., columns)."""
    rate, systolic, diastolic = (values[..., SIGNALS.index(name)] for name in ("heart_rate", "sbp", "dbp"))
    derived = (rate / systolic, (systolic + 2 * diastolic) / 3, systolic - diastolic)
    return np.concatenate([values, np.stack(derived, axis=-1)], axis=-1)


def features_of(windows: Float) -> dict[str, Float]:
    """Every feature of measurements, by name, one value a window; NaN where nothing was measured.

    Args:
        windows: Shape (windows, HOURS, COLUMNS), NaN where not measured in that hour.
    """
    known = ~np.isnan(windows)
    tables = {
        (kind, hours): _table(kind, windows[:, -hours:], known[:, -hours:])
        for kind, hours in sorted({(feature.kind, feature.hours) for feature in FEATURES})
    }
    found = {each.name: tables[each.kind, each.hours][:, _PLACE[each.signal]] for each in FEATURES}
    laboratory = slice(len(VITAL_SIGNS), len(SIGNALS))
    found[ORDERED] = known[:, -24:, laboratory].any(axis=1).sum(axis=1).astype(np.float64)
    return found


def first_value(signal: str, value: float) -> dict[str, float]:
    """The features of a signal of which this hour's value is the only one."""
    return {each.name: _OF_A_FIRST_VALUE.get(each.kind, value) for each in _OF_SIGNAL[signal]}


def stay_of(icu_hours: Float, hours_before_icu: Float) -> dict[str, Float]:
    """The features of the stay; NaN where not known."""
    return dict(zip(STAY, (icu_hours, hours_before_icu, icu_hours + hours_before_icu), strict=True))


def _table(kind: Kind, values: Float, known: Bool) -> Float:
    """One kind of number for all columns; shape (windows, COLUMNS)."""
    if kind in ("last", "age", "change"):
        return _of_the_last(kind, values, known)
    count = known.sum(axis=1)
    if kind == "count":
        counted: Float = count.astype(np.float64)
        return counted
    if kind == "min":
        return _or_nan(np.where(known, values, np.inf).min(axis=1), count > 0)
    if kind == "max":
        return _or_nan(np.where(known, values, -np.inf).max(axis=1), count > 0)
    mean = np.where(known, values, 0.0).sum(axis=1) / np.maximum(count, 1)
    if kind == "mean":
        return _or_nan(mean, count > 0)
    off = np.where(known, values - mean[:, None], 0.0)
    return _or_nan(np.sqrt((off * off).sum(axis=1) / np.maximum(count - 1, 1)), count > 1)


def _of_the_last(kind: Kind, values: Float, known: Bool) -> Float:
    """The newest value, its age in hours (0 for the hour that ends now), or the change to it."""
    ago, found = _newest(known)
    if kind == "age":
        return _or_nan(ago.astype(np.float64), found)
    last = _at(values, ago)
    if kind == "last":
        return _or_nan(last, found)
    earlier = known.copy()
    np.put_along_axis(earlier, (known.shape[1] - 1 - ago)[:, None], False, axis=1)
    before, found = _newest(earlier)
    return _or_nan(last - _at(values, before), found)


def _newest(known: Bool) -> tuple[NDArray[np.intp], Bool]:
    """How many hours ago something was known last, and whether it ever was."""
    ever: Bool = np.asarray(known.any(axis=1))
    return np.argmax(known[:, ::-1], axis=1), ever


def _at(values: Float, ago: NDArray[np.intp]) -> Float:
    return np.take_along_axis(values, (values.shape[1] - 1 - ago)[:, None], axis=1)[:, 0]


def _or_nan(values: Float, found: Bool) -> Float:
    return np.where(found, values, np.nan)


def windows_of(hours: Float) -> Float:
    """The window that ends at each hour of a stay; shape (hours, HOURS, COLUMNS).

    Args:
        hours: Shape (hours, SIGNALS), oldest first.
    """
    values = with_derived(hours)
    padded = np.concatenate([np.full((HOURS - 1, values.shape[1]), np.nan), values])
    return np.lib.stride_tricks.sliding_window_view(padded, HOURS, axis=0).transpose(0, 2, 1)


def columns_of(windows: Float, age: Float, icu_hours: Float, hours_before_icu: Float) -> Mapping[str, Float]:
    """Every feature, by name: of measurements, of the stay, and the age."""
    return {**features_of(windows), **stay_of(icu_hours, hours_before_icu), AGE: age}


def newest_of(windows: Float, hours: int) -> Float:
    """The newest value of each column within some hours; shape (windows, COLUMNS), NaN where none."""
    recent = windows[:, -hours:]
    ago, found = _newest(~np.isnan(recent))
    return _or_nan(_at(recent, ago), found)


def has_vital_signs(windows: Float) -> Bool:
    """Whether pulse, systolic pressure, and respiration or saturation are of the last `VITALS_HOURS`."""
    known = dict(zip(COLUMNS, (~np.isnan(newest_of(windows, VITALS_HOURS))).T, strict=True))
    enough: Bool = known["heart_rate"] & known["sbp"] & (known["resp_rate"] | known["spo2"])
    return enough
