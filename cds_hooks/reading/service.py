"""The note reader of a deployment: its weights, verified and warm, and how much of a call it may take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import models
from cds_hooks.ledger import ReadingStore
from cds_hooks.reading.chart import ChartRead, Reader, ReadingLimits, read_notes
from cds_hooks.reading.kept import KeptReadings
from cds_hooks.settings import NoteSettings, SettingsError
from fhir_adapters.record import PatientRecord
from fhir_adapters.resilience import Deadline
from models.finding import ModelStamp
from models.side_by_side import SideBySide
from models.weights import MANIFEST, WeightsError

SHIPPED = Path(models.__path__[0]) / "weights" / "notes"


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteService:
    """Reads the notes of calls.

    Attributes:
        reader: Verified and warm.
        threads: Reads several notes of a call at a time.
        stamp: Names the reader in the ledger.
    """

    reader: Reader
    kept: KeptReadings
    limits: ReadingLimits
    threads: SideBySide
    stamp: ModelStamp

    def read(self, record: PatientRecord, seconds: float, deadline: Deadline) -> ChartRead:
        """Reads a chart's notes within the share of a call that is for reading.

        Args:
            seconds: For the whole call.
            deadline: By which reading must end, whatever its share.
        """
        share = Deadline.after(seconds * self.limits.budget_share)
        earliest = min(share, deadline, key=_moment)
        return read_notes(record, self.reader, self.kept, earliest, limits=self.limits, threads=self.threads)


def note_service(settings: NoteSettings, store: ReadingStore | None) -> NoteService | None:
    """Loads, verifies and warms the reader that the settings name; None when notes are not read.

    An installation without weights has none; weights that are there, or that are named, must be right.

    Raises:
        SettingsError: They aren't.
    """
    folder = weights_folder(settings)
    if folder is None:
        return None
    from models.notes.loading import load_reader  # noqa: PLC0415 - ONNX Runtime is loaded only where it is used

    # Where no second note is left, the last one is shared by its windows.
    threads = SideBySide(settings.at_once)
    try:
        reader = load_reader(folder, settings.engine, threads)
    except WeightsError as error:
        raise SettingsError((f"notes.weights: {error}",)) from None
    return NoteService(
        reader=reader,
        kept=KeptReadings(store),
        limits=ReadingLimits(
            max_notes=settings.max_notes,
            lookback_days=settings.lookback_days,
            budget_share=settings.budget_share,
        ),
        threads=threads,
        stamp=ModelStamp(name="notes", version=reader.version, digest=reader.digest),
    )


def weights_folder(settings: NoteSettings) -> Path | None:
    """The folder of the weights; None when notes are not read."""
    if not settings.enabled:
        return None
    if settings.weights:
        return Path(settings.weights)
    return SHIPPED if (SHIPPED / MANIFEST).is_file() else None


def why_off(settings: NoteSettings) -> str:
    """Why notes are not read, in words."""
    return "this installation has no weights for it" if settings.enabled else "switched off in the settings"


def _moment(deadline: Deadline) -> float:
    return deadline.at
