from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from models.notes.tokens import NoteTokenizer
from models.training.notes.batches import Piece, batched, collate, pieces_of
from models.training.notes.pretrain import mask
from models.training.notes.tagging import IGNORED
from tests.models.tiny_network import write_tokenizer


@pytest.fixture
def tokenizer(tmp_path: Path) -> NoteTokenizer:
    return NoteTokenizer.from_file(write_tokenizer(tmp_path) / "tokenizer.json")


def piece(length: int, task: str = "a") -> Piece:
    values = np.full(length, 7, dtype=np.int64)
    return Piece(values, values * 0, values, task)


def test_windows_carry_special_tokens_without_labels_and_lose_nothing(tokenizer: NoteTokenizer) -> None:
    tokens = tokenizer.encode("chest pain . fever and cough . no aspirin .")
    pieces = list(pieces_of(tokens, tokens.ids * 0 + 1, tokenizer, 4))
    assert len(pieces) > 1
    assert all(p.ids[0] == tokenizer.cls_id and p.ids[-1] == tokenizer.sep_id for p in pieces)
    assert all(p.labels[0] == p.labels[-1] == IGNORED for p in pieces)
    assert np.concatenate([p.ids[1:-1] for p in pieces]).tolist() == tokens.ids.tolist()


def test_batches_keep_to_the_budget_and_hold_every_piece_once() -> None:
    pieces = [piece(length) for length in (3, 9, 4, 8, 2, 9, 5)]
    batches = batched(pieces, 16, 0, np.random.default_rng(1))
    assert all(batch.ids.numel() <= 16 for batch in batches)
    assert sum(int(batch.mask.sum()) for batch in batches) == sum(map(len, pieces))


def test_a_batch_is_of_one_task() -> None:
    pieces = [piece(3, "a"), piece(3, "b"), piece(3, "a")]
    batches = batched(pieces, 100, 0, np.random.default_rng(1))
    assert sorted((batch.task, len(batch.ids)) for batch in batches) == [("a", 2), ("b", 1)]


def test_padding_is_masked_and_not_learned() -> None:
    batch = collate([piece(2), piece(4)], pad_id=0)
    assert batch.ids[0].tolist() == [7, 7, 0, 0]
    assert batch.mask[0].tolist() == [1, 1, 0, 0]
    assert batch.labels[0].tolist() == [7, 7, IGNORED, IGNORED]
    assert batch.ids.dtype == torch.int64


def test_masking_hides_whole_words_and_asks_for_nothing_else(tokenizer: NoteTokenizer) -> None:
    tokens = tokenizer.encode("zxyz " * 400)
    ids, labels = mask(tokens, 0.2, tokenizer.mask_id, 60, np.random.default_rng(3))
    asked = labels != IGNORED
    words = np.cumsum(tokens.first) - 1
    by_word = [set(asked[words == word].tolist()) for word in range(words[-1] + 1)]
    assert all(len(answers) == 1 for answers in by_word)
    assert (labels[asked] == tokens.ids[asked]).all()
    assert (ids[~asked] == tokens.ids[~asked]).all()
    assert 0.1 < asked.mean() < 0.3
    assert (ids[asked] == tokenizer.mask_id).mean() > 0.6
