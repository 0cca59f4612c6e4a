"""The network as an ONNX graph, written node by node, with int8 matrix products.

A traced export scatters attention and GELU over many small operators; here each is the one operator that ONNX
Runtime has for it, query, key and value are one product, and every weight gets its own precision.
A run reads windows of one length, so there is no attention mask.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import ModelProto, NodeProto, TensorProto, checker, helper, numpy_helper, save_model

Float = NDArray[np.float32]
_FUSED = "com.microsoft"
_OPSET = 17
# Bytes up to which a weight stays in the graph.
_INLINE = 1024
_EMBEDDINGS = "encoder.embeddings."
# What stands for zero among the 256 values of a token: the middle, or lower where values are mostly positive.
_MIDDLE, _LOW = 128, 32
_GELU_LOWEST = -0.17


class _Graph:
    """Nodes and weights in the order in which they are added; every node's output has its own name."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.weights: list[TensorProto] = []

    def weight(self, name: str, values: NDArray[Any] | np.generic) -> str:
        self.weights.append(numpy_helper.from_array(np.asarray(values, order="C"), name))
        return name

    def add(
        self, kind: str, *inputs: str, outputs: int = 1, domain: str = "", **attributes: Any
    ) -> list[str]:
        number = len(self.nodes)
        names = [f"{kind}{number}.{index}" for index in range(outputs)]
        self.nodes.append(
            helper.make_node(kind, list(inputs), names, name=f"{kind}{number}", domain=domain, **attributes)
        )
        return names

    def one(self, kind: str, *inputs: str, domain: str = "", **attributes: Any) -> str:
        return self.add(kind, *inputs, domain=domain, **attributes)[0]


def onnx_model(
    weights: Mapping[str, Float], heads: Mapping[str, Sequence[str]], config: Any, *, int8: bool
) -> ModelProto:
    """Builds the model.

    Args:
        weights: Of `NoteNetwork.state_dict()`.
        heads: Whose scores stand side by side in the output `logits`.
        config: Of the BERT encoder.
        int8: Quantise products and word embeddings; otherwise all is float32.

    Returns:
        `input_ids` and `token_type_ids` (windows, tokens) to `logits` (windows, tokens, labels of all heads).

    Raises:
        ValueError: The encoder's activation is not GELU.
    """
    if config.hidden_act != "gelu":
        raise ValueError(f"the activation '{config.hidden_act}' is not exported")
    graph = _Graph()
    states = _embed(graph, weights, config, int8)
    for layer in range(config.num_hidden_layers):
        prefix = f"encoder.encoder.layer.{layer}."
        inside = {
            name.removeprefix(prefix): value for name, value in weights.items() if name.startswith(prefix)
        }
        states = _Layer(graph, prefix, inside, config, int8).of(states)
    head = np.concatenate([weights[f"heads.{name}.weight"] for name in heads]).T
    bias = np.concatenate([weights[f"heads.{name}.bias"] for name in heads])
    # The heads are small and decide ties: they stay float32.
    scores = _dense(graph, states, "heads", head, bias, int8=False)
    graph.nodes.append(helper.make_node("Identity", [scores], ["logits"]))
    return _model(graph, head.shape[1])


def _embed(graph: _Graph, weights: Mapping[str, Float], config: Any, int8: bool) -> str:
    words = weights[_EMBEDDINGS + "word_embeddings.weight"]
    if int8:
        values, scales = quantized(words.T)
        graph.weight("words", values.T)
        graph.weight("words.scale", scales[:, None])
        rows = graph.one("Cast", graph.one("Gather", "words", "input_ids"), to=TensorProto.FLOAT)
        states = graph.one("Mul", rows, graph.one("Gather", "words.scale", "input_ids"))
    else:
        states = graph.one("Gather", graph.weight("words", words), "input_ids")
    shapes = graph.weight("shapes", weights[_EMBEDDINGS + "token_type_embeddings.weight"])
    states = graph.one("Add", states, graph.one("Gather", shapes, "token_type_ids"))
    positions = graph.weight("positions", weights[_EMBEDDINGS + "position_embeddings.weight"])
    start = graph.weight("start", np.zeros(1, dtype=np.int64))
    length = graph.one("Shape", "input_ids", start=1, end=2)
    states = graph.one("Add", states, graph.one("Slice", positions, start, length))
    gain = graph.weight("norm.gain", weights[_EMBEDDINGS + "LayerNorm.weight"])
    bias = graph.weight("norm.bias", weights[_EMBEDDINGS + "LayerNorm.bias"])
    return graph.one("LayerNormalization", states, gain, bias, axis=-1, epsilon=config.layer_norm_eps)


