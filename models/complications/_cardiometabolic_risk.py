"""From log-hazards to absolute risks, where death may come first.

The risk of an outcome is what the two cause-specific hazards, its own and that of death without it, leave of
it: the cumulative incidence, not one minus the survival of a world without death. Source: Aalen OO, Johansen
S. Scand J Stat 1978;5:141; Andersen PK et al., Int J Epidemiol 2012;41:861, doi:10.1093/ije/dyr213.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load, save

from models.complications._additive import AdditiveModel, from_folder
from models.complications._cardiometabolic_inputs import HORIZONS, OPTIONAL, OUTCOMES
from models.weights import Manifest, WeightsError, verified

HAZARDS = "hazards.safetensors"
# Baselines are kept at these steps of a year.
STEPS_A_YEAR = 4

Float = NDArray[np.float64]


def grid() -> Float:
    """The times of the baselines, from 0 to the longest horizon."""
    return np.arange(max(HORIZONS) * STEPS_A_YEAR + 1) / STEPS_A_YEAR


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What turns log-hazards of one outcome into risks.

    Attributes:
        own, death: Cumulative hazards on the grid, of the outcome and of death without it; of death alone
            `death` is all 0.
        death_slope: How much the log-hazard of death counts among people without the outcome.
    """

    own: Float
    death: Float
    death_slope: float

    def incidence(self, told: Float, told_death: Float) -> tuple[Float, Float]:
        """The risk of the outcome, and that of death before it, by row and horizon."""
        own = np.diff(self.own) * np.exp(told)[:, None]
        death = np.diff(self.death) * np.exp(self.death_slope * told_death)[:, None]
        both = own + death
        left = np.exp(-np.cumsum(both, axis=1))
        ended = np.concatenate([np.ones((len(told), 1)), left[:, :-1]], axis=1) - left
        share = np.divide(own, both, out=np.zeros_like(own), where=both > 0)
        at = [years * STEPS_A_YEAR - 1 for years in HORIZONS]
        return np.cumsum(ended * share, axis=1)[:, at], np.cumsum(ended * (1 - share), axis=1)[:, at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hazards:
    """All outcomes.

    Attributes:
        models: Log-hazards by outcome.
        plausible: By optional feature, values between which an unknown one is let vary.
    """

    models: Mapping[str, AdditiveModel]
    baselines: Mapping[str, Baseline]
    plausible: Mapping[str, Float]

    def risks(self, columns: Mapping[str, Float], outcomes: Iterable[str]) -> dict[str, tuple[Float, Float]]:
        """By outcome the risk of it and of death before it, each by row and horizon."""
        told_death = self.models["death"].total(columns)
        found = {}
        for key in outcomes:
            told = told_death if key == "death" else self.models[key].total(columns)
            found[key] = self.baselines[key].incidence(told, told_death)
        return found

    def extremes(self, outcome: str) -> dict[str, tuple[float, float]]:
        """By optional feature, the plausible values of the lowest and of the highest log-hazard."""
        found = dict.fromkeys(OPTIONAL, (np.nan, np.nan))
        for term in self.models[outcome].terms:
            (name,) = term.features
            if name in found:
                values = self.plausible[name]
                added = term.parts([values])
                found[name] = (float(values[np.argmin(added)]), float(values[np.argmax(added)]))
        return found


def to_file(baselines: Mapping[str, Baseline], plausible: Mapping[str, Float]) -> dict[str, bytes]:
    """The file that goes beside the tables, by its name."""
    arrays = {f"plausible.{name}": np.asarray(values, np.float64) for name, values in plausible.items()}
    for key, each in baselines.items():
        arrays[f"{key}.own"], arrays[f"{key}.death"] = each.own, each.death
        arrays[f"{key}.death_slope"] = np.array([each.death_slope])
    return {HAZARDS: save({name: np.ascontiguousarray(array) for name, array in arrays.items()})}


def load_hazards(folder: Path, manifest: Manifest) -> Hazards:
    """The hazards of a weights folder, verified.

    Raises:
        WeightsError: A file is not the one that the manifest names, or lacks something.
    """
    models = from_folder(folder, manifest)
    try:
        arrays = load(verified(folder, manifest, HAZARDS))
        baselines = {
            outcome.key: Baseline(
                own=arrays[f"{outcome.key}.own"],
                death=arrays[f"{outcome.key}.death"],
                death_slope=float(arrays[f"{outcome.key}.death_slope"][0]),
            )
            for outcome in OUTCOMES
        }
        plausible = {name: arrays[f"plausible.{name}"] for name in OPTIONAL}
        own = {outcome.key: models[outcome.key] for outcome in OUTCOMES}
    except (SafetensorError, KeyError, IndexError) as error:
        raise WeightsError(f"{HAZARDS}: lacks something ({type(error).__name__})") from None
    if any(len(array) != len(grid()) for each in baselines.values() for array in (each.own, each.death)):
        raise WeightsError(f"{HAZARDS}: a baseline has another length than the grid")
    return Hazards(models=own, baselines=baselines, plausible=plausible)
