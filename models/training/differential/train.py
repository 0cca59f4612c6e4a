"""Trains the differential by a recipe: reads, splits by patient, learns, calibrates, writes the weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from models.diagnosis.differential.catalogue import catalogue
from models.diagnosis.differential.model import DifferentialModel, softmax, to_files
from models.evaluation.differential.evaluate import findings_of, shown_codes
from models.evaluation.differential.measures import scores_of
from models.training.complications.export import checked_card, write_weights
from models.training.complications.recipe import Recipe, settings_as
from models.training.differential.data import (
    RIVALS_FILE,
    Patient,
    digest_of,
    file_of,
    held_out_rows,
    question_of,
    read_patients,
    read_possible,
    read_translated,
)
from models.training.differential.features import AGE_FROM, Bool, Cases, Space, cases_of, space_of
from models.training.differential.fit import (
    Numbers,
    Settings,
    Tables,
    first_tables,
    fitted,
    rates_of,
    shares_of,
)
from models.training.differential.rivals import rivals_of
from models.training.loop import Progress
from models.weights import Manifest

# Shares of a held-out patient's findings with which the metrics are measured.
_MEASURED = (0.4, 1.0)
# Factors of the scores that calibration chooses from.
_FACTORS = tuple(number / 100 for number in range(50, 201, 2))
# Shares of a patient's findings that calibration lists.
_LISTED = (0.1, 0.2, 0.3, 0.4, 0.6, 0.8, 1.0)


class Calibrated(NamedTuple):
    """Patients of whom a part is shown: how many findings, the scores, and the condition."""

    known: NDArray[np.int64]
    scores: Numbers
    diseases: NDArray[np.int64]


def train_differential(recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
    """Trains into a weights folder.

    Args:
        data: Folder with DDXPlus: the patients, the knowledge base, and the recipe's further files.

    Raises:
        DataError: The data can't be read.
        RecipeError, ModelCardError: The recipe's settings or card don't fit.
    """
    checked_card(recipe)
    settings: Settings = settings_as(Settings, recipe.settings)
    path = file_of(data)
    patients = read_patients(path)
    held_out = held_out_rows(len(patients), settings.held_out, settings.split_seed)
    release = [each for row, each in enumerate(patients) if row not in held_out]
    extra = [each for name in settings.extra for each in read_translated(data / name, data)]
    run = _Run(
        [*release, *extra],
        len(release),
        read_possible(data),
        settings=settings,
        seed=recipe.seed,
        progress=progress,
    )
    tables = run.tables(np.arange(len(run.cases)), seed=recipe.seed, stage="learn")
    model = run.model(tables, run.scales())
    details = {
        "patients": {"release": len(release), "extra": len(extra), "held_out": len(held_out)},
        "data_sha256": digest_of(path),
        "metrics": _metrics(model, [patients[row] for row in sorted(held_out)]),
    }
    files = {**to_files(model), RIVALS_FILE: rivals_of(run.cases, run.space, len(run.columns))}
    return write_weights(out, recipe, files, details)


def _metrics(model: DifferentialModel, held_out: Sequence[Patient]) -> dict[str, dict[str, float]]:
    """The scores of the patients whom training never saw, with a part and with all of their findings."""
    columns = {disease: column for column, disease in enumerate(model.diseases)}
    diseases = np.array([columns[patient.disease] for patient in held_out], np.int64)
    found = {}
    for keep in _MEASURED:
        shown = zip(held_out, shown_codes(held_out, keep, seed=0), strict=True)
        known = [findings_of(patient, codes, complete=keep == 1) for patient, codes in shown]
        shares = np.stack([model.probabilities(each) for each in known])
        scores = scores_of("", shares, diseases, seed=0)
        found[f"{keep:.0%} of the findings"] = {
            **{f"top_{k}": round(each.value or 0.0, 4) for k, each in scores.top.items()},
            "calibration_error": round(scores.calibration.value or 0.0, 4),
        }
    return found


class _Run:
    """One training run: its patients as arrays, and the steps that both folds and the whole take."""

    def __init__(
        self,
        patients: Sequence[Patient],
        release: int,
        possible: dict[str, frozenset[str]],
        *,
        settings: Settings,
        seed: int,
        progress: Progress,
    ) -> None:
        table = catalogue()
        self.columns = {disease.key: column for column, disease in enumerate(table.diseases)}
        self.space: Space = space_of(patients, table)
        self.cases: Cases = cases_of(patients, self.space, self.columns)
        self._release = release
        self._settings = settings
        self._seed = seed
        self._progress = progress
        self._possible = _possible(possible)

    def tables(self, rows: NDArray[np.int64], *, seed: int, stage: str) -> Tables:
        """The tables that some of the patients give; rows of the release come first."""
        cases = self.cases.at(rows)
        shares = shares_of(cases, int((rows < self._release).sum()), len(self.columns))
        findings = self.space.findings(cases.codes)
        rates = rates_of(cases, findings, shares, self._possible, self._settings)
        first = first_tables(cases, rates, shares, self._settings)
        return fitted(
            cases,
            self.space,
            first,
            shares,
            self._settings,
            progress=self._progress,
            seed=seed,
            stage=stage,
        )

    def scales(self) -> tuple[float, ...]:
        """The calibration that fits the patients of other folds, interviewed in part or listed in part."""
        seen: list[Calibrated] = []
        fold = np.arange(len(self.cases)) % self._settings.folds
        release = np.arange(len(self.cases)) < self._release
        for number in range(self._settings.folds):
            rows = np.flatnonzero(fold != number)
            tables = self.tables(rows, seed=self._seed + number + 1, stage=f"fold {number + 1}")
            others = self.cases.at((fold == number) & release)
            seen += self._shown(tables, others, np.random.default_rng(self._seed + number))
        return _scales(seen, self._settings.known_from)

    def _shown(self, tables: Tables, cases: Cases, random: np.random.Generator) -> list[Calibrated]:
        """What the tables say of patients of whom parts are shown."""
        has = self.space.findings(cases.codes)
        found = []
        for share in self._settings.asked:
            asked = random.random(has.shape) < share
            found.append(_calibrated(tables, cases, self.space.completed(has & asked), asked & ~has))
        for share in _LISTED:
            listed = self.space.findings(cases.codes & (random.random(cases.codes.shape) < share))
            found.append(_calibrated(tables, cases, listed, np.zeros_like(listed)))
        return found

    def model(self, tables: Tables, scales: tuple[float, ...]) -> DifferentialModel:
        """The model that is written."""
        table = catalogue()
        return DifferentialModel(
            findings=tuple(item.key for item in table.items),
            diseases=tuple(self.columns),
            start=tables.start,
            present=tables.present,
            absent=tables.absent,
            age_from=AGE_FROM,
            age=tables.age,
            sex=tables.sex,
            likelihood=tables.likelihood,
            known_from=self._settings.known_from,
            scale=scales,
        )


def _possible(possible: dict[str, frozenset[str]]) -> Bool:
    """Which findings each condition can have, of shape (conditions, findings)."""
    table = catalogue()
    found = np.zeros((len(table.diseases), len(table.items)), np.bool_)
    rows = {item.key: row for row, item in enumerate(table.items)}
    for column, disease in enumerate(table.diseases):
        for item in table.items:
            if any(question_of(code) in possible[disease.key] for code in item.codes):
                found[column, [rows[key] for key in table.followed(item.key)]] = True
    return found


def _calibrated(tables: Tables, cases: Cases, present: Bool, absent: Bool) -> Calibrated:
    known = present.sum(axis=1) + absent.sum(axis=1)
    return Calibrated(known, tables.scores(present, absent, cases), cases.diseases)


def _scales(seen: Sequence[Calibrated], known_from: Sequence[int]) -> tuple[float, ...]:
    """For each band of the number of known findings the factor with the highest likelihood."""
    known, scores, diseases = (np.concatenate(parts) for parts in zip(*seen, strict=True))
    bands = np.searchsorted(known_from, known, side="right") - 1
    found = []
    for number in range(len(known_from)):
        inside = bands == number
        missed = [_missed(factor, scores[inside], diseases[inside]) for factor in _FACTORS]
        found.append(_FACTORS[int(np.argmin(missed))])
    return tuple(found)


def _missed(scale: float, scores: Numbers, diseases: NDArray[np.int64]) -> float:
    shares = softmax(scores * scale)
    return float(-np.log(shares[np.arange(len(diseases)), diseases] + 1e-12).mean())
