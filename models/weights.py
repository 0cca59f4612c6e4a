"""A folder with weights: its manifest, and every file verified by its hash before anything reads it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from tokenizers import Tokenizer

from models.notes.known_names import KnownNames, from_file
from models.notes.tokens import NoteTokenizer

MANIFEST = "manifest.json"
MODEL = "model.int8.onnx"
# The weights of MODEL: in a file of their own they are mapped, and workers share them.
MODEL_DATA = "model.int8.onnx.data"
REFERENCE = "reference.safetensors"
TOKENIZER = "tokenizer.json"
# Names that training documents marked; a folder may come without.
NAMES = "names.safetensors"
CONFIG = "config.json"


class WeightsError(RuntimeError):
    """Weights can't be used; names the file, never the path on the machine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a weights folder says of itself.

    Attributes:
        files: SHA-256 of each file, hexadecimal, by its name.
        details: Everything else: what it was trained on, its metrics, licences.
    """

    name: str
    version: str
    files: Mapping[str, str]
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkManifest(Manifest):
    """What the weights folder of a note reader says of itself.

    Attributes:
        heads: Labels of each head in the order of the network's outputs.
        max_positions: Longest window with its two special tokens.
        word_shapes: Whether the segment input takes word shapes (`models.notes.tokens.SHAPES`).
    """

    heads: Mapping[str, tuple[str, ...]]
    max_positions: int
    word_shapes: bool


def load_manifest(folder: Path) -> Manifest:
    """Reads manifest.json.

    Raises:
        WeightsError: It is not there, not JSON, or lacks what a manifest must say.
    """
    table = _table(folder)
    return Manifest(**_common(table), details=table)


def load_network_manifest(folder: Path) -> NetworkManifest:
    """Reads manifest.json of a note reader.

    Raises:
        WeightsError: As `load_manifest`.
    """
    table = _table(folder)
    return NetworkManifest(
        **_common(table),
        heads={name: _labels(name, labels) for name, labels in _taken(table, "heads", dict).items()},
        max_positions=_taken(table, "max_positions", int),
        word_shapes=_taken(table, "word_shapes", bool),
        details=table,
    )


def _table(folder: Path) -> dict[str, Any]:
    try:
        table = json.loads((folder / MANIFEST).read_bytes())
    except OSError:
        raise WeightsError(f"{MANIFEST}: can't be read") from None
    except ValueError:
        raise WeightsError(f"{MANIFEST}: is not JSON") from None
    if not isinstance(table, dict):
        raise WeightsError(f"{MANIFEST}: is not an object")
    return table


def _common(table: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": _taken(table, "name", str),
        "version": _taken(table, "version", str),
        "files": {_plain(name): _hash(value) for name, value in _taken(table, "files", dict).items()},
    }


def _taken(table: dict[str, Any], key: str, kind: type) -> Any:
    value = table.pop(key, None)
    if type(value) is not kind:
        raise WeightsError(f"{MANIFEST}: '{key}' is missing or not of the right kind")
    return value


def _plain(name: str) -> str:
    # A manifest comes with the weights: it must not make the reader open files elsewhere.
    if PurePosixPath(name).name != name or "\\" in name or name in {".", ".."}:
        raise WeightsError(f"{MANIFEST}: a file name has a folder in it")
    return name


def _hash(value: object) -> str:
    if not isinstance(value, str) or len(value) != 64:
        raise WeightsError(f"{MANIFEST}: a hash is not a SHA-256")
    return value.lower()


def _labels(name: str, labels: object) -> tuple[str, ...]:
    if not isinstance(labels, list) or not labels or not all(isinstance(label, str) for label in labels):
        raise WeightsError(f"{MANIFEST}: head '{name}' has no list of labels")
    return tuple(labels)


def verified(folder: Path, manifest: Manifest, name: str) -> bytes:
    """The content of one file, which is what the manifest says it is.

    Raises:
        WeightsError: The manifest does not name it, it can't be read, or it has another hash.
    """
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise WeightsError(f"{name}: can't be read") from None
    _check(manifest, name, hashlib.sha256(content).hexdigest())
    return content


def verified_path(folder: Path, manifest: Manifest, name: str) -> Path:
    """Where a file lies whose content is what the manifest says it is; it is not held in memory.

    Raises:
        WeightsError: As `verified`.
    """
    _check(manifest, name, hash_of(folder, name))
    return folder / name


def hash_of(folder: Path, name: str) -> str:
    """SHA-256 of a file, hexadecimal.

    Raises:
        WeightsError: It can't be read.
    """
    try:
        with (folder / name).open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        raise WeightsError(f"{name}: can't be read") from None


def _check(manifest: Manifest, name: str, found: str) -> None:
    expected = manifest.files.get(name)
    if expected is None:
        raise WeightsError(f"{name}: the manifest does not name it")
    if found != expected:
        raise WeightsError(f"{name}: is not the file that the manifest names")


def digest_of(hashes: Sequence[str]) -> str:
    """One SHA-256 for several files, hexadecimal: it changes when any of them does."""
    return hashlib.sha256("\n".join(hashes).encode("ascii")).hexdigest()


def load_tokenizer(folder: Path, manifest: Manifest) -> NoteTokenizer:
    """The tokenizer of a weights folder, verified.

    Raises:
        WeightsError: It is not the file that the manifest names, or no BERT tokenizer.
    """
    return tokenizer_of(verified(folder, manifest, TOKENIZER))


def load_names(folder: Path, manifest: NetworkManifest) -> dict[str, KnownNames]:
    """The known names of a weights folder by head, verified; none where the manifest names no such file.

    Raises:
        WeightsError: The file is not the one that the manifest names, or not of its heads.
    """
    if NAMES not in manifest.files:
        return {}
    try:
        return from_file(verified(folder, manifest, NAMES), manifest.heads)
    except ValueError as error:
        raise WeightsError(f"{NAMES}: does not fit the manifest ({error})") from None


def tokenizer_of(content: bytes) -> NoteTokenizer:
    """A tokenizer from the content of tokenizer.json.

    Raises:
        WeightsError: It is no tokenizer, or lacks BERT's special tokens.
    """
    try:
        return NoteTokenizer(Tokenizer.from_buffer(content))
    except Exception as error:  # the tokenizers library raises bare Exception
        raise WeightsError(
            f"{TOKENIZER}: is no tokenizer of a BERT encoder ({type(error).__name__})"
        ) from None
