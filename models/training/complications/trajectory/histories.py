"""Dated disease histories as the published files hold them: (patient, age in days, event) triples.

Source of the format: Shmatko A et al., Nature 2025, doi:10.1038/s41586-025-09529-3.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_LABELS = "labels.csv"
_LARGEST_FILE = 1 << 30
# "A00 (cholera)", "C05 Malignant neoplasm of palate"; some names carry a number from the file they came from.
_DISEASE = re.compile(r"(?P<code>[A-Z]\d[0-9A-Z]) (?:\((?P<inner>.*)\)|(?P<plain>.*?)\d*)$")


class HistoryError(ValueError):
    """A file of histories can't be read; names the file, never a row of it."""


@dataclass(frozen=True, slots=True)
class History:
    """One person: ages in days (float32) and event numbers (int64), both of shape (n,), in order of age."""

    number: int
    ages: NDArray[np.float32]
    events: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.events)


@dataclass(frozen=True, slots=True)
class Histories:
    """Everybody in one file, and the name of each event number."""

    people: Sequence[History]
    labels: tuple[str, ...]


def read_histories(path: Path) -> Histories:
    """Reads a .bin file of little-endian uint32 triples with labels.csv beside it.

    Event numbers of the file start at 1; they are raised by one, so that 0 is free for padding.

    Raises:
        HistoryError: A file is missing, broken off, too large, or names an event without a label.
    """
    labels_path = path.with_name(_LABELS)
    try:
        labels = tuple(labels_path.read_text(encoding="utf-8").splitlines())
        size = path.stat().st_size
    except (OSError, UnicodeDecodeError):
        raise HistoryError(f"{path.name}: it or {_LABELS} beside it can't be read") from None
    if size % 12 or not 0 < size <= _LARGEST_FILE:
        raise HistoryError(f"{path.name}: is not a file of whole triples")
    rows = np.fromfile(path, dtype="<u4").reshape(-1, 3)
    events = rows[:, 2].astype(np.int64) + 1
    if events.max() >= len(labels):
        raise HistoryError(f"{path.name}: has an event that {_LABELS} does not name")
    ages = rows[:, 1].astype(np.float32)
    starts = np.flatnonzero(np.diff(rows[:, 0].astype(np.int64), prepend=-1))
    people = []
    for start, end in zip(starts, [*starts[1:], len(rows)], strict=True):
        order = np.argsort(ages[start:end], kind="stable")
        # Only first dates count: an event that came again would have no rate.
        _, first = np.unique(events[start:end][order], return_index=True)
        kept = order[np.sort(first)]
        people.append(History(int(rows[start, 0]), ages[start:end][kept], events[start:end][kept]))
    return Histories(people, labels)


def code_and_name(label: str) -> tuple[str, str]:
    """The ICD-10 category of a label ("" where it is no disease) and its words."""
    found = _DISEASE.match(label)
    return (found["code"], found["inner"] or found["plain"]) if found else ("", label)
