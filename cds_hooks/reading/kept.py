"""Readings that were made before: the latest in memory, all of them in the ledger's database."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Collection, Iterable

from cds_hooks.ledger import ReadingStore
from fhir_adapters.record import NoteReading

# A mention takes about a kilobyte.
_MOST_MENTIONS = 20_000
_MOST_READINGS = 2_000


class KeptReadings:
    """Readings by the digest of the note's text and the reader's model; another model is another reading.

    Nothing is written here: new readings are committed together with the account of their call.

    Args:
        store: The database's readings; None keeps them in memory only.
    """

    def __init__(self, store: ReadingStore | None) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._latest: OrderedDict[tuple[str, str], NoteReading] = OrderedDict()
        self._mentions = 0

    def find(self, digests: Collection[str], model: str) -> dict[str, NoteReading]:
        """The kept readings by digest, with source ""."""
        with self._lock:
            found = {
                digest: self._used(digest, model) for digest in digests if (digest, model) in self._latest
            }
        missing = [digest for digest in digests if digest not in found]
        if self._store is not None and missing:
            stored = self._store.find(missing, model)
            self.remember(stored.values())
            found |= stored
        return found

    def remember(self, readings: Iterable[NoteReading]) -> None:
        """Keeps readings in memory, in the place of those that were not used for longest."""
        with self._lock:
            for reading in readings:
                key = reading.digest, reading.model
                if key not in self._latest:
                    self._latest[key] = reading
                    self._mentions += len(reading.mentions)
            while self._latest and (self._mentions > _MOST_MENTIONS or len(self._latest) > _MOST_READINGS):
                _, dropped = self._latest.popitem(last=False)
                self._mentions -= len(dropped.mentions)

    def _used(self, digest: str, model: str) -> NoteReading:
        self._latest.move_to_end((digest, model))
        return self._latest[digest, model]
