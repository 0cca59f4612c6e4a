"""Reads DDXPlus: patients with their findings and condition, and which findings a condition can have.

Fansi Tchango A et al., NeurIPS 2022, arXiv:2205.09148, CC BY 4.0. The release in English codes, with the
columns of the release or of a published part of it; rows in the older French codes are translated by the
questions that both code books share.
"""

from __future__ import annotations

import ast
import csv
import gzip
import hashlib
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np

from models.training.complications.catalogue import DataError

PATIENTS: Final = "patients_en.csv.gz"
CONDITIONS: Final = "release_conditions.json"
# In the weights folder, for comparison; for each of them a start and a table over the codes.
RIVALS_FILE: Final = "rivals.safetensors"
RIVALS: Final = ("naive Bayes", "logistic regression")
_SPLIT: Final = "_@_"
# Columns of the release, and of the part that is published with names of its own.
_COLUMNS: Final = (
    {"age": "AGE", "sex": "SEX", "disease": "PATHOLOGY", "codes": "EVIDENCES"},
    {"age": "age", "sex": "sex", "disease": "diagnosis", "codes": "features"},
)
_SEXES: Final = {"F": "female", "M": "male"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """One simulated patient.

    Attributes:
        sex: "female" or "male".
        disease: Name of the condition.
        codes: What was found; everything else was asked and denied.
    """

    age: int
    sex: str
    disease: str
    codes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CodeBook:
    """The words of one release: from French names of conditions, questions and answers to its codes."""

    conditions: Mapping[str, str]
    questions: Mapping[str, str]
    answers: Mapping[tuple[str, str], str]


def file_of(data: Path) -> Path:
    """The patients' file of a folder, or the file itself.

    Raises:
        DataError: There is none.
    """
    path = data / PATIENTS if data.is_dir() else data
    if not path.is_file():
        raise DataError(f"{path.name}: there is no such file")
    return path


def digest_of(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def read_patients(path: Path) -> tuple[Patient, ...]:
    """The patients of a file in English codes, in its order.

    Raises:
        DataError: It can't be read, lacks a column, or a row is wrong; the line is named, never its content.
    """
    return tuple(_patients(path))


def read_translated(path: Path, folder: Path) -> tuple[Patient, ...]:
    """The patients of a file in French codes, in English ones.

    Args:
        folder: With the code books of both releases.

    Raises:
        DataError: As `read_patients`, or a code has no counterpart.
    """
    english, french = _book(folder, "release_"), _book(folder, "french_release_")
    codes = {
        code: english.questions[words]
        for words, code in french.questions.items()
        if words in english.questions
    }
    answers = {
        (codes[question], answer): english.answers[codes[question], words]
        for (question, words), answer in french.answers.items()
        if question in codes and (codes[question], words) in english.answers
    }
    diseases = {code: english.conditions[words] for words, code in french.conditions.items()}
    found = []
    for number, patient in enumerate(_patients(path), start=2):
        try:
            translated = tuple(_translated(code, codes, answers) for code in patient.codes)
            disease = diseases[patient.disease]
        except KeyError:
            raise DataError(f"{path.name}, line {number}: a code is in none of the code books") from None
        found.append(Patient(age=patient.age, sex=patient.sex, disease=disease, codes=translated))
    return tuple(found)


def read_possible(folder: Path) -> dict[str, frozenset[str]]:
    """Which questions a patient with each condition can affirm, by the knowledge base.

    Raises:
        DataError: The file can't be read.
    """
    table = _json(folder / CONDITIONS)
    try:
        return {
            name: frozenset(row["symptoms"]) | frozenset(row["antecedents"]) for name, row in table.items()
        }
    except (KeyError, TypeError):
        raise DataError(f"{CONDITIONS}: a condition lacks its symptoms or antecedents") from None


def held_out_rows(patients: int, share: float, seed: int) -> frozenset[int]:
    """The rows of the patients that training never sees."""
    order = np.random.default_rng(seed).permutation(patients)
    return frozenset(int(row) for row in order[: int(patients * share)])


def question_of(code: str) -> str:
    """The question that a code answers."""
    return code.partition(_SPLIT)[0]


def _translated(code: str, codes: Mapping[str, str], answers: Mapping[tuple[str, str], str]) -> str:
    question, split, answer = code.partition(_SPLIT)
    if not split:
        return codes[question]
    # Grades are numbers in both releases; other answers have codes of their own.
    return f"{codes[question]}{_SPLIT}{answers.get((codes[question], answer), answer)}"


def _book(folder: Path, prefix: str) -> CodeBook:
    conditions = _json(folder / f"{prefix}conditions.json")
    evidences = _json(folder / f"{prefix}evidences.json")
    try:
        return CodeBook(
            conditions={row["cond-name-fr"]: name for name, row in conditions.items()},
            questions={
                f"{row['is_antecedent']} {row['question_fr']}": code for code, row in evidences.items()
            },
            answers={
                (code, words["fr"]): answer
                for code, row in evidences.items()
                for answer, words in row["value_meaning"].items()
            },
        )
    except (KeyError, TypeError):
        raise DataError(f"{prefix}*.json: an entry lacks its words") from None


def _json(path: Path) -> dict[str, Any]:
    try:
        table = json.loads(path.read_bytes())
    except OSError:
        raise DataError(f"{path.name}: can't be read") from None
    except ValueError:
        raise DataError(f"{path.name}: is not JSON") from None
    if not isinstance(table, dict):
        raise DataError(f"{path.name}: is not an object")
    return table


def _patients(path: Path) -> Iterator[Patient]:
    reader = csv.DictReader(io.StringIO(_text(path)))
    columns = next((each for each in _COLUMNS if set(each.values()) <= set(reader.fieldnames or ())), None)
    if columns is None:
        raise DataError(f"{path.name}: has no columns {', '.join(_COLUMNS[0].values())}")
    for row in reader:
        try:
            yield Patient(
                age=int(row[columns["age"]]),
                sex=_SEXES[row[columns["sex"]]],
                disease=row[columns["disease"]],
                codes=_codes(row[columns["codes"]]),
            )
        except (KeyError, ValueError, SyntaxError, TypeError):
            raise DataError(
                f"{path.name}, line {reader.line_num}: age, sex or findings can't be read"
            ) from None


def _codes(text: str) -> tuple[str, ...]:
    codes: Sequence[Any] = ast.literal_eval(text)
    if not isinstance(codes, list) or not codes or not all(isinstance(code, str) for code in codes):
        raise ValueError("no list of codes")
    return tuple(codes)


def _text(path: Path) -> str:
    try:
        raw = path.read_bytes()
        return (gzip.decompress(raw) if path.suffix == ".gz" else raw).decode("utf-8")
    except (OSError, EOFError, UnicodeDecodeError):
        raise DataError(f"{path.name}: can't be read as CSV in UTF-8") from None
