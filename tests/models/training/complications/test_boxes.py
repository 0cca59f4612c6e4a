"""Leaves become boxes without loss, Shapley values are by their definition, and boxes survive a folder."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from math import factorial
from pathlib import Path
from typing import Any

import lightgbm
import numpy as np
import pytest

from models.complications._boosted import BoostedModel, from_folder, to_files
from models.training.complications.boosting import goes_left
from models.training.complications.boxes import boxes_of
from models.weights import MANIFEST, WeightsError, load_manifest

NAMES = ("age", "lactate", "pressure", "stay")


def _data() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(900, 4))
    matrix[:, :3][generator.random((900, 3)) < 0.2] = np.nan
    signal = np.nan_to_num(matrix[:, 0]) * np.nan_to_num(matrix[:, 1]) + np.isnan(matrix[:, 2]) + matrix[:, 3]
    happened = (signal + generator.normal(size=900) > 0.5).astype(float)
    return matrix, happened, generator.choice([1.0, 4.0], 900)


def _trained() -> tuple[lightgbm.Booster, BoostedModel, np.ndarray, np.ndarray]:
    matrix, happened, weights = _data()
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 9, "seed": 1}
    data = lightgbm.Dataset(matrix, happened, weight=weights)
    booster = lightgbm.train({**settings, "min_data_in_leaf": 20}, data, num_boost_round=25)
    return booster, boxes_of(booster, NAMES, matrix, weights), matrix, weights


def _columns(matrix: np.ndarray) -> dict[str, np.ndarray]:
    return {name: matrix[:, number] for number, name in enumerate(NAMES)}


def _person(row: np.ndarray) -> dict[str, float]:
    return dict(zip(NAMES, row.tolist(), strict=True))


def test_boxes_give_the_sum_of_the_trees_also_where_values_are_missing() -> None:
    booster, model, matrix, _ = _trained()
    told = booster.predict(matrix, raw_score=True)
    assert model.total(_columns(matrix)) == pytest.approx(told, abs=1e-9)
    assert model.of(_person(matrix[5])) == pytest.approx(float(told[5]), abs=1e-9)


def test_a_value_on_a_cut_lies_where_the_tree_sends_it() -> None:
    booster, model, matrix, _ = _trained()
    for number, cuts in enumerate(model.cuts):
        rows = np.repeat(matrix[:1], len(cuts), axis=0)
        rows[:, NAMES.index(model.features[number])] = cuts
        told = booster.predict(rows, raw_score=True)
        assert model.total(_columns(rows)) == pytest.approx(told, abs=1e-9)


def test_the_intercept_is_the_mean_over_the_hours() -> None:
    _, model, matrix, weights = _trained()
    assert model.intercept == pytest.approx(np.average(model.total(_columns(matrix)), weights=weights))


class _Definition:
    """Shapley values by all subsets, and a tree's mean where features are set aside, by walking it."""

    def __init__(self, booster: lightgbm.Booster, matrix: np.ndarray, weights: np.ndarray) -> None:
        self.trees = [tree["tree_structure"] for tree in booster.dump_model()["tree_info"]]
        leaves = np.asarray(booster.predict(matrix, pred_leaf=True))
        self.hours = [np.bincount(leaves[:, number], weights) for number in range(len(self.trees))]

    def of(self, row: np.ndarray) -> list[float]:
        return [self._one(row, number) for number in range(len(NAMES))]

    def _one(self, row: np.ndarray, feature: int) -> float:
        others = [number for number in range(len(NAMES)) if number != feature]
        total = 0.0
        for size in range(len(others) + 1):
            weight = factorial(size) * factorial(len(others) - size) / factorial(len(NAMES))
            for known in combinations(others, size):
                total += weight * (self._mean(row, {*known, feature}) - self._mean(row, set(known)))
        return total

    def _mean(self, row: np.ndarray, known: set[int]) -> float:
        return sum(self._below(tree, row, known, at)[0] for at, tree in enumerate(self.trees))

    def _below(
        self, node: Mapping[str, Any], row: np.ndarray, known: set[int], tree: int
    ) -> tuple[float, float]:
        """The mean of the leaves below, and the hours that reach the node."""
        if "split_feature" not in node:
            return float(node["leaf_value"]), float(self.hours[tree][node["leaf_index"]])
        (left, left_hours), (right, right_hours) = (
            self._below(node[f"{side}_child"], row, known, tree) for side in ("left", "right")
        )
        hours = left_hours + right_hours
        if node["split_feature"] in known:
            return (left if goes_left(node, row[node["split_feature"]]) else right), hours
        return (left * left_hours + right * right_hours) / hours, hours


def test_contributions_are_shapley_values_by_their_definition() -> None:
    booster, model, matrix, weights = _trained()
    definition = _Definition(booster, matrix, weights)
    assert np.isnan(matrix[:6]).any()
    for row in matrix[:6]:
        found = model.contributions(_person(row))
        assert [found[name] for name in NAMES] == pytest.approx(definition.of(row), abs=1e-9)
        assert model.intercept + sum(found.values()) == pytest.approx(model.of(_person(row)))


def test_recalibrated_boxes_add_up_to_the_recalibrated_risk() -> None:
    _, model, matrix, _ = _trained()
    other = model.recalibrated(-0.5, 0.9)
    assert other.total(_columns(matrix)) == pytest.approx(-0.5 + 0.9 * model.total(_columns(matrix)))
    found = other.contributions(_person(matrix[2]))
    assert other.intercept + sum(found.values()) == pytest.approx(other.of(_person(matrix[2])))


def test_a_leaf_that_no_row_reaches_is_refused() -> None:
    booster, _, matrix, weights = _trained()
    with pytest.raises(ValueError, match="reached by no row"):
        boxes_of(booster, NAMES, matrix[:3], weights[:3])


def _written(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (folder / MANIFEST).write_text(json.dumps({"name": "x.v1", "version": "1", "files": hashes}))
    return folder


def test_boxes_survive_a_weights_folder(tmp_path: Path) -> None:
    _, model, matrix, _ = _trained()
    folder = _written(tmp_path, to_files({"icu": model}, "trees"))
    again = from_folder(folder, load_manifest(folder), "trees")["icu"]
    assert again.total(_columns(matrix)) == pytest.approx(model.total(_columns(matrix)), abs=1e-5)
    found = again.contributions(_person(matrix[1]))
    assert again.intercept + sum(found.values()) == pytest.approx(again.of(_person(matrix[1])))
    assert found == pytest.approx(model.contributions(_person(matrix[1])), abs=2e-3)


def test_files_that_do_not_fit_together_are_refused(tmp_path: Path) -> None:
    _, model, _, _ = _trained()
    files = to_files({"icu": model})
    form = json.loads(files["model.json"])
    form["icu"]["features"] = form["icu"]["features"][:-1]
    folder = _written(tmp_path, {**files, "model.json": json.dumps(form).encode()})
    with pytest.raises(WeightsError, match=r"model\.json: does not fit"):
        from_folder(folder, load_manifest(folder))


@pytest.mark.parametrize(
    ("part", "spoiled"),
    [
        ("begins", lambda begins: begins[1:]),
        ("begins", lambda begins: np.sort(np.append(begins[:-1], begins[1]))),
        ("share", np.zeros_like),
        ("feature", lambda feature: feature + 4),
        ("low", lambda low: low[1:]),
    ],
)
def test_boxes_that_are_none_are_refused(part: str, spoiled: Any) -> None:
    _, model, _, _ = _trained()
    with pytest.raises(ValueError, match=r"box|side"):
        replace(model, sides=replace(model.sides, **{part: spoiled(getattr(model.sides, part))}))
