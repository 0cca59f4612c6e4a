"""Runs the note reader's network: shipped weights with ONNX Runtime, any BERT checkpoint with torch."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from models.inference.contract import EncodedWindow, Engine, Scores
from models.inference.onnx_engine import OnnxEngine
from models.weights import MANIFEST, MODEL

__all__ = ["EncodedWindow", "Engine", "OnnxEngine", "Scores", "load_engine"]


def load_engine(folder: Path, *, threads: int = 1, label_map: Mapping[str, str] | None = None) -> Engine:
    """The engine that a weights folder is made for.

    A folder with a quantised model is served with ONNX Runtime; one without, or a Hugging Face checkpoint,
    with torch, which is imported only then.

    Args:
        threads: Within one operation; 1 in a web worker.
        label_map: For a checkpoint without a manifest, see `checkpoint_labels.clinical_labels`.

    Raises:
        WeightsError: Files are missing, are not those that the manifest names, or can't be served.
    """
    if (folder / MANIFEST).is_file() and (folder / MODEL).is_file():
        return OnnxEngine(folder, threads=threads)
    from models.inference.torch_engine import TorchEngine  # noqa: PLC0415 - a worker with ONNX never loads torch

    return TorchEngine(folder, threads=threads, label_map=label_map)
