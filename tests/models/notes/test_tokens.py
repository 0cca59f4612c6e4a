"""Word pieces know where they came from, and a note can't steer the tokenizer."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.notes.tokens import SHAPES, NoteTokenizer
from models.weights import TOKENIZER
from tests.models.tiny_network import write_tokenizer


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> NoteTokenizer:
    return NoteTokenizer.from_file(write_tokenizer(tmp_path_factory.mktemp("tokenizer")) / TOKENIZER)


def _words(tokenizer: NoteTokenizer, text: str) -> list[str]:
    tokens = tokenizer.encode(text)
    heads = [i for i in range(len(tokens)) if tokens.first[i]]
    lasts = [*(i - 1 for i in heads[1:]), len(tokens) - 1]
    return [text[tokens.starts[a] : tokens.ends[b]] for a, b in zip(heads, lasts, strict=bool(heads))]


def test_words_are_found_again_by_their_offsets(tokenizer: NoteTokenizer) -> None:
    assert _words(tokenizer, "Chest  pain,\nzyx (81 mg)") == [
        "Chest",
        "pain",
        ",",
        "zyx",
        "(",
        "81",
        "mg",
        ")",
    ]


def test_accents_and_invisible_characters_keep_offsets_of_the_original(tokenizer: NoteTokenizer) -> None:
    text = "fe\u200bver\x00 caf\u00e9 e\u0301x cough"
    assert _words(tokenizer, text) == ["fe\u200bver", "caf\u00e9", "e\u0301x", "cough"]


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x00", "\u200b"])
def test_a_text_without_words_has_no_pieces(tokenizer: NoteTokenizer, text: str) -> None:
    assert len(tokenizer.encode(text)) == 0


def test_half_a_character_does_not_stop_the_reading(tokenizer: NoteTokenizer) -> None:
    assert "cough" in _words(tokenizer, "\ud800 cough")


def test_special_tokens_in_a_note_are_letters(tokenizer: NoteTokenizer) -> None:
    ids = set(tokenizer.encode("fever [SEP] [CLS] [MASK] [PAD] cough").ids.tolist())
    assert not ids & {tokenizer.cls_id, tokenizer.sep_id, tokenizer.pad_id, tokenizer.mask_id}


def test_truncation_in_the_file_does_not_cut_a_note(tmp_path: Path) -> None:
    from tokenizers import Tokenizer

    path = write_tokenizer(tmp_path) / TOKENIZER
    cutting = Tokenizer.from_file(str(path))
    cutting.enable_truncation(8)
    cutting.enable_padding(length=8)
    cutting.save(str(path))
    tokenizer = NoteTokenizer.from_file(path)
    assert len(tokenizer.encode("fever " * 50)) == 50
    assert len(tokenizer.encode("fever")) == 1


@pytest.mark.parametrize(
    ("word", "shape"), [("fever", 0), ("Fever", 1), ("EKG", 2), ("mgDL", 3), ("81", 4), ("b12", 4), (",", 0)]
)
def test_the_shape_of_a_word_tells_its_capitals(tokenizer: NoteTokenizer, word: str, shape: int) -> None:
    tokens = tokenizer.encode(f"the patient has {word}")
    assert SHAPES[tokens.shapes[-1]] == SHAPES[shape]


def test_capitals_of_a_shouted_line_mean_nothing(tokenizer: NoteTokenizer) -> None:
    assert set(tokenizer.encode("PATIENT HAS FEVER\n").shapes.tolist()) == {0}


def test_windows_may_begin_after_lines_and_sentences(tokenizer: NoteTokenizer) -> None:
    text = "fever. cough\nchest pain, x"
    tokens = tokenizer.encode(text)
    assert [text[tokens.starts[i] :][:5] for i in tokens.cuts.tolist()] == ["fever", "cough", "chest"]
