"""Questions whose true risks are known, because they were drawn from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from models.evaluation.complications.cases import Evaluation, Question, Rival

Float = NDArray[np.float64]


def log_odds(n: int, seed: int = 1) -> Float:
    return np.random.default_rng(seed).normal(-1.0, 1.2, n)


def model(risks: Float, *, is_probability: bool = True) -> Rival:
    return Rival(name="model", kind="model", risks=risks, is_probability=is_probability)


def score(risks: Float, *, is_probability: bool = False) -> Rival:
    return Rival(name="score", kind="clinical score", risks=risks, is_probability=is_probability)


def yes_or_no(n: int, seed: int = 1) -> tuple[Float, NDArray[np.bool_]]:
    """True risks and outcomes."""
    risks = 1 / (1 + np.exp(-log_odds(n, seed)))
    return risks, np.random.default_rng(seed + 1000).random(n) < risks


def question(risks: Float, happened: NDArray[np.bool_], *others: Rival, **more: object) -> Question:
    people = more.pop("people", np.arange(len(happened)))
    return Question(
        name="stroke",
        happened=happened,
        people=people,  # type: ignore[arg-type]
        rivals=(model(risks), *others),
        **more,  # type: ignore[arg-type]
    )


def timed(n: int, seed: int = 1, horizon: float = 5.0) -> Question:
    """People with constant hazards who leave at random; the model knows their true risks."""
    rng = np.random.default_rng(seed + 2000)
    hazards = np.exp(log_odds(n, seed) - 1.5)
    event, end = rng.exponential(1 / hazards), rng.uniform(0, 12, n)
    risks = 1 - np.exp(-horizon * hazards)
    return question(risks, event <= end, score(hazards), years=np.minimum(event, end), horizon_years=horizon)


def evaluation(*questions: Question, **more: object) -> Evaluation:
    words = {"model": "toy.v1", "version": "1", "digest": "ab" * 32, "data": "toy people", **more}
    return Evaluation(questions=questions, **words)  # type: ignore[arg-type]
