"""Puts the stages together: one note in, what it asserts out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Final, Literal

from fhir_adapters.record import Note, NoteReading
from models.inference.contract import Engine
from models.notes.digest import digest_of, rules_digest
from models.notes.identity import identity_spans
from models.notes.language import blanked, prose_of
from models.notes.mentions import mentions_of
from models.notes.spans import find_spans
from models.notes.tokens import NoteTokenizer

_TIME_RAN_OUT: Final = "the time for reading was used up"


class NoteReader:
    """Reads notes; keeps nothing between them.

    Args:
        engine: Runs the network.
        tokenizer: The one that the network was trained with.
        version: Name and version of the weights, e.g. "notes.v1 1.0".

    Attributes:
        model: Name, version and digest: it changes whenever a reading may.
        version: As it was given.
        digest: SHA-256 of the weights and of the rules, hexadecimal.
    """

    def __init__(self, engine: Engine, tokenizer: NoteTokenizer, version: str) -> None:
        self._engine = engine
        self._tokenizer = tokenizer
        self.version = version
        self.digest = hashlib.sha256(f"{engine.digest} {rules_digest()}".encode()).hexdigest()
        self.model = f"{version} {self.digest[:16]}"

    def read(self, note: Note, out_of_time: Callable[[], bool] = lambda: False) -> NoteReading:
        """What a note asserts.

        Args:
            note: Its text may be anything; what is no English prose is left out and told.
            out_of_time: Asked every few milliseconds; once it says so, what was read so far is the reading.

        Returns:
            Mentions in order of position, with offsets into `note.text`, chosen as `mentions_of` says.
        """
        prose = prose_of(note.text, note.sections)
        text = blanked(note.text, prose.unread)
        text = blanked(text, identity_spans(text))
        reading = NoteReading(
            source=note.source, digest=digest_of(note.text), model=self.model, outcome="read"
        )
        reasons = [f"{prose.reason} and was not read"] if prose.reason else []
        reached = len(text)
        if text.strip():
            spans = find_spans(text, self._engine, self._tokenizer, out_of_time=out_of_time)
            read_up_to = text[: spans.reached]
            mentions, reached = mentions_of(read_up_to, note.sections, spans.found, out_of_time)
            reading = replace(reading, mentions=tuple(mentions))
        if text[reached:].strip():
            reasons.append(_TIME_RAN_OUT)
        return _told(reading, note.text, text[:reached], reasons)


def _told(reading: NoteReading, text: str, read: str, reasons: list[str]) -> NoteReading:
    """The reading with how much of the text it is of."""
    if not reasons:
        return reading
    coverage = _size(read) / _size(text)
    outcome: Literal["partly-read", "not-read"] = "partly-read" if coverage else "not-read"
    return replace(reading, outcome=outcome, reason="; ".join(reasons), coverage=coverage)


def _size(text: str) -> int:
    return len("".join(text.split()))
