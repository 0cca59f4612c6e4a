"""Reading a chart's notes within a call: the newest first, each text once, what was not read told."""

from cds_hooks.reading.chart import ChartRead, Reader, ReadingLimits, read_notes
from cds_hooks.reading.kept import KeptReadings
from cds_hooks.reading.service import NoteService, note_service, weights_folder, why_off

__all__ = [
    "ChartRead",
    "KeptReadings",
    "NoteService",
    "Reader",
    "ReadingLimits",
    "note_service",
    "read_notes",
    "weights_folder",
    "why_off",
]
