"""Any BERT token classifier with torch: the reference weights, or a checkpoint that a site brings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load
from transformers import AutoConfig, AutoModelForTokenClassification, BertConfig, BertModel

from models.inference.checkpoint_labels import clinical_labels
from models.inference.contract import EncodedWindow, Float, Scores, batches_of, by_head, framed
from models.notes.known_names import KnownNames
from models.training.loop import bfloat16_is_faster
from models.training.notes.network import NoteNetwork
from models.weights import (
    CONFIG,
    MANIFEST,
    MODEL,
    MODEL_DATA,
    NAMES,
    REFERENCE,
    TOKENIZER,
    NetworkManifest,
    WeightsError,
    digest_of,
    hash_of,
    load_names,
    load_network_manifest,
    load_tokenizer,
    tokenizer_of,
    verified,
)

CHECKPOINT = "model.safetensors"
# Padded tokens of one forward pass; more does not make a processor faster, it only makes padding.
_BUDGET = 512

# Ids, mask and segments to scores of all labels.
_Forward = Callable[[torch.Tensor, torch.Tensor, torch.Tensor], torch.Tensor]


class TorchEngine:
    """Serves a weights folder, or a Hugging Face checkpoint of a token classifier.

    Of a weights folder it reads the reference; where there is none, it multiplies out the served int8
    weights, and what goes into each product stays exact. A checkpoint needs config.json with its labels,
    model.safetensors and tokenizer.json with BERT's special tokens. Nothing is fetched, no code of the
    checkpoint runs and nothing is unpickled. Its labels become the head "clinical".

    Args:
        folder: Weights folder or checkpoint.
        threads: Of torch in this process; 1 when a fork follows.
        label_map: See `clinical_labels`; only for a checkpoint.
        half: bfloat16 for matrix products; None: where this machine is faster with it.

    Raises:
        WeightsError: A file is missing, is not the one that the manifest names, or can't be served.
    """

    def __init__(
        self,
        folder: Path,
        *,
        threads: int = 1,
        label_map: Mapping[str, str] | None = None,
        half: bool | None = None,
    ) -> None:
        # Before any operation: a thread pool that exists at a fork hangs the child.
        torch.set_num_threads(threads)
        self.heads: Mapping[str, tuple[str, ...]]
        self.names: Mapping[str, KnownNames]
        if (folder / MANIFEST).is_file():
            self._load_weights(folder)
        else:
            self._load_checkpoint(folder, label_map)
        self._half = bfloat16_is_faster() if half is None else half

    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        """Reads windows in batches of similar length."""
        found: list[Scores | None] = [None] * len(windows)
        for group in batches_of(windows, _BUDGET):
            for index, output in zip(group, self._read([windows[i] for i in group]), strict=True):
                found[index] = output
        return [output for output in found if output is not None]

    @torch.inference_mode()
    def _read(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        batch = _padded(
            [framed(w, self.tokenizer, self._word_shapes) for w in windows], self.tokenizer.pad_id
        )
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=self._half):
            scores = self._forward(*batch)
        logits = self._mapped(scores.float().numpy())
        return [by_head(logits[row, 1 : len(window) + 1], self.heads) for row, window in enumerate(windows)]

    def _load_weights(self, folder: Path) -> None:
        manifest = load_network_manifest(folder)
        self.heads = manifest.heads
        weights = (REFERENCE,) if REFERENCE in manifest.files else (MODEL, MODEL_DATA)
        self.digest = digest_of(
            [manifest.files.get(name, "") for name in (*weights, TOKENIZER, CONFIG, NAMES)]
        )
        self.tokenizer = load_tokenizer(folder, manifest)
        self.names = load_names(folder, manifest)
        self._word_shapes = manifest.word_shapes
        self._forward: _Forward = exact_network(folder, manifest).eval()
        self._mapped: Callable[[Float], Float] = _as_they_are

    def _load_checkpoint(self, folder: Path, label_map: Mapping[str, str] | None) -> None:
        hashes = [hash_of(folder, name) for name in (CHECKPOINT, TOKENIZER, CONFIG)]
        self.digest = digest_of([*hashes, json.dumps(label_map, sort_keys=True)])
        self.tokenizer = tokenizer_of((folder / TOKENIZER).read_bytes())
        self.names = {}
        self._word_shapes = False
        model = _checkpoint(folder)
        names = model.config.id2label
        labels = clinical_labels([names[number] for number in range(len(names))], label_map)
        self.heads = {"clinical": labels.labels}
        self._mapped = labels.of

        def forward(ids: torch.Tensor, mask: torch.Tensor, segments: torch.Tensor) -> torch.Tensor:
            inputs = {"input_ids": ids, "attention_mask": mask}
            if model.config.model_type == "bert":
                inputs["token_type_ids"] = segments
            logits: torch.Tensor = model(**inputs).logits
            return logits

        self._forward = forward


def exact_network(folder: Path, manifest: NetworkManifest) -> NoteNetwork:
    """The network of a weights folder in floating point, as `TorchEngine` serves it.

    Raises:
        WeightsError: As `TorchEngine`; also where there is no reference and the extra "train" is missing.
    """
    if REFERENCE not in manifest.files:
        return _multiplied_out(folder)
    config = BertConfig.from_dict(_json(verified(folder, manifest, CONFIG)))
    network = NoteNetwork(BertModel(config, add_pooling_layer=False), manifest.heads)
    try:
        network.load_state_dict(load(verified(folder, manifest, REFERENCE)))
    except (SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{REFERENCE}: does not fit the manifest ({type(error).__name__})") from None
    return network


def _multiplied_out(folder: Path) -> NoteNetwork:
    try:
        from models.training.notes.served_weights import network_from  # noqa: PLC0415 - needs the extra "train"
    except ImportError:
        raise WeightsError(f"{REFERENCE}: is not there, and {MODEL} is read with the extra 'train'") from None
    return network_from(folder)


def _as_they_are(scores: Float) -> Float:
    return scores


def _padded(framed_windows: Sequence[tuple[Any, Any]], pad_id: int) -> tuple[torch.Tensor, ...]:
    width = max(len(ids) for ids, _ in framed_windows)
    batch = np.zeros((3, len(framed_windows), width), dtype=np.int64)
    batch[0] = pad_id
    for row, (ids, segments) in enumerate(framed_windows):
        batch[0, row, : len(ids)], batch[1, row, : len(ids)], batch[2, row, : len(ids)] = ids, 1, segments
    return tuple(torch.from_numpy(part) for part in batch)


def _json(content: bytes) -> dict[str, Any]:
    try:
        table: dict[str, Any] = json.loads(content)
    except ValueError:
        raise WeightsError(f"{CONFIG}: is not JSON") from None
    return table


def _checkpoint(folder: Path) -> Any:
    try:
        config = AutoConfig.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
        return AutoModelForTokenClassification.from_pretrained(
            folder, config=config, local_files_only=True, trust_remote_code=False, use_safetensors=True
        ).eval()
    except (OSError, ValueError, SafetensorError, RuntimeError) as error:
        raise WeightsError(f"{CHECKPOINT}: is no token classifier ({type(error).__name__})") from None
