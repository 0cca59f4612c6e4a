"""Shipped weights with ONNX Runtime: one window a run, one thread, nothing that grows with odd lengths."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from models.inference.contract import EncodedWindow, Scores, by_head, framed
from models.inference.runtime import adds_in_16_bits, ort
from models.notes.tokens import NoteTokenizer
from models.side_by_side import ALONE, SideBySide
from models.weights import (
    MODEL,
    MODEL_DATA,
    NAMES,
    TOKENIZER,
    WeightsError,
    digest_of,
    load_names,
    load_network_manifest,
    load_tokenizer,
    verified_path,
)

_ERRORS_ONLY = 3


class OnnxEngine:
    """Serves a weights folder.

    Each window is a run of its own: no padding, no mask, and what is read of a window does not depend on what
    else is asked in the same call. The session has no thread pool, so it may be made before a fork.

    Args:
        folder: Weights folder.
        threads: Within one operation; with more than 1 the engine must be made after a fork.
        windows: Reads several windows at a time.

    Raises:
        WeightsError: A file is missing, is not the one that the manifest names, or is no model.
    """

    def __init__(self, folder: Path, *, threads: int = 1, windows: SideBySide = ALONE) -> None:
        manifest = load_network_manifest(folder)
        self.heads: Mapping[str, tuple[str, ...]] = manifest.heads
        names = (MODEL, MODEL_DATA, TOKENIZER, NAMES)
        self.digest = digest_of([manifest.files.get(name, "") for name in names])
        self.tokenizer: NoteTokenizer = load_tokenizer(folder, manifest)
        self.names = load_names(folder, manifest)
        self._word_shapes = manifest.word_shapes
        self._windows = windows
        verified_path(folder, manifest, MODEL_DATA)
        self._session = _session(verified_path(folder, manifest, MODEL), threads)

    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        """Reads windows; the answer for each is the same, however many are read at a time."""
        return self._windows.each(self._read, windows)

    def _read(self, window: EncodedWindow) -> Scores:
        ids, segments = framed(window, self.tokenizer, self._word_shapes)
        (scores,) = self._session.run(["logits"], {"input_ids": ids[None], "token_type_ids": segments[None]})
        return by_head(scores[0, 1:-1], self.heads)


def _session(model: Path, threads: int) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # The graph is written with the operators that measured best; further fusion replaces them by slower ones.
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    if adds_in_16_bits():
        # Unsigned weights make the same products and have operators that add them in 32 bits everywhere. They
        # are slower, so a processor that needs none of this is left alone.
        options.add_session_config_entry("session.x64quantprecision", "1")
        options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_EXTENDED
    # Buffers planned for one length would be kept for every length that was ever seen.
    options.enable_mem_pattern = False
    try:
        return ort.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # the runtime's own error types share no public base
        raise WeightsError(f"{MODEL}: ONNX Runtime can't load it ({type(error).__name__})") from None
