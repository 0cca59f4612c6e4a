"""Reads vignettes as the command does, with the shipped note reader."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import models
from fhir_adapters.record import Note
from models.diagnosis.differential.model import Findings
from models.diagnosis.differential.recognition import said_age_and_sex, sightings_in, states_of
from models.notes.loading import load_reader
from models.notes.reader import NoteReader

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Vignette:
    """A history in our words, what a reader should recognize, and diagnoses any of which should rank high."""

    text: str
    present: tuple[str, ...]
    absent: tuple[str, ...]
    diagnoses: tuple[str, ...]


def vignettes() -> list[Vignette]:
    rows: list[dict[str, Any]] = json.loads((HERE / "vignettes.json").read_text(encoding="utf-8"))
    return [
        Vignette(
            text=row["text"],
            present=tuple(row["present"]),
            absent=tuple(row["absent"]),
            diagnoses=tuple(row["diagnoses"]),
        )
        for row in rows
    ]


@cache
def note_reader() -> NoteReader:
    return load_reader(Path(models.__file__).parent / "weights" / "notes")


def findings_in(text: str) -> Findings:
    """What a text says, by mentions and phrases."""
    note = Note(source="", text=text, at=None)
    states = states_of(sightings_in(note, note_reader().read(note).mentions))
    age, sex = said_age_and_sex(text)
    return Findings(
        present=frozenset(key for key, state in states.items() if state == "present"),
        absent=frozenset(key for key, state in states.items() if state == "absent"),
        age=age,
        sex=sex,
    )
