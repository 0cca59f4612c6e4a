"""SOURCES.md against the repository: each file that is data has a line, and each line a file."""

from __future__ import annotations

import hashlib
import re
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DATA = {
    *(".csv", ".tsv", ".psv", ".json", ".ndjson", ".jsonl", ".toml", ".txt", ".sql", ".gz", ".zip", ".xml"),
    *(".npz", ".npy", ".onnx", ".data", ".safetensors", ".bin", ".pt", ".parquet", ".pkl", ".h5", ".model"),
    *(".vocab", ".xlsx", ".sqlite3", ".db"),
}
# What configures a program and says nothing of patients, medicine or codes.
CONFIGURATION = (
    "pyproject.toml",
    "cuecard.toml",
    "docker/*",
    "models/training/*/recipes/*.toml",
    "tests/*/package.json",
    "tests/*/package-lock.json",
)
WEIGHTS = (
    ".safetensors",
    ".onnx",
    ".data",
    "/model.json",
    "/baseline.json",
    "/trained.json",
    "/typical.json",
)
_ROW = re.compile(r"\| `([^`]+)` \| ([^|]+) \| ([^|]+) \| ([^|]+) \| (?:`([0-9a-f]{64})` )?\|")


def _rows() -> dict[str, tuple[str, ...]]:
    lines = (ROOT / "SOURCES.md").read_text(encoding="utf-8").splitlines()
    found = [match for line in lines if (match := _ROW.fullmatch(line))]
    assert len(found) == sum(line.startswith("| `") for line in lines), "a line is not like the others"
    rows = {match[1]: match.groups()[1:] for match in found}
    assert len(rows) == len(found), "a file has two lines"
    return rows


def _files() -> list[str]:
    """The files of the repository, those that are new included."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("this is no checkout")
    return [name for name in done.stdout.splitlines() if (ROOT / name).exists()]


def _is_data(name: str) -> bool:
    return Path(name).suffix in DATA and not any(fnmatchcase(name, each) for each in CONFIGURATION)


def _without_a_line(files: list[str]) -> list[str]:
    rows = _rows()
    return [name for name in files if _is_data(name) and not any(fnmatchcase(name, each) for each in rows)]


def test_every_data_file_has_a_line() -> None:
    assert not _without_a_line(_files())


def test_a_file_without_a_line_is_found() -> None:
    stray = ["models/notes/new.csv", "fhir_adapters/codes.json", "models/weights/new/model.safetensors"]
    assert _without_a_line([*_files(), *stray]) == stray


def test_every_line_has_a_file() -> None:
    files = _files()
    assert not [row for row in _rows() if not any(fnmatchcase(name, row) for name in files)]


def test_every_line_names_source_and_licence() -> None:
    assert not [name for name, row in _rows().items() if not all(cell.strip() for cell in row[:3])]


def test_weights_are_those_of_their_line() -> None:
    weights = {name: row[3] for name, row in _rows().items() if name.endswith(WEIGHTS)}
    assert len(weights) >= 16
    for name, digest in weights.items():
        assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest, name