def write_onnx(model: ModelProto, path: Path, data_name: str) -> None:
    """Writes a model with its weights in a file of their own beside it, replacing what is there.

    Args:
        data_name: File name of the weights.
    """
    (path.parent / data_name).unlink(missing_ok=True)
    save_model(model, path, save_as_external_data=True, location=data_name, size_threshold=_INLINE)
    # It comes out readable by its owner alone; a service runs as somebody else.
    (path.parent / data_name).chmod(0o644)


class _Layer:
    """One encoder layer."""

    def __init__(
        self, graph: _Graph, prefix: str, weights: Mapping[str, Float], config: Any, int8: bool
    ) -> None:
        self.graph, self.prefix, self.weights, self.config, self.int8 = graph, prefix, weights, config, int8

    def of(self, states: str) -> str:
        """Attention, then the two dense layers; each added to what went in and normalised."""
        attended = self._dense(self._attention(states), "attention.output.dense")
        states = self._normalized(attended, states, "attention.output.LayerNorm")
        inner = self.graph.one("Gelu", self._wide(states, "intermediate.dense"), domain=_FUSED)
        return self._normalized(self._wide(inner, "output.dense", _GELU_LOWEST), states, "output.LayerNorm")

    def _attention(self, states: str) -> str:
        parts = [f"attention.self.{part}" for part in ("query", "key", "value")]
        weight = np.concatenate([self.weights[f"{part}.weight"] for part in parts]).T
        bias = np.concatenate([self.weights[f"{part}.bias"] for part in parts])
        name = self.prefix + "attention.self"
        if self.int8:
            return self._attention_int8(states, name, weight, bias)
        together = _dense(self.graph, states, name, weight, bias, int8=False)
        sizes = self.graph.weight(f"{name}.sizes", np.full(3, self.config.hidden_size, dtype=np.int64))
        split = self.graph.add("Split", together, sizes, outputs=3, axis=-1)
        heads = self.config.num_attention_heads
        return self.graph.one("MultiHeadAttention", *split, domain=_FUSED, num_heads=heads)

    def _attention_int8(self, states: str, name: str, weight: Float, bias: Float) -> str:
        # The products of query, key and value in int8; what they attend to in float32.
        values, scale, zero = self.graph.add("DynamicQuantizeLinear", states, outputs=3)
        weights, scales = _quantized_weight(self.graph, name, weight)
        offset = self.graph.weight(f"{name}.offset", bias)
        inputs = (values, weights, offset, scale, scales, "", zero)
        heads = self.config.num_attention_heads
        return self.graph.one("QAttention", *inputs, domain=_FUSED, num_heads=heads)

    def _dense(self, states: str, name: str) -> str:
        weight, bias = self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"]
        return _dense(self.graph, states, self.prefix + name, weight, bias, int8=self.int8)

    def _wide(self, states: str, name: str, lowest: float | None = None) -> str:
        # The two wide layers lose most by quantization.
        if not self.int8:
            return self._dense(states, name)
        weight, bias = self.weights[f"{name}.weight"].T, self.weights[f"{name}.bias"]
        return _dense_by_token(self.graph, states, self.prefix + name, weight, bias, lowest=lowest)

    def _normalized(self, states: str, before: str, name: str) -> str:
        gain = self.graph.weight(f"{self.prefix}{name}.gain", self.weights[f"{name}.weight"])
        bias = self.graph.weight(f"{self.prefix}{name}.bias", self.weights[f"{name}.bias"])
        # The fused SkipLayerNormalization is several times slower than these two.
        both = self.graph.one("Add", states, before)
        epsilon = self.config.layer_norm_eps
        return self.graph.one("LayerNormalization", both, gain, bias, axis=-1, epsilon=epsilon)


