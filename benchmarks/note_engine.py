"""Tokens a second of the note reader's engines beside the Hugging Face pipeline, on one core, in one run.

    python benchmarks/note_engine.py --data ../shared/data/mtsamples/mtsamples.csv.gz --core 1

All take turns on the same 2,000-word notes, pinned to the core, and are timed by the processor time
they use, so that other work on the machine falls on none of them alone; read the ratios. A token is a
word piece of the note: padding and pieces that are read twice count as time only.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import hashlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np  # noqa: E402

from models.inference import Engine, OnnxEngine  # noqa: E402
from models.inference.contract import EncodedWindow, Float  # noqa: E402
from models.inference.runtime import ort  # noqa: E402
from models.notes import spans  # noqa: E402
from models.notes.spans import find_spans  # noqa: E402
from models.notes.windows import windows_of  # noqa: E402
from models.weights import (  # noqa: E402
    CONFIG,
    MANIFEST,
    MODEL,
    MODEL_DATA,
    NAMES,
    TOKENIZER,
    load_network_manifest,
)

WEIGHTS = HERE.parent / "models" / "weights" / "notes"
ROUNDS = 7
COLD_START = """
import sys, time
begun = time.perf_counter()
from pathlib import Path
from models.inference import load_engine
from models.notes.spans import find_spans
engine = load_engine(Path(sys.argv[1]))
find_spans("The patient presented with fever, cough and shortness of breath.", engine, engine.tokenizer)
seconds = time.perf_counter() - begun
status = dict(line.split(":", 1) for line in open("/proc/self/status"))
print(seconds, int(status["VmRSS"].split()[0]) / 1024, int(status["VmHWM"].split()[0]) / 1024)
"""


def notes_of(path: Path, words: int, count: int) -> list[str]:
    """Notes of so many words, made by joining the file's distinct transcriptions in order."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        texts = dict.fromkeys(row["transcription"] for row in csv.DictReader(file))
    found: list[str] = []
    parts: list[str] = []
    for text in texts:
        parts += text.split(" ")
        if len(parts) >= words:
            found.append(" ".join(parts[:words]))
            parts = []
        if len(found) == count:
            break
    return found


def pipeline_of(folder: Path, window: int, stride: int, batch: int) -> Callable[[str], Any]:
    """A Hugging Face pipeline, float32, over the same encoder with its clinical head."""
    import torch
    from tokenizers import Tokenizer
    from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast, pipeline
    from transformers.utils import logging

    from models.inference.torch_engine import exact_network

    logging.set_verbosity_error()
    torch.set_num_threads(1)
    labels = load_network_manifest(folder).heads["clinical"]
    config = BertConfig.from_json_file(folder / CONFIG)
    config.id2label, config.label2id = dict(enumerate(labels)), {x: i for i, x in enumerate(labels)}
    model = BertForTokenClassification(config).eval()
    weights = exact_network(folder, load_network_manifest(folder)).state_dict()
    renamed = {name.replace("encoder.", "bert.", 1): x for name, x in weights.items()}
    head = {f"classifier.{part}": weights[f"heads.clinical.{part}"] for part in ("weight", "bias")}
    model.load_state_dict({**renamed, **head}, strict=False)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_file(str(folder / "tokenizer.json")),
        model_max_length=window,
        **{f"{name}_token": f"[{name.upper()}]" for name in ("pad", "cls", "sep", "unk", "mask")},
    )
    return pipeline(
        "token-classification",
        model=model,
        tokenizer=tokenizer,
        aggregation_strategy="simple",
        stride=stride,
        batch_size=batch,
        device="cpu",
    )


def exact_weights(folder: Path) -> dict[str, Float]:
    """The weights in floating point by the network's names, see `TorchEngine`."""
    from models.inference.torch_engine import exact_network

    network = exact_network(folder, load_network_manifest(folder))
    return {name: value.numpy() for name, value in network.state_dict().items()}


def float32_engine(folder: Path, weights: Mapping[str, Float], scratch: Path) -> OnnxEngine:
    """The folder's graph without quantization and with these weights, written to an empty folder."""
    from transformers import BertConfig

    from models.training.notes.onnx_graph import onnx_model, write_onnx

    table = json.loads((folder / MANIFEST).read_text())
    model = onnx_model(weights, table["heads"], BertConfig.from_json_file(folder / CONFIG), int8=False)
    write_onnx(model, scratch / MODEL, MODEL_DATA)
    for name in {TOKENIZER, NAMES} & set(table["files"]):
        (scratch / name).write_bytes((folder / name).read_bytes())
    for name in (MODEL, MODEL_DATA):
        table["files"][name] = hashlib.sha256((scratch / name).read_bytes()).hexdigest()
    (scratch / MANIFEST).write_text(json.dumps(table))
    return OnnxEngine(scratch)


def network_only(engine: Engine, tokenizer: Any) -> Callable[[str], Any]:
    """The engine without tokenizer and decoding: windows are cut beforehand."""
    cut: dict[str, list[Any]] = {}

    def read(text: str) -> Any:
        if text not in cut:
            tokens = tokenizer.encode(text)
            windows = windows_of(tokens, spans.WINDOW, spans.OVERLAP)
            cut[text] = [
                EncodedWindow(tokens.ids[w.start : w.end], tokens.shapes[w.start : w.end]) for w in windows
            ]
        return engine.run(cut[text])

    return read


def take_turns(
    readers: dict[str, Callable[[str], Any]], notes: Sequence[str]
) -> dict[str, list[list[float]]]:
    """Processor seconds of each reader, by note and round."""
    seconds: dict[str, list[list[float]]] = {name: [[] for _ in notes] for name in readers}
    for reader in readers.values():
        reader(notes[0])
    for _ in range(ROUNDS):
        for number, note in enumerate(notes):
            for name, reader in readers.items():
                begun = time.process_time()
                reader(note)
                seconds[name][number].append(time.process_time() - begun)
    return seconds


