"""Trains the cardiometabolic risks: one additive log-hazard an outcome, and baselines with death competing.

Everything is decided on the people of development: penalties by cross-validation among them, coefficients,
baselines. Held-out people are used for the figures of the manifest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from models.complications import _additive
from models.complications._additive import AdditiveModel, Float
from models.complications._cardiometabolic_inputs import OPTIONAL, OUTCOMES
from models.complications._cardiometabolic_risk import Baseline, grid, to_file
from models.evaluation.complications.cases import Evaluation
from models.training.complications.cardiometabolic import evaluate, hazards, plain, terms
from models.training.complications.cardiometabolic.hazards import Times
from models.training.complications.cardiometabolic.landmarks import Bool, Landmark, fold_of, landmark
from models.training.complications.cardiometabolic.measures import concordance, figures
from models.training.complications.cardiometabolic.reader import fingerprint, read_cohort
from models.training.complications.export import checked_card, write_weights
from models.training.complications.recipe import Recipe, settings_as
from models.training.loop import Progress
from models.weights import Manifest


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What the recipe decides.

    Attributes:
        flag_penalty, ramp_penalty, bend_penalty: See `terms.Penalties`.
        hidden: Each person comes a second time with each optional input hidden with this probability, so that
            a place for "not known" also means "not given".
        folds: Of the cross-validation whose figures the manifest has.
        draws: Of the bootstrap behind the intervals.
    """

    flag_penalty: float
    ramp_penalty: float
    bend_penalty: float
    hidden: float
    folds: int
    draws: int

    @property
    def penalties(self) -> terms.Penalties:
        """The penalties together."""
        return terms.Penalties(flag=self.flag_penalty, ramp=self.ramp_penalty, bend=self.bend_penalty)


class CardiometabolicTrainer:
    """Trains and evaluates `cardiometabolic`."""

    def train(self, recipe: Recipe, data: Path, out: Path, progress: Progress) -> Manifest:
        """See `catalogue.Trainer.train`."""
        settings: Settings = settings_as(Settings, recipe.settings)
        checked_card(recipe)
        seen = landmark(read_cohort(data))
        hidden = _hidden(seen, settings.hidden, np.random.default_rng(recipe.seed))
        models: dict[str, AdditiveModel] = {}
        facts: dict[str, dict[str, float]] = {}
        for number, outcome in enumerate(OUTCOMES, 1):
            progress.begin(outcome.words, number, len(OUTCOMES), 1)
            models[outcome.key], facts[outcome.key] = _fitted(seen, hidden, outcome.key, settings)
            progress.scores(facts[outcome.key])
        baselines = {outcome.key: _baseline(seen, outcome.key, models) for outcome in OUTCOMES}
        rivals = {f"plain.{each.key}": plain.fitted(seen, each.key) for each in OUTCOMES}
        files = {**_additive.to_files({**models, **rivals}), **to_file(baselines, _plausible(seen))}
        details = {"trained_on_people": fingerprint(data), "split": evaluate.SPLIT, "development": facts}
        write_weights(out, recipe, files, details)
        measured = figures(evaluate.cases(out, data), settings.draws, recipe.seed)
        return write_weights(out, recipe, files, {**details, "metrics": measured})

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """See `catalogue.Trainer.evaluate`."""
        return evaluate.evaluation(folder, data)


def _hidden(seen: Landmark, probability: float, chance: np.random.Generator) -> dict[str, Float]:
    columns = dict(seen.columns)
    for name in terms.HIDDEN:
        gone = chance.random(len(seen.ids)) < probability
        columns[name] = np.where(gone, np.nan, columns[name])
    return columns


def _fitted(
    seen: Landmark, hidden: Mapping[str, Float], outcome: str, settings: Settings
) -> tuple[AdditiveModel, dict[str, float]]:
    """The model of an outcome, and how well such a fit does on people of development that it had not seen.

    The log-hazards stay as fitted: the penalties are such that unseen people's slope is about 1, and drawing
    together by fits on fewer people than the model's own would do it twice.
    """
    blocks = terms.blocks_of(outcome)
    matrices = [terms.design(blocks, columns) for columns in (seen.columns, hidden)]
    penalty = terms.penalty(blocks, settings.penalties)
    least = np.array([low for block in blocks for low in block.least])
    followed = seen.followed[outcome]
    people = followed.asked & ~seen.held_out
    fold = np.array([fold_of(int(each), settings.folds) for each in seen.ids])

    def fit(chosen: Bool) -> Float:
        twice = np.tile(chosen, 2)
        return hazards.fit(np.concatenate(matrices)[twice], _twice(seen, outcome, chosen), penalty, least)

    unseen, ranked = np.zeros(len(seen.ids)), []
    for number in range(settings.folds):
        apart = people & (fold == number)
        unseen[apart] = matrices[0][apart] @ fit(people & (fold != number))
        ranked.append(concordance(followed.at(apart), unseen[apart], np.ones((1, int(apart.sum()))))[0])
    slope = hazards.slope_of(
        unseen[people], Times(followed.years[people], followed.happened[people], fold[people])
    )
    return terms.exported(blocks, fit(people)), {
        "people": int(people.sum()),
        "events": int(followed.happened[people].sum()),
        "concordance": round(float(np.nanmean(ranked)), 4),
        "slope": round(slope, 3),
    }


def _twice(seen: Landmark, outcome: str, chosen: Bool) -> Times:
    followed = seen.followed[outcome]
    return Times(
        np.tile(followed.years[chosen], 2),
        np.tile(followed.happened[chosen], 2),
        np.repeat([0, 1], int(chosen.sum())),
    )


def _baseline(seen: Landmark, outcome: str, models: Mapping[str, AdditiveModel]) -> Baseline:
    followed = seen.followed[outcome]
    people = followed.asked & ~seen.held_out
    years, times = followed.years[people], grid()
    columns = {name: column[people] for name, column in seen.columns.items()}
    own = hazards.baseline(models[outcome].total(columns), years, followed.happened[people], times)
    if not followed.died.any():
        return Baseline(own=own, death=np.zeros(len(times)), death_slope=1.0)
    died, told = followed.died[people], models["death"].total(columns)
    slope = hazards.slope_of(told, Times(years, died, np.zeros(len(years), np.int64)))
    death = hazards.baseline(slope * told, years, died, times)
    return Baseline(own=own, death=death, death_slope=slope)


def _plausible(seen: Landmark, shares: Sequence[float] = (5, 25, 50, 75, 95)) -> dict[str, Float]:
    """Values that an unknown input may have had: percentiles of a measured one, no and yes of another."""
    found = {}
    for name in OPTIONAL:
        column = seen.columns[name][~seen.held_out]
        measured = name in terms.MEASURED
        found[name] = np.nanpercentile(column, shares) if measured else np.array([0.0, 1.0])
    return found


TRAINER = CardiometabolicTrainer()
