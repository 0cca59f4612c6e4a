"""The vocabulary's concepts: our own names of problems, symptoms, medications, tests and procedures."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fhir_adapters.record import ICD10CM, LOINC, RXNORM, SNOMED, MentionType

FOLDER = Path(__file__).resolve().parents[1] / "vocabulary"

# In the order in which a name of two types is read where nothing says which is meant.
FILES: tuple[tuple[str, MentionType], ...] = (
    ("problems.json", "problem"),
    ("symptoms.json", "symptom"),
    ("medications.json", "medication"),
    ("procedures.json", "procedure"),
    ("tests.json", "test"),
)
_SYSTEMS = (("icd10cm", ICD10CM), ("snomed", SNOMED), ("rxnorm", RXNORM), ("loinc", LOINC))


@dataclass(frozen=True, slots=True)
class Concept:
    """One entry of the vocabulary.

    Attributes:
        name: Preferred name, in lower case but for eponyms of tests.
        codes: (code system URI, code) in the order in which they are proposed; may be empty, when no code
            could be verified.
        also: Synonyms and brand names.
        short: Abbreviations, in the case in which they are written.
        analyte: Key of `terminology.analytes`, for tests that it holds; else "".
    """

    name: str
    type: MentionType
    codes: tuple[tuple[str, str], ...]
    also: tuple[str, ...] = ()
    short: tuple[str, ...] = ()
    analyte: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What an ambiguous abbreviation may mean, and the words that say so when they stand near it."""

    concept: str
    near: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What the vocabulary says of single words.

    Attributes:
        by_context: Abbreviation, in capitals, to its readings; found in a text only beside a word of one.
        capitals_only: Abbreviations that are words in lower case, or too short to be safe.
        never_found: Names and abbreviations that are linked when asked for, but never looked for in a text.
        no_parent: Names too general to stand for a longer phrase that ends in them.
    """

    by_context: dict[str, tuple[Reading, ...]]
    capitals_only: frozenset[str]
    never_found: frozenset[str]
    no_parent: frozenset[str]


def load_concepts() -> list[Concept]:
    """Reads the vocabulary files. Raises OSError or ValueError when one can't be read."""
    return [_concept(row, kind) for file, kind in FILES for row in json.loads((FOLDER / file).read_bytes())]


def load_rules() -> Rules:
    """Reads the rules for single words. Raises OSError or ValueError when they can't be read."""
    row = json.loads((FOLDER / "rules.json").read_bytes())
    return Rules(
        by_context={
            short: tuple(Reading(concept=r["concept"], near=frozenset(r["near"])) for r in readings)
            for short, readings in row["by_context"].items()
        },
        capitals_only=frozenset(row["capitals_only"]),
        never_found=frozenset(row["never_found"]),
        no_parent=frozenset(row["no_parent"]),
    )


def _concept(row: dict[str, Any], kind: MentionType) -> Concept:
    return Concept(
        name=row["name"],
        type=kind,
        codes=tuple((system, row[key]) for key, system in _SYSTEMS if key in row),
        also=tuple(row.get("also", ())),
        short=tuple(row.get("short", ())),
        analyte=row.get("analyte", ""),
    )
