from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from models.notes.tokens import NoteTokenizer
from models.training.notes.corpora.document import Document, Entity
from models.training.notes.network import bio_labels
from models.training.notes.tagging import IGNORED, documents_in, fold_of, mapped, tag
from tests.models.tiny_network import write_tokenizer


@pytest.fixture
def tokenizer(tmp_path: Path) -> NoteTokenizer:
    return NoteTokenizer.from_file(write_tokenizer(tmp_path) / "tokenizer.json")


def test_labels_that_are_not_of_interest_are_dropped_and_the_others_renamed() -> None:
    entities = (Entity(0, 4, "Drug"), Entity(5, 9, "Age"))
    assert mapped(entities, {"Drug": "medication"}) == (Entity(0, 4, "medication"),)


def test_without_a_map_every_label_stays() -> None:
    assert mapped((Entity(0, 4, "Drug"),), {}) == (Entity(0, 4, "Drug"),)


def test_of_two_that_overlap_the_longer_stays() -> None:
    entities = (Entity(0, 4, "A"), Entity(2, 12, "B"), Entity(12, 14, "A"))
    assert mapped(entities, {}) == (Entity(2, 12, "B"), Entity(12, 14, "A"))


def test_the_first_piece_of_a_word_carries_the_tag_and_the_others_none(tokenizer: NoteTokenizer) -> None:
    text = "patient has chest pain ekgs"
    tokens = tokenizer.encode(text)
    labels = bio_labels(["problem"])
    tags = tag(tokens, (Entity(12, 22, "problem"),), labels)
    named = [labels[number] for number in tags if number != IGNORED]
    assert named == ["O", "O", "B-problem", "I-problem", "O"]
    assert [number == IGNORED for number in tags] == [not first for first in tokens.first]


def test_a_tag_begins_at_the_word_that_the_entity_begins_in(tokenizer: NoteTokenizer) -> None:
    tokens = tokenizer.encode("chest pain . pain")
    labels = bio_labels(["problem"])
    tags = tag(tokens, (Entity(0, 10, "problem"), Entity(13, 17, "problem")), labels)
    assert [labels[number] for number in tags] == ["B-problem", "I-problem", "O", "B-problem"]


def test_folds_depend_on_the_key_alone_and_all_occur() -> None:
    keys = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
    assert {fold_of(key) for key in keys} == set(range(10))
    documents = [Document(key=key, text="") for key in keys]
    parts = [documents_in(documents, [fold]) for fold in range(10)]
    assert sum(map(len, parts)) == len(documents)
