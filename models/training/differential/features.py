"""Patients as arrays: what they have by code, by finding, by age and sex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.diagnosis.differential.catalogue import Catalogue
from models.diagnosis.differential.model import SEXES
from models.training.complications.catalogue import DataError
from models.training.differential.data import Patient

Float = NDArray[np.float32]
Bool = NDArray[np.bool_]

# First year of each band of age.
AGE_FROM = (0, 1, 5, 15, 30, 45, 60, 75)


@dataclass(frozen=True)
class Cases:
    """Patients in rows.

    Attributes:
        codes: Shape (patients, codes): what each was found to have.
        bands, sexes: Shape (patients,): place in `AGE_FROM` and in `SEXES`.
        diseases: Shape (patients,): column of the condition.
    """

    codes: Bool
    bands: NDArray[np.int64]
    sexes: NDArray[np.int64]
    diseases: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.diseases)

    def at(self, rows: NDArray[np.int64] | Bool) -> Cases:
        """Some of the patients."""
        return Cases(self.codes[rows], self.bands[rows], self.sexes[rows], self.diseases[rows])


@dataclass(frozen=True)
class Space:
    """Which codes there are, and which findings each of them makes present.

    Attributes:
        codes: In the order of columns.
        means: Shape (codes, findings): a finding is present when any of its codes is, or what implies it.
        follows: Shape (findings, findings): what is present when a finding is.
    """

    codes: tuple[str, ...]
    means: Float
    follows: Float

    def findings(self, codes: Bool) -> Bool:
        """Which findings are present, of shape (patients, findings)."""
        present: Bool = codes.astype(np.float32) @ self.means > 0
        return present

    def completed(self, findings: Bool) -> Bool:
        """Findings with what they imply."""
        present: Bool = findings | (findings.astype(np.float32) @ self.follows > 0)
        return present


def space_of(patients: Sequence[Patient], table: Catalogue) -> Space:
    """The codes of some patients; those that mean no finding of the catalogue count for nothing."""
    codes = tuple(sorted({code for patient in patients for code in patient.codes}))
    rows = {item.key: row for row, item in enumerate(table.items)}
    means = np.zeros((len(codes), len(rows)), np.float32)
    for place, code in enumerate(codes):
        for key in table.by_code.get(code, ()):
            means[place, [rows[each] for each in table.followed(key)]] = 1
    follows = np.zeros((len(rows), len(rows)), np.float32)
    for key, row in rows.items():
        follows[row, [rows[each] for each in table.followed(key)]] = 1
    return Space(codes=codes, means=means, follows=follows)


def cases_of(patients: Sequence[Patient], space: Space, columns: Mapping[str, int]) -> Cases:
    """The patients as arrays.

    Args:
        columns: Column of each condition.

    Raises:
        DataError: A condition is not one of them.
    """
    places = {code: place for place, code in enumerate(space.codes)}
    codes = np.zeros((len(patients), len(places)), np.bool_)
    for row, patient in enumerate(patients):
        codes[row, [places[code] for code in patient.codes if code in places]] = True
    try:
        diseases = np.array([columns[patient.disease] for patient in patients], np.int64)
    except KeyError:
        raise DataError("a patient has a condition that is none of the 49") from None
    bands = np.searchsorted(AGE_FROM, [patient.age for patient in patients], side="right") - 1
    sexes = np.array([SEXES.index(patient.sex) for patient in patients], np.int64)
    return Cases(codes=codes, bands=np.maximum(bands, 0), sexes=sexes, diseases=diseases)