def _dense(graph: _Graph, states: str, name: str, weight: Float, bias: Float, *, int8: bool) -> str:
    """A dense layer; in int8 with one scale for all of what goes in."""
    offset = graph.weight(f"{name}.offset", bias)
    if not int8:
        return graph.one("Add", graph.one("MatMul", states, graph.weight(f"{name}.weight", weight)), offset)
    inputs = (states, *_quantized_weight(graph, name, weight), "", offset)
    return graph.one("DynamicQuantizeMatMul", *inputs, domain=_FUSED)


def _dense_by_token(
    graph: _Graph, states: str, name: str, weight: Float, bias: Float, *, lowest: float | None = None
) -> str:
    """A dense layer in int8 with a scale for each token: one token's outliers cost no other its precision.

    Args:
        lowest: What no value of `states` is below, where that is known: that leaves more of the range.
    """
    offset = graph.weight(f"{name}.offset", bias)
    zero = _MIDDLE if lowest is None else _LOW
    if lowest is None:
        largest = graph.one("ReduceMax", graph.one("Abs", states), axes=[-1], keepdims=1)
        floor = np.float32(1e-6)
    else:
        largest = graph.one("ReduceMax", states, axes=[-1], keepdims=1)
        floor = np.float32(-lowest / zero)
    steps = graph.one("Mul", largest, graph.weight(f"{name}.step", np.float32(1 / (255 - zero))))
    scale = graph.one("Max", steps, graph.weight(f"{name}.floor", floor))
    flat = graph.one("Reshape", scale, graph.weight(f"{name}.flat", np.full(1, -1, dtype=np.int64)))
    shift = graph.weight(f"{name}.shift", np.uint8(zero))
    shifts = graph.one("Expand", shift, graph.one("Shape", flat))
    values = graph.one("QuantizeLinear", states, flat, shifts, axis=1)
    weights, scales = _quantized_weight(graph, name, weight)
    one = graph.weight(f"{name}.one", np.float32(1))
    product = graph.one("MatMulIntegerToFloat", values, weights, one, scales, shift, domain=_FUSED)
    return graph.one("Add", graph.one("Mul", product, scale), offset)


def _quantized_weight(graph: _Graph, name: str, weight: Float) -> tuple[str, str]:
    values, scales = quantized(weight)
    return graph.weight(f"{name}.weight", values), graph.weight(f"{name}.scale", scales)


def quantized(weight: Float) -> tuple[NDArray[np.int8], Float]:
    """Symmetric int8 with one scale for each column.

    Args:
        weight: Shape (inputs, outputs).

    Returns:
        Values in [-127, 127] and scales of shape (outputs,), so that values * scales is near the weight.
    """
    scales = np.abs(weight).max(axis=0) / 127
    scales = np.where(scales == 0, 1, scales).astype(np.float32)
    return np.rint(weight / scales).astype(np.int8), scales


def _model(graph: _Graph, labels: int) -> ModelProto:
    axes = ["windows", "tokens"]
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, axes)
        for name in ("input_ids", "token_type_ids")
    ]
    outputs = [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [*axes, labels])]
    opsets = [helper.make_opsetid("", _OPSET), helper.make_opsetid(_FUSED, 1)]
    body = helper.make_graph(graph.nodes, "notes", inputs, outputs, graph.weights)
    model = helper.make_model(body, opset_imports=opsets, ir_version=9)
    checker.check_model(model)
    return model
