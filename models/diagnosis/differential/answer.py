"""The answer to what is known: the differential, what to ask next, and whether too little is known."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Final

from models.diagnosis.differential.catalogue import catalogue
from models.diagnosis.differential.model import (
    WEIGHTS,
    Candidate,
    Differential,
    DifferentialModel,
    Findings,
    shipped_model,
)
from models.diagnosis.differential.questions import Question, next_questions
from models.diagnosis.differential.recognition import Sighting
from models.weights import load_manifest

# With fewer symptoms known the condition is among the first five too rarely; measured in README.md.
FEWEST_SYMPTOMS: Final = 3
SHOWN: Final = 6
LEAST: Final = 0.05
ASKED: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What is said of some findings.

    Attributes:
        thin: Why nothing should be made of it; "" where enough is known.
        model: Name and version.
        sightings, not_understood: Where the findings stand in a note, and the mentions that gave none.
    """

    differential: Differential
    questions: tuple[Question, ...]
    thin: str
    model: str
    sightings: tuple[Sighting, ...] = ()
    not_understood: tuple[str, ...] = ()

    @property
    def shown(self) -> tuple[Candidate, ...]:
        """The conditions worth naming, those not to be missed first."""
        return self.differential.likely(SHOWN, LEAST)


def answer_of(findings: Findings) -> Answer:
    """The answer of the shipped model, rare conditions taken for as rare as they are.

    Raises:
        WeightsError: It can't be used.
        UnknownFindingError: A key is not in the catalogue.
    """
    model = _model_for_patients()
    differential = model.rank(findings)
    manifest = load_manifest(WEIGHTS)
    return Answer(
        differential=differential,
        questions=next_questions(model, differential, ASKED),
        thin=thin(differential.findings),
        model=f"{manifest.name} {manifest.version}",
    )


@cache
def _model_for_patients() -> DifferentialModel:
    return shipped_model().where_rare_is_rare()


def symptoms_of(keys: Iterable[str]) -> frozenset[str]:
    """The symptoms among some findings; a pain with its place, character and course is one."""
    by_key = catalogue().by_key
    items = [by_key[key] for key in keys if by_key[key].kind == "symptom"]
    return frozenset(item.of or item.key for item in items)


def gaps_of(keys: Iterable[str]) -> tuple[str, ...]:
    """What else some findings may come from, in words: causes that are not among the 49 conditions."""
    by_key = catalogue().by_key
    items = (by_key[key] for key in sorted(keys))
    return tuple(f"{item.label}: not considered are {item.gap}" for item in items if item.gap)


def thin(findings: Findings) -> str:
    """Why too little is known to make anything of it; "" where enough is."""
    count = len(symptoms_of(findings.present))
    if count >= FEWEST_SYMPTOMS:
        return ""
    return f"{count} symptom{'' if count == 1 else 's'} recognized, at least {FEWEST_SYMPTOMS} are needed"
