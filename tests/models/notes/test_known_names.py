"""Names of the training documents: marked whole where the network was near to it, and kept as hashes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load

from models.notes.decoding import Float, decode, log_softmax
from models.notes.known_names import KnownNames, from_file, name_hash, to_file, with_known_names, word_hashes
from models.notes.tokens import NoteTokenizer
from models.training.notes.corpora.document import Document, Entity
from models.training.notes.names import marked_names
from tests.models.tiny_network import write_tokenizer

HEADS = {"h": ("O", "B-problem", "I-problem", "B-drug", "I-drug")}
WEIGHTS = Path(__file__).resolve().parents[3] / "models" / "weights" / "notes"


def known(names: Mapping[str, str]) -> KnownNames:
    return from_file(to_file({"h": {tuple(name.split()): names[name] for name in names}}, HEADS), HEADS)["h"]


def found(text: str, logits: Float, names: Mapping[str, str]) -> list[tuple[int, int, str]]:
    words, scores = text.split(), log_softmax(logits)
    runs = with_known_names(decode(scores, HEADS["h"]), scores, HEADS["h"], word_hashes(words), known(names))
    return [(run.start, run.end, run.type) for run in runs]


def scores(*rows: tuple[float, float]) -> Float:
    """Of the problem labels B and I, by word; O has 0, drugs -9."""
    logits = np.full((len(rows), 5), -9.0, np.float32)
    logits[:, 0], logits[:, 1:3] = 0, rows
    return logits


def test_a_known_name_that_was_overlooked_is_marked() -> None:
    logits = scores((-9, -9), (-2, -9), (-9, -9))
    assert found("has iritis .", logits, {}) == []
    assert found("has iritis .", logits, {"iritis": "problem"}) == [(1, 2, "problem")]


def test_a_known_name_that_is_far_from_marked_stays_unmarked() -> None:
    assert found("iritis", scores((-6, -9)), {"iritis": "problem"}) == []


def test_a_part_of_a_known_name_becomes_the_whole() -> None:
    logits = scores((-2, -9), (3, 2))
    assert found("chest pain", logits, {}) == [(1, 2, "problem")]
    assert found("chest pain", logits, {"chest pain": "problem"}) == [(0, 2, "problem")]


def test_the_longest_known_name_counts() -> None:
    names = {"pain": "problem", "pain in chest": "problem", "pain in": "drug"}
    assert found("pain in chest", scores((0, 0), (0, 0), (0, 0)), names) == [(0, 3, "problem")]


@pytest.mark.parametrize(
    ("text", "logits", "expected"),
    [
        ("iritis", scores((-9, -9)), [(0, 1, "drug")]),
        ("acute iritis", scores((5, -9), (-9, 5)), [(0, 2, "problem")]),
        (
            "lung and heart pain",
            scores((5, -9), (-9, -9), (5, -9), (-9, -9)),
            [(0, 1, "problem"), (2, 3, "problem")],
        ),
    ],
    ids=["another-type", "longer-than-the-name", "two-within"],
)
def test_other_marks_stay_as_they_are(text: str, logits: Float, expected: list[tuple[int, int, str]]) -> None:
    if expected[0][2] == "drug":
        logits[0, 3] = 2
    assert found(text, logits, {"iritis": "problem", "lung and heart pain": "problem"}) == expected


def test_the_file_holds_no_name() -> None:
    content = to_file({"h": {("pyoderma", "gangrenosum"): "problem"}}, HEADS)
    assert b"pyoderma" not in content
    assert load(content)["h.names"].tolist() == [name_hash(["pyoderma", "gangrenosum"])]


def test_a_file_of_other_heads_or_none_is_refused() -> None:
    content = to_file({"h": {("iritis",): "drug"}}, HEADS)
    for heads in ({"other": HEADS["h"]}, {"h": ("O", "B-problem", "I-problem")}):
        with pytest.raises(ValueError, match="Error"):
            from_file(content, heads)
    with pytest.raises(ValueError, match="SafetensorError"):
        from_file(b"none", HEADS)


def test_names_are_those_marked_in_half_of_their_places(tmp_path: Path) -> None:
    tokenizer = NoteTokenizer.from_file(write_tokenizer(tmp_path) / "tokenizer.json")
    text = "the patient has chest pain . no fever . chest pain . fever . fever ."
    fever, pains = text.index("fever"), [text.index("chest"), text.rindex("chest")]
    entities = (*(Entity(at, at + 10, "problem") for at in pains), Entity(fever, fever + 5, "problem"))
    names = marked_names([Document(key="1", text=text, entities=entities)], tokenizer)
    assert names == {("chest", "pain"): "problem"}


def test_the_shipped_names_are_of_the_heads_that_are_served() -> None:
    heads = {"clinical", "bc5cdr", "ncbi"}
    arrays = load((WEIGHTS / "names.safetensors").read_bytes())
    assert {key.partition(".")[0] for key in arrays} == heads
    for head in heads:
        assert len(arrays[f"{head}.names"]) == len(set(arrays[f"{head}.names"].tolist())) > 1_000
