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
from models.complications._cardiometabolic_risk import Baseline, Hazards, grid, to_file
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
        told = hazards_of(seen, settings, recipe.seed)
        hidden = _hidden(seen, settings.hidden, recipe.seed)
        facts: dict[str, dict[str, float]] = {}
        for number, outcome in enumerate(OUTCOMES, 1):
            progress.begin(outcome.words, number, len(OUTCOMES), 1)
            facts[outcome.key] = _unseen(seen, hidden, outcome.key, settings)
            progress.scores(facts[outcome.key])
        rivals = {f"plain.{each.key}": plain.fitted(seen, each.key) for each in OUTCOMES}
        files = {**_additive.to_files({**told.models, **rivals}), **to_file(told.baselines, told.plausible)}
        details = {"trained_on_people": fingerprint(data), "split": evaluate.SPLIT, "development": facts}
        write_weights(out, recipe, files, details)
        measured = figures(evaluate.cases(out, data), settings.draws, recipe.seed)
        return write_weights(out, recipe, files, {**details, "metrics": measured})

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        """See `catalogue.Trainer.evaluate`."""
        return evaluate.evaluation(folder, data)


def hazards_of(seen: Landmark, settings: Settings, seed: int) -> Hazards:
    """Everything that is served, fitted to the people who are not held out.

    The log-hazards stay as fitted: the penalties are such that unseen people's slope is about 1, and drawing
    together by fits on fewer people than the model's own would do it twice.
    """
    hidden = _hidden(seen, settings.hidden, seed)
    models = {}
    for outcome in OUTCOMES:
        fitting = _Fitting.of(seen, hidden, outcome.key, settings)
        models[outcome.key] = terms.exported(fitting.blocks, fitting.coefficients(fitting.people))
    baselines = {outcome.key: _baseline(seen, outcome.key, models) for outcome in OUTCOMES}
    return Hazards(models=models, baselines=baselines, plausible=_plausible(seen))


def _hidden(seen: Landmark, probability: float, seed: int) -> dict[str, Float]:
    chance = np.random.default_rng(seed)
    columns = dict(seen.columns)
    for name in terms.HIDDEN:
        gone = chance.random(len(seen.ids)) < probability
        columns[name] = np.where(gone, np.nan, columns[name])
    return columns


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fitting:
    """What the fits of one outcome share.

    Attributes:
        people: Of the outcome's population, those of development.
        matrix, hidden: The design of everybody, as known and with inputs hidden.
    """

    seen: Landmark
    outcome: str
    people: Bool
    blocks: Sequence[terms.Block]
    matrix: Float
    hidden: Float
    penalty: Float

    @classmethod
    def of(cls, seen: Landmark, hidden: Mapping[str, Float], outcome: str, settings: Settings) -> _Fitting:
        blocks = terms.blocks_of(outcome)
        return cls(
            seen=seen,
            outcome=outcome,
            people=seen.followed[outcome].asked & ~seen.held_out,
            blocks=blocks,
            matrix=terms.design(blocks, seen.columns),
            hidden=terms.design(blocks, hidden),
            penalty=terms.penalty(blocks, settings.penalties),
        )

    def coefficients(self, chosen: Bool) -> Float:
        least = np.array([low for block in self.blocks for low in block.least])
        rows = np.concatenate([self.matrix[chosen], self.hidden[chosen]])
        return hazards.fit(rows, _twice(self.seen, self.outcome, chosen), self.penalty, least)


def _unseen(
    seen: Landmark, hidden: Mapping[str, Float], outcome: str, settings: Settings
) -> dict[str, float]:
    """How well such a fit does on people of development that it had not seen."""
    fitting = _Fitting.of(seen, hidden, outcome, settings)
    followed, people = seen.followed[outcome], fitting.people
    fold = np.array([fold_of(int(each), settings.folds) for each in seen.ids])
    told, ranked = np.zeros(len(seen.ids)), []
    for number in range(settings.folds):
        apart = people & (fold == number)
        told[apart] = fitting.matrix[apart] @ fitting.coefficients(people & (fold != number))
        ranked.append(concordance(followed.at(apart), told[apart], np.ones((1, int(apart.sum()))))[0])
    slope = hazards.slope_of(
        told[people], Times(followed.years[people], followed.happened[people], fold[people])
    )
    return {
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
