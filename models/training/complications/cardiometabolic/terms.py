"""How each feature enters the log-hazard: ramps between knots, steps of a yes or no, a place for "not known".

A ramp rises by its coefficient between two knots, so a coefficient that may not be negative makes the part
rise, and what was fitted is exported without loss as a table with even changes between the knots.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from models.complications._additive import AdditiveModel, Float, Term
from models.complications._cardiometabolic_inputs import FEATURES, HISTORY

# Knots, and the value at which a part is 0.
_KNOTS: Mapping[str, tuple[tuple[float, ...], float]] = {
    "age": ((25, 35, 45, 55, 65, 75, 85, 95), 55),
    "bmi": ((18, 22, 25, 30, 35, 40, 50), 25),
    "height": ((150, 160, 170, 180, 190), 170),
    "hdl_c": ((25, 35, 45, 55, 65, 80), 55),
    "sbp": ((100, 120, 140, 160, 180), 120),
}
# Where a part may only rise, from which value on, and for which outcomes. Age is free for diabetes, which
# is diagnosed less often in the very old; a low weight or pressure may be the sign of an illness.
_RISES: Mapping[str, tuple[float, frozenset[str]]] = {
    "age": (0, frozenset({"af", "hf", "mi", "stroke", "death"})),
    "bmi": (25, frozenset({"diabetes", "af", "hf"})),
    "sbp": (120, frozenset({"diabetes", "af", "hf", "mi", "stroke", "death"})),
}
MEASURED = tuple(name for name in _KNOTS if name != "age")
# What may be hidden in training.
HIDDEN = (*MEASURED, *HISTORY)
# Height is unknown only where the body mass index is: its place says what it means to be unmeasured, and an
# unknown height counts as the middle one. A FIB-4 that is not known counts as not raised.
_WITHOUT_PLACE = frozenset({"age", "male", "height", "fib4_raised"})
_FREE_FLAGS = frozenset({"male", "dyslipidemia", "steatotic_liver"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Penalties:
    """How strongly coefficients are held back.

    Attributes:
        flag: Of a yes or no, and of the place for "not known".
        ramp: Of a ramp.
        bend: Of changes of slope, by ten units; keeps parts smooth.
    """

    flag: float
    ramp: float
    bend: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """The coefficients of one feature: the ramps or the yes, then the place for "not known", if there is one.

    Attributes:
        least: The smallest value that each coefficient may take.
    """

    feature: str
    knots: tuple[float, ...]
    least: tuple[float, ...]
    has_place: bool

    @property
    def size(self) -> int:
        """Number of coefficients."""
        return len(self.least)


def blocks_of(outcome: str, features: Sequence[str] = FEATURES) -> tuple[Block, ...]:
    """The blocks of an outcome's model; its own history is none of them."""
    return tuple(_block(outcome, name) for name in features if name != outcome)


def design(blocks: Sequence[Block], columns: Mapping[str, Float]) -> Float:
    """The matrix of everybody, one column a coefficient."""
    return np.concatenate([_columns(block, columns[block.feature]) for block in blocks], axis=1)


def penalty(blocks: Sequence[Block], penalties: Penalties) -> Float:
    """The matrix of the quadratic penalty."""
    whole = np.zeros((sum(block.size for block in blocks),) * 2)
    start = 0
    for block in blocks:
        own = slice(start, start + block.size)
        whole[own, own] = _penalty(block, penalties)
        start += block.size
    return whole


def exported(blocks: Sequence[Block], coefficients: Float) -> AdditiveModel:
    """The fitted sum as tables; the intercept is 0, since a baseline hazard goes with it."""
    parts = np.split(coefficients, np.cumsum([block.size for block in blocks])[:-1])
    return AdditiveModel(0.0, tuple(_term(*each) for each in zip(blocks, parts, strict=True)))


def _block(outcome: str, feature: str) -> Block:
    knots = _KNOTS.get(feature, ((), 0.0))[0]
    start, outcomes = _RISES.get(feature, (0.0, frozenset()))
    if knots:
        bound = outcome in outcomes
        least = tuple(0.0 if bound and low >= start else -np.inf for low in knots[:-1])
    else:
        least = (-np.inf if feature in _FREE_FLAGS else 0.0,)
    has_place = feature not in _WITHOUT_PLACE
    return Block(
        feature=feature, knots=knots, least=least + ((-np.inf,) if has_place else ()), has_place=has_place
    )


def _columns(block: Block, column: Float) -> Float:
    unknown = np.isnan(column)
    if block.knots:
        reference = np.array([_KNOTS[block.feature][1]])
        found = _ramps(block.knots, np.where(unknown, reference, column)) - _ramps(block.knots, reference)
    else:
        found = (np.where(unknown, 0.0, column) > 0.5).astype(float)[:, None]
    place = unknown.astype(float)[:, None]
    return np.concatenate([found, place], axis=1) if block.has_place else found


def _ramps(knots: Sequence[float], column: Float) -> Float:
    low, high = np.array(knots[:-1]), np.array(knots[1:])
    return np.asarray(np.clip((column[:, None] - low) / (high - low), 0.0, 1.0), np.float64)


def _penalty(block: Block, penalties: Penalties) -> Float:
    ramps = block.size - block.has_place
    amounts = np.full(block.size, penalties.flag)
    if not block.knots:
        return np.diag(amounts)
    amounts[:ramps] = penalties.ramp
    slopes = np.diag(10 / np.diff(block.knots))
    bends = np.zeros((ramps - 1, block.size))
    bends[:, :ramps] = np.diff(slopes, axis=0)
    whole: Float = np.diag(amounts) + penalties.bend * bends.T @ bends
    return whole


def _term(block: Block, coefficients: Float) -> Term:
    place = coefficients[-1:] if block.has_place else np.zeros(1)
    if not block.knots:
        values = np.concatenate([[0.0], coefficients[:1], place])
        return Term((block.feature,), (np.array([0.5]),), values)
    knots = np.array(block.knots)
    ramps = coefficients[: len(knots) - 1]
    at_reference = _ramps(block.knots, np.array([_KNOTS[block.feature][1]]))[0] @ ramps
    values = np.concatenate([[0.0], np.cumsum(ramps)]) - at_reference
    return Term((block.feature,), (knots,), np.concatenate([values, place]), "linear")
