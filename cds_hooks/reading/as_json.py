"""A reading as JSON objects, for machines and for the mock EHR."""

from __future__ import annotations

from typing import Any

from fhir_adapters.record import Mention, NoteReading, NoteValue, Span


def reading_json(reading: NoteReading) -> dict[str, Any]:
    """Everything of a reading; offsets count characters (code points) of the text that was read.

    Numbers of values are strings, so that "7.0" stays 7.0.
    """
    return {
        "source": reading.source,
        "digest": reading.digest,
        "model": reading.model,
        "outcome": reading.outcome,
        "reason": reading.reason,
        "coverage": reading.coverage,
        "mentions": [mention_json(mention) for mention in reading.mentions],
    }


def mention_json(mention: Mention) -> dict[str, Any]:
    """Everything of a mention."""
    said = mention.assertion
    return {
        "start": mention.start,
        "end": mention.end,
        "type": mention.type,
        "score": round(mention.score, 4),
        "origin": mention.origin,
        "section": mention.section,
        "sentence": _span(mention.sentence),
        "assertion": {
            "presence": said.presence,
            "when": said.when,
            "whose": said.whose,
            "score": round(said.score, 4),
            "cues": [_span(cue) for cue in said.cues],
        },
        "codes": [
            {"system": each.system, "code": each.code, "display": each.display, "score": round(each.score, 4)}
            for each in mention.codes
        ],
        "value": _value(mention.value),
    }


def _value(value: NoteValue | None) -> dict[str, Any] | None:
    if value is None:
        return None
    return {
        "analyte": value.analyte,
        "value": None if value.value is None else str(value.value),
        "unit": value.unit,
        "text": value.text,
        "comparator": value.comparator,
        "span": _span(value.span),
        "test": None if value.test is None else _span(value.test),
    }


def _span(span: Span) -> dict[str, int]:
    return {"start": span.start, "end": span.end}
