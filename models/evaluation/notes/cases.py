"""What is compared: for each document, what is so and what a reader says."""

from __future__ import annotations

from dataclasses import dataclass, field

from fhir_adapters.record import Assertion
from models.training.notes.corpora.document import Entity


@dataclass(frozen=True, slots=True, order=True)
class PredictedSpan:
    """Characters [start, end) as a reader marks them, with its probability of span and label."""

    start: int
    end: int
    label: str
    score: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EntityCase:
    """One document: the entities that are in it and the spans that a reader marked."""

    key: str
    text: str = field(repr=False)
    gold: tuple[Entity, ...]
    predicted: tuple[PredictedSpan, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertedCase:
    """One document: entities whose assertion is known, and what a reader asserts of each of them.

    Attributes:
        gold: Each with an assertion; an aspect that is None is not judged.
        predicted: In the order of `gold`.
    """

    key: str
    text: str = field(repr=False)
    gold: tuple[Entity, ...]
    predicted: tuple[Assertion, ...]
