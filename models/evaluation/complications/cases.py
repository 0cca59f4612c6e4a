"""What an evaluation of risks compares: outcomes, and what the model and its rivals said before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rival:
    """One way of telling the risk.

    Attributes:
        risks: Shape (n,), higher is riskier; NaN where it abstained. A rival is compared with the model on
            the rows where it spoke.
        is_probability: Whether the numbers are probabilities at the question's horizon, so that calibration
            and decision curves make sense; points of a score are not.
    """

    name: str
    kind: Literal["model", "clinical score", "baseline"]
    risks: Float
    is_probability: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One outcome, known for n rows.

    Attributes:
        name: In words, with its horizon ("heart failure within 5 years").
        happened: Shape (n,): whether the outcome was observed.
        people: Shape (n,): whose row it is; intervals are drawn over people, not rows.
        rivals: The model first.
        years: Shape (n,): time to the outcome or to the end of observation; None where the outcome is a plain
            yes or no.
        horizon_years: Where probabilities are judged, with `years`.
        subgroups: Label of each row by subgroup ("sex", "age", "race"); "" where not recorded.
    """

    name: str
    happened: NDArray[np.bool_]
    people: NDArray[np.int64]
    rivals: tuple[Rival, ...]
    years: Float | None = None
    horizon_years: float | None = None
    subgroups: Mapping[str, NDArray[np.str_]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All questions of one model on one data set.

    Attributes:
        model, version, digest: Of the weights.
        data: The data set, how its people were split, and how many of them are in the questions.
        caution: Why the figures may flatter; "" when nothing says so.
        facts: Further rows for the reader of a report: number of parameters, seconds, further measures.
    """

    model: str
    version: str
    digest: str
    data: str
    questions: tuple[Question, ...]
    caution: str = ""
    facts: tuple[tuple[str, str], ...] = ()
