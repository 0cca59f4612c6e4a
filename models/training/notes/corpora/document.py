"""What every corpus becomes: a text with marked spans."""

from __future__ import annotations

from dataclasses import dataclass, field

from fhir_adapters.record import Presence, When, Whose


class CorpusError(ValueError):
    """A corpus file can't be read; names the file and the line, never quotes the text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GoldAssertion:
    """What a corpus says of an entity, in the terms of the record; None where it does not say."""

    presence: Presence | None = None
    when: When | None = None
    whose: Whose | None = None


@dataclass(frozen=True, slots=True, order=True)
class Entity:
    """Characters [start, end) of a document and what they are, in the corpus's own label.

    Entities are the same when span and label are; `assertion` is None in a corpus without assertions.
    """

    start: int
    end: int
    label: str
    assertion: GoldAssertion | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One annotated text.

    Attributes:
        key: The document's id, unique within its corpus; splits go by it.
        text: As published; a corpus of tokens is joined with spaces, one sentence a line.
        entities: In order of position; they may overlap.
    """

    key: str
    text: str = field(repr=False)
    entities: tuple[Entity, ...] = ()
