"""Measures the differential and its rivals on patients of DDXPlus of whom a part is shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from models.diagnosis.differential.catalogue import catalogue
from models.diagnosis.differential.model import Findings, from_folder, softmax
from models.evaluation.differential.measures import Float, Recall, Scores, recalls_of, scores_of
from models.training.complications.catalogue import DataError
from models.training.differential.data import (
    RIVALS,
    RIVALS_FILE,
    Patient,
    digest_of,
    file_of,
    held_out_rows,
    read_patients,
)
from models.weights import Manifest, WeightsError, load_manifest, verified
from models.weights import digest_of as combined


@dataclass(frozen=True, slots=True, kw_only=True)
class DifferentialEvaluation:
    """What was measured, and how.

    Attributes:
        model, version, digest: Of the weights.
        data: Name of the file, and which of its patients were used.
        keep, seed: Share of each patient's findings that was shown, and what chose them.
        scores: The model first, then its rivals.
        recalls: Of the model.
        caution: Why the figures may flatter; "" when nothing says so.
    """

    model: str
    version: str
    digest: str
    data: str
    patients: int
    keep: float
    seed: int
    scores: tuple[Scores, ...]
    recalls: tuple[Recall, ...]
    caution: str


def evaluate_differential(folder: Path, data: Path, *, keep: float, seed: int) -> DifferentialEvaluation:
    """Measures the weights of a folder.

    Of the file that the weights were trained on only the patients that training held out are used; of any
    other file all.

    Args:
        data: A file of DDXPlus patients in English codes, or the folder that holds it.
        keep: Share of each patient's findings that is shown; the others count as not known. With 1 everything
            is known: the simulated patients were asked all questions, so what they do not have is absent.
        seed: Chooses them.

    Raises:
        DataError: The data can't be read.
        WeightsError: The weights can't be used.
    """
    manifest = load_manifest(folder)
    model = from_folder(folder, manifest)
    path = file_of(data)
    patients, which = _patients(path, manifest)
    columns = {disease: column for column, disease in enumerate(model.diseases)}
    unknown = sorted({patient.disease for patient in patients} - set(columns))
    if unknown or not patients:
        raise DataError(
            f"{path.name}: " + ("a condition is none of the 49" if unknown else "has no patients")
        )
    diseases = np.array([columns[patient.disease] for patient in patients], np.int64)
    shown = shown_codes(patients, keep, seed)
    known = [findings_of(*pair, complete=keep == 1) for pair in zip(patients, shown, strict=True)]
    shares = np.stack([model.probabilities(each) for each in known])
    rivals = _rival_shares(folder, manifest, shown)
    labels = tuple(catalogue().disease[key].label for key in model.diseases)
    return DifferentialEvaluation(
        model=manifest.name,
        version=manifest.version,
        digest=combined([manifest.files[name] for name in sorted(manifest.files)]),
        data=f"{path.name}, {which}",
        patients=len(patients),
        keep=keep,
        seed=seed,
        scores=tuple(
            scores_of(name, each, diseases, seed)
            for name, each in (("differential", shares), *rivals.items())
        ),
        recalls=recalls_of(shares, diseases, labels),
        caution="the patients are simulated by the rules that the model learned; real ones are not.",
    )


def findings_of(patient: Patient, codes: Sequence[str], *, complete: bool = False) -> Findings:
    """What is known of a patient of whom some codes are shown; a code that the catalogue lacks is left out.

    Args:
        complete: Whether what is not shown was asked and denied; otherwise it is not known.
    """
    table = catalogue()
    present = frozenset(
        key for code in codes for each in table.by_code.get(code, ()) for key in table.followed(each)
    )
    absent = frozenset(table.by_key) - present if complete else frozenset()
    return Findings(present=present, absent=absent, age=patient.age, sex=patient.sex)  # type: ignore[arg-type]


def shown_codes(patients: Sequence[Patient], keep: float, seed: int) -> list[tuple[str, ...]]:
    """A random share of each patient's codes, at least one."""
    random = np.random.default_rng(seed)
    shown = []
    for patient in patients:
        count = max(1, round(keep * len(patient.codes)))
        chosen = sorted(random.choice(len(patient.codes), size=count, replace=False))
        shown.append(tuple(patient.codes[place] for place in chosen))
    return shown


def _patients(path: Path, manifest: Manifest) -> tuple[tuple[Patient, ...], str]:
    patients = read_patients(path)
    if manifest.details.get("data_sha256") != digest_of(path):
        return patients, "all patients"
    settings = manifest.details["settings"]
    rows = held_out_rows(len(patients), settings["held_out"], settings["split_seed"])
    return tuple(patients[row] for row in sorted(rows)), "the patients that training held out"


def _rival_shares(folder: Path, manifest: Manifest, shown: Sequence[Sequence[str]]) -> Mapping[str, Float]:
    try:
        arrays = load(verified(folder, manifest, RIVALS_FILE))
        places = {code: place for place, code in enumerate(arrays["codes"].tobytes().decode().split("\n"))}
        given = np.zeros((len(shown), len(places)), np.float64)
        for row, codes in enumerate(shown):
            given[row, [places[code] for code in codes if code in places]] = 1
        return {name: softmax(given @ arrays[f"{name} table"] + arrays[f"{name} start"]) for name in RIVALS}
    except (SafetensorError, KeyError, ValueError) as error:
        raise WeightsError(f"{RIVALS_FILE}: can't be used ({type(error).__name__})") from None
