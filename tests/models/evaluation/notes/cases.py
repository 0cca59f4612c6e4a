"""Small documents with known answers."""

from __future__ import annotations

from models.evaluation.notes import EntityCase, PredictedSpan
from models.training.notes.corpora.document import Entity

TEXT = "No fever today. Took aspirin and zinc salve."


def entity(words: str, label: str) -> Entity:
    start = TEXT.index(words)
    return Entity(start, start + len(words), label)


def span(words: str, label: str, score: float = 1.0) -> PredictedSpan:
    start = TEXT.index(words)
    return PredictedSpan(start, start + len(words), label, score)


def case(gold: list[Entity], predicted: list[PredictedSpan], key: str = "d") -> EntityCase:
    return EntityCase(key=key, text=TEXT, gold=tuple(gold), predicted=tuple(predicted))
