"""`cuecard evaluate complications` from a weights folder and data to a table, JSON and a page."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from cds_hooks.cli import main
from models.training.complications import catalogue


@pytest.fixture
def weights(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(catalogue, "TRAINERS", {"fake": "tests.cds_hooks.fake_trainer"})
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "manifest.json").write_text('{"name": "fake.v2", "version": "2.0", "files": {}}')
    (folder / "model_card.json").write_text('{"out_of_scope": "Children."}')
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    rng = np.random.default_rng(3)
    risks = rng.uniform(0.05, 0.9, 300)
    rows = [f"{n},{risk},{int(rng.random() < risk)}" for n, risk in enumerate(risks)]
    path = tmp_path / "people.csv"
    path.write_text("\n".join(rows))
    return path


def command(weights: Path, data: Path, *more: str) -> list[str]:
    return ["evaluate", "complications", "--model", str(weights), "--data", str(data), *more]


def test_measures_are_printed_and_the_page_is_written(
    weights: Path, data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert main(command(weights, data, "--report", str(page))) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("fake.v2 2.0 efefefefefef\npeople.csv\n")
    assert "half of it (baseline)" in printed
    assert "Children." in page.read_text(encoding="utf-8")


def test_json_holds_slope_of_the_model_and_intercept_of_its_rival(
    weights: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(weights, data, "--json")) == 0
    told = json.loads(capsys.readouterr().out)
    model, half = told["questions"][0]["told"]
    slope = model["measures"]["slope"]
    assert slope["low"] < slope["value"] < slope["high"]
    assert half["measures"]["intercept"]["low"] > 0  # it tells too little
    assert half["difference"]["auroc"] == {"value": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("1,0.5\n", "a line is not person, risk, outcome"),
        ("", "nobody to measure on"),
        (None, "no such file or folder"),
    ],
)
def test_data_that_cannot_be_used_are_explained_in_a_line(
    weights: Path, tmp_path: Path, content: str | None, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "bad.csv"
    if content is not None:
        path.write_text(content)
    assert main(command(weights, path)) == 1
    said = capsys.readouterr()
    assert not said.out
    assert words in said.err
    assert "bad.csv" in said.err
    assert len(said.err.splitlines()) == 1


def test_weights_that_no_trainer_knows_are_explained(
    weights: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (weights / "manifest.json").write_text('{"name": "notes.v1", "version": "1", "files": {}}')
    assert main(command(weights, data)) == 2
    assert "there is no trainer 'notes.v1'; there are: fake" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        (["--model", "nowhere"], "no such folder"),
        (["--report", "no/such/folder/page.html"], "--report"),
    ],
)
def test_arguments_that_do_not_fit_are_explained(
    weights: Path, data: Path, changes: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(weights, data, *changes)) == 2
    assert words in capsys.readouterr().err


def test_a_risk_that_is_no_probability_is_refused(
    weights: Path, data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data.write_text("1,1.5,0\n2,0.5,1\n")
    assert main(command(weights, data)) == 2
    assert "not between 0 and 1" in capsys.readouterr().err
