"""Trains and measures readmission.v1: two sets of tables, before and after the destination is known."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.complications._additive import AdditiveModel, from_folder, to_files
from models.complications._readmission_stay import FEATURES
from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.training.complications.calibration import logistic_recalibration
from models.training.complications.export import checked_card, write_weights
from models.training.complications.readmission.columns import FURTHER, of_baselines, of_model
from models.training.complications.readmission.data import Row, read_rows
from models.training.complications.readmission.fitting import Settings, fit
from models.training.complications.readmission.scores import hospital_parts, lace_parts
from models.training.complications.recipe import Recipe, settings_as
from models.training.complications.split import parts_of
from models.training.loop import Progress
from models.weights import Manifest, digest_of, load_manifest

Float = NDArray[np.float64]
Bool = NDArray[np.bool_]

IN_HOSPITAL, AT_DISCHARGE = "in_hospital", "at_discharge"
_DESTINATION = "destination"


class ReadmissionTrainer:
    """See `catalogue.Trainer`."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """Fits on the people of training, calibrates on those of development, never looks at the others."""
        settings: Settings = settings_as(Settings, recipe.settings)
        checked_card(recipe)
        rows = read_rows(data)
        part = _parts(rows, recipe.seed)
        columns, returned = of_model(rows), np.array([row.returned for row in rows])
        began = time.monotonic()
        models, metrics = {}, {}
        for name in (IN_HOSPITAL, AT_DISCHARGE):
            progress.begin(name, 1, 1, settings.runs + 1)
            chosen = {key: column for key, column in columns.items() if key in _features(name)}
            fitted = fit(
                {key: column[part == "train"] for key, column in chosen.items()},
                returned[part == "train"],
                settings,
                recipe.seed,
                progress,
            )
            judged = {key: column[part == "development"] for key, column in chosen.items()}
            models[name], metrics[name] = _calibrated(
                fitted, judged, returned[part == "development"], _threshold(settings, name)
            )
        details = {
            "split": {"by": "patient", **{each: int((part == each).sum()) for each in np.unique(part)}},
            "development": metrics,
            "terms": {name: len(model.terms) for name, model in models.items()},
            "seconds": round(time.monotonic() - began),
        }
        return write_weights(out, recipe, to_files(models), details)

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """The held-out people: the model with and without the destination, scores, and baselines."""
        manifest = load_manifest(folder)
        models = from_folder(folder, manifest)
        rows = read_rows(data)
        part = _parts(rows, int(manifest.details["seed"]))
        kept = part == "held-out"
        held = [row for row, is_kept in zip(rows, kept, strict=True) if is_kept]
        rivals = (
            *_of_models(models, of_model(held)),
            *_scores(held),
            *_boosted(rows, part, int(manifest.details["seed"])),
        )
        everybody = _question("readmission within 30 days", held, rivals, np.ones(len(held), bool))
        home = np.array([row.stay.destination in ("home", "home_care") for row in held])
        return Evaluation(
            model=manifest.name,
            version=manifest.version,
            digest=digest_of([manifest.files[name] for name in sorted(manifest.files)]),
            data="Diabetes 130-US hospitals 1999-2008 (UCI): stays of the held-out fifth of patients "
            f"({len(held)} stays of {len({row.person for row in held})} people)",
            questions=(
                everybody,
                _question("readmission within 30 days of those who went home", held, rivals, home),
            ),
            caution="A discharge to a rehabilitation or psychiatric unit is often followed by a stay that "
            "was planned and counts as a readmission here.",
            facts=tuple((f"tables, {name}", str(len(model.terms))) for name, model in models.items()),
        )


def _features(name: str) -> tuple[str, ...]:
    return tuple(each for each in FEATURES if name == AT_DISCHARGE or each != _DESTINATION)


def _threshold(settings: Settings, name: str) -> float:
    return settings.threshold_in_hospital if name == IN_HOSPITAL else settings.threshold_at_discharge


def _parts(rows: Sequence[Row], seed: int) -> NDArray[np.str_]:
    return parts_of((row.person for row in rows), seed)


def _calibrated(
    fitted: AdditiveModel, columns: Mapping[str, Float], returned: Bool, threshold: float
) -> tuple[AdditiveModel, dict[str, Any]]:
    """The model that means what it says to these people, who did not train it, and how well it does."""
    line = logistic_recalibration(fitted.total(columns), returned)
    model = line.of_model(fitted)
    risks = 1 / (1 + np.exp(-model.total(columns)))
    return model, {
        "slope_before_calibration": round(line.scale, 3),
        "auroc": round(float(roc_auc_score(returned, risks)), 4),
        "risk_exceeded_by_a_tenth": round(float(np.quantile(risks, 0.9)), 4),
        **_at(threshold, risks, returned),
    }


def _at(threshold: float, risks: Float, returned: Bool) -> dict[str, float]:
    """What speaking from a threshold on would have meant."""
    spoken = risks >= threshold
    return {
        "threshold": threshold,
        "share": round(float(spoken.mean()), 4),
        "ppv": round(float(returned[spoken].mean()), 4),
        "sensitivity": round(float(spoken[returned].mean()), 4),
    }


def _of_models(models: Mapping[str, AdditiveModel], columns: Mapping[str, Float]) -> tuple[Rival, ...]:
    def risks(name: str) -> Float:
        return np.asarray(1 / (1 + np.exp(-models[name].total(columns))), np.float64)

    return (
        Rival(name="readmission", kind="model", risks=risks(AT_DISCHARGE), is_probability=True),
        Rival(
            name="readmission before the destination is known",
            kind="model",
            risks=risks(IN_HOSPITAL),
            is_probability=True,
        ),
    )


def _scores(rows: Sequence[Row]) -> tuple[Rival, ...]:
    before = np.array([float(row.stay.inpatient) for row in rows])
    return (
        Rival(name="LACE, items known", kind="clinical score", risks=lace_parts(rows), is_probability=False),
        Rival(
            name="HOSPITAL, items known",
            kind="clinical score",
            risks=hospital_parts(rows),
            is_probability=False,
        ),
        Rival(name="stays of the year before", kind="baseline", risks=before, is_probability=False),
    )


def _boosted(rows: Sequence[Row], part: NDArray[np.str_], seed: int) -> tuple[Rival, ...]:
    """Boosted trees without constraint, on the model's own columns and on all of the data set."""
    own = of_model(rows)
    wide = own | of_baselines(rows)
    returned = np.array([row.returned for row in rows])
    found = (("boosted trees, same columns", own), (f"boosted trees, {len(FURTHER)} more columns", wide))
    return tuple(
        Rival(
            name=name, kind="baseline", risks=_tree_risks(columns, returned, part, seed), is_probability=True
        )
        for name, columns in found
    )


