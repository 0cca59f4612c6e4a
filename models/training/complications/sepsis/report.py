"""The warning beside its rivals on hours whose outcome is known, and what its alarms would have brought."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from models.complications._boosted import BoostedModel
from models.evaluation.complications.calibration import expit, logistic_line
from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.evaluation.complications.measured import MeasuredQuestion, Told
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
    "Stays in intensive care. Those with sepsis are recorded until shortly after its onset only, so that the "
    "length of a stay tells of sepsis more than it would at a bedside. Features were narrowed on another "
    "split of a part of training set B, held-out people among them. Both hospital systems took part in "
    "training: in a third one expect what the model card says of training on one and measuring on the other."
)
_AGES = (45, 65, 80)
_AGE_LABELS = np.array(["18 to 44", "45 to 64", "65 to 79", "80 and more"])
_URGENCIES = ("soon", "urgent")
# Enough for two digits of an interval; the command for evaluation draws more.
DRAWS = Resampling(draws=200)


def evaluation_of(
    manifest: Manifest,
    models: Mapping[str, BoostedModel],
    rival: BoostedModel | None,
    measured: Mapping[str, Hours],
    settings: Settings,
) -> Evaluation:
    """What the models and their rivals say of some hours.

    Args:
        rival: Trees that may combine everything; None where there are none to compare with.
        measured: By letter of the training set.
    """
    questions: list[Question] = []
    facts: list[tuple[str, str]] = []
    stays = [stay for hours in measured.values() for stay in hours.stays]
    for letter, hours in measured.items():
        totals = {version: model.total(hours.features) for version, model in models.items()}
        questions.append(_question(f"{QUESTION}, set {letter}", manifest.name, hours, totals, rival))
        facts.extend(_facts(letter, hours, totals, settings))
    facts.extend((f"{version}: leaves", str(len(model.values))) for version, model in models.items())
    rows, septic = sum(map(len, measured.values())), sum(stay.onset is not None for stay in stays)
    return Evaluation(
        model=manifest.name,
        version=manifest.version,
        digest=digest_of([manifest.files[name] for name in sorted(manifest.files)]),
        data=f"PhysioNet/CinC Challenge 2019, set {' and '.join(measured)}: {rows} hours of {len(stays)} "
        f"people who were not trained on, {septic} of them with sepsis",
        questions=tuple(questions),
        caution=_CAUTION,
        facts=tuple(facts),
    )


def _question(
    name: str, model: str, hours: Hours, totals: Mapping[str, Float], rival: BoostedModel | None
) -> Question:
    age, sex = (_of_each_row(hours, column) for column in ("Age", "Gender"))
    spoken = {version: np.where(hours.answered, expit(total), np.nan) for version, total in totals.items()}
    told = [_probability(model, "model", spoken["icu"])]
    told.append(_probability(f"{model}, ward version", "model", spoken["ward"]))
    if rival is not None:
        free = expit(rival.total(rivals.everything(hours)))
        told.append(_probability("unconstrained boosting", "baseline", free))
    scores = {
        "NEWS2, partial": rivals.partial_news2,
        "SIRS": rivals.sirs,
        "qSOFA, partial": rivals.partial_qsofa,
    }
    return Question(
        name=name,
        happened=hours.label,
        people=hours.stay,
        rivals=(*told, *(_score(label, score(hours)) for label, score in scores.items())),
        subgroups={
            "sex": np.where(sex == 1, "male", np.where(sex == 0, "female", "")),
            "age": np.where(age < 18, "", _AGE_LABELS[np.searchsorted(_AGES, age, side="right")]),
        },
    )


def _probability(name: str, kind: Literal["model", "baseline"], risks: Float) -> Rival:
    return Rival(name=name, kind=kind, risks=risks, is_probability=True)


def _score(name: str, points: Float) -> Rival:
    return Rival(name=name, kind="clinical score", risks=points, is_probability=False)


def _of_each_row(hours: Hours, column: str) -> Float:
    return np.concatenate([stay.columns[column] for stay in hours.stays])


def development(hours: Hours, totals: Float, settings: Settings) -> dict[str, Any]:
    """What cross-validation says of the people who are trained on, by training set."""
    found = {}
    for letter in sorted({stay.training_set for stay in hours.stays}):
        own = hours.of_set(letter)
        line = logistic_line(totals[own], hours.label[own])
        found[f"set {letter}"] = {
            "auroc": round(float(roc_auc_score(hours.label[own], totals[own])), 4),
            "slope": None if line is None else round(line[1], 4),
            "told": round(float(expit(totals[own]).mean()), 4),
            "happened": round(float(hours.label[own].mean()), 4),
            **alarm_table(hours, totals, settings, DRAWS, letter),
        }
    return found


def alarm_table(
    hours: Hours, totals: Float, settings: Settings, resampling: Resampling, letter: str
) -> dict[str, Any]:
    """The figures of `alarms.figures`, and the challenge's utility, at the threshold of each urgency.

    The utility counts every hour at or above the threshold as a warning, without silence.

    Args:
        letter: Of the training set whose stays are counted.
    """
    split = np.split(np.where(hours.answered, expit(totals), np.nan), hours.starts[1:-1])
    own = [pair for pair in zip(hours.stays, split, strict=True) if pair[0].training_set == letter]
    stays, risks = [stay for stay, _ in own], [risk for _, risk in own]
    table: dict[str, Any] = {}
    for urgency in _URGENCIES:
        threshold = getattr(settings, urgency)
        found = figures(stays, risks, threshold, settings.silence_hours, resampling)
        found["normalised_utility"] = utility.normalised(stays, risks, threshold, resampling)
        table[urgency] = {"threshold": threshold, **{name: rounded(each) for name, each in found.items()}}
    return table


def _facts(
    letter: str, hours: Hours, totals: Mapping[str, Float], settings: Settings
) -> Iterator[tuple[str, str]]:
    yield f"set {letter}: hours with an answer", f"{100 * hours.answered.mean():.1f} %"
    for version, total in totals.items():
        for urgency, row in alarm_table(hours, total, settings, DRAWS, letter).items():
            for name, value in row.items():
                yield f"set {letter}, {version}, {urgency}: {name.replace('_', ' ')}", str(value)


def measures(evaluation: Evaluation, resampling: Resampling) -> dict[str, Any]:
    """The numbers of an evaluation for a manifest: each with its interval, by question."""
    found = measure(evaluation, measured=date.min, resampling=resampling)
    by_question = {question.name: _measured(question) for question in found.questions}
    return {**by_question, "facts": dict(evaluation.facts)}


def _measured(question: MeasuredQuestion) -> dict[str, Any]:
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
