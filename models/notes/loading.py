"""The note reader from a weights folder: verified, put together, and warm."""

from __future__ import annotations

from pathlib import Path
from typing import Final, Literal

from fhir_adapters.record import Note
from models.inference import Engine, OnnxEngine
from models.notes import linking
from models.notes.reader import NoteReader
from models.notes.tokens import NoteTokenizer
from models.side_by_side import ALONE, SideBySide
from models.weights import MANIFEST, load_manifest

EngineName = Literal["onnx", "torch"]

# One sentence of each kind that something is loaded for.
_SAMPLE: Final = (
    "Denies fever. History of hypertension in 2010; takes lisinopril 10 mg daily. BP 130/80, A1c of 6.1%.\n"
    "[x] cough [ ] chest pain\nNever smoked. Mother had diabetes. Plan: chest x-ray if the cough persists.\n"
)


def load_reader(folder: Path, engine: EngineName = "onnx", windows: SideBySide = ALONE) -> NoteReader:
    """The reader of a weights folder, after it has read a sample: a first note costs no more than a second.

    Args:
        folder: With a manifest, or for torch also a Hugging Face checkpoint of a token classifier.
        engine: "torch" imports torch; "onnx" does not.
        windows: Reads several windows of a note at a time; torch reads them in batches instead.

    Raises:
        WeightsError: A file is missing, is not the one that the manifest names, or can't be served.
    """
    loaded, tokenizer = _engine(folder, engine, windows)
    version = "checkpoint"
    if (folder / MANIFEST).is_file():
        manifest = load_manifest(folder)
        version = f"{manifest.name} {manifest.version}"
    reader = NoteReader(loaded, tokenizer, version)
    linking.warm()
    reader.read(Note(source="", text=_SAMPLE, at=None))
    return reader


def _engine(folder: Path, engine: EngineName, windows: SideBySide) -> tuple[Engine, NoteTokenizer]:
    if engine == "onnx":
        shipped = OnnxEngine(folder, windows=windows)
        return shipped, shipped.tokenizer
    from models.inference.torch_engine import TorchEngine  # noqa: PLC0415 - a worker with ONNX never loads torch

    any_other = TorchEngine(folder)
    return any_other, any_other.tokenizer
