"""The warning beside its rivals on hours whose outcome is known, and what its alarms would have brought."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel
from models.evaluation.complications.calibration import expit
from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.evaluation.complications.measured import Told
from models.evaluation.complications.measuring import measure
from models.evaluation.estimates import Estimate, Resampling
from models.training.complications.sepsis import rivals, utility
from models.training.complications.sepsis.alarms import figures
from models.training.complications.sepsis.fitting import Settings
from models.training.complications.sepsis.hours import Hours
from models.weights import Manifest, digest_of

Float = NDArray[np.float64]

QUESTION = "sepsis begins within 6 hours or has begun"
_CAUTION = (
    "Stays in intensive care of one hospital system. Those with sepsis are recorded until shortly after its "
    "onset only, so that the length of a stay tells of sepsis more than it would at a bedside. Features and "
    "settings were narrowed on another split of a part of training set B, held-out people among them."
)
_AGES = (45, 65, 80)
_AGE_LABELS = np.array(["18 to 44", "45 to 64", "65 to 79", "80 and more"])
_URGENCIES = ("soon", "urgent")
# Enough for two digits of an interval; the command for evaluation draws more.
DRAWS = Resampling(draws=200)


def evaluation_of(
    manifest: Manifest,
    models: Mapping[str, AdditiveModel],
    booster: lightgbm.Booster,
    hours: Hours,
    settings: Settings,
) -> Evaluation:
    """What the weights and their rivals say of some hours."""
    totals = {version: model.total(hours.features) for version, model in models.items()}
    septic = sum(stay.onset is not None for stay in hours.stays)
    return Evaluation(
        model=manifest.name,
        version=manifest.version,
        digest=digest_of([manifest.files[name] for name in sorted(manifest.files)]),
        data=f"PhysioNet/CinC Challenge 2019: {len(hours)} hours of {len(hours.stays)} people who were "
        f"not trained on, {septic} of them with sepsis",
        questions=(_question(manifest.name, hours, totals, booster),),
        caution=_CAUTION,
        facts=_facts(hours, models, totals, settings),
    )


def _question(model: str, hours: Hours, totals: Mapping[str, Float], booster: lightgbm.Booster) -> Question:
    age, sex = (_of_each_row(hours, name) for name in ("Age", "Gender"))
    spoken = {version: np.where(hours.answered, expit(total), np.nan) for version, total in totals.items()}
    return Question(
        name=QUESTION,
        happened=hours.label,
        people=hours.stay,
        rivals=(
            Rival(name=model, kind="model", risks=spoken["icu"], is_probability=True),
            Rival(name=f"{model}, ward version", kind="model", risks=spoken["ward"], is_probability=True),
            Rival(
                name="unconstrained boosting",
                kind="baseline",
                risks=rivals.boosted(booster, hours),
                is_probability=True,
            ),
            _score("NEWS2, partial", rivals.partial_news2(hours)),
            _score("SIRS", rivals.sirs(hours)),
            _score("qSOFA, partial", rivals.partial_qsofa(hours)),
        ),
        subgroups={
            "sex": np.where(sex == 1, "male", np.where(sex == 0, "female", "")),
            "age": np.where(age < 18, "", _AGE_LABELS[np.searchsorted(_AGES, age, side="right")]),
        },
    )


def _score(name: str, points: Float) -> Rival:
    return Rival(name=name, kind="clinical score", risks=points, is_probability=False)


def _of_each_row(hours: Hours, column: str) -> Float:
    return np.concatenate([stay.columns[column] for stay in hours.stays])


def alarm_table(hours: Hours, totals: Float, settings: Settings, resampling: Resampling) -> dict[str, Any]:
    """The figures of `alarms.figures`, and the challenge's utility, at the threshold of each urgency.

    The utility counts every hour at or above the threshold as a warning, without silence.
    """
    risks = np.split(np.where(hours.answered, expit(totals), np.nan), hours.starts[1:-1])
    table: dict[str, Any] = {}
    for urgency in _URGENCIES:
        threshold = getattr(settings, urgency)
        found = figures(hours.stays, risks, threshold, settings.silence_hours, resampling)
        found["normalised_utility"] = utility.normalised(hours.stays, risks, threshold, resampling)
        table[urgency] = {"threshold": threshold, **{name: rounded(each) for name, each in found.items()}}
    return table


def _facts(
    hours: Hours, models: Mapping[str, AdditiveModel], totals: Mapping[str, Float], settings: Settings
) -> tuple[tuple[str, str], ...]:
    facts = [("hours with an answer", f"{100 * hours.answered.mean():.1f} %")]
    for version, total in totals.items():
        facts.append((f"{version}: tables", str(len(models[version].terms))))
        for urgency, row in alarm_table(hours, total, settings, DRAWS).items():
            facts.extend(
                (f"{version}, {urgency}: {name.replace('_', ' ')}", str(value)) for name, value in row.items()
            )
    return tuple(facts)


def measures(evaluation: Evaluation, resampling: Resampling) -> dict[str, Any]:
    """The numbers of an evaluation for a manifest: each with its interval."""
    (question,) = measure(evaluation, measured=date.min, resampling=resampling).questions
    return {
        "rows": question.rows,
        "people": question.people,
        "share": rounded(question.share),
        "told": {each.name: _told(each) for each in question.told},
        "subgroups": {
            f"{group.by}: {group.label or 'not recorded'}": {
                name: rounded(each) for name, each in group.measures.items()
            }
            for group in question.subgroups
        },
        "facts": dict(evaluation.facts),
    }


def _told(told: Told) -> dict[str, Any]:
    table: dict[str, Any] = {name: rounded(each) for name, each in told.measures.items()}
    if told.difference:
        table["model_minus_this"] = {name: rounded(each) for name, each in told.difference.items()}
    return table


def rounded(estimate: Estimate) -> list[float | None]:
    """Value, lower and upper end of the interval."""
    ends = (estimate.value, estimate.low, estimate.high)
    return [None if each is None else round(each, 4) for each in ends]
