"""Training and evaluation of the sepsis warning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel, from_folder, to_files
from models.complications._sepsis_features import SIGNALS
from models.complications.sepsis import TYPICAL
from models.evaluation.complications.cases import Evaluation
from models.training.complications.calibration import logistic_recalibration
from models.training.complications.catalogue import DataError
from models.training.complications.export import checked_card, write_weights
from models.training.complications.recipe import Recipe, settings_as
from models.training.complications.sepsis import rivals
from models.training.complications.sepsis.fitting import VERSIONS, Grower, Settings, centred
from models.training.complications.sepsis.hours import Hours, hours_of
from models.training.complications.sepsis.report import DRAWS, alarm_table, evaluation_of, measures
from models.training.complications.sepsis.stays import read_stays
from models.training.complications.split import part_of
from models.training.loop import Progress
from models.weights import Manifest, load_manifest, verified

Float = NDArray[np.float64]

BOOSTER = "baseline.txt"
TRAINED = "trained.json"
# What a signal that was not measured may be: so much of what was measured lies below.
_TYPICAL = (5, 50, 95)


class _Sepsis:
    """How the warning is trained and measured."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """Trains both versions, and the booster that they are compared with."""
        checked_card(recipe)
        settings: Settings = settings_as(Settings, recipe.settings)
        stays = read_stays(data)
        hours = hours_of([stay for stay in stays if not _is_held_out(stay.person, recipe.seed, settings)])
        models: dict[str, AdditiveModel] = {}
        chosen: dict[str, Any] = {}
        for version, names in VERSIONS.items():
            progress.begin(version, 1, 1, settings.folds + 2)
            models[version], chosen[version] = _version(hours, names, settings, recipe.seed)
            progress.scores(chosen[version]["recalibration"])
        files = {
            **to_files(models),
            TYPICAL: _as_json(_typical(hours)),
            TRAINED: _as_json([_fingerprint(stay.person) for stay in hours.stays]),
            BOOSTER: rivals.booster_of(hours, recipe.seed).model_to_string().encode(),
        }
        details = {"split": _split(hours, len(stays)), "development": chosen}
        write_weights(out, recipe, files, details)
        found = self.evaluate(out, data)
        return write_weights(out, recipe, files, {**details, "held_out": measures(found, DRAWS)})

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """All hours of the people that the weights were not trained on."""
        manifest = load_manifest(folder)
        trained = frozenset(json.loads(verified(folder, manifest, TRAINED)))
        stays = [stay for stay in read_stays(data) if _fingerprint(stay.person) not in trained]
        if not stays:
            raise DataError("the data hold nobody whom training left out")
        return evaluation_of(
            manifest,
            from_folder(folder, manifest),
            lightgbm.Booster(model_str=verified(folder, manifest, BOOSTER).decode()),
            hours_of(stays),
            settings_as(Settings, manifest.details["settings"]),
        )


TRAINER = _Sepsis()


def _version(
    hours: Hours, names: Sequence[str], settings: Settings, seed: int
) -> tuple[AdditiveModel, dict[str, Any]]:
    """A version trained on all the people, and what was found among them by cross-validation."""
    grower = Grower(hours=hours, names=names, settings=settings, seed=seed)
    every = np.arange(len(hours), dtype=np.int64)
    pairs = grower.pairs(every)
    folds = _folds(hours, settings.folds, seed)
    told = np.zeros(len(hours))
    for fold in range(settings.folds):
        model = grower.model(every[folds != fold], pairs)
        rest = folds == fold
        told[rest] = model.total({name: hours.features[name][rest] for name in model.features})
    line = logistic_recalibration(told, hours.label)
    model = line.of_model(grower.model(every, pairs))
    found = {
        "recalibration": {"shift": round(line.shift, 4), "scale": round(line.scale, 4)},
        **alarm_table(hours, line.of(told), settings, DRAWS),
    }
    return centred(model, hours.features), found


def _folds(hours: Hours, folds: int, seed: int) -> NDArray[np.int64]:
    dealt = [int(_fingerprint(f"{seed}:{stay.person}"), 16) % folds for stay in hours.stays]
    return np.array(dealt, dtype=np.int64)[hours.stay]


def _is_held_out(person: str, seed: int, settings: Settings) -> bool:
    return part_of(person, seed, development=0.0, held_out=settings.held_out) == "held-out"


def _fingerprint(person: str) -> str:
    return hashlib.sha256(person.encode()).hexdigest()[:10]


def _typical(hours: Hours) -> dict[str, list[float]]:
    found = {}
    for signal in SIGNALS:
        column = hours.newest[signal]
        found[signal] = [round(float(each), 3) for each in np.nanpercentile(column, _TYPICAL)]
    return found


def _split(hours: Hours, people: int) -> dict[str, Any]:
    return {
        "trained_people": len(hours.stays),
        "held_out_people": people - len(hours.stays),
        "trained_hours": len(hours),
        "share_of_hours_with_the_label": round(float(hours.label.mean()), 5),
        "people_with_sepsis": sum(stay.onset is not None for stay in hours.stays),
        "chosen_on": "recalibration, pairs, thresholds: the trained people",
    }


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=0) + "\n").encode()
