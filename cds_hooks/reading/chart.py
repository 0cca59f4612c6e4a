"""The notes of one chart: which are read, in which order, and what is told of the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final, Protocol

from cds_hooks.logs import where
from cds_hooks.reading.kept import KeptReadings
from fhir_adapters.record import DataQualityNote, Note, NoteReading, PatientRecord
from fhir_adapters.resilience import Deadline
from models.notes.digest import digest_of
from models.side_by_side import SideBySide

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
    record: PatientRecord,
    reader: Reader,
    kept: KeptReadings,
    deadline: Deadline,
    *,
    limits: ReadingLimits,
    threads: SideBySide,
) -> ChartRead:
    """Sets the readings of a record: those kept from earlier, and new ones as far as time goes.

    The newest notes come first, those without a date last, and remarks on observations after all documents.
    What is not read becomes a gap ("incomplete") with the note's reference, so that it can be counted and
    dated; so does what could be read in part only ("approximate") or not at all ("unreadable"). Notes of one
    text are read once.

    Args:
        record: As it was gathered.
        deadline: Of reading; when it comes the notes under way are left where they are.
        threads: Reads several notes at a time.
    """
    if record.patient.deceased or not record.notes:
        return ChartRead(record=record)
    notes = list(_in_reach(record, limits.lookback_days))
    digests = [digest_of(note.text) for note in notes[:_LOOKED_UP]]
    known = kept.find(set(digests), reader.model)
    new: dict[str, Note] = {}
    for note, digest in zip(notes, digests, strict=False):
        if digest not in known and len(new) < limits.max_notes:
            new.setdefault(digest, note)
    read = threads.each(partial(_read, reader, deadline), list(new.values()))
    outcomes = {digest: _Outcome(reading=reading) for digest, reading in known.items()}
    outcomes |= dict(zip(new, read, strict=True))
    told = [(note, outcomes.get(digest, _LEFT)) for note, digest in zip(notes, digests, strict=False)] + [
        (note, _LEFT) for note in notes[_LOOKED_UP:]
    ]
    made = tuple(outcome.reading for outcome in read if outcome.reading is not None and outcome.is_whole)
    kept.remember(made)
    readings = [replace(each.reading, source=note.source) for note, each in told if each.reading is not None]
    gaps = [gap for note, each in told if (gap := _gap(note, each)) is not None]
    return ChartRead(
        record=replace(record, readings=tuple(readings), gaps=(*record.gaps, *gaps)),
        made=made,
    )


def _in_reach(record: PatientRecord, days: int) -> Iterator[Note]:
    since = record.as_of - timedelta(days=days)
    newest_first = sorted(record.notes, key=lambda note: note.at or _EARLIEST, reverse=True)
    # A chart may hold hundreds of remarks on observations: they come when the documents have been read.
    newest_first.sort(key=lambda note: note.source.startswith("Observation/"))
    return (note for note in newest_first if note.at is None or note.at >= since)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What became of a note: its reading, or why there is none. Only a whole new reading is worth keeping."""

    reading: NoteReading | None = None
    reason: str = ""
    is_whole: bool = False


_LEFT: Final = _Outcome(reason=_TOO_MANY)


def _read(reader: Reader, deadline: Deadline, note: Note) -> _Outcome:
    """Reads a note when there is time."""
    if deadline.expired:
        return _Outcome(reason=_LATE)
    clock = _Clock(deadline)
    try:
        reading = reader.read(note, clock)
    except Exception as error:  # a defect must cost one note, not the call
        extra = {"error": type(error).__name__, "where": where(error)}
        log.error("a note could not be read", extra=extra)
        return _Outcome(reason=_FAILED)
    if clock.ran_out and reading.outcome == "not-read":
        return _Outcome(reason=_LATE)
    # Half a reading must not stand for the note for ever.
    return _Outcome(reading=reading, is_whole=not clock.ran_out)


def _gap(note: Note, outcome: _Outcome) -> DataQualityNote | None:
    """What is to be told of a note that was not read, or not all of it."""
    reading = outcome.reading
    if reading is None:
        return DataQualityNote("incomplete", note.source, outcome.reason)
    if reading.outcome == "not-read":
        return DataQualityNote("unreadable", note.source, reading.reason)
    if reading.outcome == "partly-read":
        return DataQualityNote("approximate", note.source, reading.reason)
    return None


class _Clock:
    """Says when time has run out, and remembers that it said so."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline
        self.ran_out = False

    def __call__(self) -> bool:
        self.ran_out = self.ran_out or self._deadline.expired
        return self.ran_out
