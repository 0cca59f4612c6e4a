"""Training and evaluation of the sepsis warning."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.complications._boosted import BoostedModel, from_folder, to_files
from models.complications._sepsis_features import SIGNALS
from models.complications.sepsis import TYPICAL
from models.evaluation.complications.cases import Evaluation
from models.training.complications.calibration import logistic_recalibration
from models.training.complications.catalogue import DataError
from models.training.complications.export import checked_card, write_weights
from models.training.complications.recipe import Recipe, settings_as
from models.training.complications.sepsis import rivals
from models.training.complications.sepsis.fitting import VERSIONS, Grower, Settings
from models.training.complications.sepsis.hours import Hours, hours_of
from models.training.complications.sepsis.report import DRAWS, development, evaluation_of, measures
from models.training.complications.sepsis.stays import Stay, read_stays
from models.training.complications.split import part_of
from models.training.loop import Progress
from models.weights import Manifest, load_manifest, verified

Float = NDArray[np.float64]

# The files of the rival of its evaluation: trees that may combine everything.
RIVAL = "baseline"
TRAINED = "trained.json"
# What a signal that was not measured may be: so much of what was measured lies below.
_TYPICAL = (5, 50, 95)


class _Sepsis:
    """How the warning is trained and measured."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """Trains both versions, and the trees that they are compared with.

        Where the data are of two hospital systems, trees of each alone are measured on the other's held-out
        people as well.
        """
        checked_card(recipe)
        settings: Settings = settings_as(Settings, recipe.settings)
        stays = read_stays(data)
        held_out = [stay for stay in stays if _is_held_out(stay.person, recipe.seed, settings)]
        hours = hours_of([stay for stay in stays if not _is_held_out(stay.person, recipe.seed, settings)])
        models: dict[str, BoostedModel] = {}
        chosen: dict[str, Any] = {}
        for version, names in VERSIONS.items():
            progress.begin(version, 1, 1, settings.folds + 2)
            models[version], chosen[version] = _version(hours, names, settings, recipe.seed)
            progress.scores(chosen[version]["recalibration"])
        files = {
            **to_files(models),
            **to_files({RIVAL: rivals.booster_of(hours, recipe.seed)}, RIVAL),
            TYPICAL: _as_json(_typical(hours)),
            TRAINED: _as_json([_fingerprint(stay.person) for stay in hours.stays]),
        }
        details = {"split": _split(hours, held_out), "development": chosen}
        manifest = write_weights(out, recipe, files, details)
        measured = _by_set(held_out)
        served = from_folder(out, manifest)
        found = evaluation_of(manifest, served, from_folder(out, manifest, RIVAL)[RIVAL], measured, settings)
        details["held_out"] = measures(found, DRAWS)
        details["elsewhere"] = _elsewhere(manifest, hours, measured, settings, recipe.seed)
        return write_weights(out, recipe, files, details)

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """All hours of the people that the weights were not trained on, by training set."""
        manifest = load_manifest(folder)
        trained = frozenset(json.loads(verified(folder, manifest, TRAINED)))
        stays = [stay for stay in read_stays(data) if _fingerprint(stay.person) not in trained]
        if not stays:
            raise DataError("the data hold nobody whom training left out")
        return evaluation_of(
            manifest,
            from_folder(folder, manifest),
            from_folder(folder, manifest, RIVAL)[RIVAL],
            _by_set(stays),
            settings_as(Settings, manifest.details["settings"]),
        )


TRAINER = _Sepsis()


def _version(
    hours: Hours, names: Sequence[str], settings: Settings, seed: int
) -> tuple[BoostedModel, dict[str, Any]]:
    """A version trained on all the people, and what was found among them by cross-validation."""
    grower = Grower(hours=hours, names=names, settings=settings, seed=seed)
    every = np.arange(len(hours), dtype=np.int64)
    folds = _folds(hours, settings.folds, seed)
    told = np.zeros(len(hours))
    for fold in range(settings.folds):
        rest = folds == fold
        told[rest] = grower.told(grower.booster(every[~rest]), every[rest])
    line = logistic_recalibration(told, hours.label)
    model = grower.model(every).recalibrated(line.shift, line.scale)
    recalibration = {"shift": round(line.shift, 4), "scale": round(line.scale, 4)}
    return model, {"recalibration": recalibration, **development(hours, line.of(told), settings)}


def _elsewhere(
    manifest: Manifest, hours: Hours, measured: dict[str, Hours], settings: Settings, seed: int
) -> dict[str, Any]:
    """What trees of one training set's people, without recalibration, say of another's held-out people."""
    found = {}
    for trained in measured:
        others = {name: each for name, each in measured.items() if name != trained}
        rows = np.flatnonzero(hours.of_set(trained))
        if not others or not len(rows):
            continue
        models = {
            version: Grower(hours=hours, names=names, settings=settings, seed=seed).model(rows)
            for version, names in VERSIONS.items()
        }
        evaluation = evaluation_of(manifest, models, None, others, settings)
        found[f"trained on set {trained}"] = measures(evaluation, DRAWS)
    return found


def _by_set(stays: Sequence[Stay]) -> dict[str, Hours]:
    """The hours of each training set, by its letter."""
    sets = sorted({stay.training_set for stay in stays})
    return {name: hours_of([stay for stay in stays if stay.training_set == name]) for name in sets}


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


def _split(hours: Hours, held_out: Sequence[Stay]) -> dict[str, Any]:
    return {
        "trained_people": _by_letter(hours.stays),
        "held_out_people": _by_letter(held_out),
        "trained_hours": _by_letter(hours.stays, [len(stay.hours) for stay in hours.stays]),
        "people_with_sepsis": _by_letter(stay for stay in hours.stays if stay.onset is not None),
        "share_of_hours_with_the_label": round(float(hours.label.mean()), 5),
        "chosen_on": "recalibration, settings, thresholds: the trained people",
    }


def _by_letter(stays: Iterable[Stay], sizes: Sequence[int] | None = None) -> dict[str, int]:
    """How many stays are of each training set, or the sum of their sizes."""
    found: dict[str, int] = {}
    for number, stay in enumerate(stays):
        found[stay.training_set] = found.get(stay.training_set, 0) + (sizes[number] if sizes else 1)
    return found


def _as_json(value: object) -> bytes:
    return (json.dumps(value, indent=0) + "\n").encode()
