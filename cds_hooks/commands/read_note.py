"""`cuecard read-note`: what one note asserts, in the terminal or as JSON."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from pathlib import Path
from typing import Any

import orjson

from cds_hooks.commands.output import say
from cds_hooks.reading import weights_folder, why_off
from cds_hooks.reading.as_json import reading_json
from cds_hooks.reading.files import note_of, note_of_path
from cds_hooks.reading.terminal import rendered
from cds_hooks.settings import NoteSettings, SettingsError
from fhir_adapters.record import Note, NoteReading
from models.notes.loading import load_reader
from models.weights import MODEL, WeightsError


def run(options: Namespace) -> None:
    """Reads a file or standard input and prints its mentions.

    Raises:
        SettingsError: There are no weights, or those that were named can't be used.
        NoteFileError, OSError: The file can't be read.
    """
    note = note_of_path(options.file) if options.file else note_of(sys.stdin.buffer, "standard input")
    folder = _folder(options.weights)
    try:
        reader = load_reader(folder, "onnx" if (folder / MODEL).is_file() else "torch")
    except WeightsError as error:
        raise SettingsError((f"--weights: {error}",)) from None
    reading = reader.read(note)
    if options.json:
        say(orjson.dumps(_tree(note, reading), option=orjson.OPT_INDENT_2).decode())
    else:
        say(rendered(note, reading, color=_wants_color()))


def _folder(named: Path | None) -> Path:
    settings = NoteSettings()
    folder = named or weights_folder(settings)
    if folder is None:
        raise SettingsError((f"notes can't be read: {why_off(settings)}; name a folder with --weights",))
    return folder


def _tree(note: Note, reading: NoteReading) -> dict[str, Any]:
    tree = reading_json(reading)
    tree["sections"] = [
        {"kind": each.kind, "heading": each.heading, "start": each.start, "end": each.end}
        for each in note.sections
    ]
    for mention in tree["mentions"]:
        mention["words"] = note.text[mention["start"] : mention["end"]]
    return tree


def _wants_color() -> bool:
    """See no-color.org: any value of NO_COLOR but the empty one means none."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return sys.stdout.isatty() and not plain
