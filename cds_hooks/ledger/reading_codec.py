"""A reading as compact, compressed JSON: offsets, types, scores, codes and numbers; never a word of the note.

Whose note it is and which one is not in it either: both are known to whoever can show the note's text.
"""

from __future__ import annotations

import zlib
from decimal import Decimal, InvalidOperation
from typing import Any, Final

import orjson

from fhir_adapters.record import Assertion, CodeMatch, Mention, NoteReading, NoteValue, Span

# Another number for another layout: rows of an earlier one then count as not kept.
_LAYOUT: Final = 1
_FAST: Final = 1


def encode(reading: NoteReading) -> bytes:
    """The reading without its source, digest and model, which are its key."""
    mentions = [_mention_row(mention) for mention in reading.mentions]
    row = [_LAYOUT, reading.outcome, reading.reason, reading.coverage, mentions]
    return zlib.compress(orjson.dumps(row), _FAST)


def decode(content: bytes, *, digest: str, model: str) -> NoteReading | None:
    """What was encoded, with source "" ; None when it is of another layout or damaged."""
    try:
        layout, outcome, reason, coverage, mentions = orjson.loads(zlib.decompress(content))
        if layout != _LAYOUT:
            return None
        return NoteReading(
            source="",
            digest=digest,
            model=model,
            outcome=outcome,
            reason=reason,
            coverage=coverage,
            mentions=tuple(_mention(row) for row in mentions),
        )
    except (ValueError, TypeError, InvalidOperation, zlib.error):
        return None


def _mention_row(mention: Mention) -> list[Any]:
    said = mention.assertion
    return [
        mention.start,
        mention.end,
        mention.type,
        mention.score,
        mention.origin,
        mention.section,
        _span_row(mention.sentence),
        [said.presence, said.when, said.whose, said.score, [_span_row(cue) for cue in said.cues]],
        [[code.system, code.code, code.display, code.score] for code in mention.codes],
        _value_row(mention.value),
    ]


def _mention(row: list[Any]) -> Mention:
    start, end, kind, score, origin, section, sentence, said, codes, value = row
    presence, when, whose, certainty, cues = said
    return Mention(
        start=start,
        end=end,
        type=kind,
        score=score,
        origin=origin,
        section=section,
        sentence=Span(*sentence),
        assertion=Assertion(
            presence=presence,
            when=when,
            whose=whose,
            score=certainty,
            cues=tuple(Span(*cue) for cue in cues),
        ),
        codes=tuple(
            CodeMatch(system=system, code=code, display=display, score=match)
            for system, code, display, match in codes
        ),
        value=_value(value),
    )


def _value_row(value: NoteValue | None) -> list[Any] | None:
    if value is None:
        return None
    return [
        value.analyte,
        None if value.value is None else str(value.value),
        value.unit,
        value.text,
        value.comparator,
        _span_row(value.span),
        value.test and _span_row(value.test),
    ]


def _value(row: list[Any] | None) -> NoteValue | None:
    if row is None:
        return None
    analyte, number, unit, text, comparator, span, test = row
    return NoteValue(
        analyte=analyte,
        value=None if number is None else Decimal(number),
        unit=unit,
        text=text,
        comparator=comparator,
        span=Span(*span),
        test=None if test is None else Span(*test),
    )


def _span_row(span: Span) -> list[int]:
    return [span.start, span.end]
