"""A trained network to a weights folder: int8 ONNX to serve, fp16 safetensors as reference, a manifest."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from models.notes.tokens import SHAPES
from models.training.notes.network import NoteNetwork
from models.training.notes.onnx_graph import onnx_model, write_onnx
from models.weights import (
    CONFIG,
    MANIFEST,
    MODEL,
    MODEL_DATA,
    NAMES,
    REFERENCE,
    TOKENIZER,
    NetworkManifest,
    load_network_manifest,
)

# Fields of the manifest that the network itself decides.
_OWN = frozenset({"files", "heads", "max_positions", "word_shapes"})


def export(
    network: NoteNetwork,
    tokenizer_folder: Path,
    out: Path,
    manifest_fields: Mapping[str, Any],
    *,
    served: Sequence[str] | None = None,
    names: bytes = b"",
) -> NetworkManifest:
    """Writes a weights folder that `models.inference` serves.

    Args:
        tokenizer_folder: Holds tokenizer.json.
        out: Created when absent; files of an earlier export are replaced.
        manifest_fields: At least `name` and `version`; further ones (training data, metrics) are kept.
        served: Heads that are kept, in this order; all when None.
        names: The file of known names; none when empty.

    Returns:
        The manifest that was written.

    Raises:
        ValueError: `manifest_fields` lacks a name or version, or sets a field that the network decides.
    """
    taken = sorted(_OWN & set(manifest_fields))
    if taken or not {"name", "version"} <= set(manifest_fields):
        raise ValueError(f"the manifest needs a name and a version and can't be given {taken}")
    heads = {name: network.labels[name] for name in (network.labels if served is None else served)}
    out.mkdir(parents=True, exist_ok=True)
    network.eval()
    weights = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    weights = {name: value for name, value in weights.items() if _is_served(name, heads)}
    config = network.encoder.config
    write_onnx(onnx_model(_floats(weights), heads, config, int8=True), out / MODEL, MODEL_DATA)
    (out / REFERENCE).write_bytes(save({name: value.half().contiguous() for name, value in weights.items()}))
    (out / CONFIG).write_text(config.to_json_string(), encoding="utf-8")
    shutil.copyfile(tokenizer_folder / TOKENIZER, out / TOKENIZER)
    if names:
        (out / NAMES).write_bytes(names)
    return _write_manifest(out, heads, config, manifest_fields, (NAMES,) if names else ())


def export_float32(network: NoteNetwork, path: Path) -> None:
    """Writes the same graph without quantization, and its weights beside it: what int8 is compared with."""
    weights = {name: value.detach().cpu() for name, value in network.state_dict().items()}
    config = network.encoder.config
    write_onnx(onnx_model(_floats(weights), network.labels, config, int8=False), path, f"{path.name}.data")


def _is_served(name: str, heads: Mapping[str, Sequence[str]]) -> bool:
    return not name.startswith("heads.") or name.split(".")[1] in heads


def _floats(weights: Mapping[str, torch.Tensor]) -> dict[str, Any]:
    return {name: value.float().numpy() for name, value in weights.items()}


def _write_manifest(
    out: Path,
    heads: Mapping[str, Sequence[str]],
    config: Any,
    fields: Mapping[str, Any],
    further: Sequence[str],
) -> NetworkManifest:
    names = (MODEL, MODEL_DATA, REFERENCE, CONFIG, TOKENIZER, *further)
    table = {
        **fields,
        "files": {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names},
        "heads": {name: list(labels) for name, labels in heads.items()},
        "max_positions": config.max_position_embeddings,
        "word_shapes": config.type_vocab_size == len(SHAPES),
    }
    (out / MANIFEST).write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")
    return load_network_manifest(out)
