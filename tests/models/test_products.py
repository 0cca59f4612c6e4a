"""Products of integers are exact on every processor, so that a note is read alike on all of them."""

from __future__ import annotations

import platform
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from models.inference import EncodedWindow, OnnxEngine, onnx_engine, runtime
from tests.models.tiny_network import write_weights

INNER, OUTER = 64, 16


def _product_of_bytes(path: Path, weights: np.ndarray) -> Path:
    """A model that is one product as the served network has them: unsigned values, signed weights."""
    constants = {
        "weights": weights,
        "one": np.float32(1),
        "scales": np.ones(OUTER, np.float32),
        "zero": np.uint8(128),
    }
    names = ["values", "weights", "one", "scales", "zero"]
    graph = helper.make_graph(
        [helper.make_node("MatMulIntegerToFloat", names, ["product"], domain="com.microsoft")],
        "product",
        [helper.make_tensor_value_info("values", TensorProto.UINT8, [None, INNER])],
        [helper.make_tensor_value_info("product", TensorProto.FLOAT, [None, OUTER])],
        [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    onnx.save_model(helper.make_model(graph, opset_imports=opsets, ir_version=9), path)
    return path


@pytest.mark.parametrize("forced", [False, True], ids=["as this processor is", "as one without VNNI"])
def test_the_largest_products_are_exact(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forced: bool
) -> None:
    rng = np.random.default_rng(7)
    weights = rng.choice(np.array([-127, 127], np.int8), (INNER, OUTER))
    weights[:, 0] = 127
    values = rng.choice(np.array([0, 255], np.uint8), (8, INNER))
    values[0] = 255
    if forced:
        monkeypatch.setattr(onnx_engine, "adds_in_16_bits", lambda: True)
    session = onnx_engine._session(_product_of_bytes(tmp_path / "product.onnx", weights), 1)
    (product,) = session.run(["product"], {"values": values})
    expected = (values.astype(np.int64) - 128) @ weights.astype(np.int64)
    assert product.tolist() == expected.tolist()


@pytest.mark.skipif(
    runtime.adds_in_16_bits(), reason="this processor has no VNNI: signed weights are not served on it"
)
def test_the_network_reads_alike_with_signed_and_with_unsigned_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = write_weights(tmp_path)
    signed = OnnxEngine(folder)
    monkeypatch.setattr(onnx_engine, "adds_in_16_bits", lambda: True)
    unsigned = OnnxEngine(folder)
    tokens = signed.tokenizer.encode("the patient has chest pain, fever and cough. no aspirin")
    window = EncodedWindow(tokens.ids, tokens.shapes)
    (one,), (other,) = signed.run([window]), unsigned.run([window])
    # The sums are the same; around them other operators may round otherwise. Sums cut off differ by 0.7.
    assert max(np.abs(one[head] - other[head]).max() for head in one) < 0.2


@pytest.mark.parametrize(
    ("machine", "flags", "expected"),
    [
        ("x86_64", "flags : fpu avx2 fma", True),
        ("x86_64", "flags : fpu avx2 avx512f avx512_vnni", False),
        ("AMD64", "flags : avx2 avx_vnni", False),
        ("AMD64", None, True),
        ("aarch64", "Features : asimddp", False),
        ("arm64", None, False),
    ],
)
def test_which_processors_add_in_16_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, machine: str, flags: str | None, expected: bool
) -> None:
    told = tmp_path / "cpuinfo"
    if flags is not None:
        told.write_text(f"processor : 0\n{flags}\n", encoding="utf-8")
    monkeypatch.setattr(runtime, "_PROCESSOR", told)
    monkeypatch.setattr(platform, "machine", lambda: machine)
    assert runtime.adds_in_16_bits() is expected
