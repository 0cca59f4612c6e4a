"""Notes from files of FHIR resources, for training and evaluation: the text that a call would read."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cds_hooks.errors import BadRequest
from cds_hooks.json_body import parse_json
from fhir_adapters.bundles import resources_of
from fhir_adapters.notes import UnreadableNoteError, attachments, is_used, read_text
from fhir_adapters.record import Note
from models.training.notes.corpora.document import CorpusError

_ENDINGS = (".json", ".json.gz", ".ndjson", ".ndjson.gz")
_TYPES = ("DocumentReference", "DiagnosticReport")


def notes_of_files(path: Path) -> Iterator[Note]:
    """The notes of a file, or of all files of a folder in the order of their names.

    A file is a Bundle (.json) or a line for each resource (.ndjson), gzip or plain. Documents that are
    superseded, in error or without inline text in a format that is read are passed over.

    Raises:
        CorpusError: A file is none of these; names it, and the line.
    """
    if path.is_dir():
        files = [each for each in sorted(path.iterdir()) if each.name.endswith(_ENDINGS)]
        if not files:
            raise CorpusError(f"{path.name}: holds no file of FHIR resources ({', '.join(_ENDINGS)})")
    else:
        files = [path]
    for file in files:
        for resource in _resources(file):
            if resource.get("resourceType") in _TYPES and is_used(resource):
                yield from _note(resource)


def _note(resource: dict[str, Any]) -> Iterator[Note]:
    try:
        text = read_text(attachments(resource), {}).text
    except UnreadableNoteError:
        return
    yield Note(source=f"{resource['resourceType']}/{resource.get('id', '')}", text=text, at=None)


def _resources(file: Path) -> Iterator[dict[str, Any]]:
    content = _content(file)
    if ".ndjson" not in file.suffixes:
        yield from _parsed(content, file.name)
        return
    for number, line in enumerate(content.split(b"\n"), start=1):
        if line.strip():
            yield from _parsed(line, f"{file.name}, line {number}")


def _content(file: Path) -> bytes:
    content = file.read_bytes()
    if file.suffix != ".gz":
        return content
    try:
        return gzip.decompress(content)
    except (OSError, EOFError, zlib.error):
        raise CorpusError(f"{file.name}: is not a gzip file") from None


def _parsed(content: bytes, where: str) -> list[dict[str, Any]]:
    try:
        resources = resources_of(parse_json(content))
    except BadRequest:
        raise CorpusError(f"{where}: is not JSON as FHIR has it") from None
    if not resources:
        raise CorpusError(f"{where}: holds no FHIR resource")
    return resources
