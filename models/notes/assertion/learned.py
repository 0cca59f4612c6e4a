"""The learned part: a small linear model that revises what the rules say of time.

Only time is learned: in cross-validation on the NegEx sentences it measured better than the rules there
and not better for presence; for experiencer and condition there is too little to learn from.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cache
from math import exp
from pathlib import Path
from types import MappingProxyType

from fhir_adapters.record import Assertion
from models.notes.assertion.evidence import Evidence
from models.notes.assertion.features import features_of, is_habit
from models.notes.assertion.times import is_still_listed
from models.notes.assertion.words import word_set

WEIGHTS = Path(__file__).with_name("time_weights.json")
# Sections in which a mention is of now unless a rule says otherwise; the training sentences hardly have them.
_OF_NOW = word_set(
    "assessment_plan diagnoses chief_complaint review_of_systems vitals exam medications differential"
    " instructions disposition labs imaging ecg echocardiogram"
)
_TOLD = frozenset(("problem", "symptom", "habit", "procedure"))


class WeightsError(ValueError):
    """The weights file is not the one that it says it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeModel:
    """A logistic model of "past" over named features.

    Attributes:
        bias: Added to the sum of the weights.
        weights: By feature.
        threshold: Probability from which a mention is past.
    """

    bias: float
    weights: Mapping[str, float]
    threshold: float

    def probability(self, features: Iterable[str]) -> float:
        """Probability that a mention with these features is past."""
        get = self.weights.get
        return 1 / (1 + exp(-max(-30.0, min(30.0, self.bias + sum(get(name, 0.0) for name in features)))))


def digest_of(bias: float, threshold: float, weights: Mapping[str, float]) -> str:
    """SHA-256 over the numbers of a model, hexadecimal."""
    numbers = json.dumps([bias, threshold, sorted(weights.items())], separators=(",", ":"))
    return hashlib.sha256(numbers.encode()).hexdigest()


def load_time_model(path: Path = WEIGHTS) -> TimeModel:
    """Reads a weights file.

    Raises:
        WeightsError: The numbers do not have the hash that the file names.
    """
    parsed = json.loads(path.read_text(encoding="utf-8"))
    bias, threshold, weights = float(parsed["bias"]), float(parsed["threshold"]), parsed["weights"]
    if digest_of(bias, threshold, weights) != parsed["sha256"]:
        raise WeightsError("the weights of the time model do not have their hash")
    return TimeModel(bias=bias, threshold=threshold, weights=MappingProxyType(weights))


@cache
def _served() -> TimeModel:
    return load_time_model()


def revised(evidence: Evidence, ruled: Assertion) -> Assertion:
    """The assertion with its time as the shipped model sees it."""
    return revised_by(_served(), evidence, ruled)


def revised_by(model: TimeModel, evidence: Evidence, ruled: Assertion) -> Assertion:
    """The assertion with its time as a model sees it; the model only ever adds to the past.

    Args:
        model: The model.
        evidence: What bears on the mention.
        ruled: What the rules made of it.
    """
    if ruled.when == "past" or not revisable(evidence, ruled):
        return ruled
    probability = model.probability(features_of(evidence, ruled))
    if probability < model.threshold:
        return replace(ruled, score=min(ruled.score, 1 - probability))
    return replace(ruled, when="past", score=min(ruled.score, probability))


def revisable(evidence: Evidence, ruled: Assertion) -> bool:
    """True when the learned part may decide the time of a mention.

    It may where the rules know least: a line that is nothing but a name, as in lists of a patient's history;
    what is denied; and what a cue of the past reaches that does not decide alone. Planned and conditional
    mentions stay, and so does what stands in a section that tells of now, and a habit that the patient has:
    someone who smokes smokes now, although ConText counts habits as history.
    """
    if evidence.type not in _TOLD or ruled.when == "planned" or ruled.presence == "conditional":
        return False
    if evidence.section in _OF_NOW or is_still_listed(evidence.heading):
        return False
    if ruled.presence == "absent":
        return True
    told = evidence.bare or any(heard.cue.kind.effect == "past" for heard in evidence.heard)
    return told and not is_habit(evidence.name)
