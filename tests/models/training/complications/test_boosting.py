"""Trees become tables without loss, and tables survive a weights folder."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import lightgbm
import numpy as np
import pytest

from models.complications._additive import AdditiveModel, Term, from_folder, probability, to_files
from models.training.complications.boosting import tables_of
from models.weights import MANIFEST, WeightsError, load_manifest

NAMES = ("age", "lactate", "pressure")


def _data() -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(3)
    matrix = generator.normal(size=(800, 3))
    matrix[generator.random((800, 3)) < 0.2] = np.nan
    signal = np.nan_to_num(matrix[:, 0]) * np.nan_to_num(matrix[:, 1]) + np.isnan(matrix[:, 2])
    return matrix, (signal + generator.normal(size=800) > 0.5).astype(float)


def _booster(matrix: np.ndarray, outcome: np.ndarray) -> lightgbm.Booster:
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 6, "seed": 1}
    settings["interaction_constraints"] = [[0, 1], [2]]
    return lightgbm.train(settings, lightgbm.Dataset(matrix, outcome), num_boost_round=30)


def test_tables_give_the_sum_of_the_trees_also_where_values_are_missing() -> None:
    matrix, outcome = _data()
    booster = _booster(matrix, outcome)
    model = tables_of(booster.dump_model(), NAMES)
    columns = {name: matrix[:, number] for number, name in enumerate(NAMES)}
    assert model.total(columns) == pytest.approx(booster.predict(matrix, raw_score=True), abs=1e-9)


def test_a_value_on_a_split_goes_where_the_tree_sends_it() -> None:
    matrix, outcome = _data()
    booster = _booster(matrix, outcome)
    model = tables_of(booster.dump_model(), NAMES)
    cuts = np.nextafter(next(term for term in model.terms if term.features == ("pressure",)).cuts[0], -np.inf)
    rows = np.column_stack([np.zeros_like(cuts), np.zeros_like(cuts), cuts])
    columns = {name: rows[:, number] for number, name in enumerate(NAMES)}
    assert model.total(columns) == pytest.approx(booster.predict(rows, raw_score=True), abs=1e-9)


def test_contributions_add_up_to_the_total() -> None:
    matrix, outcome = _data()
    model = tables_of(_booster(matrix, outcome).dump_model(), NAMES)
    person = {"age": 0.3, "lactate": None, "pressure": -1.2}
    columns = {name: np.array([np.nan if value is None else value]) for name, value in person.items()}
    added = model.contributions(person)
    assert model.intercept + sum(added.values()) == pytest.approx(float(model.total(columns)[0]))
    assert model.of(person) == pytest.approx(float(model.total(columns)[0]))


def test_a_linear_term_changes_evenly_and_stays_at_its_ends() -> None:
    term = Term(("age",), (np.array([40.0, 60.0]),), np.array([0.0, 2.0, -1.0]), "linear")
    model = AdditiveModel(1.0, (term,))
    found = [model.of({"age": age}) for age in (20, 40, 50, 60, 90, None)]
    assert found == pytest.approx([1, 1, 2, 3, 3, 0])


def test_a_tree_of_three_features_is_refused() -> None:
    matrix, outcome = _data()
    settings = {"objective": "binary", "verbosity": -1, "num_threads": 1, "num_leaves": 15}
    booster = lightgbm.train(settings, lightgbm.Dataset(matrix, outcome), num_boost_round=10)
    with pytest.raises(ValueError, match="more than two"):
        tables_of(booster.dump_model(), NAMES)


def _written(folder: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    (folder / MANIFEST).write_text(json.dumps({"name": "x.v1", "version": "1", "files": hashes}))
    return folder


def test_a_weights_folder_gives_back_the_same_model(tmp_path: Path) -> None:
    matrix, outcome = _data()
    model = tables_of(_booster(matrix, outcome).dump_model(), NAMES)
    folder = _written(tmp_path, to_files({"sepsis": model}))
    again = from_folder(folder, load_manifest(folder))["sepsis"]
    person = {"age": 0.3, "lactate": None, "pressure": -1.2}
    assert again.of(person) == model.of(person)


def test_tables_that_do_not_fit_their_cuts_are_refused(tmp_path: Path) -> None:
    broken = AdditiveModel(0.0, (Term(("age",), (np.array([1.0]),), np.zeros(7)),))
    folder = _written(tmp_path, to_files({"sepsis": broken}))
    with pytest.raises(WeightsError, match="does not fit"):
        from_folder(folder, load_manifest(folder))


@pytest.mark.parametrize("log_odds", [-800.0, -2.0, 0.0, 2.0, 800.0])
def test_a_probability_lies_between_0_and_1_and_mirrors(log_odds: float) -> None:
    assert 0 <= probability(log_odds) <= 1
    assert probability(log_odds) + probability(-log_odds) == pytest.approx(1)
