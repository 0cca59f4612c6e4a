"""Both engines read alike, survive a fork, and load nothing that is not what it claims to be."""

from __future__ import annotations

import csv
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest
from transformers import BertForTokenClassification

from models.inference import EncodedWindow, OnnxEngine, Scores, load_engine, onnx_engine
from models.inference.checkpoint_labels import clinical_labels
from models.inference.contract import batches_of
from models.inference.torch_engine import TorchEngine
from models.notes.decoding import decode
from models.notes.spans import find_spans
from models.side_by_side import SideBySide
from models.weights import MANIFEST, MODEL, MODEL_DATA, REFERENCE, WeightsError
from tests.models.notes.values.reading import MTSAMPLES
from tests.models.tiny_network import HEADS, tiny_config, write_tokenizer, write_weights

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "models" / "weights" / "notes"
TEXT = "The patient has chest pain, fever and cough. No aspirin (81 mg). EKG: x y z. "


@pytest.fixture(scope="module")
def int8(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("int8"))


@pytest.fixture(scope="module")
def float32(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_weights(tmp_path_factory.mktemp("float32"), float32=True)


def _windows(engine: OnnxEngine | TorchEngine, *lengths: int) -> list[EncodedWindow]:
    tokens = engine.tokenizer.encode(TEXT * 10)
    return [EncodedWindow(tokens.ids[5 : 5 + n], tokens.shapes[5 : 5 + n]) for n in lengths]


def _distance(left: Scores, right: Scores) -> float:
    return float(max(np.abs(left[head] - right[head]).max() for head in left))


def test_onnx_and_torch_give_the_same_answers_at_full_precision(float32: Path) -> None:
    onnx, torch = OnnxEngine(float32), TorchEngine(float32, half=False)
    pairs = zip(onnx.run(_windows(onnx, 7, 60, 1)), torch.run(_windows(onnx, 7, 60, 1)), strict=True)
    # The reference is stored in half precision; float32 itself would be within 1e-5.
    assert max(_distance(left, right) for left, right in pairs) < 0.02


def test_int8_stays_near_full_precision(int8: Path, float32: Path) -> None:
    quantized, exact = OnnxEngine(int8), OnnxEngine(float32)
    (left,), (right,) = (engine.run(_windows(engine, 80)) for engine in (quantized, exact))
    for head, scores in left.items():
        likeness = np.sum(scores * right[head]) / np.linalg.norm(scores) / np.linalg.norm(right[head])
        assert likeness > 0.99


def test_every_head_has_one_score_for_each_label(int8: Path) -> None:
    engine = OnnxEngine(int8)
    (output,) = engine.run(_windows(engine, 12))
    assert engine.heads == HEADS
    assert {name: scores.shape for name, scores in output.items()} == {
        "clinical": (12, 5),
        "ncbi": (12, 3),
    }


@pytest.mark.parametrize("kind", ["onnx", "torch"])
def test_an_answer_does_not_depend_on_what_else_is_asked(int8: Path, kind: str) -> None:
    engine = OnnxEngine(int8) if kind == "onnx" else TorchEngine(int8, half=False)
    lengths = (40, 3, 17, 25)
    together = engine.run(_windows(engine, *lengths))
    alone = [engine.run(_windows(engine, length))[0] for length in lengths]
    assert max(_distance(a, b) for a, b in zip(together, alone, strict=True)) < 1e-4


def test_windows_that_are_read_side_by_side_are_read_as_each_alone(int8: Path) -> None:
    lengths = (40, 3, 17, 25)
    together = OnnxEngine(int8, windows=SideBySide(4)).run(_windows(OnnxEngine(int8), *lengths))
    alone = OnnxEngine(int8).run(_windows(OnnxEngine(int8), *lengths))
    assert [_distance(a, b) for a, b in zip(together, alone, strict=True)] == [0] * 4


def test_no_windows_have_no_answers(int8: Path) -> None:
    assert OnnxEngine(int8).run([]) == []


def test_word_shapes_are_read(int8: Path) -> None:
    engine = OnnxEngine(int8)
    (window,) = _windows(engine, 20)
    plain = EncodedWindow(window.ids, np.zeros_like(window.shapes))
    assert _distance(*engine.run([window, plain])) > 0.01


def test_batches_hold_similar_lengths_within_the_budget() -> None:
    lengths = [5, 90, 6, 4, 88, 91, 300]
    windows = [EncodedWindow(np.zeros(n, np.int64), np.zeros(n, np.int64)) for n in lengths]
    groups = list(batches_of(windows, 200))
    assert sorted(i for group in groups for i in group) == list(range(len(lengths)))
    assert [[lengths[i] for i in group] for group in groups] == [[4, 5, 6], [88, 90], [91], [300]]


@pytest.mark.parametrize("engine", ["OnnxEngine", "TorchEngine"])
def test_an_engine_made_before_a_fork_answers_in_the_child(int8: Path, engine: str) -> None:
    script = f"""
import os, sys
from pathlib import Path
from models.inference import EncodedWindow, OnnxEngine
if "{engine}" == "TorchEngine":
    from models.inference.torch_engine import TorchEngine
engine = {engine}(Path(sys.argv[1]))
tokens = engine.tokenizer.encode("the patient has fever and cough")
window = EncodedWindow(tokens.ids, tokens.shapes)
before = engine.run([window])[0]["clinical"]
child = os.fork()
if child == 0:
    os._exit(0 if abs(engine.run([window])[0]["clinical"] - before).max() < 1e-5 else 3)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", script, str(int8)], cwd=ROOT, timeout=90, check=False)
    assert done.returncode == 0


def test_the_runtime_keeps_nothing_and_runs_nothing_that_could_report(int8: Path, tmp_path: Path) -> None:
    """Its maker's telemetry begins with an identifier and a database in the home directory, and a thread."""
    script = (
        "import os, sys; from pathlib import Path; from models.inference import load_engine; "
        "from models.notes.spans import find_spans; e = load_engine(Path(sys.argv[1])); "
        "find_spans('fever and cough', e, e.tokenizer); print(len(os.listdir('/proc/self/task')))"
    )
    # What else would keep it silent: a hospital sets none of these.
    silent = ("CI", "ORT_", "GITHUB_", "BUILD_", "TF_BUILD", "JENKINS", "GITLAB", "XDG_")
    plain = {key: value for key, value in os.environ.items() if not key.startswith(silent)}
    home = {"HOME": str(tmp_path), "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run(
        [sys.executable, "-c", script, str(int8)],
        env=plain | home | {"PYTHONDONTWRITEBYTECODE": "1"},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=90,
        check=True,
    )
    assert done.stdout == "1\n"
    assert list(tmp_path.iterdir()) == []


def test_serving_shipped_weights_loads_neither_torch_nor_transformers(int8: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from models.inference import load_engine; "
        "from models.notes.spans import find_spans; e = load_engine(Path(sys.argv[1])); "
        "find_spans('fever and cough', e, e.tokenizer); "
        "sys.exit(bool({'torch', 'transformers', 'onnx'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(int8)], cwd=ROOT, timeout=90, check=False)
    assert done.returncode == 0


@pytest.mark.parametrize(
    ("name", "kind"), [(MODEL, OnnxEngine), (MODEL_DATA, OnnxEngine), (REFERENCE, TorchEngine)]
)
def test_changed_weights_are_refused(tmp_path: Path, name: str, kind: type) -> None:
    folder = write_weights(tmp_path)
    content = bytearray((folder / name).read_bytes())
    content[-1] ^= 1
    (folder / name).write_bytes(content)
    with pytest.raises(WeightsError, match=name):
        kind(folder)


def test_a_model_that_is_none_is_refused_though_its_hash_is_right(tmp_path: Path) -> None:
    folder = write_weights(tmp_path)
    (folder / MODEL).write_bytes(b"hello")
    table = json.loads((folder / MANIFEST).read_text())
    table["files"][MODEL] = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
    (folder / MANIFEST).write_text(json.dumps(table))
    with pytest.raises(WeightsError, match=MODEL):
        OnnxEngine(folder)


def test_the_digest_tells_engines_with_other_answers_apart(int8: Path, float32: Path) -> None:
    assert len({OnnxEngine(int8).digest, OnnxEngine(float32).digest, TorchEngine(int8).digest}) == 3


def _checkpoint(folder: Path, labels: list[str]) -> Path:
    write_tokenizer(folder)
    config = tiny_config(
        type_vocab_size=2, id2label=dict(enumerate(labels)), label2id={x: i for i, x in enumerate(labels)}
    )
    BertForTokenClassification(config).save_pretrained(folder, safe_serialization=True)
    return folder


def test_a_hugging_face_checkpoint_serves_one_clinical_head(tmp_path: Path) -> None:
    folder = _checkpoint(tmp_path, ["O", "B-DISEASE", "I-DISEASE", "B-Foo", "I-Foo"])
    engine = load_engine(folder)
    (output,) = engine.run(_windows(TorchEngine(folder), 9))
    assert engine.heads == {"clinical": ("O", "B-problem", "I-problem")}
    assert output["clinical"].shape == (9, 3)


def test_a_site_says_what_its_labels_mean(tmp_path: Path) -> None:
    folder = _checkpoint(tmp_path, ["O", "B-Foo", "I-Foo"])
    assert load_engine(folder, label_map={"Foo": "test"}).heads == {"clinical": ("O", "B-test", "I-test")}


def test_a_checkpoint_whose_labels_mean_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match="label"):
        load_engine(_checkpoint(tmp_path, ["O", "B-Foo"]))


def test_pickled_weights_are_not_opened(tmp_path: Path) -> None:
    folder = _checkpoint(tmp_path, ["O", "B-Disease", "I-Disease"])
    (folder / "model.safetensors").rename(folder / "pytorch_model.bin")
    with pytest.raises(WeightsError, match=r"model\.safetensors"):
        load_engine(folder)


def test_labels_without_a_prefix_make_one_span_of_neighboring_words() -> None:
    labels = clinical_labels(["O", "DRUG"])
    scores = np.asarray([[5, 0], [0, 5], [0, 5], [5, 0]], dtype=np.float32)
    (run,) = decode(labels.of(scores), labels.labels)
    assert (run.start, run.end, run.type) == (1, 3, "medication")


def test_the_last_and_only_words_of_other_schemes_are_continuations_and_beginnings() -> None:
    labels = clinical_labels(["O", "B-Drug", "I-Drug", "L-Drug", "U-Drug"])
    scores = np.full((4, 5), -9, dtype=np.float32)
    scores[[0, 1, 2, 3], [4, 1, 3, 0]] = 9
    assert [(run.start, run.end) for run in decode(labels.of(scores), labels.labels)] == [(0, 1), (1, 3)]


def _without_reference(folder: Path) -> Path:
    (folder / REFERENCE).unlink()
    table = json.loads((folder / MANIFEST).read_text())
    del table["files"][REFERENCE]
    (folder / MANIFEST).write_text(json.dumps(table))
    return folder


@pytest.mark.parametrize("forced", [False, True], ids=["as this processor is", "as one without VNNI"])
def test_torch_multiplies_out_the_served_weights_where_there_is_no_reference(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forced: bool
) -> None:
    if forced:
        monkeypatch.setattr(onnx_engine, "adds_in_16_bits", lambda: True)
    folder = write_weights(tmp_path)
    reference = TorchEngine(folder, half=False)
    served, exact = OnnxEngine(folder), TorchEngine(_without_reference(folder), half=False)
    outputs = [engine.run(_windows(served, 40))[0] for engine in (served, exact, reference)]
    # The weights are those of the served engine, not those before their rounding.
    assert 0 < _distance(outputs[1], outputs[2]) < 0.5
    assert _distance(outputs[0], outputs[1]) < 0.5
    assert len({served.digest, exact.digest, reference.digest}) == 3


def test_served_weights_need_an_extra_to_be_multiplied_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = _without_reference(write_weights(tmp_path))
    monkeypatch.setitem(sys.modules, "models.training.notes.served_weights", None)
    with pytest.raises(WeightsError, match="train"):
        TorchEngine(folder)


def test_changed_served_weights_are_not_multiplied_out(tmp_path: Path) -> None:
    folder = _without_reference(write_weights(tmp_path))
    content = bytearray((folder / MODEL_DATA).read_bytes())
    content[-1] ^= 1
    (folder / MODEL_DATA).write_bytes(content)
    with pytest.raises(WeightsError, match=MODEL_DATA):
        TorchEngine(folder)


def _shares_of_spans(texts: Iterable[str], *engines: OnnxEngine | TorchEngine) -> float:
    """Spans that two engines both mark, as a share of those that either does."""
    both = either = 0
    for text in texts:
        one, other = (
            {(s.head, s.start, s.end, s.type) for s in find_spans(text, engine, engine.tokenizer).found}
            for engine in engines
        )
        both, either = both + len(one & other), either + len(one | other)
    assert either
    return both / either


def test_shipped_weights_mark_the_same_spans_in_int8_and_in_exact_products() -> None:
    text = (
        "The patient presented with fever, cough and shortness of breath. She takes metformin 500 mg twice "
        "a day for type 2 diabetes. CT of the chest showed a mass in the left upper lobe. No chest pain.\n"
    )
    assert _shares_of_spans([text], OnnxEngine(SHIPPED), TorchEngine(SHIPPED, half=False)) >= 0.9


@pytest.mark.data
@pytest.mark.skipif(not MTSAMPLES.is_file(), reason="needs ../shared/data/mtsamples")
def test_shipped_weights_mark_nearly_the_same_in_transcriptions_with_either_engine() -> None:
    with gzip.open(MTSAMPLES, "rt", encoding="utf-8", newline="") as file:
        texts = [row["transcription"] for row in csv.DictReader(file)][::250]
    assert _shares_of_spans(texts, OnnxEngine(SHIPPED), TorchEngine(SHIPPED, half=False)) >= 0.95
