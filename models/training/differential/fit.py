"""From patients to the tables of the differential: rates, then tables learned from parts of patients.

A clinician never knows all of a patient. So each patient is shown in every epoch with the answers to another
random part of all questions, and now and then with a finding that belongs to nothing; the tables start from
the rates of each finding under each condition, and are drawn back to them. Questions are drawn without regard
to the patient: if a random part of what a patient has were shown instead, the tables would learn that little
is known of those whose condition has few symptoms, which is not so in a note.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from models.training.differential.features import AGE_FROM, Bool, Cases, Float, Space
from models.training.loop import Progress

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The recipe's settings.

    Attributes:
        held_out, split_seed: Share of the patients that training never sees, and how they are drawn.
        folds: For the calibration, among the others.
        extra: Files in French codes that are added to the training patients.
        interviewed: Share of the patients of whom some findings are asked, each present or absent. Of the
            others everything present is shown, and nothing is said to be absent.
        asked: Shares of all findings that are asked in an interview, drawn with equal probability.
        strays: Findings that do not belong to the patient, on average, in half of the patients.
        unknown: Share of the patients whose age and sex are not shown.
        outside: Rate of a finding that the knowledge base does not know for a condition.
        strength: Patients' worth of the overall rate that each condition's rates are drawn to.
        bound: Largest log-odds of a finding before learning.
        pull: How strongly the tables are drawn back to the rates.
        known_from: Numbers of known findings from which on the calibration has a value of its own.
    """

    held_out: float
    split_seed: int
    folds: int
    extra: tuple[str, ...]
    interviewed: float
    asked: tuple[float, ...]
    strays: float
    unknown: float
    outside: float
    strength: float
    bound: float
    pull: float
    epochs: int
    batch: int
    learning_rate: float
    known_from: tuple[int, ...]


@dataclass(frozen=True)
class Tables:
    """What is learned; shapes as in `models.diagnosis.differential.model.DifferentialModel`."""

    start: Numbers
    present: Numbers
    absent: Numbers
    age: Numbers
    sex: Numbers
    likelihood: Numbers

    def scores(self, present: Bool, absent: Bool, cases: Cases) -> Numbers:
        """Scores of patients of whom these findings are known."""
        known = present @ self.present + absent @ self.absent
        total: Numbers = self.start + known + self.age[cases.bands] + self.sex[cases.sexes]
        return total


@dataclass(frozen=True)
class Shares:
    """How the conditions are distributed, and the weight of each patient that makes it so."""

    prior: Numbers
    weights: Numbers


def shares_of(cases: Cases, release: int, diseases: int) -> Shares:
    """The distribution of the conditions among the first `release` patients, imposed on all of them.

    Patients beyond those were not drawn as the release was; every condition gets half a patient more.
    """
    seen = np.bincount(cases.diseases[:release], minlength=diseases) + 0.5
    prior: Numbers = np.asarray(seen / seen.sum(), np.float64)
    counts = np.bincount(cases.diseases, minlength=diseases)
    return Shares(prior, prior[cases.diseases] * len(cases) / counts[cases.diseases])


def rates_of(cases: Cases, findings: Bool, shares: Shares, possible: Bool, settings: Settings) -> Numbers:
    """How often patients with each condition have each finding, of shape (findings, conditions), smoothed."""
    diseases = len(shares.prior)
    member = np.eye(diseases)[cases.diseases]
    counts = findings.T.astype(np.float64) @ member
    overall = np.clip((findings * shares.weights[:, None]).mean(axis=0), 0.02, 0.5)[:, None]
    rates = (counts + settings.strength * overall) / (member.sum(axis=0) + settings.strength)
    return np.clip(np.where(possible.T, rates, settings.outside), settings.outside, 0.99)


