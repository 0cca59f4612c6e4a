"""Spans of a note: every piece read once, offsets of the original, an honest answer when time runs out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest

from models.inference import EncodedWindow, Scores
from models.notes.known_names import KnownNames
from models.notes.spans import WINDOW, Spans, find_spans
from models.notes.tokens import NoteTokenizer
from models.weights import TOKENIZER
from tests.models.tiny_network import write_tokenizer


class MarksFever:
    """An engine that marks "fever", with "chest pain" as one span, and remembers how much it was asked."""

    heads: Mapping[str, tuple[str, ...]] = {"clinical": ("O", "B-problem", "I-problem")}
    digest = "0" * 64
    names: Mapping[str, KnownNames] = {}

    def __init__(self, tokenizer: NoteTokenizer) -> None:
        ids = tokenizer.tokenizer.token_to_id
        self.begins, self.continues = {ids("fever"), ids("chest")}, {ids("pain")}
        self.lengths: list[int] = []

    def run(self, windows: Sequence[EncodedWindow]) -> list[Scores]:
        self.lengths += map(len, windows)
        return [self._read(window) for window in windows]

    def _read(self, window: EncodedWindow) -> Scores:
        scores = np.zeros((len(window), 3), dtype=np.float32)
        scores[:, 0] = 5
        scores[np.isin(window.ids, list(self.begins)), 1] = 9
        scores[np.isin(window.ids, list(self.continues)), 2] = 9
        return {"clinical": scores}


@pytest.fixture(scope="module")
def tokenizer(tmp_path_factory: pytest.TempPathFactory) -> NoteTokenizer:
    return NoteTokenizer.from_file(write_tokenizer(tmp_path_factory.mktemp("tokenizer")) / TOKENIZER)


@pytest.fixture
def engine(tokenizer: NoteTokenizer) -> MarksFever:
    return MarksFever(tokenizer)


def _words(text: str, spans: Spans) -> list[str]:
    return [text[span.start : span.end] for span in spans.found]


def test_spans_are_the_words_that_the_engine_marks(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    text = "  Patient has CHEST\n pain, and fever."
    assert _words(text, find_spans(text, engine, tokenizer)) == ["CHEST\n pain", "fever"]


@pytest.mark.parametrize("text", ["", "\x00", " \n ", "\u200b\u200b"])
def test_a_text_without_words_is_read_and_has_no_spans(
    engine: MarksFever, tokenizer: NoteTokenizer, text: str
) -> None:
    spans = find_spans(text, engine, tokenizer)
    assert (spans.found, spans.reached, spans.pieces) == ((), len(text), 0)


@pytest.mark.parametrize("gap", [" ", "\n", ", ", "\u00a0", "\u200b \x00"])
def test_every_mention_of_a_long_text_is_found_at_its_place(
    engine: MarksFever, tokenizer: NoteTokenizer, gap: str
) -> None:
    text = gap.join(["the patient has", "fever", "and \u00e9", "chest pain. "] * 2500)
    spans = find_spans(text, engine, tokenizer)
    assert _words(text, spans) == ["fever", "chest pain"] * 2500
    assert spans.reached == len(text)


def test_no_window_is_longer_than_an_encoder_can_read(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    find_spans("qqqq" * 400 + " fever" * 3000, engine, tokenizer)
    assert max(engine.lengths) <= WINDOW


def test_a_text_without_a_space_is_read_to_its_end(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    text = "x,y." * 30_000
    assert find_spans(text, engine, tokenizer).reached == len(text)


def test_when_time_runs_out_it_says_how_far_it_came(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    text = "fever and cough . " * 400
    asked: list[int] = []

    def out_of_time() -> bool:
        asked.append(1)
        return len(asked) > 2

    spans = find_spans(text, engine, tokenizer, out_of_time=out_of_time)
    assert 0 < spans.reached < len(text)
    assert len(spans.found) == text[: spans.reached].count("fever")


def test_without_any_time_nothing_is_read(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    spans = find_spans("fever", engine, tokenizer, out_of_time=lambda: True)
    assert (spans.found, spans.reached) == ((), 0)


def test_what_a_span_shows_of_itself_holds_no_text(engine: MarksFever, tokenizer: NoteTokenizer) -> None:
    assert "fever" not in repr(find_spans("fever", engine, tokenizer))


def test_a_tokenizer_file_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=TOKENIZER):
        NoteTokenizer.from_file(tmp_path / TOKENIZER)
