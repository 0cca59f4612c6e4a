"""A small data set in the layout of DDXPlus, of two hundred patients made from a seed."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np

from models.diagnosis.differential.catalogue import catalogue

# Condition: its findings with their rates.
KNOWN = {
    "Pneumonia": {"E_91": 0.9, "E_201": 0.9, "E_66": 0.6},
    "Panic attack": {"E_155": 0.9, "E_111": 0.9, "E_66": 0.6},
}


def write(folder: Path, patients: int = 200) -> Path:
    """Writes patients, knowledge base and code books; every other condition has one patient."""
    random = np.random.default_rng(5)
    rows = []
    for number in range(patients):
        disease = list(KNOWN)[number % 2]
        codes = [code for code, rate in KNOWN[disease].items() if random.random() < rate] or ["E_66"]
        rows.append((30 + number % 40, "FM"[number % 2], disease, codes))
    rows += [(40, "F", each.key, ["E_91"]) for each in catalogue().diseases if each.key not in KNOWN]
    with (folder / "patients_en.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("AGE", "SEX", "PATHOLOGY", "EVIDENCES"))
        writer.writerows((age, sex, disease, str(codes)) for age, sex, disease, codes in rows)
    conditions = {
        each.key: {
            "cond-name-fr": f"fr {each.key}",
            "symptoms": {code: {} for code in KNOWN.get(each.key, {"E_91": 1.0})},
            "antecedents": {},
        }
        for each in catalogue().diseases
    }
    _books(
        folder, "release_", conditions, {"E_91": "fièvre ?", "E_66": "souffle ?"}, {"E_204": {"V_1": "Ouest"}}
    )
    french = {f"fr {key}": {**row, "cond-name-fr": f"fr {key}"} for key, row in conditions.items()}
    _books(
        folder,
        "french_release_",
        french,
        {"fievre": "fièvre ?", "dyspn": "souffle ?"},
        {"trav1": {"ouest": "Ouest"}},
    )
    return folder


def _books(
    folder: Path,
    prefix: str,
    conditions: dict[str, dict[str, object]],
    questions: dict[str, str],
    answers: dict[str, dict[str, str]],
) -> None:
    evidences = {
        code: {"question_fr": words, "is_antecedent": False, "value_meaning": {}}
        for code, words in questions.items()
    }
    for code, values in answers.items():
        meaning = {value: {"fr": words} for value, words in values.items()}
        evidences[code] = {"question_fr": "voyage ?", "is_antecedent": True, "value_meaning": meaning}
    (folder / f"{prefix}conditions.json").write_text(json.dumps(conditions), encoding="utf-8")
    (folder / f"{prefix}evidences.json").write_text(json.dumps(evidences), encoding="utf-8")
