"""A small world with a rule: who has A01 gets A02 two years later, and others never do."""

from __future__ import annotations

from pathlib import Path

import numpy as np

LABELS = (
    "Padding", "No event", "Female", "Male", "BMI_low", "BMI_mid", "BMI_high", "Smoking_low", "Smoking_mid",
    "Smoking_high", "Alcohol_low", "Alcohol_mid", "Alcohol_high", "A00 (cholera)", "A01 (typhoid)",
    "A02 Other (salmonella) infections3", "Death",
)  # fmt: skip
CHOLERA, TYPHOID, SALMONELLA, DEATH = 13, 14, 15, 16
YEAR = 365


def write_files(folder: Path, people: int = 40, seed: int = 1) -> None:
    """train.bin, val.bin and labels.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "labels.csv").write_text("\n".join(LABELS) + "\n")
    generator = np.random.default_rng(seed)
    for name, first in (("train.bin", 1), ("val.bin", people + 1)):
        rows = [row for number in range(first, first + people) for row in _life(number, generator)]
        np.array(rows, "<u4").tofile(folder / name)


def _life(number: int, generator: np.random.Generator) -> list[tuple[int, int, int]]:
    """Triples as the files hold them: event numbers there are one less than in the labels."""
    at = int(generator.integers(53.5 * YEAR, 55 * YEAR))
    life = [(0, 2 + number % 2), (20 * YEAR + number, CHOLERA)]
    life += [(at, TYPHOID), (at + 2 * YEAR, SALMONELLA)] if generator.random() < 0.5 else []
    life += [(70 * YEAR + number, DEATH)]
    return [(number, age, event - 1) for age, event in life]
