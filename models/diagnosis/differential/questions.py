"""What to ask or look for next: the findings whose answer is expected to tell most about the differential.

The expected information of a yes-or-no question is the mutual information of its answer and the condition,
I = H(answer) - sum of p(condition) H(answer | condition) (Shannon 1948), with the shares of the differential
and how often patients with each condition have the finding.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from models.diagnosis.differential.catalogue import Item
from models.diagnosis.differential.model import Differential, DifferentialModel, Float, items_of

# A question that is expected to tell less than this is not worth asking.
_LEAST_BITS: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A finding that is not known yet.

    Attributes:
        bits: Expected information of its answer.
        likely: Probability that it is present.
        for_disease: Label of the condition that gains most when it is present.
    """

    item: Item
    bits: float
    likely: float
    for_disease: str


def next_questions(model: DifferentialModel, differential: Differential, most: int) -> tuple[Question, ...]:
    """The most telling questions, best first.

    A detail ("burning pain") is asked only when the whole ("pain") is known to be present. What would tell
    next to nothing is not asked.
    """
    shares = np.zeros(len(model.diseases))
    columns = {key: column for column, key in enumerate(model.diseases)}
    for each in differential.candidates:
        shares[columns[each.disease.key]] = each.probability
    asked = [(row, item) for row, item in enumerate(items_of(model)) if _open(item, differential)]
    rates = np.array([_rate(model, row, item) for row, item in asked]).reshape(len(asked), len(shares))
    bits = expected_bits(shares, rates)
    labels = {each.disease.key: each.disease.label for each in differential.candidates}
    worth = [place for place in range(len(asked)) if bits[place] >= _LEAST_BITS]
    best = sorted(worth, key=lambda place: (-bits[place], asked[place][1].key))[:most]
    return tuple(
        Question(
            item=asked[place][1],
            bits=float(bits[place]),
            likely=float(rates[place] @ shares),
            for_disease=labels[
                model.diseases[int(np.argmax(shares * (rates[place] - rates[place] @ shares)))]
            ],
        )
        for place in best
    )


def expected_bits(shares: Float, rates: Float) -> Float:
    """Mutual information of each answer and the condition, in bits.

    Args:
        shares: Probability of each condition.
        rates: For each question how likely a yes is under each condition.
    """
    overall = _entropy(rates @ shares)
    given: Float = _entropy(rates) @ shares
    return overall - given


def _entropy(yes: Float) -> Float:
    inside = np.clip(yes, 1e-12, 1 - 1e-12)
    return -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))


def _open(item: Item, differential: Differential) -> bool:
    known = differential.findings
    if not item.ask or item.key in known.present or item.key in known.absent:
        return False
    return not item.of or item.of in known.present


def _rate(model: DifferentialModel, row: int, item: Item) -> Float:
    """How likely a yes is, given the whole that the finding is a detail of."""
    rate: Float = model.likelihood[row]
    if item.of:
        rate = np.minimum(rate / model.likelihood[model.row[item.of]], 0.99)
    return rate
