"""Reader of the PhysioNet/CinC 2019 data: one file a stay in intensive care, one row an hour.

Format: https://physionet.org/content/challenge-2019/1.0.0/. The column SepsisLabel is 1 from six hours before
the onset of sepsis (Sepsis-3) on.
"""

from __future__ import annotations

import tarfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import StringIO
from pathlib import Path, PurePosixPath

import numpy as np
from numpy.typing import NDArray

from models.complications._sepsis_features import SIGNALS, in_range
from models.training.complications.catalogue import DataError

ARCHIVE = "patients.tar.xz"
# The label begins so many hours before the onset.
LABEL_LEADS_BY = 6

# Signal -> column and the factor to the analyte's unit. What has no analyte is left out.
_COLUMNS = {
    "heart_rate": ("HR", 1.0), "spo2": ("O2Sat", 1.0), "temperature": ("Temp", 1.0), "sbp": ("SBP", 1.0),
    "dbp": ("DBP", 1.0), "resp_rate": ("Resp", 1.0), "bun": ("BUN", 1.0), "creatinine": ("Creatinine", 1.0),
    "wbc": ("WBC", 1.0), "platelets": ("Platelets", 1.0), "lactate": ("Lactate", 1.0),
    "bilirubin_total": ("Bilirubin_total", 1.0), "calcium": ("Calcium", 1.0), "ph_arterial": ("pH", 1.0),
    "pco2": ("PaCO2", 1.0), "fio2": ("FiO2", 100.0), "phosphate": ("Phosphate", 1.0),
    "potassium": ("Potassium", 1.0), "glucose": ("Glucose", 1.0), "magnesium": ("Magnesium", 1.0),
    "ast": ("AST", 1.0), "alp": ("Alkalinephos", 1.0), "hemoglobin": ("Hgb", 1.0),
    "troponin_i": ("TroponinI", 1.0),
}  # fmt: skip

Float = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Stay:
    """One stay.

    Attributes:
        person: The data set's id.
        hours: Shape (hours, SIGNALS), in the units of the analytes; NaN for not measured or impossible.
        columns: Every column of the file as it is, by its name.
        onset: Hour of the onset, as a row; None for a stay without sepsis. It may lie after the last row.
    """

    person: str
    hours: Float
    columns: dict[str, Float]
    onset: int | None

    def __repr__(self) -> str:
        return f"Stay({len(self.hours)} hours)"

    @property
    def training_set(self) -> str:
        """ "A" (Beth Israel Deaconess Medical Center) or "B" (Emory University Hospital), by the id."""
        return "B" if self.person.startswith("p1") else "A"

    @property
    def label(self) -> NDArray[np.bool_]:
        """Whether sepsis begins within six hours or has begun."""
        label: NDArray[np.bool_] = self.columns["SepsisLabel"] == 1
        return label

    @property
    def icu_hours(self) -> Float:
        """Hours since the admission to intensive care."""
        return self.columns["ICULOS"]

    @property
    def hours_before_icu(self) -> Float:
        """Hours between the admissions to hospital and to intensive care."""
        return -self.columns["HospAdmTime"]


def read_stays(folder: Path) -> tuple[Stay, ...]:
    """Every stay of a folder that holds patients.tar.xz, or the .psv files themselves, by id.

    Raises:
        DataError: There are none, or one can't be read; names the file.
    """
    stays = tuple(_stay(name, text) for name, text in _files(folder))
    if not stays:
        raise DataError(f"neither {ARCHIVE} nor a .psv file is there")
    return tuple(sorted(stays, key=lambda stay: stay.person))


def _files(folder: Path) -> Iterator[tuple[str, bytes]]:
    loose = sorted(folder.rglob("*.psv"))
    if loose or not (folder / ARCHIVE).exists():
        yield from ((path.name, path.read_bytes()) for path in loose)
        return
    try:
        with tarfile.open(folder / ARCHIVE) as archive:
            yield from _members(archive)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise DataError(f"{ARCHIVE}: can't be read ({type(error).__name__})") from None


def _members(archive: tarfile.TarFile) -> Iterator[tuple[str, bytes]]:
    for member in archive:
        file = archive.extractfile(member) if member.name.endswith(".psv") else None
        if file is not None:
            yield PurePosixPath(member.name).name, file.read()


def _stay(name: str, text: bytes) -> Stay:
    header, _, rows = text.decode("ascii", errors="replace").strip().partition("\n")
    if not rows:
        raise DataError(f"{name}: has no rows")
    try:
        table = np.loadtxt(StringIO(rows), delimiter="|", ndmin=2)
        columns = dict(zip(header.strip().split("|"), table.T, strict=True))
    except ValueError:
        raise DataError(f"{name}: a row is not numbers in as many columns as the first line") from None
    _check(name, columns)
    hours = [in_range(columns[column] * factor, signal) for signal, (column, factor) in _ordered()]
    return Stay(
        person=name.removesuffix(".psv"),
        hours=np.stack(hours, axis=1),
        columns=columns,
        onset=_onset(columns["SepsisLabel"]),
    )


def _ordered() -> Iterable[tuple[str, tuple[str, float]]]:
    return ((signal, _COLUMNS[signal]) for signal in SIGNALS)


def _check(name: str, columns: dict[str, Float]) -> None:
    needed = (*(column for column, _ in _COLUMNS.values()), "Age", "Gender", "HospAdmTime", "ICULOS")
    missing = [column for column in (*needed, "SepsisLabel") if column not in columns]
    if missing:
        raise DataError(f"{name}: has no column {missing[0]}")
    if np.any(np.diff(columns["ICULOS"]) != 1):
        raise DataError(f"{name}: the hours do not follow one another")
    if not np.isin(columns["SepsisLabel"], (0, 1)).all():
        raise DataError(f"{name}: SepsisLabel is neither 0 nor 1")


def _onset(label: Float) -> int | None:
    return int(np.argmax(label)) + LABEL_LEADS_BY if label.any() else None
