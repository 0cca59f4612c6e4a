"""Text that is held out is not trained on, whichever corpus carries it and however it is spaced."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.training.notes.corpora.document import Document, Entity
from models.training.notes.corpora.registry import read_corpus
from models.training.notes.leakage import without

DATA = Path(__file__).resolve().parents[5] / "shared" / "data"

LINE = "Twelve words about one rash, which a second corpus spaces in its own way."
OTHER = "No fever and no cough."


def document(*lines: str, marked: str) -> Document:
    text = "\n".join(lines) + "\n"
    start = text.index(marked)
    return Document(key="1", text=text, entities=(Entity(start, start + len(marked), "problem"),))


def test_a_line_of_a_held_out_document_is_cut_out_and_later_entities_move() -> None:
    held_out = Document(
        key="other", text="TWELVE WORDS ABOUT ONE RASH , which a second corpus spaces in its own way"
    )
    (kept,) = without([document("Title", LINE, OTHER, marked="fever")], [held_out])
    assert kept.text == f"Title\n{OTHER}\n"
    assert [kept.text[e.start : e.end] for e in kept.entities] == ["fever"]
    assert without([document(LINE, marked="rash")], [held_out]) == []


def test_a_shared_heading_and_a_stock_phrase_stay() -> None:
    whole = document("Results", OTHER, marked="cough")
    held_out = Document(key="other", text=f"Results\nWe conclude that {OTHER.lower()}")
    assert without([whole], [held_out]) == [whole]


@pytest.mark.data
def test_no_text_of_the_test_split_is_left_in_the_training_splits() -> None:
    if not DATA.exists():
        pytest.skip("public data sets are not beside the checkout")
    held_out = read_corpus("iob", DATA / "bc5cdr" / "test.tsv")
    splits = [
        document
        for name in ("train", "devel")
        for document in read_corpus("iob", DATA / "bc5cdr" / f"{name}.tsv")
    ]
    before = sum(len(document.entities) for document in splits)
    cleared = without(splits, held_out)
    # The published splits share a few sentences word for word.
    assert 0 < before - sum(len(document.entities) for document in cleared) < 50
    assert without(cleared, held_out) == cleared
