"""Boosted trees to tables: trees that read one feature, or one of some pairs, sum up to an additive model.

A tree that LightGBM grew under interaction constraints is a step function of its features, so the sum of all
trees of one feature set is one table. Nothing is lost: the tables give the trees' own sum.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.complications._additive import AdditiveModel, Term

Float = NDArray[np.float64]


def tables_of(dump: Mapping[str, Any], names: Sequence[str], intercept: float = 0.0) -> AdditiveModel:
    """The additive model of a booster.

    Args:
        dump: `Booster.dump_model()`; trees on numeric features, each reading at most two of them.
        names: Feature names in the order of the training matrix.
        intercept: Added to the sum of the trees.

    Returns:
        Terms centred so that nothing is left to shift between intercept and a single feature's table: the
        trees' own values, unchanged.

    Raises:
        ValueError: A tree reads more than two features, or a split that is no number's.
    """
    grouped: dict[tuple[int, ...], list[Mapping[str, Any]]] = {}
    for tree in dump["tree_info"]:
        structure = tree["tree_structure"]
        used = tuple(sorted({node["split_feature"] for node in splits(structure)}))
        if len(used) > 2:
            raise ValueError("a tree reads more than two features")
        if used:
            grouped.setdefault(used, []).append(structure)
        else:
            intercept += float(structure["leaf_value"])
    terms = [_term(used, trees, names) for used, trees in sorted(grouped.items())]
    return AdditiveModel(intercept, tuple(terms))


def _term(used: tuple[int, ...], trees: Sequence[Mapping[str, Any]], names: Sequence[str]) -> Term:
    cuts = []
    for feature in used:
        found = {
            float(node["threshold"])
            for tree in trees
            for node in splits(tree)
            if node["split_feature"] == feature
        }
        # LightGBM sends x <= threshold to the left; our bins begin at their cut: it is the next number.
        cuts.append(np.nextafter(np.array(sorted(found)), np.inf))
    axes = [np.concatenate(([each[0] - 1], each, [np.nan])) for each in cuts]
    values = np.zeros([len(axis) for axis in axes])
    for place in product(*(range(len(axis)) for axis in axes)):
        row = {feature: float(axes[number][place[number]]) for number, feature in enumerate(used)}
        values[place] = sum(_leaf(tree, row) for tree in trees)
    return Term(tuple(names[feature] for feature in used), tuple(cuts), values)


def splits(node: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The splits of a node of a dumped tree and of all below it."""
    if "split_feature" in node:
        yield node
        yield from splits(node["left_child"])
        yield from splits(node["right_child"])


def _leaf(node: Mapping[str, Any], row: Mapping[int, float]) -> float:
    while "split_feature" in node:
        node = node["left_child" if goes_left(node, row[node["split_feature"]]) else "right_child"]
    return float(node["leaf_value"])


def goes_left(node: Mapping[str, Any], value: float) -> bool:
    """Which way a split sends a value; NaN stands for not known.

    Raises:
        ValueError: The split is not one of a number.
    """
    if node["decision_type"] != "<=":
        raise ValueError("a split is not one of a number")
    missing = np.isnan(value)
    if node["missing_type"] == "NaN" and missing:
        return bool(node["default_left"])
    # Without a rule for it, LightGBM reads a missing value as zero.
    return bool((0.0 if missing else value) <= node["threshold"])
