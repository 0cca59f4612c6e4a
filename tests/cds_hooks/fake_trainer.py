"""A trainer of the smallest model: its data are lines of person, risk and outcome."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from models.evaluation.complications.cases import Evaluation, Question, Rival
from models.training.complications.catalogue import DataError
from models.weights import load_manifest


class FakeTrainer:
    """Tells the risk that the data hold, against half of it."""

    def evaluate(self, folder: Path, data: Path) -> Evaluation:
        manifest = load_manifest(folder)
        try:
            table = [line.split(",") for line in data.read_text(encoding="utf-8").splitlines()]
            people, risks, happened = np.array(table, dtype=np.float64).reshape(-1, 3).T
        except ValueError:
            raise DataError(f"{data.name}: a line is not person, risk, outcome") from None
        rivals = (
            Rival(name="risk", kind="model", risks=risks, is_probability=True),
            Rival(name="half of it", kind="baseline", risks=risks / 2, is_probability=True),
        )
        question = Question(
            name="stroke", happened=happened > 0, people=people.astype(np.int64), rivals=rivals
        )
        return Evaluation(
            model=manifest.name,
            version=manifest.version,
            digest="ef" * 32,
            data=data.name,
            questions=(question,),
        )


TRAINER = FakeTrainer()
