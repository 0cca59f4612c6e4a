"""The figures that go into the manifest, with 95 % intervals by bootstrap over people.

Discrimination is Harrell's concordance over the whole follow-up, death counting as the end of observation.
Calibration is that of the absolute risk at a horizon: who died first is free of the outcome, and who left
before the horizon is stood for by those who stayed (inverse probability of censoring).
Source: Harrell FE et al. JAMA 1982;247:2543; Graf E et al. Stat Med 1999;18:2529.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from models.complications._additive import Float
from models.complications._cardiometabolic_inputs import HORIZONS
from models.training.complications.cardiometabolic.evaluate import Case
from models.training.complications.cardiometabolic.landmarks import Bool, Followed

_NEWTON = 12


def figures(cases: Sequence[Case], draws: int, seed: int) -> dict[str, Any]:
    """By outcome: people, events, concordance of the model and its rivals, calibration at each horizon."""
    return {case.outcome.key: _of(case, draws, seed) for case in cases}


def _of(case: Case, draws: int, seed: int) -> dict[str, Any]:
    people = len(case.ids)
    # The first row counts everybody once: the figure itself; the others are its bootstrap.
    drawn = np.random.default_rng(seed).multinomial(people, np.full(people, 1 / people), size=draws)
    counts = np.concatenate([np.ones((1, people)), drawn])
    found: dict[str, Any] = {
        "people": people,
        "events": int(case.followed.happened.sum()),
        "concordance": _interval(_among(case, case.model[:, 0], counts)),
        "rivals": {
            name: _compared(case, ranks, counts)
            for name, ranks in {"plain Cox": case.plain, **case.clinical}.items()
        },
    }
    for by, labels in case.subgroups.items():
        groups = {str(label): labels == label for label in np.unique(labels)}
        found[f"concordance_by_{by}"] = {
            label: _interval(_among(case, case.model[:, 0], counts, rows)) for label, rows in groups.items()
        }
    for number, horizon in enumerate(HORIZONS):
        found[f"at_{horizon}_years"] = calibration(case.followed, case.model[:, number], counts, horizon)
    return found


def _among(case: Case, ranks: Float, counts: Float, rows: Bool | None = None) -> Float:
    rows = np.ones(len(ranks), bool) if rows is None else rows
    return concordance(case.followed.at(rows), ranks[rows], counts[:, rows])


def _compared(case: Case, ranks: Float, counts: Float) -> dict[str, Any]:
    """A rival, and how far the model is above it on the people for whom there is a rank."""
    known = ~np.isnan(ranks)
    theirs = _among(case, ranks, counts, known)
    ours = _among(case, case.model[:, 0], counts, known)
    return {
        "people": int(known.sum()),
        "concordance": _interval(theirs),
        "model_minus_rival": _interval(ours - theirs),
    }


def concordance(followed: Followed, ranks: Float, counts: Float) -> Float:
    """Of two people, how often the one with the earlier outcome ranks higher; one number a row of counts."""
    events = np.flatnonzero(followed.happened)
    years, mine = followed.years[events][:, None], ranks[events][:, None]
    later = (followed.years > years) | ((followed.years == years) & ~followed.happened)
    right = later * ((mine > ranks) + 0.5 * (mine == ranks))
    weight = counts[:, events]
    pairs = (weight * (counts @ later.T.astype(float))).sum(axis=1)
    won = (weight * (counts @ right.T)).sum(axis=1)
    shares: Float = np.divide(won, pairs, out=np.full(len(counts), np.nan), where=pairs > 0)
    return shares


def calibration(followed: Followed, risks: Float, counts: Float, horizon: float) -> dict[str, Any]:
    """Mean risk told, share that had the outcome, their ratio, and the slope of the recalibration line."""
    happened = followed.happened & (followed.years <= horizon)
    weights = counts * observed(followed, horizon)
    share = weights @ happened / weights.sum(axis=1)
    told = counts @ risks / counts.sum(axis=1)
    log_odds = np.log(risks / (1 - risks))
    slopes = np.array([_slope(log_odds, happened, each) for each in weights])
    return {
        "told": round(float(told[0]), 4),
        "happened": _interval(share),
        "happened_to_told": _interval(share / told),
        "slope": _interval(slopes),
    }


def observed(followed: Followed, horizon: float) -> Float:
    """The weight of each person at the horizon: 0 for who left before, else for how many they stand."""
    known = followed.happened | followed.died | (followed.years >= horizon)
    until = np.minimum(followed.years, horizon)
    return np.where(known, 1 / _staying(followed, until), 0.0)


def _staying(followed: Followed, times: Float) -> Float:
    """The probability of not having left just before each time, by Kaplan-Meier."""
    left = ~(followed.happened | followed.died)
    order = np.argsort(followed.years, kind="stable")
    years = followed.years[order]
    at_risk = len(years) - np.searchsorted(years, years, side="left")
    kept = np.concatenate([[1.0], np.cumprod(1 - left[order] / at_risk)])
    return np.asarray(kept[np.searchsorted(years, times, side="left")], np.float64)


def _slope(log_odds: Float, happened: Bool, weights: Float) -> float:
    """The factor of the log-odds in a weighted logistic line, by Newton's steps."""
    matrix = np.stack([np.ones(len(log_odds)), log_odds], axis=1)
    line = np.array([0.0, 1.0])
    for _ in range(_NEWTON):
        told = 1 / (1 + np.exp(-matrix @ line))
        spread = (weights * told * (1 - told))[:, None] * matrix
        line = line + np.linalg.solve(matrix.T @ spread, matrix.T @ (weights * (happened - told)))
    return float(line[1])


def _interval(values: Float) -> Mapping[str, float]:
    low, high = np.nanpercentile(values[1:], (2.5, 97.5))
    return {"value": round(float(values[0]), 4), "low": round(float(low), 4), "high": round(float(high), 4)}
