"""Held-out people, what the weights and their rivals say of them, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel, from_folder
from models.complications._cardiometabolic_inputs import HORIZONS, MEASURES, OUTCOMES, Outcome
from models.complications._cardiometabolic_risk import Hazards, load_hazards
from models.evaluation.complications.cases import Evaluation, Float, Question, Rival
from models.risk_scores.stroke_af import StrokeInAf
from models.training.complications.cardiometabolic.landmarks import Bool, Followed, Landmark, landmark
from models.training.complications.cardiometabolic.reader import fingerprint, read_cohort
from models.weights import load_manifest

SPLIT = "one person in five held out, by a SHA-256 of the person's number; index date is time zero"
_CAUTION = (
    "The held-out people are of the same county, years and coding as those it was trained on. In a question, "
    "somebody who died without the outcome counts as free of it at the horizon: death competes. PREVENT, the "
    "Pooled Cohort Equations, SCORE2, CHARGE-AF, FINDRISC and Framingham can't be computed: the cohort has "
    "no eGFR, glucose, waist or treatment, its total cholesterol repeats HDL, its diastolic repeats systolic "
    "pressure, and smoking is known for one in ten."
)
_AGE_BANDS = ((50, "under 50"), (65, "50 to 64"), (np.inf, "65 and over"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One outcome with everybody of its population, and every risk of theirs by name.

    Attributes:
        model: Absolute risks of the weights, shape (people, horizons).
        plain: Log-hazards of the ordinary Cox model.
        clinical: What ranks by age or points, by name.
    """

    outcome: Outcome
    followed: Followed
    model: Float
    plain: Float
    clinical: Mapping[str, Float]
    ids: NDArray[np.int64]
    subgroups: Mapping[str, NDArray[np.str_]]


def cases(folder: Path, data: Path) -> tuple[Case, ...]:
    """The cases of weights on data: held-out people of the data they were trained on, everybody of others.

    Raises:
        DataError, WeightsError: As `catalogue.Trainer.evaluate`.
    """
    manifest = load_manifest(folder)
    risks, tables = load_hazards(folder, manifest), from_folder(folder, manifest)
    seen = landmark(read_cohort(data))
    own = manifest.details.get("trained_on_people") == fingerprint(data)
    kept = seen.held_out if own else np.ones(len(seen.ids), bool)
    return cases_of(seen, kept, risks, tables)


def cases_of(
    seen: Landmark, kept: Bool, hazards: Hazards, tables: Mapping[str, AdditiveModel]
) -> tuple[Case, ...]:
    """The cases of some of the people.

    Args:
        kept: Whom to ask about, shape (people,).
        tables: With "plain." and the outcome's key, its ordinary Cox model.
    """
    told = hazards.risks(seen.columns, [outcome.key for outcome in OUTCOMES])
    found = []
    for outcome in OUTCOMES:
        followed = seen.followed[outcome.key]
        rows = followed.asked & kept
        found.append(
            Case(
                outcome=outcome,
                followed=followed.at(rows),
                model=told[outcome.key][0][rows],
                plain=tables[f"plain.{outcome.key}"].total(seen.columns)[rows],
                clinical={name: ranks[rows] for name, ranks in _clinical(seen, outcome).items()},
                ids=seen.ids[rows],
                subgroups={name: labels[rows] for name, labels in _subgroups(seen).items()},
            )
        )
    return tuple(found)


def evaluation(folder: Path, data: Path) -> Evaluation:
    """One question an outcome and horizon."""
    manifest = load_manifest(folder)
    questions = []
    for case in cases(folder, data):
        questions += [_question(case, number) for number in range(len(HORIZONS))]
    return Evaluation(
        model=manifest.name,
        version=manifest.version,
        digest=manifest.files["model.safetensors"],
        data=f"NAFLD cohort of the Rochester Epidemiology Project; {SPLIT}",
        questions=tuple(questions),
        caution=_CAUTION,
    )


def _question(case: Case, number: int) -> Question:
    followed, horizon = case.followed, float(HORIZONS[number])
    rivals = [Rival(name="cardiometabolic", kind="model", risks=case.model[:, number], is_probability=True)]
    rivals.append(Rival(name="plain Cox", kind="baseline", risks=case.plain, is_probability=False))
    for name, ranks in case.clinical.items():
        is_score = name not in ("age", "body mass index")
        rivals.append(
            Rival(
                name=name,
                kind="clinical score" if is_score else "baseline",
                risks=ranks,
                is_probability=False,
            )
        )
    return Question(
        name=f"{case.outcome.words} within {horizon:g} years",
        happened=followed.happened,
        people=case.ids,
        rivals=tuple(rivals),
        # Who died first is known not to have the outcome by the horizon.
        years=np.where(followed.died, np.maximum(followed.years, horizon), followed.years),
        horizon_years=horizon,
        subgroups=case.subgroups,
    )


def _clinical(seen: Landmark, outcome: Outcome) -> dict[str, Float]:
    ranks = {"age": seen.columns["age"], "CHA2DS2-VASc": _points(seen.columns)}
    if outcome.key == "diabetes":
        ranks["body mass index"] = seen.columns["bmi"]
    # FIB-4 was kept above the cut-off only.
    ranks[f"{MEASURES['fib4'].label} above 2.67"] = np.nan_to_num(seen.columns["fib4_raised"])
    return ranks


def _points(columns: Mapping[str, Float]) -> Float:
    """CHA2DS2-VASc of everybody, by the calculator itself."""
    score = StrokeInAf()
    names = {
        "heart_failure": "hf", "hypertension": "hypertension", "diabetes": "diabetes",
        "stroke_tia_te": "stroke", "vascular_disease": "coronary_disease",
    }  # fmt: skip
    points = []
    for row in range(len(columns["age"])):
        flags = {name: int(columns[column][row]) for name, column in names.items()}
        sex = "male" if columns["male"][row] else "female"
        result = score.calculate({"age": float(columns["age"][row]), "sex": sex, **flags})
        points.append(float(result["cha2ds2_vasc"]))
    return np.array(points)


def _subgroups(seen: Landmark) -> dict[str, NDArray[np.str_]]:
    age = seen.columns["age"]
    limits = np.array([limit for limit, _ in _AGE_BANDS])
    labels = np.array([label for _, label in _AGE_BANDS])
    bands = labels[np.searchsorted(limits, age, side="right")]
    return {"sex": np.where(seen.columns["male"] > 0, "male", "female"), "age": bands}
