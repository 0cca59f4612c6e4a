"""Back from the served int8 weights to a network in torch, to train on from or to compare with.

The float32 weights of a run are not kept; the int8 ones with their scales are near enough.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from numpy.typing import NDArray
from onnx import numpy_helper
from transformers import BertConfig, BertModel

from models.training.notes.network import NoteNetwork
from models.weights import CONFIG, MODEL, MODEL_DATA, load_network_manifest, verified_path

_NORMS = ("attention.output.LayerNorm", "output.LayerNorm")
_DENSE = ("attention.output.dense", "intermediate.dense", "output.dense")
_ATTENDING = tuple(f"attention.self.{part}" for part in ("query", "key", "value"))


def network_from(folder: Path) -> NoteNetwork:
    """The network of a weights folder that `export` wrote, its products and word embeddings dequantised.

    What the recipe took from marks (`lean.py`) is still taken.

    Raises:
        WeightsError: A file is missing or not the one that the manifest names.
    """
    manifest = load_network_manifest(folder)
    for name in (MODEL, MODEL_DATA):
        verified_path(folder, manifest, name)
    config = BertConfig.from_json_file(verified_path(folder, manifest, CONFIG))
    network = NoteNetwork(BertModel(config, add_pooling_layer=False), manifest.heads)
    # Beside the parameters the encoder may hold buffers of its own (position numbers), which stay.
    own = network.state_dict()
    own.update({name: torch.from_numpy(value) for name, value in _weights(folder, config, manifest.heads)})
    network.load_state_dict(own)
    return network


def _weights(folder: Path, config: Any, heads: Mapping[str, Any]) -> list[tuple[str, NDArray[np.float32]]]:
    model = onnx.load(folder / MODEL)
    stored = {weight.name: numpy_helper.to_array(weight) for weight in model.graph.initializer}
    found = {
        "encoder.embeddings.word_embeddings.weight": stored["words"] * stored["words.scale"],
        "encoder.embeddings.token_type_embeddings.weight": stored["shapes"],
        "encoder.embeddings.position_embeddings.weight": stored["positions"],
        "encoder.embeddings.LayerNorm.weight": stored["norm.gain"],
        "encoder.embeddings.LayerNorm.bias": stored["norm.bias"],
    }
    for layer in range(config.num_hidden_layers):
        prefix = f"encoder.encoder.layer.{layer}."
        for name in _NORMS:
            found[f"{prefix}{name}.weight"] = stored[f"{prefix}{name}.gain"]
            found[f"{prefix}{name}.bias"] = stored[f"{prefix}{name}.bias"]
        for name in _DENSE:
            found.update(_dense(stored, prefix + name, [prefix + name]))
        found.update(_dense(stored, f"{prefix}attention.self", [prefix + name for name in _ATTENDING]))
    ends = np.cumsum([len(labels) for labels in heads.values()])[:-1]
    weight, bias = stored["heads.weight"].T, stored["heads.offset"]
    for name, rows, offsets in zip(heads, np.split(weight, ends), np.split(bias, ends), strict=True):
        found[f"heads.{name}.weight"], found[f"heads.{name}.bias"] = rows, offsets
    return [(name, np.array(value, dtype=np.float32)) for name, value in found.items()]


def _dense(stored: Mapping[str, NDArray[Any]], name: str, parts: list[str]) -> dict[str, NDArray[np.float32]]:
    """A stored product, which may be of several dense layers side by side, as those layers' parameters."""
    weight = (stored[f"{name}.weight"] * stored[f"{name}.scale"]).T
    whole: dict[str, NDArray[np.float32]] = {}
    for part, rows, offsets in zip(
        parts, np.split(weight, len(parts)), np.split(stored[f"{name}.offset"], len(parts)), strict=True
    ):
        whole[f"{part}.weight"], whole[f"{part}.bias"] = rows, offsets
    return whole
