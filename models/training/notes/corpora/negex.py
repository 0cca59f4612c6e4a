"""NegEx lines: a sentence with one marked condition, its negation, time and experiencer."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from fhir_adapters.record import Presence, When, Whose
from models.training.notes.corpora.document import CorpusError, Document, Entity, GoldAssertion

T = TypeVar("T")

LABEL = "condition"
_COLUMNS = 6
_PRESENCE: Mapping[str, Presence] = MappingProxyType(
    {"Affirmed": "present", "Negated": "absent", "Possible": "possible"}
)
# What belongs to no particular time is not of the past: calling it so is an error.
_WHEN: Mapping[str, When] = MappingProxyType(
    {"Recent": "current", "Not particular": "current", "Historical": "past"}
)
_WHOSE: Mapping[str, Whose] = MappingProxyType(
    {"Patient": "patient", "Family member": "family", "Other": "other"}
)


def read_negex(path: Path) -> list[Document]:
    """Reads one file: a document for each line, with one entity labelled "condition".

    The published sentences show the condition in capitals, which is the annotators' mark and not the note's
    writing, so it stands in the text as its own column has it. Of a condition that runs on behind its
    sentence, the sentence is marked.

    Raises:
        CorpusError: A line has not six columns or an unknown value, or its condition is not in its sentence;
            names file and line.

    Source:
        Chapman WW et al. J Biomed Inform 2001;34:301 (NegEx); Harkema H et al. J Biomed Inform 2009;42:839.
    """
    return [
        _document(line.split("\t"), f"{path.name}, line {number}", f"{path.stem}-{number}")
        for number, line in enumerate(path.read_text(encoding="utf-8").split("\n"), start=1)
        if line.strip()
    ]


def _document(columns: list[str], where: str, key: str) -> Document:
    if len(columns) != _COLUMNS:
        raise CorpusError(f"{where}: there are {len(columns)} columns, not {_COLUMNS}")
    _, condition, sentence, negation, time, experiencer = (column.strip() for column in columns)
    assertion = GoldAssertion(
        presence=_value(_PRESENCE, negation, where, "negation"),
        when=_value(_WHEN, time, where, "time"),
        whose=_value(_WHOSE, experiencer, where, "experiencer"),
    )
    start = _position(condition, sentence)
    if start is None:
        raise CorpusError(f"{where}: the condition is not in the sentence")
    marked = condition[: len(sentence) - start]
    text = sentence[:start] + marked + sentence[start + len(marked) :]
    return Document(key=key, text=text, entities=(Entity(start, start + len(marked), LABEL, assertion),))


def _position(condition: str, sentence: str) -> int | None:
    if not condition or not sentence:
        return None
    shouted = sentence.find(condition.upper())
    if shouted >= 0:
        return shouted
    low = condition.lower()
    found = sentence.lower().find(low)
    if found >= 0:
        return found
    return 0 if low.startswith(sentence.lower()) else None


def _value(known: Mapping[str, T], word: str, where: str, what: str) -> T:
    try:
        return known[word]
    except KeyError:
        raise CorpusError(f"{where}: not a value of {what}") from None
