"""Boosted trees to the boxes of their leaves; nothing is lost: the boxes give the trees' own sum."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import lightgbm
import numpy as np
from numpy.typing import NDArray

from models.complications._boosted import UNKNOWN, BoostedModel, Sides
from models.training.complications.boosting import goes_left, splits

Float = NDArray[np.float64]
Node = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Side:
    """What one feature allows in a leaf, while a tree is walked."""

    low: int
    high: int
    unknown: bool
    share: float


def boxes_of(booster: lightgbm.Booster, names: Sequence[str], matrix: Float, weights: Float) -> BoostedModel:
    """The leaves of a booster's trees.

    Args:
        names: Feature names in the order of the training matrix.
        matrix: Shape (rows, features), the rows by which a feature that is set aside goes either way of a
            split; every leaf is reached by one of them.
        weights: Shape (rows,), how many hours a row stands for.

    Raises:
        ValueError: A leaf is reached by no row, a split is no number's, or a feature has more than 254 cuts.
    """
    trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
    reached = _reached(booster, matrix, weights)
    used = sorted({node["split_feature"] for tree in trees for node in splits(tree)})
    cuts = {feature: _cuts(trees, feature) for feature in used}
    offset = 0.0
    values: list[float] = []
    begins: list[int] = []
    sides: list[tuple[int, _Side]] = []
    for tree, hours in zip(trees, reached, strict=True):
        if "split_feature" not in tree:
            offset += float(tree["leaf_value"])
            continue
        for value, box in _boxes(tree, hours, cuts, {}):
            begins.append(len(sides))
            values.append(value)
            sides.extend((used.index(feature), side) for feature, side in box.items())
    return BoostedModel(
        features=tuple(names[feature] for feature in used),
        cuts=tuple(cuts[feature] for feature in used),
        values=np.array(values),
        offset=offset,
        sides=Sides(
            begins=np.array(begins, np.int32),
            feature=np.array([feature for feature, _ in sides], np.uint8),
            low=np.array([side.low for _, side in sides], np.uint8),
            high=np.array([side.high for _, side in sides], np.uint8),
            unknown=np.array([side.unknown for _, side in sides]),
            share=np.array([side.share for _, side in sides]),
        ),
    )


def _reached(booster: lightgbm.Booster, matrix: Float, weights: Float) -> list[Float]:
    """By tree, the hours that end in each leaf."""
    leaves = np.asarray(booster.predict(matrix, pred_leaf=True), np.int32).reshape(len(matrix), -1)
    return [np.bincount(column, weights).astype(np.float64) for column in leaves.T]


def _cuts(trees: Sequence[Node], feature: int) -> Float:
    found = {
        float(node["threshold"])
        for tree in trees
        for node in splits(tree)
        if node["split_feature"] == feature
    }
    if len(found) >= UNKNOWN:
        raise ValueError("a feature has too many cuts")
    return np.array(sorted(found))


def _boxes(
    node: Node, hours: Float, cuts: Mapping[int, Float], box: Mapping[int, _Side]
) -> Iterator[tuple[float, Mapping[int, _Side]]]:
    """The leaves below a node, with what the way to it allows of each feature."""
    if "split_feature" not in node:
        yield float(node["leaf_value"]), box
        return
    feature = int(node["split_feature"])
    cut = int(np.searchsorted(cuts[feature], node["threshold"]))
    here = box.get(feature, _Side(0, len(cuts[feature]), True, 1.0))
    total = _hours(node, hours)
    for child, is_left in ((node["left_child"], True), (node["right_child"], False)):
        side = _Side(
            low=here.low if is_left else max(here.low, cut + 1),
            high=min(here.high, cut) if is_left else here.high,
            unknown=here.unknown and goes_left(node, np.nan) == is_left,
            share=here.share * _hours(child, hours) / total,
        )
        yield from _boxes(child, hours, cuts, {**box, feature: side})


def _hours(node: Node, hours: Float) -> float:
    """The training hours that reach a node."""
    if "split_feature" in node:
        return _hours(node["left_child"], hours) + _hours(node["right_child"], hours)
    leaf = int(node["leaf_index"])
    if leaf >= len(hours) or not hours[leaf] > 0:
        raise ValueError("a leaf is reached by no row")
    return float(hours[leaf])
