"""The leading condition's probability taken apart: what each known thing adds, against the others."""

from __future__ import annotations

import math
from collections.abc import Mapping

from models.diagnosis.differential.model import Candidate, Differential, Weight
from models.explaining import on_scale
from models.explanation import Contribution, Explanation
from models.finding import Evidence

_STATES = {"present": "yes", "absent": "denied", "known": ""}


def named(label: str) -> str:
    """A label with a capital at its beginning, its other letters as they are ("COPD")."""
    return label[:1].upper() + label[1:]


def explanation_of(
    differential: Differential, candidate: Candidate, evidence: Mapping[str, Evidence]
) -> Explanation:
    """The candidate's probability as its share before anything was known and what was added since.

    A finding counts by how much more it speaks for the candidate than for the others, each weighted by its
    share; the amounts are scaled to add up to the probability.

    Args:
        evidence: By key of a finding.
    """
    others = [each for each in differential.candidates if each is not candidate]
    rest = sum(each.probability for each in others) or 1.0
    elsewhere: dict[str, float] = {}
    for each in others:
        for weight in each.weights:
            share = each.probability / rest * weight.log_odds
            elsewhere[weight.key] = elsewhere.get(weight.key, 0.0) + share
    added = {weight.key: weight.log_odds - elsewhere.get(weight.key, 0.0) for weight in candidate.weights}
    start = 100 * math.exp(candidate.start) / sum(math.exp(each.start) for each in differential.candidates)
    points = on_scale(added, start, 100 * candidate.probability)
    contributions = [_contribution(weight, points, evidence) for weight in candidate.weights]
    return Explanation(
        of=f"probability of {candidate.disease.label} among 49 conditions",
        unit="percentage points",
        start=start,
        start_words="its share before anything was known",
        contributions=tuple(sorted(contributions, key=lambda each: -abs(each.amount))),
    )


def _contribution(
    weight: Weight, points: Mapping[str, float], evidence: Mapping[str, Evidence]
) -> Contribution:
    found = evidence.get(weight.key)
    return Contribution(
        source=found.source if found else "",
        label=named(weight.label),
        value=_STATES[weight.state],
        at=found.at if found else None,
        amount=points[weight.key],
    )
