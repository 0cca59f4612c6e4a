"""What the cardiometabolic risks are of, which inputs they read, and how inputs become features.

Training and serving share this file, so that a feature means the same in both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from models.contract import ScoreInputError
from models.scoring import Inputs

YOUNGEST, OLDEST = 18, 95
HORIZONS = (5, 10)
# FIB-4 of the cohort was kept only above this, so no smaller value can be told from none (McPherson 2017).
FIB4_RAISED = 2.67


@dataclass(frozen=True, slots=True)
class Outcome:
    """One question.

    Attributes:
        key: Also the name of its model in the weights.
        words: As a clinician says it.
        history: The input that says it has happened already; "" for death.
    """

    key: str
    words: str
    history: str = ""


OUTCOMES = (
    Outcome("diabetes", "diabetes", "diabetes"),
    Outcome("af", "atrial fibrillation", "af"),
    Outcome("hf", "heart failure", "hf"),
    Outcome("mi", "myocardial infarction", "mi"),
    Outcome("stroke", "stroke", "stroke"),
    Outcome("death", "death from any cause"),
)


@dataclass(frozen=True, slots=True)
class Measure:
    """A measured input: how it is called, and which values are taken.

    Attributes:
        low, high: Values outside are refused; the tables stay level outside their knots.
    """

    label: str
    unit: str
    low: float
    high: float
    decimals: int = 0


MEASURES: Mapping[str, Measure] = {
    "bmi": Measure("body mass index", "kg/m²", 10, 90, 1),
    "height": Measure("height", "cm", 120, 220),
    "hdl_c": Measure("HDL cholesterol", "mg/dL", 5, 200),
    "sbp": Measure("systolic blood pressure", "mmHg", 60, 260),
    "fib4": Measure("FIB-4", "", 0, 60, 2),
}
HISTORY: Mapping[str, str] = {
    "hypertension": "hypertension",
    "dyslipidemia": "dyslipidemia",
    "steatotic_liver": "steatotic liver disease",
    "diabetes": "diabetes",
    "coronary_disease": "angina or coronary disease",
    "mi": "myocardial infarction",
    "stroke": "stroke",
    "af": "atrial fibrillation",
    "hf": "heart failure",
}
LABELS: Mapping[str, str] = {
    "age": "age",
    "sex": "recorded sex",
    **{name: measure.label for name, measure in MEASURES.items()},
    **{name: f"{words} (yes or no)" for name, words in HISTORY.items()},
}
# In the order of the tables. An input that may be lacking is every one but age and sex.
FEATURES = ("age", "male", "bmi", "height", "hdl_c", "sbp", "fib4_raised", *HISTORY)
OPTIONAL = FEATURES[2:]
INPUT_OF: Mapping[str, str] = {name: name for name in FEATURES} | {"male": "sex", "fib4_raised": "fib4"}

Features = dict[str, float | None]


def read(inputs: Mapping[str, Any]) -> Features:
    """The features of bare inputs; None where an optional one is absent.

    Raises:
        ScoreInputError: Age or sex is missing, or an input is mistyped, out of range or contradicts another.
    """
    given = Inputs(inputs, LABELS)
    given.require("age", "sex")
    features: Features = {"male": float(not given.is_female())}
    features["age"] = age = given.number("age", 0, 120, "years")
    if not YOUNGEST <= age < OLDEST + 1:
        raise ScoreInputError("outside-population", f"learned from ages {YOUNGEST} to {OLDEST}")
    for name, measure in MEASURES.items():
        known = given.has(name)
        features[name] = given.number(name, measure.low, measure.high, measure.unit) if known else None
    for name in HISTORY:
        features[name] = float(given.flag(name)) if given.has(name) else None
    fib4 = features.pop("fib4")
    features["fib4_raised"] = None if fib4 is None else float(fib4 > FIB4_RAISED)
    return _consistent(features)


def _consistent(features: Features) -> Features:
    # An infarction is coronary disease, in the cohort as in a chart.
    if features["mi"]:
        features["coronary_disease"] = 1.0
    return {name: features[name] for name in FEATURES}
