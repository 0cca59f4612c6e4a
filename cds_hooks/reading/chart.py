"""The notes of one chart: which are read, in which order, and what is told of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol

from cds_hooks.logs import where
from cds_hooks.reading.kept import KeptReadings
from fhir_adapters.record import DataQualityNote, Note, NoteReading, PatientRecord
from fhir_adapters.resilience import Deadline
from models.notes.digest import digest_of

log = logging.getLogger(__name__)

_EARLIEST: Final = datetime.min.replace(tzinfo=UTC)
# Of more notes than this the older ones are not even looked up.
_LOOKED_UP: Final = 500
_LATE: Final = "was not read: the time for this call was used up"
_TOO_MANY: Final = "was not read: newer notes came first"
_FAILED: Final = "was not read: the reader failed on it"


class Reader(Protocol):
    """What reads a note; `models.notes.reader.NoteReader` is one."""

    @property
    def model(self) -> str:
        """Name, version and digest; two readers of the same model read alike."""

    def read(self, note: Note, out_of_time: Callable[[], bool] = ...) -> NoteReading:
        """What a note asserts; less of it when time runs out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadingLimits:
    """How much is read for one call.

    Attributes:
        max_notes: New notes, newest first; notes that were read before are not counted.
        lookback_days: Older notes are left out.
        budget_share: Of the call's time, so much may go into reading.
    """

    max_notes: int = 20
    lookback_days: int = 730
    budget_share: float = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartRead:
    """A record with its readings, and which of them are new and whole, so worth keeping."""

    record: PatientRecord
    made: tuple[NoteReading, ...] = ()


def read_notes(
    record: PatientRecord, reader: Reader, kept: KeptReadings, deadline: Deadline, limits: ReadingLimits
) -> ChartRead:
    """Sets the readings of a record: those kept from earlier, and new ones as far as time goes.

    The newest notes come first, those without a date last, and remarks on observations after all documents.
    What is not read becomes a gap ("incomplete") with the note's reference, so that it can be counted and
    dated; so does what could be read in part only ("approximate") or not at all ("unreadable").

    Args:
        record: As it was gathered.
        deadline: Of reading; when it comes the note under way is left where it is.
    """
    if record.patient.deceased or not record.notes:
        return ChartRead(record=record)
    notes = list(_in_reach(record, limits.lookback_days))
    digests = [digest_of(note.text) for note in notes[:_LOOKED_UP]]
    known = kept.find(set(digests), reader.model)
    work = _Work(reader, deadline, limits.max_notes)
    for note, digest in zip(notes, digests, strict=False):
        work.take(note, known.get(digest))
    for note in notes[_LOOKED_UP:]:
        work.leave(note, _TOO_MANY)
    kept.remember(work.made)
    return ChartRead(
        record=replace(record, readings=tuple(work.readings), gaps=(*record.gaps, *work.gaps)),
        made=tuple(work.made),
    )


def _in_reach(record: PatientRecord, days: int) -> Iterator[Note]:
    since = record.as_of - timedelta(days=days)
    newest_first = sorted(record.notes, key=lambda note: note.at or _EARLIEST, reverse=True)
    # A chart may hold hundreds of remarks on observations: they come when the documents have been read.
    newest_first.sort(key=lambda note: note.source.startswith("Observation/"))
    return (note for note in newest_first if note.at is None or note.at >= since)


class _Work:
    """The readings and gaps of one call."""

    def __init__(self, reader: Reader, deadline: Deadline, most: int) -> None:
        self.readings: list[NoteReading] = []
        self.made: list[NoteReading] = []
        self.gaps: list[DataQualityNote] = []
        self._reader = reader
        self._deadline = deadline
        self._left = most

    def take(self, note: Note, known: NoteReading | None) -> None:
        """Uses what is known of a note, or reads it when there is time."""
        if known is not None:
            self._add(replace(known, source=note.source))
        elif self._deadline.expired:
            self.leave(note, _LATE)
        elif self._left <= 0:
            self.leave(note, _TOO_MANY)
        else:
            self._left -= 1
            self._read(note)

    def leave(self, note: Note, reason: str) -> None:
        """Tells that a note was not read."""
        self.gaps.append(DataQualityNote("incomplete", note.source, reason))

    def _read(self, note: Note) -> None:
        clock = _Clock(self._deadline)
        try:
            reading = self._reader.read(note, clock)
        except Exception as error:  # a defect must cost one note, not the call
            extra = {"error": type(error).__name__, "where": where(error)}
            log.error("a note could not be read", extra=extra)
            self.leave(note, _FAILED)
            return
        if clock.ran_out and reading.outcome == "not-read":
            self.leave(note, _LATE)
            return
        self._add(reading)
        if not clock.ran_out:  # half a reading must not stand for the note for ever
            self.made.append(reading)

    def _add(self, reading: NoteReading) -> None:
        self.readings.append(reading)
        if reading.outcome == "not-read":
            self.gaps.append(DataQualityNote("unreadable", reading.source, reading.reason))
        elif reading.outcome == "partly-read":
            self.gaps.append(DataQualityNote("approximate", reading.source, reading.reason))


class _Clock:
    """Says when time has run out, and remembers that it said so."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.ran_out = False

    def __call__(self) -> bool:
        self.ran_out = self.ran_out or self._deadline.expired
        return self.ran_out
