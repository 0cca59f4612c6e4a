"""Reads the NAFLD cohort of the Rochester Epidemiology Project: people, dated measurements, dated events.

The files are those of the R package `survival` as CSV: nafld1 (people), nafld2 (measurements), nafld3
(events); days count from a person's index date. For the cohort: Allen AM et al., Hepatology 2018;67:1726,
doi:10.1002/hep.29546.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.training.complications.catalogue import DataError

Float = NDArray[np.float64]
Int = NDArray[np.int64]

FILES = ("nafld1", "nafld2", "nafld3")
# "chol" is not read: in the published file it repeats "hdl", and "dbp" repeats "sbp". "smoke" is not read
# either: before the index date it is known for one in ten.
TESTS: Mapping[str, tuple[str, float, float]] = {
    "hdl": ("hdl_c", 5, 200),
    "sbp": ("sbp", 60, 260),
    "fib4": ("fib4", 0, 60),
}
EVENTS: Mapping[str, str] = {
    "htn": "hypertension",
    "dyslipidemia": "dyslipidemia",
    "nafld": "steatotic_liver",
    "diabetes": "diabetes",
    "ang/isc": "coronary_disease",
    "MI": "mi",
    "stroke": "stroke",
    "afib": "af",
    "heart failure": "hf",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Readings:
    """All values of one test, by person and then day.

    Attributes:
        people: Places in the cohort.
    """

    people: Int
    days: Float
    values: Float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Everybody, one place a person.

    Attributes:
        ids: As in the files.
        age, bmi, height: At the index date; NaN where not known.
        days: Followed so long from the index date.
        died: At the end of that time.
        readings: By input name.
        first: Day of the first event by input name; infinite where there is none.
    """

    ids: Int
    age: Float
    male: Float
    bmi: Float
    height: Float
    days: Float
    died: NDArray[np.bool_]
    readings: Mapping[str, Readings]
    first: Mapping[str, Float]


def read_cohort(folder: Path) -> Cohort:
    """Reads the three files.

    Raises:
        DataError: A file is missing, lacks a column, or holds something that is no number.
    """
    people = list(_rows(folder, "nafld1", ("id", "age", "male", "height", "bmi", "futime", "status")))
    ids = np.array([int(row[0]) for row in people], np.int64)
    if not len(ids) or len(np.unique(ids)) != len(ids):
        raise DataError("nafld1: nobody, or somebody twice")
    _, age, male, height, bmi, days, status = np.array(people).T
    if np.isnan([age, male, days, status]).any() or not np.isin([male, status], (0, 1)).all():
        raise DataError("nafld1: age, sex, follow-up or status is missing or has no such value")
    place = {int(each): number for number, each in enumerate(ids)}
    return Cohort(
        ids=ids,
        age=age,
        male=male,
        bmi=bmi,
        height=height,
        days=days,
        died=status == 1,
        readings=_readings(folder, place),
        first=_first(folder, place),
    )


def fingerprint(folder: Path) -> str:
    """SHA-256 of the list of people: tells the data that weights were trained on from others.

    Raises:
        DataError: It can't be read.
    """
    return hashlib.sha256(_content(folder, "nafld1")).hexdigest()


def _readings(folder: Path, place: Mapping[int, int]) -> dict[str, Readings]:
    found: dict[str, list[tuple[int, float, float]]] = {name: [] for name, _, _ in TESTS.values()}
    for who, day, test, value in _texts(folder, "nafld2", ("id", "days", "test", "value")):
        if test not in TESTS:
            continue
        name, low, high = TESTS[test]
        number = _number(value, "nafld2")
        person = place.get(int(_number(who, "nafld2")))
        # What lies outside is a slip of the pen (a pressure of 0, of 1342).
        if person is not None and low <= number <= high:
            found[name].append((person, _number(day, "nafld2"), number))
    return {name: _sorted(rows) for name, rows in found.items()}


def _sorted(rows: list[tuple[int, float, float]]) -> Readings:
    people, days, values = np.array(sorted(rows), float).reshape(-1, 3).T
    return Readings(people=people.astype(np.int64), days=days, values=values)


def _first(folder: Path, place: Mapping[int, int]) -> dict[str, Float]:
    first = {name: np.full(len(place), np.inf) for name in EVENTS.values()}
    for who, day, event in _texts(folder, "nafld3", ("id", "days", "event")):
        person = place.get(int(_number(who, "nafld3")))
        if event in EVENTS and person is not None:
            days = first[EVENTS[event]]
            days[person] = min(days[person], _number(day, "nafld3"))
    # An infarction is coronary disease.
    first["coronary_disease"] = np.minimum(first["coronary_disease"], first["mi"])
    return first


def _rows(folder: Path, name: str, columns: tuple[str, ...]) -> Iterator[list[float]]:
    for texts in _texts(folder, name, columns):
        yield [_number(text, name) if text not in ("", "NA") else math.nan for text in texts]


def _texts(folder: Path, name: str, columns: tuple[str, ...]) -> Iterator[list[str]]:
    table = csv.reader(io.StringIO(_decoded(folder, name)))
    header = next(table, [])
    missing = [each for each in columns if each not in header]
    if missing:
        raise DataError(f"{name}: has no column '{missing[0]}'")
    places = [header.index(each) for each in columns]
    for row in table:
        if len(row) != len(header):
            raise DataError(f"{name}: a line is cut off")
        yield [row[place] for place in places]


def _decoded(folder: Path, name: str) -> str:
    try:
        return _content(folder, name).decode("utf-8")
    except UnicodeDecodeError:
        raise DataError(f"{name}: is not UTF-8") from None


def _content(folder: Path, name: str) -> bytes:
    try:
        if (folder / f"{name}.csv").exists():
            return (folder / f"{name}.csv").read_bytes()
        return gzip.decompress((folder / f"{name}.csv.gz").read_bytes())
    except (OSError, EOFError) as error:
        raise DataError(f"{name}.csv.gz: can't be read ({type(error).__name__})") from None


def _number(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise DataError(f"{name}: something is no number") from None
    if not math.isfinite(number):
        raise DataError(f"{name}: something is no finite number")
    return number