def int8_peak() -> float:
    """Best GFLOP/s of ONNX Runtime's own int8 product, 256x384 by 384x1536, without anything around it."""
    from onnx import TensorProto, helper, numpy_helper

    rng = np.random.default_rng(0)
    weight = rng.integers(-127, 128, (384, 1536)).astype(np.int8)
    left = rng.integers(0, 256, (256, 384)).astype(np.uint8)
    graph = helper.make_graph(
        # Only the largest product is given back: a megabyte of output would be timed instead.
        [
            helper.make_node("MatMulInteger", ["A", "B"], ["product"]),
            helper.make_node("Slice", ["product", "from", "to"], ["Y"]),
        ],
        "peak",
        [helper.make_tensor_value_info("A", TensorProto.UINT8, [256, 384])],
        [helper.make_tensor_value_info("Y", TensorProto.INT32, [1, 1536])],
        [
            numpy_helper.from_array(weight, "B"),
            numpy_helper.from_array(np.zeros(1, np.int64), "from"),
            numpy_helper.from_array(np.ones(1, np.int64), "to"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
    best = float("inf")
    for _ in range(400):
        begun = time.perf_counter()
        session.run(None, {"A": left})
        best = min(best, time.perf_counter() - begun)
    return 2 * 256 * 384 * 1536 / best / 1e9


def flops_of_token(config: Any, window: int) -> float:
    """Floating-point operations of the products for one token: dense layers and attention."""
    hidden, inner = config["hidden_size"], config["intermediate_size"]
    dense = 2 * (4 * hidden * hidden + 2 * hidden * inner)
    return config["num_hidden_layers"] * (dense + 4 * window * hidden)


def report_speed(folder: Path, notes: Sequence[str], scratch: Path, core: int) -> None:
    """Prints tokens a second of everything and the share of the int8 peak."""
    from models.inference.torch_engine import TorchEngine

    ours, exact = OnnxEngine(folder), float32_engine(folder, exact_weights(folder), scratch)
    tokenizer = ours.tokenizer
    readers: dict[str, Callable[[str], Any]] = {
        f"pipeline {window}/{stride}, batch {batch}": pipeline_of(folder, window, stride, batch)
        for window, stride, batch in ((256, 64, 1), (256, 0, 1), (128, 0, 1), (128, 0, 8), (256, 64, 8))
    }
    torch_engine = TorchEngine(folder)
    readers["torch engine, end to end"] = lambda text: find_spans(text, torch_engine, tokenizer)
    readers["ONNX float32, network"] = network_only(exact, tokenizer)
    readers["ONNX int8, network"] = network_only(ours, tokenizer)
    readers["ONNX int8, end to end"] = lambda text: find_spans(text, ours, tokenizer)
    os.sched_setaffinity(0, {core})
    seconds = take_turns(readers, notes)
    pieces = [len(tokenizer.encode(note)) for note in notes]
    best = {name: sum(map(min, rows)) for name, rows in seconds.items()}
    pipelines = [value for name, value in best.items() if name.startswith("pipeline")]
    print(f"{len(notes)} notes, {sum(pieces)} tokens; ratio to the first and to the best pipeline")
    for name, value in best.items():
        ratios = f"{pipelines[0] / value:5.2f} {min(pipelines) / value:5.2f}"
        print(f"{name:28} {sum(pieces) / value:8.0f} tokens/s  {ratios}")
    peak = int8_peak()
    config = json.loads((folder / CONFIG).read_text())
    reached = sum(pieces) / best["ONNX int8, network"] * flops_of_token(config, spans.WINDOW) / 1e9
    print(f"int8 product alone {peak:.0f} GFLOP/s; the network reaches {reached:.0f}, {reached / peak:.0%}")


def report_call(folder: Path, notes: Sequence[str]) -> None:
    """Prints how long five new notes take that come in one call."""
    engine = OnnxEngine(folder)
    timings = []
    for start in range(0, len(notes) - 4, 5):
        begun = time.perf_counter()
        for note in notes[start : start + 5]:
            find_spans(note, engine, engine.tokenizer)
        timings.append(1000 * (time.perf_counter() - begun))
    p50, p95 = np.percentile(timings, (50, 95))
    print(f"five 600-word notes: p50 {p50:.0f} ms, p95 {p95:.0f} ms over {len(timings)} calls")


def report_cold_start(folder: Path) -> None:
    """Prints what a fresh process needs to its first answer."""
    command = [sys.executable, "-c", COLD_START, str(folder)]
    runs = [
        [
            float(x)
            for x in subprocess.run(command, cwd=HERE.parent, capture_output=True, check=True).stdout.split()
        ]
        for _ in range(7)
    ]
    seconds, resident, peak = (statistics.median(column) for column in zip(*runs, strict=True))
    best = min(run[0] for run in runs)
    print(f"cold start: {seconds:.2f} s (best {best:.2f}), {resident:.0f} MB resident, {peak:.0f} MB at most")


def main() -> None:
    """Runs everything and prints a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="mtsamples.csv.gz")
    parser.add_argument("--weights", type=Path, default=WEIGHTS)
    parser.add_argument("--core", type=int, default=0)
    arguments = parser.parse_args()
    os.sched_setaffinity(0, {arguments.core})
    report_cold_start(arguments.weights)
    report_call(arguments.weights, notes_of(arguments.data, 600, 150))
    with tempfile.TemporaryDirectory() as scratch:
        report_speed(arguments.weights, notes_of(arguments.data, 2000, 3), Path(scratch), arguments.core)


if __name__ == "__main__":
    main()