def _tree_risks(columns: Mapping[str, Float], returned: Bool, part: NDArray[np.str_], seed: int) -> Float:
    """Risks of the held-out stays by LightGBM; the development people say when to stop."""
    matrix = np.column_stack(list(columns.values()))
    trained, judged, held = (part == each for each in ("train", "development", "held-out"))
    data = lightgbm.Dataset(matrix[trained], returned[trained])
    settings = {
        "objective": "binary",
        "metric": "auc",
        "num_leaves": 15,
        "learning_rate": 0.05,
        "min_data_in_leaf": 100,
        "feature_fraction": 0.5,
        "num_threads": 1,
        "deterministic": True,
        "seed": seed,
        "verbosity": -1,
    }
    booster = lightgbm.train(
        settings,
        data,
        num_boost_round=600,
        valid_sets=[lightgbm.Dataset(matrix[judged], returned[judged], reference=data)],
        callbacks=[lightgbm.early_stopping(50, verbose=False)],
    )
    return np.asarray(booster.predict(matrix[held]), np.float64)


def _question(name: str, rows: Sequence[Row], rivals: Sequence[Rival], kept: Bool) -> Question:
    chosen = [row for row, is_kept in zip(rows, kept, strict=True) if is_kept]
    return Question(
        name=name,
        happened=np.array([row.returned for row in chosen]),
        people=np.array([row.person for row in chosen], np.int64),
        rivals=tuple(
            Rival(name=each.name, kind=each.kind, risks=each.risks[kept], is_probability=each.is_probability)
            for each in rivals
        ),
        subgroups={
            "sex": np.array([row.stay.sex for row in chosen]),
            "age": np.array([_age_band(row.stay.age) for row in chosen]),
            "race": np.array([row.race for row in chosen]),
        },
    )


def _age_band(decade: int) -> str:
    return "under 50" if decade < 50 else "50 to 69" if decade < 70 else "70 and over"


TRAINER = ReadmissionTrainer()