def first_tables(cases: Cases, rates: Numbers, shares: Shares, settings: Settings) -> Tables:
    """The tables that the rates alone give: those of a naive Bayes classifier, bounded."""
    diseases = len(shares.prior)
    present = np.clip(_against_average(np.log(rates), shares), -settings.bound, settings.bound)
    absent = np.clip(_against_average(np.log(1 - rates), shares), -settings.bound, settings.bound)

    def table(places: NDArray[np.int64], size: int) -> Numbers:
        counts = np.zeros((size, diseases))
        np.add.at(counts, (places, cases.diseases), 1.0)
        share = (counts + 0.5) / (counts.sum(axis=0) + 0.5 * size)
        return np.clip(_against_average(np.log(share), shares), -settings.bound, settings.bound)

    return Tables(
        start=np.log(shares.prior),
        present=present,
        absent=absent,
        age=table(cases.bands, len(AGE_FROM)),
        sex=table(cases.sexes, 2),
        likelihood=rates,
    )


def fitted(
    cases: Cases,
    space: Space,
    first: Tables,
    shares: Shares,
    settings: Settings,
    *,
    progress: Progress,
    seed: int,
    stage: str,
) -> Tables:
    """The tables after learning, centered so that the average patient's condition gets nothing.

    Args:
        seed: Decides what is shown of whom.
        stage: For the progress.
    """
    torch.manual_seed(seed)
    showing = _Showing(cases, space, settings, np.random.default_rng(seed))
    parts = (first.present, first.absent, first.age, first.sex)
    base = torch.tensor(np.concatenate(parts), dtype=torch.float32)
    weights = base.clone().requires_grad_()
    start = torch.tensor(first.start, dtype=torch.float32).requires_grad_()
    optimizer = torch.optim.Adam([weights, start], lr=settings.learning_rate)
    batches = -(-len(cases) // settings.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, settings.learning_rate, total_steps=settings.epochs * batches
    )
    importance = torch.tensor(shares.weights, dtype=torch.float32)
    target = torch.tensor(cases.diseases)
    for epoch in range(settings.epochs):
        progress.begin(stage, epoch, settings.epochs, batches)
        for rows in np.array_split(showing.random.permutation(len(cases)), batches):
            scores = torch.tensor(showing.of(rows)) @ weights + start
            missed = torch.nn.functional.cross_entropy(scores, target[rows], reduction="none")
            loss = (missed * importance[rows]).mean() + settings.pull * ((weights - base) ** 2).sum()
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
            progress.step(loss.item())
    learned = weights.detach().numpy().astype(np.float64)
    present, absent, age, sex = np.split(learned, np.cumsum([len(part) for part in parts[:-1]]))
    return Tables(
        start=start.detach().numpy().astype(np.float64),
        present=_against_average(present, shares),
        absent=_against_average(absent, shares),
        age=_against_average(age, shares),
        sex=_against_average(sex, shares),
        likelihood=first.likelihood,
    )


class _Showing:
    """What is shown of patients, as inputs: findings present, findings absent, age, sex."""

    def __init__(self, cases: Cases, space: Space, settings: Settings, random: np.random.Generator) -> None:
        self.random = random
        self._cases = cases
        self._space = space
        self._settings = settings
        self._all = space.findings(cases.codes)
        self._overall = self._all.mean(axis=0)

    def of(self, rows: NDArray[np.int64]) -> Float:
        has = self._all[rows]
        asked = self.random.random(has.shape) < self.random.choice(self._settings.asked, size=(len(rows), 1))
        interviewed = self.random.random((len(rows), 1)) < self._settings.interviewed
        present = np.where(interviewed, self._space.completed(has & asked), has) | self._strays(len(rows))
        absent = interviewed & asked & ~has & ~present
        known = (self.random.random((len(rows), 1)) >= self._settings.unknown).astype(np.float32)
        age = np.eye(len(AGE_FROM), dtype=np.float32)[self._cases.bands[rows]] * known
        sex = np.eye(2, dtype=np.float32)[self._cases.sexes[rows]] * known
        parts = (present, absent, age, sex)
        return np.concatenate([part.astype(np.float32) for part in parts], axis=1)

    def _strays(self, count: int) -> Bool:
        rate = self._overall * self._settings.strays / self._overall.sum()
        stray = self.random.random((count, len(rate))) < rate
        chosen: Bool = stray & (self.random.random((count, 1)) < 0.5)
        return chosen


def _against_average(table: Numbers, shares: Shares) -> Numbers:
    centered: Numbers = table - (table @ shares.prior)[:, None]
    return centered
