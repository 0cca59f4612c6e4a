"""Lets the parts of the note reader answer a corpus."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import cast, get_args

from fhir_adapters.record import MentionType, Section
from models.evaluation.estimates import EvaluationError
from models.evaluation.notes.cases import AssertedCase, EntityCase, PredictedSpan
from models.inference.contract import Engine
from models.notes.assertion.assertor import assert_spans
from models.notes.sentences import sentences_of
from models.notes.spans import find_spans
from models.notes.tokens import NoteTokenizer
from models.notes.typed_span import TypedSpan
from models.training.notes.corpora.document import Document, Entity
from models.training.notes.tagging import mapped

# Finds the sections of a text, which this package must be given.
Sectioner = Callable[[str], Sequence[Section]]

_TYPES = frozenset(get_args(MentionType))
# What other corpora call the concepts that they assert.
_OTHER_NAMES: Mapping[str, MentionType] = {"treatment": "medication"}


def types_of(engine: Engine, head: str) -> tuple[str, ...]:
    """The types that a head marks.

    Raises:
        EvaluationError: There is no such head; the text lists those there are.
    """
    if head not in engine.heads:
        raise EvaluationError(f"the model has no head '{head}'; there are: {', '.join(sorted(engine.heads))}")
    return tuple(label[2:] for label in engine.heads[head] if label.startswith("B-"))


def gold_of(
    documents: Sequence[Document], types: Sequence[str], labels: Mapping[str, str]
) -> tuple[list[Document], int]:
    """The documents with the entities that a head could mark, and how many others were left out.

    Entities that overlap a longer one are left out too, as in training.

    Args:
        labels: Corpus label to type; empty when they are the same.

    Raises:
        EvaluationError: A type is not one of the head's, or no entity is left; says which labels there are.
    """
    foreign = sorted(set(labels.values()) - set(types))
    if foreign:
        raise EvaluationError(f"the head has no type '{foreign[0]}'; it has: {', '.join(types)}")
    chosen = labels or {name: name for name in types}
    kept = [Document(key=d.key, text=d.text, entities=mapped(d.entities, chosen)) for d in documents]
    count = sum(len(document.entities) for document in kept)
    if not count:
        known = sorted({entity.label for document in documents for entity in document.entities})
        shown = ", ".join(known[:20]) or "none"
        raise EvaluationError(f"no entity of the head's types ({', '.join(types)}); labels here: {shown}")
    return kept, sum(len(document.entities) for document in documents) - count


def read_entities(
    documents: Sequence[Document], engine: Engine, tokenizer: NoteTokenizer, head: str
) -> Iterator[EntityCase]:
    """What a head marks in each document."""
    for document in documents:
        spans = find_spans(document.text, engine, tokenizer).found
        yield EntityCase(
            key=document.key,
            text=document.text,
            gold=document.entities,
            predicted=tuple(
                PredictedSpan(span.start, span.end, span.type, span.score)
                for span in spans
                if span.head == head
            ),
        )


def read_assertions(documents: Sequence[Document], sections: Sectioner) -> Iterator[AssertedCase]:
    """What the assertor says of the entities whose assertion is known; other entities stand beside them."""
    for document in documents:
        found = sections(document.text)
        answers = assert_spans(
            document.text,
            sentences_of(document.text, found),
            found,
            [TypedSpan(entity.start, entity.end, _type(entity)) for entity in document.entities],
        )
        asserted = [
            (entity, answer)
            for entity, answer in zip(document.entities, answers, strict=True)
            if entity.assertion is not None
        ]
        yield AssertedCase(
            key=document.key,
            text=document.text,
            gold=tuple(entity for entity, _ in asserted),
            predicted=tuple(answer for _, answer in asserted),
        )


def _type(entity: Entity) -> MentionType:
    label = entity.label.lower()
    if label in _TYPES:
        return cast(MentionType, label)
    return _OTHER_NAMES.get(label, "problem")
